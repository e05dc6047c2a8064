// Opening, collecting edits, and the proof: see edit_session.hpp. Following a value to its literals
// is edit_scalar.cpp.
#include "pkgbuild/edit_session.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"
#include "pkgbuild/parser.hpp"
#include "pkgbuild/refusal.hpp"

namespace rbee::pkgbuild {

namespace {

/// Names of the fields whose values differ; `suffix` says whose they are.
void compare_fields(const Fields& before, const Fields& after, const std::string& suffix,
                    std::vector<std::string>& names) {
  for (const auto& [name, field] : after) {
    const auto old = before.find(name);
    if (old == before.end() || old->second.values != field.values) names.push_back(name + suffix);
  }
  for (const auto& [name, field] : before)
    if (!after.contains(name)) names.push_back(name + suffix);
}

std::vector<std::string> changed_fields(const Recipe& before, const Recipe& after) {
  std::vector<std::string> names;
  compare_fields(before.fields, after.fields, "", names);
  for (std::size_t i = 0; i < std::min(before.packages.size(), after.packages.size()); ++i)
    compare_fields(before.packages[i].overrides, after.packages[i].overrides,
                   " of " + before.packages[i].name, names);
  return names;
}

std::vector<std::string> function_names(const Recipe& recipe) {
  std::vector<std::string> names;
  for (const Function& function : recipe.functions) names.push_back(function.name);
  return names;
}

}  // namespace

Result<std::unique_ptr<EditSession>> EditSession::open(std::string_view text,
                                                       const Inputs& inputs) {
  std::unique_ptr<EditSession> session(new EditSession(text, inputs));
  auto recipe = evaluate(text, inputs);
  if (!recipe) return tl::unexpected<Error>(to_error(recipe.error()));
  session->before_ = std::move(*recipe);
  ParseOptions options;
  options.depth_max = inputs.limits.depth_max;
  session->script_ = *parse(text, options);
  session->places_ = places_of(*session->script_);
  return session;
}

tl::unexpected<Error> EditSession::refuse(std::string id, Span span, std::string message,
                                          std::string why, std::string fix,
                                          std::vector<std::string> evidence) const {
  Finding finding;
  finding.rule = id;
  finding.file = "PKGBUILD";
  finding.span = span;
  finding.position = LineMap(text_).position(span.begin);
  finding.message = message;
  finding.excerpt = excerpt(text_, span);
  return fail(Errc::unsupported, std::move(id), std::move(message),
              {.evidence = std::move(evidence),
               .why = std::move(why),
               .fix = std::move(fix),
               .findings = {std::move(finding)}});
}

std::string EditSession::line_of(Span span) const {
  const std::uint32_t line = LineMap(text_).position(span.begin).line;
  return fmt::format("line {}: {}", line, printable_line(trim(LineMap::line_text(text_, line))));
}

Result<void> EditSession::add(Edit edit) {
  for (const Edit& other : edits_) {
    if (other.span == edit.span && other.text == edit.text) return {};
    const bool same_place = other.span == edit.span && edit.span.begin != edit.span.end;
    if (same_place || (edit.span.begin < other.span.end && other.span.begin < edit.span.end))
      return refuse("edit-built", edit.span, "one place would have to hold two values",
                    "it makes several values of the recipe, and they need not change alike",
                    "write these values out, each at its own place");
  }
  edits_.push_back(std::move(edit));
  return {};
}

Result<const Place*> EditSession::maker(const std::string& field,
                                        Place::Where weakest_allowed) const {
  const auto found = before_.fields.find(field);
  const Span span = found == before_.fields.end() ? Span{} : found->second.span;
  const Place* const place =
      found == before_.fields.end() ? nullptr : find_place(places_, field, span);
  const std::string shown = printable_line(field);
  if (place == nullptr)
    return refuse("edit-not-assigned", span,
                  fmt::format("{} is not made by an assignment that could be edited", shown),
                  "a command, a function or a text that is evaluated makes it",
                  fmt::format("write '{}=' as a line of its own, or edit the file by hand", shown));
  if (place->where > weakest_allowed) {
    const bool scalar = weakest_allowed == Place::Where::top;
    const bool branch = place->where == Place::Where::branch;
    return refuse(scalar ? "edit-conditional" : "edit-loop", span,
                  fmt::format("{} is made {}", shown,
                              branch ? "under a condition" : "in a loop, a function or a subshell"),
                  branch ? "another platform may take another line, which would stay as it is"
                         : "the same line may make several values",
                  fmt::format("move '{}=' out of it, or edit the file by hand", shown));
  }
  if (place->assignment->append || place->assignment->index != nullptr)
    return refuse("edit-appended", span,
                  fmt::format("{} is put together by more than one assignment", shown),
                  "the last one only adds to it, so no line holds the whole value",
                  fmt::format("write '{}=' in one piece, or edit the file by hand", shown));
  return place;
}

Result<Edited> EditSession::finish() const {
  Edited edited;
  edited.edits = edits_;
  std::stable_sort(edited.edits.begin(), edited.edits.end(),
                   [](const Edit& a, const Edit& b) { return a.span.begin < b.span.begin; });
  edited.before = before_;
  edited.text = print(*script_, edited.edits);
  if (edited.edits.empty()) {
    edited.after = before_;
    return edited;
  }
  auto after = evaluate(edited.text, inputs_);
  if (!after) {
    Error error = to_error(after.error());
    error.id = "edit-refused";
    error.message = "the edited recipe would not be read: " + error.message;
    error.why = "nothing was changed";
    return tl::unexpected<Error>(std::move(error));
  }
  edited.after = std::move(*after);

  std::vector<Span> spans_before;
  std::vector<Span> spans_after;
  std::uint32_t grown = 0;  // Modulo 2^32, as the text may shrink as well.
  for (const Edit& edit : edited.edits) {
    spans_before.push_back(edit.span);
    const std::uint32_t begin = edit.span.begin + grown;
    const auto size = static_cast<std::uint32_t>(edit.text.size());
    spans_after.push_back({begin, begin + size});
    grown += size - (edit.span.end - edit.span.begin);
  }
  ParseOptions options;
  options.depth_max = inputs_.limits.depth_max;
  const auto script = parse(edited.text, options);
  if (!script || outline(*script_, spans_before) != outline(**script, spans_after) ||
      function_names(before_) != function_names(edited.after))
    return refuse("edit-spread", edited.edits.front().span,
                  "the edit would change more of the recipe than was asked for",
                  "the text after the edit would be read in another way; nothing was changed");
  edited.fields = changed_fields(before_, edited.after);
  return edited;
}

}  // namespace rbee::pkgbuild
