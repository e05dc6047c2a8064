// What makepkg refuses before it prints anything: its lint_pkgbuild rules, with better messages.
//
// Pure. Source: makepkg 6.0.2, libmakepkg/lint_pkgbuild/*.sh, in its order.
#pragma once

#include <string_view>
#include <vector>

#include "base/finding.hpp"
#include "pkgbuild/recipe.hpp"

namespace rbee::pkgbuild {

/// What makepkg refuses before it reads the text as bash: carriage returns.
std::vector<Finding> lint_text(std::string_view text);

/// Every reason why makepkg would refuse this recipe; none when it accepts. `text` is for excerpts.
/// `recipe.fields` holds every variable whose name is of the schema, or such a name with an
/// "_<suffix>", and `Package::overrides` every such name that the package function assigns, those
/// included that makepkg forbids there. `files` answers whether install= and changelog= exist;
/// without it that is not asked. Not seen here: a sparse `source` array, which a `Field` cannot
/// express (makepkg refuses it too).
std::vector<Finding> lint(const Recipe& recipe, std::string_view text,
                          const LocalFiles* files = nullptr);

}  // namespace rbee::pkgbuild
