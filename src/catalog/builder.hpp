// From a commit of the catalog's Git repository to a snapshot.
//
// Reads the repository; writes nothing, executes nothing. What is wrong with one worker is a
// finding on that worker; only an unreadable repository is an error. Source: docs/architecture.md,
// "The catalog".
#pragma once

#include <functional>
#include <memory>

#include "base/ids.hpp"
#include "base/result.hpp"
#include "catalog/snapshot.hpp"
#include "platform/git.hpp"

namespace rbee::catalog {

/// What one worker's folder may hold (docs/worker-toml.md, "Limits").
inline constexpr std::uint64_t kBlobBytesMax = 256'000;
inline constexpr std::size_t kFilesMax = 200;
/// Files, folders, links and submodules together: a Git tree may name one folder again and again.
inline constexpr std::size_t kEntriesMax = 1'000;
inline constexpr std::size_t kDepthMax = 8;

struct BuildOptions {
  /// What to keep of each whole worker in `Entry::extract`; may be empty. Called from several
  /// threads at once.
  std::function<std::shared_ptr<const void>(const Worker&)> extract = {};
  std::size_t threads = 0;  ///< 0: as many as the machine runs at once.
};

/// Evaluate the catalog at `commit`. With `previous`, workers whose folder did not change are
/// shared with it and only the commits since it are read, so that the cost follows the size of the
/// change. The result is the same with and without `previous`.
Result<std::shared_ptr<const Snapshot>> build_snapshot(const platform::Repository& repository,
                                                       const CommitId& commit,
                                                       const Snapshot* previous = nullptr,
                                                       const BuildOptions& options = {});

}  // namespace rbee::catalog
