// ${…}: the name, the subscript and the operator (parser_state.hpp).
#include "pkgbuild/parser_state.hpp"

namespace rbee::pkgbuild {
namespace {

constexpr std::string_view kSpecialParameters = "@*#?-$!_";

}  // namespace

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
  Mode mode{stop, quoting};
  mode.pairs =
      quoting == Quoting::quoted_brace && (outer.quoting == Quoting::quoted || outer.pairs);
  return make<Word>(parse_word(mode));
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

}  // namespace rbee::pkgbuild
