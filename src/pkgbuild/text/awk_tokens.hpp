// The words of an awk program.
//
// Pure. Source: POSIX.1-2017 awk, "Lexical Conventions".
#pragma once

#include <string>
#include <string_view>

namespace rbee::pkgbuild::text {

struct AwkToken {
  enum class Kind { end, newline, number, string, regex, name, call, punctuation };
  Kind kind = Kind::end;
  std::string text;
  bool after_blank = false;
};

bool is_awk_name_start(char c);
bool is_awk_digit(char c);

/// Reads one token ahead. What it cannot read, and words of awk that are refused, become `error_`,
/// and the text ends there. Copies of `at_` and `token_` are a place to return to.
class AwkLexer {
 protected:
  using Token = AwkToken;
  explicit AwkLexer(std::string_view text) : text_(text) { advance(); }

  bool at_end() const { return token_.kind == Token::Kind::end; }
  bool is(std::string_view punctuation) const {
    return token_.kind == Token::Kind::punctuation && token_.text == punctuation;
  }
  bool is_word(std::string_view word) const {
    return token_.kind == Token::Kind::name && token_.text == word;
  }
  bool accept(std::string_view punctuation) {
    if (!is(punctuation)) return false;
    advance();
    return true;
  }

  void skip_newlines(bool semicolons) {
    while (token_.kind == Token::Kind::newline || (semicolons && is(";"))) advance();
  }

  /// A "/" begins a pattern where an operand is expected, and divides elsewhere.
  void advance();

  std::string_view text_;
  std::size_t at_ = 0;
  Token token_;
  std::string error_;

 private:
  void quoted(char mark, Token::Kind kind);
  void fail_with(std::string what);
};

}  // namespace rbee::pkgbuild::text
