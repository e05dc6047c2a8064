// How many recipes' package() functions the engine runs without a shell. Pure.
#pragma once

#include <string>

#include "pkgbuild/recipe.hpp"

namespace rbee::conformance {

/// "native" (nothing else needs a shell), "native, after a build", "shell: <construct>", "unread",
/// "no package()".
std::string package_needs(const std::string& text, const pkgbuild::Inputs& inputs);

}  // namespace rbee::conformance
