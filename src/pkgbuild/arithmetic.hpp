// Shell arithmetic: 64-bit integers, C's operators, variables that are expressions themselves.
//
// Pure but for the shell's variables. Recursion is bounded. Where bash would complain (a syntax
// error, a division by zero), so does this: `error` then says what. Source: bash(1), "ARITHMETIC
// EVALUATION".
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/span.hpp"

namespace rbee::pkgbuild {

class Interpreter;

class Arithmetic {
 public:
  Arithmetic(Interpreter& shell, std::string_view text, Span span, int depth)
      : shell_(shell), text_(text), span_(span), depth_(depth) {}
  /// The value; 0 for a text of blanks, and 0 with `error()` set when it is no expression.
  std::int64_t evaluate();
  const std::string& error() const { return error_; }

 private:
  /// Something that may stand left of '='.
  struct Place {
    std::string name;
    std::string index;
    bool indexed = false;
    bool valid = false;
  };
  struct Operand {
    std::int64_t value = 0;
    Place place;
  };
  std::int64_t comma();
  std::int64_t assignment();
  std::int64_t conditional();
  std::int64_t binary(int precedence);
  Operand unary();
  Operand primary();
  std::int64_t number(std::string_view digits);
  /// Its value; from then on an index is the number that it was, so that a[i++] counts once.
  std::int64_t read(Place& place);
  void write(const Place& place, std::int64_t value);
  std::int64_t apply(std::string_view op, std::int64_t a, std::int64_t b);
  std::int64_t expression_value(std::string_view text);
  std::string_view binary_operator() const;
  void skip();
  bool accept(std::string_view op);
  void fail(std::string what);

  Interpreter& shell_;
  std::string_view text_;
  Span span_;
  int depth_;
  std::size_t at_ = 0;
  int nesting_ = 0;
  int unevaluated_ = 0;  ///< Inside a branch that is not taken.
  std::string error_;
};

}  // namespace rbee::pkgbuild
