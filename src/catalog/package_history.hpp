// A package's own Git repository, as the AUR has one for each: made from the catalog's history.
//
// Reads the catalog's repository, writes the package's. Each commit on the catalog's first-parent
// line that changed what the package holds becomes one commit, with the author, date and message of
// the commit that brought it; so the same history gives the same commit ids on every server, and a
// later change of the catalog only adds commits. Follows gitrepository-layout(5); docs/aur.md,
// "Repositories", argues the details.
#pragma once

#include <chrono>
#include <filesystem>

#include "base/ids.hpp"
#include "base/result.hpp"
#include "catalog/snapshot.hpp"

namespace rbee::catalog {

/// How much of the past one build reads; what is older is not in the package's history.
struct PackageHistoryLimits {
  std::size_t commits_max = 500;        ///< Of the package.
  std::size_t looked_at_max = 100'000;  ///< Of the catalog.
  std::chrono::milliseconds time_max{2'000};
};

/// Which worker's recipe, and as of where in the catalog.
struct PackageSource {
  std::filesystem::path catalog;  ///< Repository.
  CommitId head;                  ///< The commit that last changed the folder.
  std::string directory;          ///< "community/tts-worker".
  Origin origin = Origin::community;
  manifest::RecipeKind kind = manifest::RecipeKind::source;
};

/// Make `repository` (bare, branch master) hold the package's history up to `source.head`, or add
/// to it what came since. One process at a time (the caller's lock). A package that became another
/// worker's, and a catalog whose history was rewritten, begin anew.
///
/// Errors: Errc::not_found "package-not-built": no commit of the range holds a package that could
/// be published. Those of the repositories.
Result<void> build_package_history(const PackageSource& source,
                                   const std::filesystem::path& repository,
                                   const PackageHistoryLimits& limits = {});

/// True when `repository` holds all of `source`. Cheap: reads one small file.
bool is_package_history_current(const PackageSource& source,
                                const std::filesystem::path& repository);

}  // namespace rbee::catalog
