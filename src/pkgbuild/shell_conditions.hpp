// The test command's arguments, read as POSIX says: by their number up to four, then by precedence.
//
// Pure but for the shell's variables. Source: POSIX.1-2017 "test"; bash(1), "test expr".
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/span.hpp"

namespace rbee::pkgbuild {

class Interpreter;

class TestExpression {
 public:
  /// `arguments` are those between "[" and "]".
  TestExpression(Interpreter& shell, const std::vector<std::string>& arguments, Span span)
      : shell_(shell), arguments_(arguments), span_(span) {}
  /// 0 true, 1 false, 2 when the expression is none.
  int run();

 private:
  bool two(std::size_t at);
  bool three(std::size_t at);
  bool disjunction();
  bool conjunction();
  bool term();
  bool unary(const std::string& op, const std::string& operand);
  bool binary(const std::string& left, std::string_view op, const std::string& right);
  std::int64_t integer(std::string_view text);

  Interpreter& shell_;
  const std::vector<std::string>& arguments_;
  Span span_;
  std::size_t at_ = 0;
  int nesting_ = 0;
  bool wrong_ = false;
};

}  // namespace rbee::pkgbuild
