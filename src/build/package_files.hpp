// The files by which a package describes itself: .PKGINFO, .BUILDINFO and .MTREE.
//
// Writes them into the root of a package's tree. Source: makepkg 6.0.2, alpm-package(7),
// BUILDINFO(5).
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "base/platform.hpp"
#include "base/result.hpp"
#include "pkgbuild/recipe.hpp"

namespace rbee::build {

inline constexpr const char* kPackageInfo = ".PKGINFO";
inline constexpr const char* kBuildInfo = ".BUILDINFO";
inline constexpr const char* kFileList = ".MTREE";

/// What the files say that the recipe does not.
struct PackageFacts {
  std::string package;  ///< One of the recipe's.
  std::string version;  ///< "[epoch:]pkgver-pkgrel", pkgver()'s where it printed one.
  Arch arch = Arch::x86_64;
  std::string recipe_sha256;
  std::uint64_t size_bytes = 0;  ///< Of all files, those of several names counted once.
  std::int64_t build_date = 0;   ///< Seconds since 1970; SOURCE_DATE_EPOCH.
};

/// The text of .PKGINFO. Values of the package's own function come before the recipe's.
std::string package_info(const pkgbuild::Recipe& recipe, const PackageFacts& facts);
/// The text of .BUILDINFO, format 2. It names no package of this machine: there is no pacman here
/// to ask.
std::string build_info(const pkgbuild::Recipe& recipe, const PackageFacts& facts);

/// "any" where the package says so, else `arch`.
std::string package_arch(const pkgbuild::Recipe& recipe, const std::string& package, Arch arch);

/// Write all three below `tree`. Errors: Errc::io, Errc::interrupted.
Result<void> write_package_files(const std::filesystem::path& tree, const pkgbuild::Recipe& recipe,
                                 const PackageFacts& facts, const std::function<bool()>& cancelled);

}  // namespace rbee::build
