// rbee recipe bump: another version in place, and with --sums the checksums that go with it.
#include <fmt/format.h>

#include <algorithm>
#include <boost/json/object.hpp>

#include "base/text.hpp"
#include "cli/commands.hpp"
#include "cli/json.hpp"
#include "cli/recipe_edit.hpp"
#include "pkgbuild/version.hpp"

namespace rbee::cli {

using pkgbuild::ChecksumArray;
using pkgbuild::Edited;
using pkgbuild::SourceArray;
using pkgbuild::SourceEntry;

namespace {

bool same_source(const Edited& edited, const SourceArray& array, std::size_t i) {
  const std::vector<SourceEntry> before = edited.before.sources_of(array.suffix);
  return i < before.size() && before[i].entry == array.entries[i].entry;
}

bool is_opted_out(const SourceEntry& source) {
  return !source.checksums.empty() &&
         std::all_of(source.checksums.begin(), source.checksums.end(),
                     [](const auto& sum) { return sum.second == "SKIP"; });
}

/// Checksums of another address than the source has now. What the author wrote SKIP for stays so.
bool is_stale(const Edited& edited, const SourceArray& array, std::size_t i) {
  const SourceEntry& source = array.entries[i];
  return !pkgbuild::is_skipped(source) && !source.checksums.empty() && !is_opted_out(source) &&
         !same_source(edited, array, i);
}

/// One of the recipe's arrays, or every array, has no checksum for it.
bool lacks_checksum(const Edited& edited, const SourceArray& array, std::size_t i) {
  const SourceEntry& source = array.entries[i];
  if (pkgbuild::is_skipped(source) || is_opted_out(source)) return false;
  return source.checksums.empty() ||
         std::any_of(kHashAlgorithms.begin(), kHashAlgorithms.end(), [&](HashAlgorithm each) {
           return !source.checksums.contains(each) &&
                  edited.after.fields.contains(std::string(array_name(each)) + array.suffix);
         });
}

/// The stale sources' arrays with fresh values, for set_checksums.
Result<std::vector<ChecksumArray>> renewed(const Edited& edited, const RecipeInput& input,
                                           Context& context) {
  std::vector<SourceArray> sources = pkgbuild::source_arrays(edited.after);
  std::erase_if(sources, [&](const SourceArray& array) {
    for (std::size_t i = 0; i < array.entries.size(); ++i)
      if (is_stale(edited, array, i) || lacks_checksum(edited, array, i)) return false;
    return true;
  });
  const std::vector<HashAlgorithm> algorithms = pkgbuild::checksum_algorithms(edited.after);
  TRY_ASSIGN(std::vector<ChecksumArray> arrays, fresh_checksums(
                                                    sources, algorithms,
                                                    [&](const SourceArray& array, std::size_t i) {
                                                      return is_stale(edited, array, i) ||
                                                             lacks_checksum(edited, array, i);
                                                    },
                                                    input, context));
  // An array that the recipe does not have is added only where the source array has none at all,
  // and a SKIP in one of several arrays stays.
  std::erase_if(arrays, [&](const ChecksumArray& array) {
    const std::vector<SourceEntry> entries = edited.after.sources_of(array.suffix);
    return !edited.after.fields.contains(array.name()) &&
           std::any_of(entries.begin(), entries.end(),
                       [](const SourceEntry& source) { return !source.checksums.empty(); });
  });
  for (ChecksumArray& array : arrays) {
    const std::vector<std::string>& old = edited.after.array(array.name());
    for (std::size_t i = 0; i < std::min(old.size(), array.values.size()); ++i)
      if (old[i] == "SKIP") array.values[i] = old[i];
  }
  return arrays;
}

void warn_of_stale_sums(const Edited& edited, const RecipeInput& input, Context& context) {
  std::vector<std::string> names;
  for (const SourceArray& array : pkgbuild::source_arrays(edited.after))
    for (std::size_t i = 0; i < array.entries.size(); ++i)
      if (is_stale(edited, array, i)) names.push_back(printable_line(array.entries[i].file_name));
  if (names.empty()) return;
  context.warn(
      fmt::format("the checksums of {} are those of the old version\n  fix: rbee recipe "
                  "sums {} --write",
                  fmt::join(names, ", "), printable_line(input.name)));
}

void warn_of_side_effects(const Edited& edited, const RecipeInput& input,
                          const Arguments& arguments, Context& context) {
  const std::string before = edited.before.version();
  const std::string after = edited.after.version();
  if (pkgbuild::compare_versions(after, before) < 0) {
    const std::string_view epoch = edited.after.scalar("epoch");
    // An epoch of 19 digits and more has no successor that we could name.
    const std::string next =
        epoch.size() > 18 ? "N"
                          : std::to_string(epoch.empty() ? 1 : std::stoll(std::string(epoch)) + 1);
    context.warn(fmt::format(
        "{} is older than {}: pacman would call it a downgrade\n  fix: rbee recipe bump {} "
        "--pkgver {} --epoch {}",
        printable_line(after), printable_line(before), printable_line(input.name),
        printable_line(arguments.pkgver), next));
  }
  for (const char* name : {"pkgname", "pkgbase"})
    if (edited.before.array(name) != edited.after.array(name))
      context.warn(fmt::format(
          "{} changes with the version: {} was {}", name,
          printable_line(fmt::format("{}", fmt::join(edited.after.array(name), " "))),
          printable_line(fmt::format("{}", fmt::join(edited.before.array(name), " ")))));
  if (edited.after.function("pkgver") != nullptr)
    context.note("the recipe has a pkgver() function: makepkg will compute pkgver again");
}

}  // namespace

Result<int> recipe_bump(const Arguments& arguments, Context& context) {
  if (arguments.file == "-")
    return fail(Errc::usage, "argument-invalid", "a recipe on standard input cannot be edited",
                {.fix = "rbee recipe bump PKGBUILD --pkgver V"});
  RecipeInput input;
  TRY(read_recipe(arguments, context, input));
  pkgbuild::VersionWish wish;
  wish.pkgver = arguments.pkgver;
  if (!arguments.epoch.empty()) wish.epoch = arguments.epoch;
  auto edited = pkgbuild::set_version(input.text, input.inputs, wish);
  if (!edited) return tl::unexpected<Error>(edit_error(std::move(edited).error(), input.name));

  std::string text = edited->text;
  std::vector<std::string> fields = edited->fields;
  if (arguments.sums) {
    TRY_ASSIGN(const std::vector<ChecksumArray> arrays, renewed(*edited, input, context));
    auto summed = pkgbuild::set_checksums(text, input.inputs, arrays);
    if (!summed) return tl::unexpected<Error>(edit_error(std::move(summed).error(), input.name));
    text = summed->text;
    fields.insert(fields.end(), summed->fields.begin(), summed->fields.end());
  }
  const bool write = text != input.text && !arguments.dry_run;
  if (write) TRY(write_back(arguments.file, input.text, text));
  print_change(input, text, fields, write,
               {{"version_before", json_text(edited->before.version())},
                {"version_after", json_text(edited->after.version())}},
               context);
  if (text == input.text)
    context.note(fmt::format("{} is at {} already", printable_line(input.name),
                             printable_line(edited->after.version())));
  warn_of_side_effects(*edited, input, arguments, context);
  if (!arguments.sums) warn_of_stale_sums(*edited, input, context);
  return 0;
}

}  // namespace rbee::cli
