// What makepkg refuses before it prints anything: its lint_pkgbuild rules, with better messages.
//
// Pure. Source: makepkg 6.0.2, libmakepkg/lint_pkgbuild/*.sh, in its order.
#pragma once

#include <string_view>
#include <vector>

#include "base/finding.hpp"
#include "pkgbuild/recipe.hpp"

namespace rbee::pkgbuild {

/// Every reason why makepkg would refuse this recipe; none when it accepts. `text` is for excerpts.
/// `recipe.fields` holds every variable whose name is of the schema, or such a name with an "_<suffix>".
std::vector<Finding> lint(const Recipe& recipe, std::string_view text);

}  // namespace rbee::pkgbuild
