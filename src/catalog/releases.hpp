// The releases that a worker has had: its folder at the commits that changed it.
//
// Reads the repository and evaluates old recipes; writes nothing. Bounded: by commits, releases and
// time.
#pragma once

#include <chrono>
#include <memory>
#include <vector>

#include "base/ids.hpp"
#include "base/result.hpp"
#include "catalog/snapshot.hpp"
#include "platform/git.hpp"

namespace rbee::catalog {

struct ReleaseLimits {
  std::size_t commits_max = 20'000;  ///< Looked at.
  std::size_t releases_max = 50;
  std::chrono::milliseconds time_max{1'000};
};

/// Newest first, the present one included; of several folders with one version the newest. Each
/// has the commit that brought it in `last_commit` and its time in `updated`. Folders that could
/// not be published today are left out. Beyond the limits the older ones are missing.
Result<std::vector<std::shared_ptr<const Worker>>> read_releases(
    const platform::Repository& repository, const CommitId& head, const Worker& worker,
    const ReleaseLimits& limits = {});

}  // namespace rbee::catalog
