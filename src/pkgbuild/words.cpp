// Words: quotes, expansions, assignments and array literals (parser_state.hpp).
#include <algorithm>

#include "pkgbuild/ansi_c.hpp"
#include "pkgbuild/parser_state.hpp"

namespace rbee::pkgbuild {
namespace {

constexpr std::string_view kSpecialParameters = "@*#?-$!_";

bool is_extglob_prefix(char c) {
  return c == '?' || c == '*' || c == '+' || c == '@' || c == '!';
}

}  // namespace

Word Parser::parse_word(Mode mode) {
  const std::uint32_t begin = lex_.pos();
  const std::size_t base = scratch_.size();
  parse_parts(scratch_, mode);
  Word word;
  word.span = span_from(begin);
  word.parts = keep_from(base);
  for (const WordPart& part : word.parts) {
    if (part.kind == WordPart::Kind::literal && part.text.find('{') != std::string_view::npos) {
      word.may_brace = true;
    }
  }
  return word;
}

Word Parser::parse_range(std::uint32_t begin, std::uint32_t end, Mode mode) {
  const std::uint32_t pos = lex_.pos(), old_end = lex_.end();
  lex_.seek(begin);
  lex_.set_end(end);
  Word word = parse_word(mode);
  lex_.set_end(old_end);
  lex_.seek(failed() ? old_end : pos);
  return word;
}

void Parser::parse_parts(std::vector<WordPart>& out, Mode mode) {
  Depth depth(*this);
  if (!depth.ok) return;
  const bool quoted = mode.quoting != Quoting::none;
  const std::uint32_t first = lex_.pos();
  std::uint32_t run = lex_.pos();  // Where the present literal began.
  int nesting = 0;                 // Of brackets, parentheses or ?: of the stop.
  const auto flush = [&] {
    if (lex_.pos() > run) {
      out.push_back({.kind = WordPart::Kind::literal,
                     .span = span_from(run),
                     .text = lex_.slice(run, lex_.pos())});
    }
  };
  const auto tilde_here = [&](std::uint32_t at) {
    if (quoted || mode.stop == Stop::regex || mode.stop == Stop::end || mode.stop == Stop::bracket)
      return false;
    return at == first || (mode.assignment && script_.text[at - 1] == ':');
  };
  while (!lex_.at_end()) {
    const char c = lex_.peek();
    // What ends it.
    switch (mode.stop) {
      case Stop::word:
        if (is_metacharacter(c)) {
          if ((c == '<' || c == '>') && lex_.peek(1) == '(') break;
          flush();
          return;
        }
        break;
      case Stop::regex:
        if (c == '(')
          ++nesting;
        else if (c == ')' && nesting > 0)
          --nesting;
        else if (is_metacharacter(c) && c != '|' && nesting == 0) {
          flush();
          return;
        }
        break;
      case Stop::double_quote:
        if (c == '"') {
          flush();
          return;
        }
        break;
      case Stop::brace:
        if (c == '}') {
          flush();
          return;
        }
        break;
      case Stop::slash:
        if (c == '}' || (c == '/' && nesting == 0)) {
          flush();
          return;
        }
        break;
      case Stop::colon:
        if (c == '}' || (c == ':' && nesting == 0)) {
          flush();
          return;
        }
        if (c == '?') ++nesting;
        if (c == '(') ++nesting;
        if ((c == ':' || c == ')') && nesting > 0) --nesting;
        break;
      case Stop::bracket:
        if (c == '[') ++nesting;
        if (c == ']') {
          if (nesting == 0) {
            flush();
            return;
          }
          --nesting;
        }
        break;
      case Stop::end:
        break;
    }
    if (c == '\\') {
      const char next = lex_.peek(1);
      bool escapes = true;
      switch (mode.quoting) {
        case Quoting::none:
          escapes = true;
          break;
        case Quoting::quoted:
          escapes = next == '$' || next == '`' || next == '"' || next == '\\' || next == '\n';
          break;
        case Quoting::quoted_brace:
          escapes = next == '$' || next == '`' || next == '"' || next == '\\' || next == '\n' ||
                    next == '}';
          break;
        case Quoting::here_doc:
          escapes = next == '$' || next == '`' || next == '\\' || next == '\n';
          break;
        case Quoting::arithmetic:
          escapes = next == '$' || next == '`' || next == '"' || next == '\\' || next == '\n';
          break;
      }
      if (!escapes || lex_.pos() + 1 >= lex_.end()) {
        lex_.advance();
        continue;
      }
      flush();
      const std::uint32_t at = lex_.pos();
      lex_.advance(2);
      out.push_back({.kind = WordPart::Kind::escaped,
                     .span = span_from(at),
                     .text = next == '\n' ? std::string_view{} : lex_.slice(at + 1, at + 2)});
      run = lex_.pos();
      continue;
    }
    if (c == '\'' && !quoted) {
      flush();
      parse_single_quoted(out);
      run = lex_.pos();
      continue;
    }
    if (c == '"' && mode.quoting != Quoting::here_doc && mode.quoting != Quoting::quoted) {
      flush();
      parse_double_quoted(out, WordPart::Kind::double_quoted);
      run = lex_.pos();
      continue;
    }
    if (c == '`') {
      flush();
      parse_backtick(out, mode);
      run = lex_.pos();
      continue;
    }
    if (c == '$') {
      const std::uint32_t at = lex_.pos();
      flush();
      if (parse_dollar(out, mode)) {
        run = lex_.pos();
      } else {
        run = at;
        lex_.seek(failed() ? lex_.end() : at + 1);
        // The run up to here was flushed already: the literal begins again at the '$'.
      }
      continue;
    }
    if ((c == '<' || c == '>') && lex_.peek(1) == '(' && mode.stop == Stop::word && !quoted) {
      flush();
      const std::uint32_t at = lex_.pos();
      lex_.advance(2);
      parse_substitution(out, WordPart::Kind::process, at);
      run = lex_.pos();
      continue;
    }
    if (mode.extglob && !quoted && mode.stop == Stop::word && is_extglob_prefix(c) &&
        lex_.peek(1) == '(') {
      flush();
      parse_extglob_group(out, mode);
      run = lex_.pos();
      continue;
    }
    if (c == '~' && tilde_here(lex_.pos())) {
      flush();
      const std::uint32_t at = lex_.pos();
      lex_.advance();
      while (is_name_char(lex_.peek()) || lex_.peek() == '-' || lex_.peek() == '.' ||
             lex_.peek() == '+')
        lex_.advance();
      const char after = lex_.peek();
      if (lex_.at_end() || after == '/' || after == ':' || is_metacharacter(after) ||
          after == '}') {
        out.push_back({.kind = WordPart::Kind::tilde,
                       .span = span_from(at),
                       .text = lex_.slice(at, lex_.pos())});
        run = lex_.pos();
      } else {
        run = at;
      }
      continue;
    }
    lex_.advance();
  }
  flush();
}

void Parser::parse_single_quoted(std::vector<WordPart>& out) {
  const std::uint32_t begin = lex_.pos();
  const std::size_t close = script_.text.find('\'', begin + 1);
  if (close == std::string::npos || close >= lex_.end()) {
    fail(begin, begin + 1, "this ' has no partner: the text ends inside the quote");
    return;
  }
  lex_.seek(static_cast<std::uint32_t>(close) + 1);
  out.push_back({.kind = WordPart::Kind::single_quoted,
                 .span = span_from(begin),
                 .text = lex_.slice(begin + 1, static_cast<std::uint32_t>(close))});
}

void Parser::parse_ansi_c(std::vector<WordPart>& out) {
  const std::uint32_t begin = lex_.pos();
  lex_.advance(2);
  while (!lex_.at_end() && lex_.peek() != '\'') lex_.advance(lex_.peek() == '\\' ? 2 : 1);
  if (lex_.at_end()) {
    fail(begin, begin + 2, "this $' has no closing ': the text ends inside the quote");
    return;
  }
  const std::string_view raw = lex_.slice(begin + 2, lex_.pos());
  lex_.advance();
  out.push_back(
      {.kind = WordPart::Kind::ansi_c,
       .span = span_from(begin),
       .text = raw.find('\\') == std::string_view::npos ? raw : keep_text(decode_ansi_c(raw))});
}

void Parser::parse_double_quoted(std::vector<WordPart>& out, WordPart::Kind kind) {
  const std::uint32_t begin = lex_.pos();
  lex_.advance(kind == WordPart::Kind::locale ? 2 : 1);
  const std::size_t base = scratch_.size();
  parse_parts(scratch_, {Stop::double_quote, Quoting::quoted});
  const List<WordPart> parts = keep_from(base);
  if (failed()) return;
  if (lex_.peek() != '"') {
    fail(begin, begin + 1, "this \" has no partner: the text ends inside the quote");
    return;
  }
  lex_.advance();
  out.push_back({.kind = kind, .span = span_from(begin), .parts = parts});
}

bool Parser::parse_dollar(std::vector<WordPart>& out, Mode mode) {
  const std::uint32_t begin = lex_.pos();
  const char next = lex_.peek(1);
  const bool bare = mode.quoting == Quoting::none;
  if (next == '\'' && bare) {
    parse_ansi_c(out);
    return true;
  }
  if (next == '"' && bare) {
    parse_double_quoted(out, WordPart::Kind::locale);
    return true;
  }
  if (next == '(' && lex_.peek(2) == '(') {
    const std::uint32_t close = lex_.closing_double_paren(begin + 3);
    if (close != Lexer::npos) {
      const Word inside = parse_range(begin + 3, close, {Stop::end, Quoting::arithmetic});
      if (failed()) return false;
      lex_.seek(close + 2);
      out.push_back(
          {.kind = WordPart::Kind::arithmetic, .span = span_from(begin), .parts = inside.parts});
      return true;
    }
  }
  if (next == '(') {
    lex_.advance(2);
    parse_substitution(out, WordPart::Kind::command, begin);
    return true;
  }
  if (next == '[') {
    const std::uint32_t close = lex_.closing_bracket(begin + 2);
    if (close == Lexer::npos) {
      fail(begin, begin + 2, "this $[ has no closing ]");
      return false;
    }
    const Word inside = parse_range(begin + 2, close, {Stop::end, Quoting::arithmetic});
    if (failed()) return false;
    lex_.seek(close + 1);
    out.push_back(
        {.kind = WordPart::Kind::arithmetic, .span = span_from(begin), .parts = inside.parts});
    return true;
  }
  if (next == '{') {
    parse_parameter(out, mode);
    return true;
  }
  std::uint32_t length = 0;
  if (is_name_start(next)) {
    while (is_name_char(lex_.peek(1 + length))) ++length;
  } else if (is_digit(next) ||
             (next != '\0' && kSpecialParameters.find(next) != std::string_view::npos)) {
    length = 1;
  }
  if (length == 0) return false;
  lex_.advance(1 + length);
  Parameter* parameter = make<Parameter>();
  parameter->name = lex_.slice(begin + 1, lex_.pos());
  parameter->name_span = span(begin + 1, lex_.pos());
  out.push_back(
      {.kind = WordPart::Kind::parameter, .span = span_from(begin), .parameter = parameter});
  return true;
}

// $( list ) and <( list ); the place is after the opening.
void Parser::parse_substitution(std::vector<WordPart>& out, WordPart::Kind kind,
                                std::uint32_t opened) {
  Depth depth(*this);
  if (!depth.ok) return;
  const Command* body = parse_list(false);
  if (failed()) return;
  if (lex_.peek() != ')') {
    if (lex_.at_end()) {
      fail(opened, opened + 2,
           "this " + std::string(lex_.slice(opened, opened + 2)) + " has no closing )");
    } else {
      fail_here("')'");
    }
    return;
  }
  lex_.advance();
  out.push_back({.kind = kind, .span = span_from(opened), .command = body});
}

void Parser::parse_backtick(std::vector<WordPart>& out, Mode mode) {
  Depth depth(*this);
  if (!depth.ok) return;
  const std::uint32_t begin = lex_.pos();
  lex_.advance();
  bool escaped = false;
  while (!lex_.at_end() && lex_.peek() != '`') {
    if (lex_.peek() == '\\') escaped = true;
    lex_.advance(lex_.peek() == '\\' ? 2 : 1);
  }
  if (lex_.at_end()) {
    fail(begin, begin + 1, "this ` has no partner: the text ends inside the substitution");
    return;
  }
  const std::uint32_t close = lex_.pos();
  const Command* body = nullptr;
  const auto run = [&](Script& script, std::uint32_t from, std::uint32_t to,
                       std::optional<Span> place) {
    ParseOptions inner = options_;
    inner.depth_max = options_.depth_max - depth_;
    inner.extglob = extglob_ ? Extglob::on : Extglob::off;
    Parser parser(script, from, to, inner, place);
    body = parser.parse_program();
    if (parser.error_ && !error_) {
      error_ = parser.error_;
      lex_.seek(lex_.end());
    }
  };
  if (!escaped) {
    run(script_, begin + 1, close, place_);
  } else {
    // \` \\ \$ (and \" inside double quotes) lose their backslash before the text is parsed.
    std::string plain;
    for (std::uint32_t at = begin + 1; at < close; ++at) {
      const char next = at + 1 < close ? script_.text[at + 1] : '\0';
      const bool drop =
          script_.text[at] == '\\' && (next == '`' || next == '\\' || next == '$' ||
                                       (next == '"' && mode.quoting == Quoting::quoted));
      if (drop) ++at;
      plain.push_back(script_.text[at]);
    }
    auto child = std::make_shared<Script>();
    child->text = std::move(plain);
    run(*child, 0, static_cast<std::uint32_t>(child->text.size()), span(begin, close + 1));
    script_.children.push_back(std::move(child));
  }
  if (failed()) return;
  lex_.seek(close + 1);
  out.push_back({.kind = WordPart::Kind::command,
                 .backtick = true,
                 .span = span_from(begin),
                 .command = body});
}

// ?( a | b ): one literal for each piece of plain text, so that quotes inside still quote.
void Parser::parse_extglob_group(std::vector<WordPart>& out, Mode mode) {
  Depth depth(*this);
  if (!depth.ok) return;
  const std::uint32_t begin = lex_.pos();
  lex_.advance(2);
  out.push_back({.kind = WordPart::Kind::literal,
                 .span = span_from(begin),
                 .text = lex_.slice(begin, lex_.pos())});
  while (!lex_.at_end() && lex_.peek() != ')') {
    const std::uint32_t at = lex_.pos();
    const char c = lex_.peek();
    if (c == '|' || is_blank(c) || c == '(' || c == '&' || c == ';' || c == '<' || c == '>' ||
        c == '\n') {
      lex_.advance();
      out.push_back(
          {.kind = WordPart::Kind::literal, .span = span_from(at), .text = lex_.slice(at, at + 1)});
      if (c == '(') {
        fail(at, at + 1, "a plain ( cannot stand in a pattern");
        return;
      }
      continue;
    }
    Mode inner = mode;
    inner.stop = Stop::word;
    parse_parts(out, inner);
    if (failed()) return;
  }
  if (lex_.at_end()) {
    fail(begin, begin + 2, "this pattern group has no closing )");
    return;
  }
  const std::uint32_t at = lex_.pos();
  lex_.advance();
  out.push_back(
      {.kind = WordPart::Kind::literal, .span = span_from(at), .text = lex_.slice(at, at + 1)});
}

// ${ … }
void Parser::parse_parameter(std::vector<WordPart>& out, Mode mode) {
  Depth depth(*this);
  if (!depth.ok) return;
  const std::uint32_t begin = lex_.pos();
  lex_.advance(2);
  Parameter* parameter = make<Parameter>();
  parameter->braced = true;
  const auto is_special = [](char c) {
    return c != '\0' && kSpecialParameters.find(c) != std::string_view::npos;
  };
  const auto starts_name = [&](char c) { return is_name_start(c) || is_digit(c) || is_special(c); };
  bool length = false;
  if (lex_.peek() == '#' && lex_.peek(1) != '}' && starts_name(lex_.peek(1))) {
    const char c = lex_.peek(1);
    if (is_name_start(c) || is_digit(c) || lex_.peek(2) == '}') {
      length = true;
      lex_.advance();
    }
  } else if (lex_.peek() == '!' && lex_.peek(1) != '}' &&
             (is_name_start(lex_.peek(1)) || is_digit(lex_.peek(1)) ||
              ((lex_.peek(1) == '@' || lex_.peek(1) == '*' || lex_.peek(1) == '#') &&
               lex_.peek(2) == '}'))) {
    parameter->indirect = true;
    lex_.advance();
  }
  const std::uint32_t name_at = lex_.pos();
  if (is_name_start(lex_.peek())) {
    while (is_name_char(lex_.peek())) lex_.advance();
  } else if (is_digit(lex_.peek())) {
    while (is_digit(lex_.peek())) lex_.advance();
  } else if (is_special(lex_.peek())) {
    lex_.advance();
  } else {
    parse_bad_parameter(*parameter);
  }
  parameter->name = lex_.slice(name_at, lex_.pos());
  parameter->name_span = span_from(name_at);
  if (lex_.peek() == '[' && !parameter->name.empty() && is_name_start(parameter->name[0])) {
    const char mark = lex_.peek(1);
    if ((mark == '@' || mark == '*') && lex_.peek(2) == ']') {
      parameter->subscript = mark == '@' ? Parameter::Subscript::at : Parameter::Subscript::star;
      lex_.advance(3);
    } else {
      const std::uint32_t bracket = lex_.pos();
      lex_.advance();
      parameter->subscript = Parameter::Subscript::index;
      parameter->index = make<Word>(parse_word({Stop::bracket, Quoting::none}));
      if (failed()) return;
      if (lex_.peek() != ']') {
        fail(bracket, bracket + 1, "this [ has no closing ]");
        return;
      }
      lex_.advance();
    }
  }
  if (length) parameter->op = Parameter::Op::length;
  if (lex_.peek() != '}') {
    if (length) {
      parse_bad_parameter(*parameter);
    } else {
      parse_parameter_operator(*parameter, mode);
    }
    if (failed()) return;
  } else if (parameter->indirect && (parameter->subscript == Parameter::Subscript::at ||
                                     parameter->subscript == Parameter::Subscript::star)) {
    parameter->indirect = false;
    parameter->op = Parameter::Op::keys;
  }
  if (lex_.peek() != '}') {
    fail(begin, begin + 2, "this ${ has no closing }");
    return;
  }
  lex_.advance();
  out.push_back(
      {.kind = WordPart::Kind::parameter, .span = span_from(begin), .parameter = parameter});
}

// Bash complains only when such an expansion is reached, so it is a node like the others.
void Parser::parse_bad_parameter(Parameter& parameter) {
  parameter.op = Parameter::Op::bad;
  parameter.operand = make<Word>(parse_word({Stop::brace, Quoting::quoted_brace}));
}

const Word* Parser::parse_operand(Stop stop, Mode outer, bool pattern) {
  Quoting quoting = Quoting::none;
  if (outer.quoting != Quoting::none && !pattern) quoting = Quoting::quoted_brace;
  if (outer.quoting == Quoting::here_doc && !pattern) quoting = Quoting::quoted_brace;
  return make<Word>(parse_word({stop, quoting}));
}

void Parser::parse_parameter_operator(Parameter& parameter, Mode mode) {
  using Op = Parameter::Op;
  const char c = lex_.peek(), d = lex_.peek(1);
  const auto op = [&](Op value, std::uint32_t length) {
    parameter.op = value;
    lex_.advance(length);
  };
  if (parameter.indirect && (c == '*' || c == '@') && d == '}') {
    parameter.indirect = false;
    parameter.subscript = c == '@' ? Parameter::Subscript::at : Parameter::Subscript::star;
    op(Op::names, 1);
    return;
  }
  if (c == '@' && is_name_start(d) && lex_.peek(2) == '}') {
    op(Op::transform, 1);
    parameter.operand = parse_operand(Stop::brace, mode, true);
    return;
  }
  const auto word_op = [](char sign) {
    switch (sign) {
      case '-':
        return Op::use_default;
      case '=':
        return Op::assign_default;
      case '?':
        return Op::error_if_unset;
      case '+':
        return Op::use_alternate;
      default:
        return Op::none;
    }
  };
  if (c == ':' && word_op(d) != Op::none) {
    parameter.colon = true;
    op(word_op(d), 2);
    parameter.operand = parse_operand(Stop::brace, mode, false);
    return;
  }
  if (word_op(c) != Op::none) {
    op(word_op(c), 1);
    parameter.operand = parse_operand(Stop::brace, mode, false);
    return;
  }
  switch (c) {
    case ':': {
      op(Op::substring, 1);
      const Mode arithmetic{Stop::colon, Quoting::arithmetic};
      parameter.operand = make<Word>(parse_word(arithmetic));
      if (lex_.peek() == ':') {
        lex_.advance();
        parameter.second = make<Word>(parse_word({Stop::brace, Quoting::arithmetic}));
      }
      return;
    }
    case '#':
      op(d == '#' ? Op::remove_prefix_longest : Op::remove_prefix, d == '#' ? 2 : 1);
      break;
    case '%':
      op(d == '%' ? Op::remove_suffix_longest : Op::remove_suffix, d == '%' ? 2 : 1);
      break;
    case '^':
      op(d == '^' ? Op::upper_all : Op::upper_first, d == '^' ? 2 : 1);
      break;
    case ',':
      op(d == ',' ? Op::lower_all : Op::lower_first, d == ',' ? 2 : 1);
      break;
    case '~':
      op(d == '~' ? Op::toggle_all : Op::toggle_first, d == '~' ? 2 : 1);
      break;
    case '/': {
      if (d == '/')
        op(Op::replace_all, 2);
      else if (d == '#')
        op(Op::replace_prefix, 2);
      else if (d == '%')
        op(Op::replace_suffix, 2);
      else
        op(Op::replace, 1);
      const std::uint32_t begin = lex_.pos();
      const std::size_t base = scratch_.size();
      if (parameter.op == Op::replace_all && lex_.peek() == '/') {
        // A '/' that follows at once belongs to the pattern.
        lex_.advance();
        scratch_.push_back({.kind = WordPart::Kind::literal,
                            .span = span_from(begin),
                            .text = lex_.slice(begin, begin + 1)});
      }
      parse_parts(scratch_, {Stop::slash, Quoting::none});
      Word* pattern = make<Word>();
      pattern->span = span_from(begin);
      pattern->parts = keep_from(base);
      parameter.operand = pattern;
      if (lex_.peek() == '/') {
        lex_.advance();
        parameter.second = parse_operand(Stop::brace, mode, true);
      }
      return;
    }
    default:
      if (lex_.at_end()) return;  // The caller tells that there is no closing }.
      parse_bad_parameter(parameter);
      return;
  }
  parameter.operand = parse_operand(Stop::brace, mode, true);
}

/// True when NAME=, NAME+= or NAME[…]= stands here; `operator_at` is the offset of the = or +=.
bool Parser::at_assignment(std::uint32_t& operator_at) const {
  std::uint32_t at = lex_.pos();
  const std::string& text = script_.text;
  const auto char_at = [&](std::uint32_t i) { return i < lex_.end() ? text[i] : '\0'; };
  if (!is_name_start(char_at(at))) return false;
  while (is_name_char(char_at(at))) ++at;
  if (char_at(at) == '[') {
    const std::uint32_t close = lex_.closing_bracket(at + 1);
    if (close == Lexer::npos) return false;
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
