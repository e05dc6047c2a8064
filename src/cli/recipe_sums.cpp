// rbee recipe sums: a recipe's checksums as `makepkg -g` prints them, or written into it.
#include <fmt/format.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <ostream>

#include "base/text.hpp"
#include "cli/commands.hpp"
#include "cli/json.hpp"
#include "cli/recipe_edit.hpp"

namespace rbee::cli {

using pkgbuild::ChecksumArray;
using pkgbuild::SourceArray;

namespace {

/// "sha256", "sha256sums", "b2", "ck", "cksum" … in the order in which makepkg knows them.
Result<std::vector<HashAlgorithm>> algorithms_named(const std::vector<std::string>& names) {
  std::vector<HashAlgorithm> found;
  for (const std::string& name : names) {
    std::optional<HashAlgorithm> algorithm = hash_algorithm(name);
    if (!algorithm) algorithm = hash_algorithm(name + "s");
    if (!algorithm) algorithm = hash_algorithm(name + "sums");
    if (!algorithm)
      return fail(Errc::usage, "argument-invalid",
                  fmt::format("--algorithm '{}' is not a checksum that a recipe may have",
                              printable_line(name)),
                  {.fix = "one of ck, md5, sha1, sha224, sha256, sha384, sha512, b2"});
    found.push_back(*algorithm);
  }
  std::vector<HashAlgorithm> ordered;
  for (const HashAlgorithm algorithm : kHashAlgorithms)
    if (std::find(found.begin(), found.end(), algorithm) != found.end())
      ordered.push_back(algorithm);
  return ordered;
}

/// With one architecture chosen, `source` and its own array; else all that the recipe has.
std::vector<SourceArray> chosen_arrays(const pkgbuild::Recipe& recipe, const std::string& arch) {
  std::vector<SourceArray> arrays = pkgbuild::source_arrays(recipe);
  if (!arch.empty())
    std::erase_if(arrays, [&](const SourceArray& array) {
      return !array.suffix.empty() && array.suffix != "_" + arch;
    });
  return arrays;
}

/// Without --algorithm, an array is written where the recipe has one; a source array without any
/// gets one of each algorithm of the recipe.
void leave_out_unasked(std::vector<ChecksumArray>& arrays, const pkgbuild::Recipe& recipe) {
  const auto has_any = [&](const std::string& suffix) {
    return std::any_of(kHashAlgorithms.begin(), kHashAlgorithms.end(), [&](HashAlgorithm each) {
      return recipe.fields.contains(std::string(array_name(each)) + suffix);
    });
  };
  std::erase_if(arrays, [&](const ChecksumArray& array) {
    return !recipe.fields.contains(array.name()) && has_any(array.suffix);
  });
}

}  // namespace

Result<int> recipe_sums(const Arguments& arguments, Context& context) {
  if (arguments.write && arguments.file == "-")
    return fail(Errc::usage, "argument-invalid", "--write needs a file, not standard input",
                {.fix = "rbee recipe sums PKGBUILD --write"});
  Arguments asked = arguments;
  if (asked.arch == "all") asked.arch.clear();
  RecipeInput input;
  TRY(read_recipe(asked, context, input));
  TRY_ASSIGN(const pkgbuild::Recipe recipe, evaluate(input));
  TRY_ASSIGN(std::vector<HashAlgorithm> algorithms, algorithms_named(arguments.algorithms));
  if (algorithms.empty()) algorithms = pkgbuild::checksum_algorithms(recipe);
  TRY_ASSIGN(std::vector<ChecksumArray> sums,
             fresh_checksums(
                 chosen_arrays(recipe, asked.arch), algorithms,
                 [](const SourceArray&, std::size_t) { return true; }, input, context));
  if (!arguments.write) {
    if (context.settings.json) {
      boost::json::array arrays;
      for (const ChecksumArray& array : sums) {
        boost::json::array values;
        for (const std::string& value : array.values) values.emplace_back(json_text(value));
        arrays.push_back(
            boost::json::object{{"name", json_text(array.name())}, {"values", std::move(values)}});
      }
      context.print(boost::json::object{{"arrays", std::move(arrays)}});
      return 0;
    }
    std::string text;
    for (const ChecksumArray& array : sums) text += pkgbuild::checksum_text(array);
    context.world.out << (context.world.environment.out.is_terminal ? printable(text) : text);
    return 0;
  }
  if (arguments.algorithms.empty()) leave_out_unasked(sums, recipe);
  auto edited = pkgbuild::set_checksums(input.text, input.inputs, sums);
  if (!edited) return tl::unexpected<Error>(edit_error(std::move(edited).error(), input.name));
  const bool changed = edited->text != input.text;
  if (changed) TRY(write_back(arguments.file, input.text, edited->text));
  if (!changed) context.note(fmt::format("{} is up to date", printable_line(input.name)));
  print_change(input, edited->text, edited->fields, changed, {}, context);
  return 0;
}

}  // namespace rbee::cli
