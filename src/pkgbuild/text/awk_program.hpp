// An awk program as a tree: the part of the language that turns lines into lines.
//
// Pure. Source: POSIX.1-2017 awk, "Grammar". Left out, and refused: getline, pipes, redirection,
// system(), user functions, for-in, regular expressions made from strings at run time, and
// everything of gawk's own.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "pkgbuild/regex.hpp"
#include "pkgbuild/text/command.hpp"

namespace rbee::pkgbuild::text {

struct AwkExpression {
  enum class Kind {
    number,     ///< value
    string,     ///< text
    regex,      ///< regex, against $0
    variable,   ///< text
    element,    ///< text[parts…]
    field,      ///< $parts[0]
    assign,     ///< parts[0] op= parts[1]; text is the operator before "=", or empty
    increment,  ///< text "++" or "--", before when `value` is 1, else after
    unary,      ///< text is "!", "-" or "+"
    binary,     ///< text is + - * / % ^ < <= == != > >= " " (concatenation)
    match,      ///< parts[0] ~ regex; text is "~" or "!~"
    in_array,   ///< (parts…) in text
    logical_and,
    logical_or,
    conditional,  ///< parts[0] ? parts[1] : parts[2]
    call,         ///< text is the function's name
  };
  Kind kind = Kind::number;
  std::string text;
  double value = 0;
  std::shared_ptr<const Regex> regex;
  std::vector<AwkExpression> parts;
};

struct AwkStatement {
  enum class Kind {
    print,
    print_formatted,
    expression,
    block,
    if_else,
    while_loop,
    do_loop,
    for_loop,
    next,
    exit,
    stop,
    again
  };
  Kind kind = Kind::expression;
  std::vector<AwkExpression>
      expressions;            ///< print's operands; a condition; for's init, condition, step.
  std::vector<bool> present;  ///< for: which of the three are written.
  std::vector<AwkStatement> body;
};

struct AwkRule {
  enum class When { begin, end, always, match };
  When when = When::always;
  AwkExpression pattern;
  std::vector<AwkStatement> action;
  bool prints_line = false;  ///< No action: print $0.
};

Supported<std::vector<AwkRule>> parse_awk(std::string_view program);

/// What -v and "\n" in a string mean: the escapes of POSIX awk. Refused: others.
Supported<std::string> awk_unescape(std::string_view text);

}  // namespace rbee::pkgbuild::text
