// What every `rbee recipe` command begins with: see recipe_input.hpp.
#include "cli/recipe_input.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <istream>

#include "base/text.hpp"
#include "pkgbuild/environment.hpp"
#include "pkgbuild/refusal.hpp"

namespace rbee::cli {

namespace {

/// More than a recipe may have, so that the engine says what the limit is.
constexpr std::size_t kReadBytesMax = 1 << 20;

template <typename T>
Result<void> choose(T& target, const std::string& text, Result<T> (*parse)(std::string_view)) {
  if (text.empty()) return {};
  Result<T> parsed = parse(text);
  if (!parsed) {
    parsed.error().code = Errc::usage;
    return tl::unexpected<Error>(std::move(parsed).error());
  }
  target = *parsed;
  return {};
}

Result<std::string> recipe_text(const std::string& file, std::istream& in) {
  if (file != "-") return read_whole_file(file, kReadBytesMax);
  std::string text;
  char buffer[16'384];
  while (in.read(buffer, sizeof buffer) || in.gcount() > 0) {
    text.append(buffer, static_cast<std::size_t>(in.gcount()));
    if (text.size() > kReadBytesMax)
      return fail(Errc::too_large, "file-too-large",
                  "what came on standard input is larger than a recipe may be",
                  {.evidence = {fmt::format("more than {}", human_size(kReadBytesMax))}});
  }
  return text;
}

}  // namespace

Error refusal_error(const pkgbuild::Refusal& why, const std::string& file_name) {
  Error error = pkgbuild::to_error(why);
  for (Finding& finding : error.findings) finding.file = file_name;
  return error;
}

Result<void> read_recipe(const Arguments& arguments, Context& context, RecipeInput& input) {
  pkgbuild::Inputs& inputs = input.inputs;
  if (context.world.host) {
    TRY_ASSIGN(inputs.platform, context.world.host());
  } else {
    TRY_ASSIGN(const platform::Machine machine, context.world.machine());
    inputs.platform = machine.platform();
  }
  inputs.platform.accelerator = Accelerator::cpu;
  TRY(choose(inputs.platform.os, arguments.os, parse_os));
  TRY(choose(inputs.platform.arch, arguments.arch, parse_arch));
  TRY(choose(inputs.platform.accelerator, arguments.accelerator, parse_accelerator));
  // Asked for a platform, a recipe sees what the marketplace and the installer would say of it;
  // what was not asked for is as in makepkg.
  if (!arguments.os.empty() || !arguments.arch.empty() || !arguments.accelerator.empty()) {
    inputs.environment = pkgbuild::variant_environment(inputs.platform, {});
    inputs.environment.erase("RBEE_FEATURES");
  }
  for (const std::string& variable : arguments.variables) {
    const std::size_t equals = variable.find('=');
    if (equals == 0 || equals == std::string::npos)
      return fail(Errc::usage, "argument-invalid",
                  fmt::format("--env '{}' is not of the form K=V", printable_line(variable)));
    inputs.environment[variable.substr(0, equals)] = variable.substr(equals + 1);
  }
  TRY_ASSIGN(input.text, recipe_text(arguments.file, context.world.in));
  input.name = arguments.file == "-" ? "standard input" : arguments.file;
  if (arguments.file != "-") {
    const std::filesystem::path folder = std::filesystem::path(arguments.file).parent_path();
    input.beside.emplace(folder.empty() ? "." : folder, arguments.root);
    if (!input.beside->is_below_root())
      return fail(Errc::usage, "argument-invalid",
                  fmt::format("'{}' is not below the folder that --root names",
                              printable_line(arguments.file)),
                  {.evidence = {fmt::format("--root {}", printable_line(arguments.root))}});
    inputs.files = &*input.beside;
    inputs.startdir = input.beside->path();
  }
  return {};
}

Result<pkgbuild::Recipe> evaluate(const RecipeInput& input) {
  tl::expected<pkgbuild::Recipe, pkgbuild::Refusal> recipe =
      pkgbuild::evaluate(input.text, input.inputs);
  if (!recipe) return tl::unexpected<Error>(refusal_error(recipe.error(), input.name));
  return std::move(*recipe);
}

}  // namespace rbee::cli
