// SRC-001: every source must be the bytes that the recipe names.
//
// Pure. The one rule that the installer applies by itself; the others join it when submissions are
// checked. Source: docs/checks.md.
#pragma once

#include <vector>

#include "base/finding.hpp"
#include "base/platform.hpp"
#include "pkgbuild/recipe.hpp"

namespace rbee::check {

/// One blocking finding per source of `arch` whose checksum is missing, SKIP or only weak (cksum,
/// md5, sha1). Not concerned: files beside the recipe, and VCS sources pinned to a full commit id
/// (`#commit=` and 40 digits). `text` is the recipe's text, for excerpts; `file` its name.
std::vector<Finding> check_sources(const pkgbuild::Recipe& recipe, Arch arch, std::string_view text,
                                   std::string_view file);

}  // namespace rbee::check
