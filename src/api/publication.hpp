// One snapshot, rendered: what every request of one moment reads. Replaced as a whole, never
// edited.
//
// Rendering happens once a snapshot, so that an answer is a look-up and a copy.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "api/listing.hpp"
#include "api/text_template.hpp"
#include "catalog/snapshot.hpp"

namespace rbee::api {

/// One worker's ready answers.
struct RenderedWorker {
  std::shared_ptr<const catalog::Worker> worker;
  TextTemplate summary, detail;  ///< JSON of /v1.
  std::string detail_etag;
  TextTemplate rbee;  ///< JSON of rbee's own /workers.
  std::string rbee_etag;
};

class Publication {
 public:
  explicit Publication(std::shared_ptr<const catalog::Snapshot> snapshot);
  const catalog::Snapshot& snapshot() const { return *snapshot_; }
  /// In the snapshot's order.
  const std::vector<RenderedWorker>& workers() const { return workers_; }
  const std::vector<SearchText>& search_texts() const { return search_texts_; }
  const RenderedWorker* find(std::string_view id) const;
  /// The error for an id that names no worker: what is wrong with a broken one, or the nearest id.
  /// Errc::not_found "worker-not-found" or "worker-broken"; Errc::invalid_input
  /// "worker-id-invalid".
  Error missing(std::string_view id) const;

 private:
  std::shared_ptr<const catalog::Snapshot> snapshot_;
  std::vector<RenderedWorker> workers_;
  std::vector<SearchText> search_texts_;
  std::unordered_map<std::string_view, std::size_t> by_id_;  ///< Keys live in the snapshot.
};

/// The current publication. Readers get the old one or the new one, and keep it as long as they
/// hold it.
class Current {
 public:
  explicit Current(std::shared_ptr<const Publication> first) : publication_(std::move(first)) {}
  // A mutex held for one copy; libstdc++ 12's atomic<shared_ptr> is a lock too, and one that
  // sanitizers cannot see.
  std::shared_ptr<const Publication> get() const {
    const std::lock_guard lock(mutex_);
    return publication_;
  }
  void set(std::shared_ptr<const Publication> next) {
    const std::lock_guard lock(mutex_);
    publication_.swap(next);
  }

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const Publication> publication_;
};

}  // namespace rbee::api
