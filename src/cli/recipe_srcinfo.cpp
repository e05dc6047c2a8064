// rbee recipe srcinfo: what a recipe means on a platform, without executing it; or, with --sandbox
// and only where that cannot be told, by executing it where it can reach nothing.
#include <fmt/format.h>

#include <algorithm>
#include <boost/json/object.hpp>
#include <filesystem>

#include "base/text.hpp"
#include "build/shell_evaluator.hpp"
#include "cli/commands.hpp"
#include "cli/json.hpp"
#include "cli/recipe_input.hpp"

namespace rbee::cli {

namespace {

namespace fs = std::filesystem;

/// A folder, which the sandbox will show whole.
/// Errors: "recipe-folder-unsafe" when more than recipes is in it, as far as one can tell.
Result<fs::path> folder_to_show(const fs::path& folder, const Environment& environment) {
  std::error_code error;
  const fs::path home = fs::weakly_canonical(environment.home, error);
  const auto at = std::mismatch(folder.begin(), folder.end(), home.begin(), home.end()).first;
  if (at == folder.end() || folder == folder.root_path())
    return fail(
        Errc::policy, "recipe-folder-unsafe",
        fmt::format("--sandbox shows the recipe all of '{}'", printable_line(folder.string())),
        {.why = "a recipe must not read its user's files",
         .fix = "move the recipe to a folder of its own"});
  return folder;
}

Result<build::Evaluation> ask(const RecipeInput& input, const Arguments& arguments,
                              Context& context) {
  build::ShellRequest request{.text = input.text, .inputs = input.inputs};
  if (arguments.file != "-") {
    std::error_code error;
    const fs::path file = fs::weakly_canonical(arguments.file, error);
    TRY_ASSIGN(request.folder, folder_to_show(file.parent_path(), context.world.environment));
    request.file_name = file.filename();
    request.start_directory = *request.folder;
    if (!arguments.root.empty()) {
      TRY_ASSIGN(request.root, folder_to_show(fs::weakly_canonical(arguments.root, error),
                                              context.world.environment));
    }
  }
  return build::evaluate_with_fallback(request);
}

}  // namespace

Result<int> recipe_srcinfo(const Arguments& arguments, Context& context) {
  RecipeInput input;
  TRY(read_recipe(arguments, context, input));
  auto evaluator = pkgbuild::Evaluator::native;
  std::optional<pkgbuild::Recipe> recipe;
  if (arguments.sandbox) {
    TRY_ASSIGN(build::Evaluation evaluation, ask(input, arguments, context));
    if (!evaluation.answer)
      return tl::unexpected<Error>(refusal_error(evaluation.answer.error(), input.name));
    if (evaluation.undecided)
      context.note(fmt::format("note: bash answered, in the sandbox ({})",
                               printable_line(evaluation.undecided->findings.front().message)));
    evaluator = evaluation.evaluator;
    recipe = std::move(*evaluation.answer);
  } else {
    TRY_ASSIGN(recipe, evaluate(input));
  }
  const std::string srcinfo = pkgbuild::srcinfo(*recipe);
  if (context.settings.json) {
    context.print(boost::json::object{{"pkgbase", json_text(recipe->pkgbase)},
                                      {"version", json_text(recipe->version())},
                                      {"platform", to_string(input.inputs.platform)},
                                      {"evaluator", pkgbuild::to_string(evaluator)},
                                      {"srcinfo", json_text(srcinfo)}});
  } else {
    // The bytes, not a picture of them: this is for programs, and for comparing with makepkg.
    if (context.world.environment.out.is_terminal) {
      context.world.out << printable(srcinfo);
    } else {
      context.world.out << srcinfo;
    }
  }
  return 0;
}

}  // namespace rbee::cli
