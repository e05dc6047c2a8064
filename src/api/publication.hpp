// One snapshot, ready to be asked: what every request of one moment reads. Replaced as a whole,
// never edited.
//
// A worker is rendered when somebody asks for it, and kept while it is in demand: an answer is a
// look-up and a copy, and 100,000 workers fit into memory.
#pragma once

#include <array>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "api/listing.hpp"
#include "api/relations.hpp"
#include "api/text_template.hpp"
#include "catalog/snapshot.hpp"

namespace rbee::api {

/// One worker's ready answers.
struct RenderedWorker {
  /// `query`: as `detail` of views.hpp has it.
  explicit RenderedWorker(std::shared_ptr<const catalog::Worker> worker,
                          const std::string& query = {});

  std::shared_ptr<const catalog::Worker> worker;
  TextTemplate summary, rbee;  ///< JSON of /v1 and of rbee's own /workers. Filled with: base.
  /// JSON of /v1. Filled with: base, commit of the catalog, numbers (JSON).
  TextTemplate detail;
  std::string etag;  ///< Of everything but these three: strong, quotes included.
};

/// Rendered workers, the most recently asked ones. Shared by all publications of a server: what a
/// merge did not touch is not rendered again. Thread-safe.
class RenderedShelf {
 public:
  /// About 20 KB each. In parts, so that threads seldom wait for each other.
  static constexpr std::size_t kPartCount = 16;
  static constexpr std::size_t kKeptMax = 256;  ///< In one part.

  /// nullptr: not here.
  std::shared_ptr<const RenderedWorker> find(const catalog::Entry& entry);
  void keep(std::shared_ptr<const catalog::Entry> entry,
            std::shared_ptr<const RenderedWorker> worker);

 private:
  struct Kept {
    std::shared_ptr<const catalog::Entry> entry;  ///< Held, so that its address stays its name.
    std::shared_ptr<const RenderedWorker> worker;
  };
  struct Part {
    std::mutex mutex;
    // Guarded: the most recently used first, and where each stands.
    std::list<Kept> kept;
    std::unordered_map<const catalog::Entry*, std::list<Kept>::iterator> places;
  };
  Part& part_of(const catalog::Entry& entry);

  std::array<Part, kPartCount> parts_;
};

class Publication {
 public:
  /// `previous`: the one that is replaced, or nullptr.
  Publication(std::shared_ptr<const catalog::Snapshot> snapshot, const Publication* previous);
  const catalog::Snapshot& snapshot() const { return *snapshot_; }
  /// In the snapshot's order.
  const std::vector<std::shared_ptr<const SearchText>>& search_texts() const {
    return search_texts_;
  }
  /// The entity tag of a worker's detail, which names the catalog's commit and the worker's
  /// numbers.
  std::string detail_etag(const RenderedWorker& worker, std::string_view numbers) const;
  /// Made when somebody asks first.
  const Relations& relations() const;
  /// `table` in the snapshot's order; kept until another one is asked for.
  std::shared_ptr<const std::vector<Numbers>> numbers(
      const std::shared_ptr<const NumbersTable>& table) const;
  /// nullptr: no such worker, or it cannot be read; `missing` says which.
  std::shared_ptr<const RenderedWorker> find(std::string_view id) const;
  /// The same for an entry of this publication's snapshot.
  Result<std::shared_ptr<const RenderedWorker>> render(
      const std::shared_ptr<const catalog::Entry>& entry) const;
  /// The error for an id that names no worker: what is wrong with a broken one, or the nearest id.
  /// Errc::not_found "worker-not-found" or "worker-broken"; Errc::invalid_input
  /// "worker-id-invalid".
  Error missing(std::string_view id) const;

 private:
  std::shared_ptr<const catalog::Snapshot> snapshot_;
  std::vector<std::shared_ptr<const SearchText>> search_texts_;
  std::shared_ptr<RenderedShelf> shelf_;
  mutable std::mutex numbers_mutex_;
  mutable std::shared_ptr<const NumbersTable> numbers_table_;    ///< Guarded, like its partner:
  mutable std::shared_ptr<const std::vector<Numbers>> numbers_;  ///< in the snapshot's order.
  mutable std::once_flag related_;
  mutable std::optional<Relations> relations_;  ///< Once `related_` is done.
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
