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

/// One worker's ready answers. Shared by all publications that show the same worker: what a merge
/// did not touch is not rendered again.
struct RenderedWorker {
  /// `query`: as `detail` of views.hpp has it.
  explicit RenderedWorker(std::shared_ptr<const catalog::Worker> worker,
                          const std::string& query = {});

  std::shared_ptr<const catalog::Worker> worker;
  TextTemplate summary, rbee;  ///< JSON of /v1 and of rbee's own /workers. Filled with: base.
  TextTemplate detail;         ///< JSON of /v1. Filled with: base, commit of the catalog.
  std::string etag;            ///< Of everything but these two: strong, quotes included.
  SearchText search_text;
};

class Publication {
 public:
  /// `previous`: the one that is replaced, or nullptr.
  Publication(std::shared_ptr<const catalog::Snapshot> snapshot, const Publication* previous);
  const catalog::Snapshot& snapshot() const { return *snapshot_; }
  /// In the snapshot's order.
  const std::vector<std::shared_ptr<const RenderedWorker>>& workers() const { return workers_; }
  const std::vector<const SearchText*>& search_texts() const { return search_texts_; }
  /// The entity tag of a worker's detail, which names the catalog's commit.
  std::string detail_etag(const RenderedWorker& worker) const;
  const RenderedWorker* find(std::string_view id) const;
  /// The error for an id that names no worker: what is wrong with a broken one, or the nearest id.
  /// Errc::not_found "worker-not-found" or "worker-broken"; Errc::invalid_input
  /// "worker-id-invalid".
  Error missing(std::string_view id) const;

 private:
  std::shared_ptr<const catalog::Snapshot> snapshot_;
  std::vector<std::shared_ptr<const RenderedWorker>> workers_;
  std::vector<const SearchText*> search_texts_;              ///< Of these.
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
