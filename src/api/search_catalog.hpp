// The catalog as it is searched: the index of one snapshot, and the next one out of what changed.
//
// One thread publishes; readers take the present state and keep it as long as they hold it. Reads
// the repository only for pages that the snapshot's reader did not keep (`keep_page`).
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

#include "api/numbers.hpp"
#include "base/clock.hpp"
#include "catalog/snapshot.hpp"
#include "search/index.hpp"

namespace rbee::api {

/// What one answer reads.
struct SearchState {
  std::shared_ptr<const catalog::Snapshot> snapshot;  ///< Never nullptr, like the next.
  std::shared_ptr<const search::Index> index;
  std::shared_ptr<const NumbersTable> numbers;  ///< That the index ranks by.
  std::string version;  ///< Another one for every other answer: for entity tags.
  std::string catalog;  ///< The same for the same workers, whatever their numbers.
};
using ReadSearch = std::function<std::shared_ptr<const SearchState>()>;

/// For catalog::BuildOptions::extract: the worker's page, until the index has read it.
std::shared_ptr<const void> keep_page(const catalog::Worker& worker);

/// What is known of a worker beside its numbers.
struct SearchFlags {
  std::string version;    ///< What is said is about this release alone; empty: about any.
  bool reviewed = false;  ///< Somebody but its author approved it.
  bool dead = false;      ///< Unmaintained, or taken back: it stands last.
};
/// By worker id, several where they are about several releases; who is not in it has none.
using FlagsTable = std::unordered_multimap<std::string, SearchFlags, TextHash, std::equal_to<>>;
using ReadFlags = std::function<std::shared_ptr<const FlagsTable>()>;

struct SearchCatalogOptions {
  ReadNumbers numbers = {};  ///< Empty: nobody counts.
  ReadFlags flags = {};      ///< Empty: nobody knows.
  std::size_t threads = 2;   ///< For the first index.
};

class SearchCatalog {
 public:
  SearchCatalog(const Clock& clock, SearchCatalogOptions options);
  /// Index what changed since the last snapshot; readers see it when this returns.
  void publish(std::shared_ptr<const catalog::Snapshot> snapshot);
  /// Merge what pushes left, and read numbers and flags again: some 100 ms at 100,000 workers, in
  /// which others may publish; what was made is thrown away then, and false comes back. One thread
  /// at a time.
  bool tidy();
  /// nullptr before the first `publish`.
  std::shared_ptr<const SearchState> get() const;

 private:
  std::shared_ptr<const NumbersTable> numbers() const;
  search::ReadFacts facts(const catalog::Snapshot& snapshot,
                          std::shared_ptr<const NumbersTable> numbers) const;
  void set(std::shared_ptr<const catalog::Snapshot> snapshot,
           std::shared_ptr<const search::Index> index, std::shared_ptr<const NumbersTable> numbers);

  const Clock& clock_;
  SearchCatalogOptions options_;
  std::uint64_t seed_ = 0;
  std::string nonce_;
  std::uint64_t published_ = 0;
  std::mutex changing_;
  mutable std::mutex mutex_;
  std::shared_ptr<const SearchState> state_;  ///< Guarded by `mutex_`.
};

}  // namespace rbee::api
