// Assignments and array literals (parser_state.hpp).
#include "pkgbuild/parser_state.hpp"

namespace rbee::pkgbuild {

/// True when NAME=, NAME+= or NAME[…]= stands here; `operator_at` is the offset of the = or +=.
bool Parser::at_assignment(std::uint32_t& operator_at) {
  std::uint32_t at = lex_.pos();
  const std::string& text = script_.text;
  const auto char_at = [&](std::uint32_t i) { return i < lex_.end() ? text[i] : '\0'; };
  if (!is_name_start(char_at(at))) return false;
  while (is_name_char(char_at(at))) ++at;
  if (char_at(at) == '[') {
    const std::uint32_t close = lex_.closing_bracket(at + 1);
    if (looked_too_far() || close == Lexer::npos) return false;
    at = close + 1;
  }
  operator_at = at;
  return char_at(at) == '=' || (char_at(at) == '+' && char_at(at + 1) == '=');
}

Assignment Parser::parse_assignment() {
  Assignment assignment;
  const std::uint32_t begin = lex_.pos();
  while (is_name_char(lex_.peek())) lex_.advance();
  assignment.name = lex_.slice(begin, lex_.pos());
  assignment.name_span = span_from(begin);
  if (lex_.peek() == '[') {
    lex_.advance();
    assignment.index = make<Word>(parse_word({Stop::bracket, Quoting::none}));
    if (failed()) return assignment;
    lex_.advance();
  }
  if (lex_.peek() == '+') {
    assignment.append = true;
    lex_.advance();
  }
  lex_.advance();
  const std::uint32_t value_at = lex_.pos();
  if (lex_.peek() == '(') {
    if (assignment.index != nullptr) {
      fail(value_at, value_at + 1, "an element of an array cannot be an array");
      return assignment;
    }
    parse_array_elements(assignment);
  } else {
    assignment.value = parse_word({Stop::word, Quoting::none, true, false});
  }
  assignment.span = span_from(begin);
  assignment.value_span = span_from(value_at);
  return assignment;
}

void Parser::parse_array_elements(Assignment& assignment) {
  Depth depth(*this);
  if (!depth.ok) return;
  const std::uint32_t begin = lex_.pos();
  lex_.advance();
  assignment.array = true;
  std::vector<ArrayElement> elements;
  while (true) {
    lex_.skip_blanks();
    if (lex_.peek() == '\n') {
      read_newline();
      continue;
    }
    if (lex_.at_end() || lex_.peek() == ')') break;
    if (is_metacharacter(lex_.peek()) &&
        !((lex_.peek() == '<' || lex_.peek() == '>') && lex_.peek(1) == '(')) {
      fail_here("an element or ')'");
      return;
    }
    ArrayElement element;
    const std::uint32_t at = lex_.pos();
    if (lex_.peek() == '[') {
      const std::uint32_t close = lex_.closing_bracket(at + 1);
      if (looked_too_far()) return;
      const auto follows = [&](std::uint32_t i) { return i < lex_.end() ? script_.text[i] : '\0'; };
      if (close != Lexer::npos &&
          (follows(close + 1) == '=' || (follows(close + 1) == '+' && follows(close + 2) == '='))) {
        lex_.advance();
        element.index = make<Word>(parse_word({Stop::bracket, Quoting::none}));
        if (failed()) return;
        element.append = lex_.peek(1) == '+';
        lex_.seek(close + (element.append ? 3 : 2));
      }
    }
    element.value =
        element.index ? parse_word({Stop::word, Quoting::none, true, false}) : parse_plain_word();
    if (failed()) return;
    if (lex_.pos() == at) {
      fail_here("an element or ')'");
      return;
    }
    element.span = span_from(at);
    // bash 5.2 loses backslashes when it reads such a $(…) again.
    for (const WordPart& part : element.value.parts)
      if (in_substitution_ && part.kind == WordPart::Kind::escaped && !part.text.empty()) {
        fail(SyntaxError::Kind::unsupported, part.span.begin, part.span.end,
             "a backslash in an array inside $(…)");
        return;
      }
    elements.push_back(element);
  }
  if (lex_.at_end()) {
    if (!failed())
      fail(begin, begin + 1, "this ( has no closing ): the text ends inside the array");
    return;
  }
  lex_.advance();
  assignment.elements = keep_list(elements);
}

}  // namespace rbee::pkgbuild
