// Words: quotes and expansions (parser_state.hpp).
#include <algorithm>

#include "pkgbuild/ansi_c.hpp"
#include "pkgbuild/parser_state.hpp"

namespace rbee::pkgbuild {
namespace {

constexpr std::string_view kParameterCharacters = "@*#?-$!_";

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
    // bash looks for the end of "${x+it's}" past the next ', and for nothing else in between
    // (parse_matched_pair of its parse.y); expanding, it takes both for themselves.
    if (c == '\'' && mode.pairs && (lex_.pos() == 0 || script_.text[lex_.pos() - 1] != '\\')) {
      const std::size_t close = script_.text.find('\'', lex_.pos() + 1);
      if (close == std::string::npos || close >= lex_.end()) {
        fail(lex_.pos(), lex_.pos() + 1,
             "this ' has no partner: inside ${…} it needs one, in double quotes too");
        return;
      }
      const std::string_view between =
          lex_.slice(lex_.pos() + 1, static_cast<std::uint32_t>(close));
      if (between.find_first_of("}\"`$\\") != std::string_view::npos) {
        fail(SyntaxError::Kind::unsupported, lex_.pos(), static_cast<std::uint32_t>(close) + 1,
             "quotes like these inside ${…} in double quotes");
        return;
      }
      lex_.seek(static_cast<std::uint32_t>(close) + 1);
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
      const bool suffix = after == '=' && lex_.peek(1) == '~';  // Ends a name, says bash.
      if (lex_.at_end() || after == '/' || after == ':' || suffix || is_metacharacter(after) ||
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
    if (looked_too_far()) return false;
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
             (next != '\0' && kParameterCharacters.find(next) != std::string_view::npos)) {
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
  const bool outer = std::exchange(in_substitution_, true);
  const Command* body = parse_list(false);
  in_substitution_ = outer;
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
    auto child = std::make_shared<Script>(std::move(plain));
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

}  // namespace rbee::pkgbuild
