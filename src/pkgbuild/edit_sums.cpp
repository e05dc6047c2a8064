// set_checksums: checksum arrays, element by element (edit.hpp).
//
// An element keeps its place, its quotes and its comment. New ones stand as their neighbours do; a
// new array stands after its source array, as makepkg -g would print it.
#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"
#include "pkgbuild/edit_session.hpp"

namespace rbee::pkgbuild {

namespace {

class ArrayEditor {
 public:
  ArrayEditor(EditSession& session, const ChecksumArray& array)
      : session_(session), text_(session.script().text), array_(array), name_(array.name()) {}

  Result<void> run() {
    const auto field = session_.before().fields.find(name_);
    if (field == session_.before().fields.end()) {
      if (array_.values.empty()) return {};
      return add_array();
    }
    if (field->second.values == array_.values && field->second.form == Field::Form::array)
      return {};
    TRY_ASSIGN(const Place* const place, session_.maker(name_, Place::Where::branch));
    assignment_ = place->assignment;
    TRY(check_elements(field->second.values));
    const std::size_t common = std::min(array_.values.size(), assignment_->elements.size());
    for (std::size_t i = 0; i < common; ++i)
      if (field->second.values[i] != array_.values[i]) TRY(replace(i));
    if (array_.values.size() > common) return append(common);
    for (std::size_t i = common; i < assignment_->elements.size(); ++i) TRY(remove(i));
    return {};
  }

 private:
  /// Every element is one value: only then is the n-th element the n-th source's.
  Result<void> check_elements(const std::vector<std::string>& values) const {
    const auto built = [&](Span span) {
      return session_.refuse(
          "edit-built", span,
          fmt::format("{} holds something that is not one checksum", printable_line(name_)),
          "its elements cannot be told apart by the text alone",
          "write every checksum as an element of its own, or edit the file by hand");
    };
    if (!assignment_->array) return built(assignment_->span);
    for (const ArrayElement& element : assignment_->elements)
      if (element.index != nullptr || element.append || element.value.may_brace)
        return built(element.span);
    if (assignment_->elements.size() != values.size()) {
      const auto odd = std::find_if(assignment_->elements.begin(), assignment_->elements.end(),
                                    [](const ArrayElement& e) { return !constant(e.value); });
      return built(odd == assignment_->elements.end() ? assignment_->span : odd->span);
    }
    return {};
  }

  Result<void> replace(std::size_t i) {
    const Word& word = assignment_->elements[i].value;
    const std::string& value = array_.values[i];
    if (constant(word)) return session_.add({word.span, in_hand_of(&word, value)});
    // "$_sum": the literal that it stands for.
    const auto name = sole_variable(word);
    const Place* literal = nullptr;
    int count = 0;
    for (const Place& place : session_.places()) {
      if (!name || place.assignment->name != *name ||
          place.assignment->span.begin >= assignment_->span.begin)
        continue;
      ++count;
      literal = &place;
    }
    const bool plain = count == 1 && literal->where <= Place::Where::branch &&
                       !literal->assignment->array && !literal->assignment->append &&
                       literal->assignment->index == nullptr &&
                       constant(literal->assignment->value);
    if (!plain) {
      std::vector<std::string> evidence;
      for (const std::string& each : names_in(word))
        for (const Place& place : session_.places())
          if (place.assignment->name == each)
            evidence.push_back(session_.line_of(place.assignment->span));
      return session_.refuse(
          "edit-built", word.span,
          fmt::format("element {} of {} is built, and no one line holds it", i + 1,
                      printable_line(name_)),
          "only a checksum that is written out, or one variable that holds it, can be replaced",
          fmt::format("write '{}' there by hand", printable_line(value)), std::move(evidence));
    }
    return session_.add(
        {literal->assignment->value_span, in_hand_of(&literal->assignment->value, value)});
  }

  std::size_t column_of(std::uint32_t offset) const { return offset - line_begin(offset); }
  std::uint32_t line_begin(std::uint32_t offset) const {
    const std::size_t at = offset == 0 ? std::string::npos : text_.rfind('\n', offset - 1);
    return at == std::string::npos ? 0 : static_cast<std::uint32_t>(at + 1);
  }
  std::string_view slice(std::uint32_t begin, std::uint32_t end) const {
    return std::string_view(text_).substr(begin, end - begin);
  }

  /// What makes `offset` the next line's same column: the blanks of its line, with tabs kept.
  std::string indent_to(std::uint32_t offset) const {
    std::string indent(slice(line_begin(offset), offset));
    for (char& c : indent)
      if (c != '\t') c = ' ';
    return indent;
  }

  /// Between two elements where nothing shows how the author puts them: each under the first.
  std::string gap_before(std::size_t i) const {
    const auto& elements = assignment_->elements;
    const std::uint32_t begin = elements[i].span.begin;
    if (i > 0) {
      const std::string_view gap = slice(elements[i - 1].span.end, begin);
      if (gap.find('\n') == gap.npos) return std::string(gap);
    }
    return "\n" + indent_to(begin);
  }

  Result<void> append(std::size_t from) {
    const auto& elements = assignment_->elements;
    std::string added;
    std::uint32_t at = 0;
    if (elements.empty()) {
      at = assignment_->value_span.begin + 1;  // After the parenthesis.
      const std::string indent = "\n" + std::string(indent_to(at));
      for (std::size_t i = from; i < array_.values.size(); ++i)
        added += (i > from ? indent : "") + in_hand_of(nullptr, array_.values[i]);
    } else {
      const std::size_t last = elements.size() - 1;
      const Word* model = constant(elements[last].value) ? &elements[last].value : nullptr;
      const std::string gap = gap_before(last);
      at = elements[last].span.end;
      // A comment that ends the last element's line stays with it.
      const std::size_t newline = text_.find('\n', at);
      const std::uint32_t close = assignment_->value_span.end - 1;
      if (gap.starts_with('\n') && newline < close) {
        const std::string_view rest = trim(slice(at, static_cast<std::uint32_t>(newline)));
        if (rest.starts_with('#')) at = static_cast<std::uint32_t>(newline);
      }
      for (std::size_t i = from; i < array_.values.size(); ++i)
        added += gap + in_hand_of(model, array_.values[i]);
    }
    return session_.add({{at, at}, std::move(added)});
  }

  Result<void> remove(std::size_t i) {
    const Span element = assignment_->elements[i].span;
    const std::uint32_t before =
        i == 0 ? assignment_->value_span.begin + 1 : assignment_->elements[i - 1].span.end;
    Span gone = element;
    const std::string_view gap = slice(before, element.begin);
    if (gap.find('#') == gap.npos) {
      gone.begin = before;
    } else {
      // A comment stands between: it stays, and the element's own line goes, if another newline
      // ends the comment then: that of a later comment, or the one before the parenthesis.
      const bool last = i + 1 == assignment_->elements.size();
      const std::string_view behind =
          slice(element.end,
                last ? assignment_->value_span.end - 1 : assignment_->elements[i + 1].span.begin);
      if (behind.find(last ? '\n' : '#') != behind.npos) {
        gone.begin = line_begin(element.begin);
        if (gone.begin > before) --gone.begin;
      }
    }
    // A comment after the last element of a line goes with it.
    const std::size_t newline = text_.find('\n', element.end);
    const std::uint32_t close = assignment_->value_span.end - 1;
    const bool closes_here = newline == std::string::npos || close < newline;
    if (!closes_here &&
        trim(slice(element.end, static_cast<std::uint32_t>(newline))).starts_with('#')) {
      gone.end = static_cast<std::uint32_t>(newline);
    } else if (closes_here && gap.find('#') != gap.npos) {
      gone.begin = element.begin;  // The parenthesis must not end up in the comment.
    }
    return session_.add({gone, ""});
  }

  /// After the command that makes the source array.
  Result<void> add_array() {
    const std::string source = "source" + array_.suffix;
    const auto field = session_.before().fields.find(source);
    if (field == session_.before().fields.end()) return {};
    const Place* const place = find_place(session_.places(), source, field->second.span);
    if (place == nullptr || place->where != Place::Where::top)
      return session_.refuse(
          "edit-conditional", field->second.span,
          fmt::format("there is no place for a new {}", printable_line(name_)),
          fmt::format("{} is not made by a line of the file itself", printable_line(source)),
          fmt::format("add '{}=()' where it belongs, then try again", printable_line(name_)));
    // To the end of the line on which the last command of that line ends.
    std::uint32_t end = place->command->span.end;
    for (const Command* part : session_.script().root->parts) {
      if (part->span.begin < end) continue;
      if (slice(end, part->span.begin).find('\n') != std::string_view::npos) break;
      end = part->span.end;
    }
    const std::size_t newline = text_.find('\n', end);
    const auto at =
        static_cast<std::uint32_t>(newline == std::string::npos ? text_.size() : newline);
    std::string added = "\n" + checksum_text(array_);
    added.pop_back();
    return session_.add({{at, at}, std::move(added)});
  }

  EditSession& session_;
  const std::string& text_;
  const ChecksumArray& array_;
  const std::string name_;
  const Assignment* assignment_ = nullptr;
};

}  // namespace

Result<Edited> set_checksums(std::string_view text, const Inputs& inputs,
                             const std::vector<ChecksumArray>& arrays) {
  TRY_ASSIGN(const std::unique_ptr<EditSession> session, EditSession::open(text, inputs));
  for (const ChecksumArray& array : arrays) TRY(ArrayEditor(*session, array).run());
  TRY_ASSIGN(Edited edited, session->finish());
  for (const std::string& field : edited.fields) {
    const auto wanted = [&](const ChecksumArray& array) { return array.name() == field; };
    if (std::none_of(arrays.begin(), arrays.end(), wanted))
      return session->refuse("edit-spread", {},
                             fmt::format("{} would change as well", printable_line(field)),
                             "it is made of the same values; nothing was changed");
  }
  for (const ChecksumArray& array : arrays) {
    if (edited.after.array(array.name()) == array.values) continue;
    const auto field = session->before().fields.find(array.name());
    return session->refuse(
        "edit-built", field == session->before().fields.end() ? Span{} : field->second.span,
        fmt::format("{} would not become what it should", printable_line(array.name())),
        "the recipe changes it again after the line that makes it; nothing was changed");
  }
  return edited;
}

}  // namespace rbee::pkgbuild
