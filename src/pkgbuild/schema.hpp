// The names that a recipe may set, in makepkg's order: what is printed where, and what may have a
// suffix.
//
// Touches nothing. Source: makepkg 6.0.2, libmakepkg/util/schema.sh and srcinfo.sh.
#pragma once

#include <algorithm>
#include <array>
#include <span>
#include <string_view>

namespace rbee::pkgbuild::schema {

/// Arrays, in the order in which makepkg's schema names them.
inline constexpr std::array<std::string_view, 24> kArrays = {
    "arch",       "backup",      "checkdepends", "conflicts",  "depends", "groups",
    "license",    "makedepends", "noextract",    "optdepends", "options", "provides",
    "replaces",   "source",      "validpgpkeys", "cksums",     "md5sums", "sha1sums",
    "sha224sums", "sha256sums",  "sha384sums",   "sha512sums", "b2sums",  "pkgname"};

/// Scalars.
inline constexpr std::array<std::string_view, 8> kScalars = {
    "changelog", "epoch", "install", "pkgbase", "pkgdesc", "pkgrel", "pkgver", "url"};

/// Arrays that may also be set with "_<architecture>".
inline constexpr std::array<std::string_view, 16> kArchArrays = {
    "checkdepends", "conflicts",  "depends",    "makedepends", "optdepends", "provides",
    "replaces",     "source",     "cksums",     "md5sums",     "sha1sums",   "sha224sums",
    "sha256sums",   "sha384sums", "sha512sums", "b2sums"};

/// What a package function may override.
inline constexpr std::array<std::string_view, 14> kOverrides = {
    "pkgdesc",  "arch",      "url",      "license", "groups",  "depends", "optdepends",
    "provides", "conflicts", "replaces", "backup",  "options", "install", "changelog"};

/// What .SRCINFO holds of the whole recipe, in the order in which makepkg prints it.
inline constexpr std::array<std::string_view, 7> kGlobalScalars = {
    "pkgdesc", "pkgver", "pkgrel", "epoch", "url", "install", "changelog"};
inline constexpr std::array<std::string_view, 23> kGlobalArrays = {
    "arch",       "groups",     "license",      "checkdepends", "makedepends", "depends",
    "optdepends", "provides",   "conflicts",    "replaces",     "noextract",   "options",
    "backup",     "source",     "validpgpkeys", "cksums",       "md5sums",     "sha1sums",
    "sha224sums", "sha256sums", "sha384sums",   "sha512sums",   "b2sums"};
/// What it holds of one package.
inline constexpr std::array<std::string_view, 4> kPackageScalars = {"pkgdesc", "url", "install",
                                                                    "changelog"};
inline constexpr std::array<std::string_view, 11> kPackageArrays = {
    "arch",     "groups",    "license",  "checkdepends", "depends", "optdepends",
    "provides", "conflicts", "replaces", "options",      "backup"};
/// Printed once for each architecture but "any", with "_<architecture>".
inline constexpr std::array<std::string_view, 16> kPrintedArchArrays = {
    "source",      "provides",     "conflicts",  "depends", "replaces", "optdepends",
    "makedepends", "checkdepends", "cksums",     "md5sums", "sha1sums", "sha224sums",
    "sha256sums",  "sha384sums",   "sha512sums", "b2sums"};

template <std::size_t N>
constexpr bool contains(const std::array<std::string_view, N>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

/// The arrays that makepkg's own schema lists: all of `kArrays` but `pkgname`, which it treats
/// apart.
constexpr std::span<const std::string_view> arrays() {
  return {kArrays.data(), kArrays.size() - 1};
}

}  // namespace rbee::pkgbuild::schema
