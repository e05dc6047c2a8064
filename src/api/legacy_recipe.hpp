// A binary worker as a PKGBUILD that rbee's hive of November 2025 can install.
//
// Pure. That hive expands nothing, downloads nothing over http(s), checks no digest, unpacks
// nothing, and runs build() and package() under `set -eu` with pkgname, pkgver, pkgrel, srcdir and
// pkgdir only. So every field is a plain one-line value, build() itself downloads, checks and
// unpacks, and package() installs the one command under the package's name. Everything inserted is
// checked against a narrow alphabet or quoted; what cannot be is refused.
#pragma once

#include <string>
#include <string_view>

#include "base/platform.hpp"
#include "base/result.hpp"
#include "catalog/snapshot.hpp"

namespace rbee::api {

/// The recipe called `package_name` of the worker's binary variants on `accelerator`, for whatever
/// of their systems and architectures it is run on. `base` as in views.hpp; local files are fetched
/// from there. Errors: Errc::not_found "legacy-no-binary", Errc::unsupported
/// "legacy-not-expressible".
Result<std::string> legacy_recipe(const catalog::Worker& worker, Accelerator accelerator,
                                  std::string_view package_name, std::string_view base);

}  // namespace rbee::api
