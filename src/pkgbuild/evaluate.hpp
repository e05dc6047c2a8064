// From text to values: evaluating a recipe, and running a script for its output.
//
// Pure. `evaluate()` of recipe.hpp is the way in for everybody else; this header is for the tests,
// which run the same scripts through bash.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

#include "pkgbuild/interpreter.hpp"
#include "pkgbuild/recipe.hpp"

namespace rbee::pkgbuild {

/// What a script did.
struct ScriptRun {
  std::string output;  ///< What it wrote to its standard output.
  int status = 0;
};

/// Run a text as `bash FILE` would, in the virtual shell.
tl::expected<ScriptRun, Refusal> run_script(std::string_view text, const Inputs& inputs);

/// A refusal for one reason. `span` is of the text; for unsupported, `message` is the construct.
/// Without `why` and `fix` it says what is true of every refusal of its kind.
Refusal refuse(std::string_view text, Refusal::Kind kind, Span span, std::string message,
               std::string why = {}, std::string fix = {});

/// `evaluate`, with a record of where each value came from. The variable kOverrideResult stands in
/// it for the fields that package functions override.
tl::expected<Recipe, Refusal> evaluate(std::string_view text, const Inputs& inputs, Trace* trace);

/// The name under which the lines of package functions are evaluated.
inline constexpr std::string_view kOverrideResult = "outvalue";

/// Fill `overrides` of every package as makepkg finds them: by text, line by line, in what `declare
/// -f` prints of the package's function (overrides.cpp). The interpreter stands after the recipe's
/// end.
void find_overrides(Interpreter& shell, Recipe& recipe);

/// True for a name of the schema, and for one with "_<suffix>".
bool is_schema_name(std::string_view name);

/// The variable as a field.
Field field_of(const Variable& variable);

}  // namespace rbee::pkgbuild
