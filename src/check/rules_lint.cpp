// Group lint: what users of shellcheck and namcap expect to be told. Nothing here stops anything.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "check/report.hpp"
#include "check/words.hpp"

namespace rbee::check {

namespace {

using pkgbuild::Command;
using pkgbuild::WordPart;

/// Unquoted $pkgdir and $srcdir in the words of commands.
void check_quotes(Report& report, const RecipeView& view, const Command* command, int depth) {
  if (command == nullptr || depth > 60) return;
  if (command->kind == Command::Kind::simple)
    for (const pkgbuild::Word& word : command->words)
      for (const WordPart& part : word.parts)
        if (part.kind == WordPart::Kind::parameter && word.assignment == nullptr &&
            (part.parameter->name == "pkgdir" || part.parameter->name == "srcdir"))
          report.add("LINT-001", view, part.span,
                     fmt::format("${} is not quoted", part.parameter->name));
  for (const Command* part : command->parts) check_quotes(report, view, part, depth + 1);
  for (const pkgbuild::CaseItem& item : command->items)
    check_quotes(report, view, item.body, depth + 1);
}

/// `… || true` and `… || :` in check().
void check_ignored(Report& report, const RecipeView& view, const Command* command, bool in_check,
                   int depth) {
  if (command == nullptr || depth > 60) return;
  if (command->kind == Command::Kind::function) in_check = command->name == "check";
  if (in_check && command->kind == Command::Kind::and_or && !command->parts.empty()) {
    const Command* last = command->parts.back();
    while (last->kind == Command::Kind::pipeline && last->parts.size() == 1) last = last->parts[0];
    const bool is_or = !command->ops.empty() && command->ops.back() == '|';
    if (is_or && last->kind == Command::Kind::simple && last->words.size() == 1 &&
        (last->words[0].literal() == "true" || last->words[0].literal() == ":"))
      report.add("LINT-002", view, command->span, "the result of a test is thrown away");
  }
  for (const Command* part : command->parts) check_ignored(report, view, part, in_check, depth + 1);
  for (const pkgbuild::CaseItem& item : command->items)
    check_ignored(report, view, item.body, in_check, depth + 1);
}

Span span_of(const pkgbuild::Recipe& recipe, std::string_view field) {
  const auto found = recipe.fields.find(field);
  return found == recipe.fields.end() ? Span{} : found->second.span;
}

void check_fields(Report& report, const RecipeView& view, const pkgbuild::Recipe& recipe) {
  const bool is_git = recipe.pkgbase.ends_with("-git");
  if (is_git && recipe.function("pkgver") == nullptr)
    report.add("LINT-003", view, span_of(recipe, "pkgname"),
               fmt::format("'{}' has no pkgver()", recipe.pkgbase));
  if (recipe.array("license").empty())
    report.add("LINT-004", view.file, "the recipe names no license");
  if (recipe.scalar("url").empty()) report.add("LINT-008", view.file, "the recipe names no url");
  constexpr auto kBase = std::to_array<std::string_view>(
      {"gcc",     "make",      "binutils",   "autoconf", "automake",  "bison", "fakeroot",
       "file",    "findutils", "flex",       "gawk",     "gettext",   "grep",  "groff",
       "gzip",    "libtool",   "m4",         "patch",    "pkgconf",   "sed",   "sudo",
       "texinfo", "which",     "base-devel", "bash",     "coreutils", "tar"});
  for (const std::string& dependency : recipe.array("makedepends"))
    if (contains(kBase, dependency))
      report.add("LINT-006", view, span_of(recipe, "makedepends"),
                 fmt::format("'{}' is always there", dependency));
  const std::string_view text = recipe.scalar("pkgdesc");
  const std::string_view first = text.substr(0, text.find(' '));
  if (first == "A" || first == "An" || first == "The" ||
      (!first.empty() && first == recipe.pkgbase))
    report.add("LINT-007", view, span_of(recipe, "pkgdesc"),
               fmt::format("pkgdesc begins with '{}'", first));
  const auto& arches = recipe.array("arch");
  if (std::find(arches.begin(), arches.end(), "any") == arches.end()) return;
  for (const SubjectFile& file : report.subject().now.files)
    if (file.bytes.starts_with("\x7f"
                               "ELF"))
      report.add("LINT-005", view, span_of(recipe, "arch"),
                 fmt::format("arch is 'any', and '{}' is a compiled program", file.path));
}

}  // namespace

void check_lint(Report& report) {
  for (const RecipeView& view : report.recipes()) {
    if (view.script == nullptr || view.recipe->generated) continue;
    check_quotes(report, view, view.script->root, 0);
    check_ignored(report, view, view.script->root, false, 0);
    if (!view.recipe->variants.empty())
      check_fields(report, view, *view.recipe->variants.front().recipe);
  }
}

}  // namespace rbee::check
