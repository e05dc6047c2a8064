// Older releases of the catalog's workers, rendered when somebody asks and kept for a while.
//
// Thread-safe. What a worker's releases were does not change until its folder does.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "api/publication.hpp"
#include "catalog/snapshot.hpp"

namespace rbee::api {

/// A worker's releases, newest first (catalog/releases.hpp). Called by one thread at a time.
using ReadReleases = std::function<Result<std::vector<std::shared_ptr<const catalog::Worker>>>(
    const catalog::Worker&)>;

class ReleaseShelf {
 public:
  using Releases = std::vector<std::shared_ptr<const RenderedWorker>>;

  /// `read` may be empty: then every worker has had one release, the present one.
  explicit ReleaseShelf(ReadReleases read = {}) : read_(std::move(read)) {}
  /// Errors: Errc::unreachable "history-busy" while others' releases are being read.
  Result<std::shared_ptr<const Releases>> of(const RenderedWorker& worker);

 private:
  struct Kept {
    ObjectId tree;  ///< Of the worker when it was asked.
    std::shared_ptr<const Releases> releases;
  };
  static constexpr std::size_t kKeptMax = 500;

  ReadReleases read_;
  std::timed_mutex mutex_;
  std::map<std::string, Kept, std::less<>> kept_;  ///< Guarded; by the worker's id.
};

/// The worker of this id; with `version`, that release of it. Errors: Publication::missing's;
/// Errc::not_found "release-not-found"; Errc::unreachable "history-busy".
Result<std::shared_ptr<const RenderedWorker>> find_release(const Publication& publication,
                                                           ReleaseShelf& releases,
                                                           std::string_view id,
                                                           std::string_view version);

}  // namespace rbee::api
