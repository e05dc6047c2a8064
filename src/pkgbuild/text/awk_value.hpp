// Values of an awk program: text, numbers, and texts that are numbers too.
//
// Pure. Source: POSIX.1-2017 awk, "Expressions in awk".
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "pkgbuild/text/command.hpp"

namespace rbee::pkgbuild::text {

/// From here on, awks print whole numbers differently.
inline constexpr double kAwkExactMax = 1e15;

struct AwkValue {
  enum class Kind { unset, number, string, numeric_string };
  Kind kind = Kind::unset;
  double number = 0;
  std::string text;

  static AwkValue of(double n) { return {Kind::number, n, {}}; }
  static AwkValue of(bool b) { return of(b ? 1.0 : 0.0); }
  static AwkValue of(std::string s) { return {Kind::string, 0, std::move(s)}; }
};

/// A value that came from the input: a number too when all of it looks like one.
AwkValue awk_input(std::string_view text);

double number_of(const AwkValue& value);
/// Refused: numbers of `kAwkExactMax` and more.
Supported<std::string> text_of(const AwkValue& value);
bool truth(const AwkValue& value);
/// `op` is < <= == != > or >=.
Supported<AwkValue> compare(const std::string& op, const AwkValue& a, const AwkValue& b);
/// `op` is + - * / % or ^. Refused: division by zero.
Supported<AwkValue> calculate(const std::string& op, double a, double b);
/// printf; the first argument is the format. Refused: %c, `*`, widths of four digits, too few
/// arguments.
Supported<std::string> formatted(const std::vector<AwkValue>& arguments);

bool is_ascii(std::string_view text);

}  // namespace rbee::pkgbuild::text
