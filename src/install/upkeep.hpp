// What is done with workers after they were installed: back to an older generation, pins, checks of
// their files, clearing up, packages for pacman.
//
// Each call takes the lock, and ends in a new generation or changes nothing.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "install/generations.hpp"
#include "install/installer.hpp"

namespace rbee::install {

/// Make a new generation with the workers of generation `to`; 0: of the one before the current.
/// Errors: Errc::not_found "generation-not-found", "nothing-to-roll-back"; Errc::integrity
/// "tree-missing" when a worker's tree is not in the store any more, "command-conflict".
Result<Generation> roll_back(std::uint64_t to, const Directories& directories, const Clock& clock);

/// Set or take away the pin that `upgrade` respects. Nothing changes when it is so already.
/// Errors: Errc::not_found "worker-not-installed".
Result<Installed> set_pinned(const WorkerId& id, bool pinned, const Directories& directories,
                             const Clock& clock);

/// One file that is not as it was installed.
struct Difference {
  std::string path;  ///< In the worker's tree, or of a link in the bin directory.
  std::string what;  ///< "is missing", "has other bytes" …
};

/// The differences of the tree alone, without the links to its commands.
Result<std::vector<Difference>> compare_tree(const Installed& worker,
                                             const std::function<bool()>& cancelled);

/// Compare a worker's tree with its .MTREE: existence, kind, size, mode, link and SHA-256 of
/// everything. Errors: Errc::integrity "mtree-damaged", "tree-missing"; Errc::interrupted.
Result<std::vector<Difference>> verify(const Installed& worker, const Directories& directories,
                                       const std::function<bool()>& cancelled);

/// Drop generations beyond the newest `keep`, and trees that none of the others needs.
Result<Collected> collect_garbage(std::size_t keep, const Directories& directories);

/// Write the worker as a package that pacman installs, below `folder`; returns its path. The same
/// worker gives the same bytes. Errors: Errc::exists "file-exists", Errc::io, Errc::interrupted.
Result<std::filesystem::path> write_package(const Installed& worker,
                                            const std::filesystem::path& folder,
                                            const std::function<bool()>& cancelled);

}  // namespace rbee::install
