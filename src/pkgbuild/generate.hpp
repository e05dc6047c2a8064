// Recipes written by us from plain values: what a manifest's [source] and [release] tables become.
//
// Pure and deterministic: equal values give equal bytes. Every value is quoted, so whatever it
// holds, the recipe evaluates to exactly that value and to nothing else. Documented in
// docs/worker-toml.md.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/platform.hpp"

namespace rbee::pkgbuild {

/// What every recipe says of its package.
struct RecipeHeader {
  std::string name;     ///< pkgname.
  std::string version;  ///< Upstream's; pkgver is `package_version` of it.
  std::string description, homepage, license;
  std::vector<std::string> depends;
  std::string
      stands_for;  ///< The package that this one provides and cannot stand beside; may be empty.
};

struct SourceRecipe {
  enum class Fetch { git, tarball };
  enum class BuildSystem { cargo, cmake, make, npm, pip };
  RecipeHeader header;
  std::vector<Arch> arch;
  Fetch fetch = Fetch::git;
  std::string url;
  std::string ref;     ///< For git: "commit=…", "tag=…" or "branch=…".
  std::string sha256;  ///< For a tarball.
  std::string
      path;  ///< Of the build below the repository, or below the unpacked archive; may be empty.
  BuildSystem build_system = BuildSystem::cargo;
  std::vector<std::string> features;  ///< When RBEE_FEATURES is not set.
  std::string binary;                 ///< The command; a path for npm.
};

struct BinaryDownload {
  Platform platform;
  std::string url, sha256;
};

struct BinaryRecipe {
  RecipeHeader header;
  std::vector<BinaryDownload> downloads;  ///< At least one.
  std::string binary;  ///< Its path in the archive; installed under its last name.
};

/// Sections depends, sources and functions; `prepare()` is the only one that may want the network.
std::string generate(const SourceRecipe& recipe);

/// With downloads for more than one system or accelerator, a `case` over RBEE_OS and
/// RBEE_ACCELERATOR (environment.hpp) chooses; without them in the environment it is linux-cpu, or
/// else the first.
std::string generate(const BinaryRecipe& recipe);

/// A version as pkgver: '-' is left out, so that pacman's vercmp puts 1.0.0-rc.1 before 1.0.0.
std::string package_version(std::string_view version);

/// One bash word that means exactly `value`, whatever that holds but NUL: in single quotes.
std::string quote(std::string_view value);

}  // namespace rbee::pkgbuild
