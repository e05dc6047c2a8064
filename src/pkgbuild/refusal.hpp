// A refusal by the engine as the error that a command or a service ends with.
//
// Pure.
#pragma once

#include "base/result.hpp"
#include "pkgbuild/recipe.hpp"

namespace rbee::pkgbuild {

/// The first finding's message, and every finding. Ids: "recipe-syntax", "recipe-invalid",
/// "recipe-unsupported", "recipe-limit".
Error to_error(const Refusal& refusal);

}  // namespace rbee::pkgbuild
