// A scalar gets another value: at its own literal, or at the one that it is made of.
//
// Source of the rule that nothing is guessed: every candidate is tried by evaluating the recipe
// with it, and exactly one may do (docs/editing.md).
#include <fmt/format.h>

#include <algorithm>
#include <deque>

#include "base/text.hpp"
#include "pkgbuild/edit_follow.hpp"
#include "pkgbuild/edit_session.hpp"
#include "pkgbuild/lexer.hpp"

namespace rbee::pkgbuild {

namespace {

/// Evaluations that one value may cost.
constexpr int kTriesMax = 48;

/// Text of a word as pieces: each number in it may change, and nothing else.
void append_text(const WordPart& part, std::vector<Piece>& pieces, std::vector<Span>& spans) {
  const std::string_view text = part.text;
  for (std::size_t from = 0; from < text.size();) {
    std::size_t to = from;
    const bool number = is_digit(text[from]);
    while (to < text.size() && is_digit(text[to]) == number) ++to;
    const auto begin = part.span.begin + static_cast<std::uint32_t>(from);
    pieces.push_back({number, std::string(text.substr(from, to - from))});
    spans.push_back({begin, begin + static_cast<std::uint32_t>(to - from)});
    from = to;
  }
}

/// "$_major.$_minor.0" as pieces, and the places of those that are no variables; false when it
/// holds anything but text and plain variables. A variable's piece is its name.
bool append_pieces(const List<WordPart>& parts, std::vector<Piece>& pieces,
                   std::vector<Span>& spans) {
  for (const WordPart& part : parts) {
    switch (part.kind) {
      case WordPart::Kind::double_quoted:
        if (!append_pieces(part.parts, pieces, spans)) return false;
        break;
      case WordPart::Kind::parameter:
        if (part.parameter->op != Parameter::Op::none || part.parameter->indirect ||
            part.parameter->subscript != Parameter::Subscript::none)
          return false;
        pieces.push_back({true, std::string(part.parameter->name)});
        spans.emplace_back();
        break;
      case WordPart::Kind::literal:
        append_text(part, pieces, spans);
        break;
      case WordPart::Kind::escaped:
      case WordPart::Kind::single_quoted:
      case WordPart::Kind::ansi_c:
        pieces.push_back({false, std::string(part.text)});
        spans.emplace_back();
        break;
      default:
        return false;
    }
  }
  return true;
}

}  // namespace

Result<void> EditSession::set_scalar(const std::string& field, const std::string& value) {
  if (before_.fields.contains(field) && before_.scalar(field) == value) return {};
  TRY_ASSIGN(const Place* const place, maker(field, Place::Where::top));
  const Assignment& assignment = *place->assignment;
  if (assignment.array)
    return refuse("edit-not-assigned", assignment.span,
                  fmt::format("{} is made as an array", printable_line(field)),
                  "makepkg takes one value", fmt::format("write {}=VALUE", printable_line(field)));
  if (!constant(assignment.value)) return follow(*place, field, value);
  Edit edit{assignment.value_span, in_hand_of(&assignment.value, value)};
  // What cannot be read with it is refused with its findings, at the end.
  const auto recipe = evaluate(print(*script_, {edit}), inputs_);
  if (recipe && recipe->scalar(field) != value)
    return refuse(
        "edit-built", assignment.span,
        fmt::format("{} would not become {}", printable_line(field), printable_line(value)),
        "the recipe changes the value again after this line");
  return add(std::move(edit));
}

bool EditSession::gives(const std::vector<Edit>& edits, const std::string& field,
                        const std::string& value) const {
  const auto recipe = evaluate(print(*script_, edits), inputs_);
  return recipe && recipe->scalar(field) == value;
}

std::vector<EditSession::Literal> EditSession::literals_behind(const Place& place) const {
  std::vector<Literal> literals;
  std::set<std::string, std::less<>> seen;
  std::deque<std::string> open;
  const auto read = [&](const Word& word) {
    for (const std::string& name : names_in(word))
      if (seen.insert(name).second) open.push_back(name);
  };
  // ".0" of "$_ver.0", as a whole and number by number.
  const auto take_text = [&](const auto& self, const List<WordPart>& parts) -> void {
    for (const WordPart& part : parts) {
      if (part.kind == WordPart::Kind::double_quoted) self(self, part.parts);
      if (part.kind != WordPart::Kind::literal) continue;
      std::vector<Piece> pieces;
      std::vector<Span> spans;
      append_text(part, pieces, spans);
      for (std::size_t i = 0; i < pieces.size(); ++i)
        if (pieces[i].variable) literals.push_back({"", pieces[i].text, nullptr, spans[i]});
      if (pieces.size() > 1) literals.push_back({"", std::string(part.text), nullptr, part.span});
    }
  };
  take_text(take_text, place.assignment->value.parts);
  read(place.assignment->value);
  while (!open.empty()) {
    const std::string name = std::move(open.front());
    open.pop_front();
    for (const Place& each : places_) {
      const Assignment& assignment = *each.assignment;
      if (assignment.name != name || assignment.span.begin >= place.assignment->span.begin ||
          each.where != Place::Where::top)
        continue;
      const auto take = [&](const Word& word, Span span) {
        if (auto value = constant(word)) {
          literals.push_back({name, std::move(*value), &word, span});
        } else {
          if (!word.may_brace) take_text(take_text, word.parts);
          read(word);
        }
      };
      if (!assignment.array) take(assignment.value, assignment.value_span);
      for (const ArrayElement& element : assignment.elements)
        take(element.value, element.value.span);
    }
  }
  return literals;
}

std::vector<Edit> EditSession::divided(const Place& place, const std::vector<Literal>& literals,
                                       const std::string& value) const {
  std::vector<Piece> pieces;
  std::vector<Span> spans;
  if (!append_pieces(place.assignment->value.parts, pieces, spans)) return {};
  std::vector<Literal> behind;
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    if (!pieces[i].variable) continue;
    if (spans[i].end != 0) {
      behind.push_back({"", pieces[i].text, nullptr, spans[i]});
      continue;
    }
    const auto is_it = [&](const Literal& literal) { return literal.name == pieces[i].text; };
    if (std::count_if(literals.begin(), literals.end(), is_it) != 1) return {};
    behind.push_back(*std::find_if(literals.begin(), literals.end(), is_it));
    pieces[i].text = behind.back().value;
  }
  const std::vector<std::string> values = divide(pieces, value);
  std::vector<Edit> edits;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (values[i] == behind[i].value) continue;
    std::optional<Edit> edit = behind[i].edit(values[i]);
    if (!edit) return {};
    const auto same = std::find_if(edits.begin(), edits.end(),
                                   [&](const Edit& other) { return other.span == edit->span; });
    if (same == edits.end())
      edits.push_back(std::move(*edit));
    else if (same->text != edit->text)
      return {};  // One variable twice, with two values.
  }
  return edits;
}

std::optional<Edit> EditSession::Literal::edit(std::string_view wanted) const {
  if (word != nullptr) return Edit{span, in_hand_of(word, wanted)};
  // In the middle of a word, nothing that would need quotes.
  if (!is_bare(wanted)) return std::nullopt;
  return Edit{span, std::string(wanted)};
}

Result<void> EditSession::follow(const Place& place, const std::string& field,
                                 const std::string& value) {
  const std::vector<Literal> literals = literals_behind(place);
  const std::string old(before_.scalar(field));
  const std::string shown = printable_line(field);
  std::vector<std::string> evidence = {line_of(place.assignment->span)};
  for (const Literal& literal : literals) {
    std::string line = line_of(literal.span);
    if (std::find(evidence.begin(), evidence.end(), line) == evidence.end())
      evidence.push_back(std::move(line));
  }
  std::vector<Edit> found;
  int tries = 0;
  for (const Literal& literal : literals) {
    for (const std::string& guess : guesses(literal.value, old, value)) {
      if (++tries > kTriesMax) break;
      std::optional<Edit> edit = literal.edit(guess);
      if (!edit || !gives({*edit}, field, value)) continue;
      // A number and the text around it may come to the same.
      const std::string text = print(*script_, {*edit});
      if (std::none_of(found.begin(), found.end(),
                       [&](const Edit& other) { return print(*script_, {other}) == text; }))
        found.push_back(std::move(*edit));
      break;
    }
  }
  if (found.size() > 1)
    return refuse(
        "edit-ambiguous", place.assignment->span,
        fmt::format("{} can become {} in more than one way", shown, printable_line(value)),
        "several lines make it, and a change of any one of them would do",
        "change the right one by hand", std::move(evidence));
  if (found.empty()) {
    std::vector<Edit> edits = divided(place, literals, value);
    if (!edits.empty() && gives(edits, field, value)) found = std::move(edits);
  }
  if (found.empty())
    return refuse("edit-built", place.assignment->span,
                  fmt::format("{} is built from other values, and no change of one of them makes "
                              "it {}",
                              shown, printable_line(value)),
                  fmt::format("{} is {} now", shown, printable_line(old)),
                  "change the lines above by hand", std::move(evidence));
  for (Edit& edit : found) TRY(add(std::move(edit)));
  return {};
}

}  // namespace rbee::pkgbuild
