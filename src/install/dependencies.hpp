// What a recipe depends on, looked for on this machine: Arch's names, anybody's system.
//
// Looks at files of system directories; starts nothing and installs nothing. A name that no row
// knows is looked for as a command and as a pkg-config module, and not found is not told: nobody
// knows.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "install/installer.hpp"

namespace rbee::install {

/// How to see that something is there, and what brings it.
struct DependencyProbe {
  std::string_view name;  ///< Arch's.
  enum class By { command, library, pkg_config, nothing };
  By by = By::nothing;                        ///< nothing: every system that runs rbee has it.
  std::string_view what;                      ///< "cmake", "libgomp.so.1", "vulkan".
  std::string_view debian, fedora, homebrew;  ///< Packages; empty where there is none.
};

/// The table, sorted by name.
const std::vector<DependencyProbe>& dependency_probes();

struct Missing {
  std::string name;  ///< As the recipe has it, without a version.
  bool for_build = false;
  std::string debian, fedora, homebrew;
};

/// What of the plan's dependencies is not on this machine. `root`: where its directories are.
std::vector<Missing> missing_dependencies(const Plan& plan,
                                          const std::filesystem::path& root = "/");

}  // namespace rbee::install
