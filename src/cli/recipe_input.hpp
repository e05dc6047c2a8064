// What every `rbee recipe` command begins with: the recipe's text, the files beside it, and the
// platform that it is read for.
//
// Reads the named file (or standard input) and, when the recipe asks, files of its folder.
#pragma once

#include <optional>
#include <string>

#include "base/result.hpp"
#include "cli/commands.hpp"
#include "cli/local_folder.hpp"
#include "pkgbuild/recipe.hpp"

namespace rbee::cli {

/// A recipe that a command was given. Neither copied nor moved: `inputs` points into it.
struct RecipeInput {
  std::string name;  ///< For messages: the path as typed, or "standard input".
  std::string text;
  std::optional<LocalFolder> beside;  ///< Absent for standard input.
  pkgbuild::Inputs inputs;

  RecipeInput() = default;
  RecipeInput(const RecipeInput&) = delete;
  RecipeInput& operator=(const RecipeInput&) = delete;
};

/// Fill `input` from FILE, --os, --arch, --accelerator and --env.
///
/// Asked for a platform, a recipe sees what the marketplace and the installer would say of it
/// (RBEE_OS, RBEE_ACCELERATOR); what was not asked for is as in makepkg.
/// Errors: Errc::usage for a name that is none, and `read_whole_file`'s.
Result<void> read_recipe(const Arguments& arguments, Context& context, RecipeInput& input);

/// The recipe, or its refusal as an error with every finding.
/// Errors: "recipe-syntax", "recipe-invalid", "recipe-unsupported", "recipe-limit".
Result<pkgbuild::Recipe> evaluate(const RecipeInput& input);

/// A refusal by the engine as the error that a command ends with.
Error refusal_error(const pkgbuild::Refusal& refusal, const std::string& file_name);

}  // namespace rbee::cli
