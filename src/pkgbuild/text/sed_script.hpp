// A sed script as a list of commands.
//
// Pure. Source: GNU sed 4.9 manual; POSIX.1-2017 sed.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pkgbuild/regex.hpp"
#include "pkgbuild/text/command.hpp"

namespace rbee::pkgbuild::text {

/// Which lines a command is for: a number, the last line, or those that match.
struct SedAddress {
  enum class Kind { line, last, match, every };
  Kind kind = Kind::line;
  std::uint64_t first = 0;  ///< Kind::line; or FIRST of FIRST~STEP.
  std::uint64_t step = 0;
  std::shared_ptr<const Regex> regex;
};

/// One piece of a replacement: literal text, a group, or a change of case from here on.
struct SedReplacement {
  enum class Kind { text, group, upper, lower, upper_one, lower_one, end_case };
  Kind kind = Kind::text;
  std::string text;
  std::size_t group = 0;
};

struct SedCommand {
  char name = '\0';
  std::optional<SedAddress> from, to;
  bool negated = false;
  std::shared_ptr<const Regex> regex;       ///< s
  std::vector<SedReplacement> replacement;  ///< s
  bool global = false;                      ///< s///g
  bool print = false;                       ///< s///p
  std::uint64_t nth = 1;                    ///< s///N
  std::array<char, 256> map{};              ///< y
  std::string label;                        ///< : b t
  std::size_t target = 0;                   ///< b t {: index of the command to go on with.
};

/// Refused: w W r R e a i c l F z and flags e m w, escapes such as \x41, an empty pattern.
Supported<std::vector<SedCommand>> parse_sed(std::string_view script, RegexSyntax syntax);

}  // namespace rbee::pkgbuild::text
