// Tokens of bash: where blanks, comments, operators and raw words begin and end in one source.
//
// Touches nothing. Bash's tokens depend on where they stand, so the parser asks for the kind it can
// use at that place; every answer is an offset or a view into the source. Source: bash(1),
// "Definitions".
#pragma once

#include <algorithm>
#include <cstdint>
#include <string_view>

namespace rbee::pkgbuild {

inline bool is_name_start(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}
inline bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
inline bool is_name_char(char c) {
  return is_name_start(c) || is_digit(c);
}
inline bool is_blank(char c) {
  return c == ' ' || c == '\t';
}
/// The characters that end an unquoted word.
bool is_metacharacter(char c);
/// True for a valid variable name.
bool is_name(std::string_view text);
/// True for if, then, {, [[, ! and the other words that mean something where a command may begin.
bool is_reserved(std::string_view word);

/// A place in a text, and questions about what stands there. Cheap to copy.
class Lexer {
 public:
  Lexer(std::string_view text, std::uint32_t begin, std::uint32_t end)
      : text_(text), pos_(begin), end_(end) {}

  std::uint32_t pos() const { return pos_; }
  std::uint32_t end() const { return end_; }
  void seek(std::uint32_t pos) { pos_ = pos; }
  void set_end(std::uint32_t end) { end_ = end; }
  bool at_end() const { return pos_ >= end_; }
  /// The byte `ahead` of the place; NUL past the end (no source holds a NUL).
  char peek(std::uint32_t ahead = 0) const {
    return pos_ + ahead < end_ ? text_[pos_ + ahead] : '\0';
  }
  /// Never past the end: what is not there cannot be passed over.
  void advance(std::uint32_t n = 1) { pos_ = std::min(pos_ + n, std::max(pos_, end_)); }
  std::string_view slice(std::uint32_t begin, std::uint32_t end) const {
    return text_.substr(begin, end - begin);
  }
  std::string_view text() const { return text_; }

  /// Pass over spaces, tabs, continued lines and a comment, up to a token or a newline.
  void skip_blanks();
  /// The bytes from here to the next metacharacter, quotes not understood.
  std::string_view raw_word() const;
  /// The longest operator that stands here; empty when none does. A newline is no operator here.
  std::string_view operator_here() const;
  /// The offset of the ')' that closes an arithmetic "((" whose inside begins at `from`, when
  /// another ')' follows it at once; npos when there is none, so that the "((" is two parentheses.
  std::uint32_t closing_double_paren(std::uint32_t from) const;
  /// The offset of the ']' that closes a '[' before `from`; npos when there is none.
  std::uint32_t closing_bracket(std::uint32_t from) const;

  /// How many bytes the two above have walked over so far.
  std::uint64_t looked_ahead() const { return looked_ahead_; }

  static constexpr std::uint32_t npos = ~std::uint32_t{0};

 private:
  std::uint32_t skip_quoted(std::uint32_t at) const;

  std::string_view text_;
  std::uint32_t pos_;
  std::uint32_t end_;
  mutable std::uint64_t looked_ahead_ = 0;
};

}  // namespace rbee::pkgbuild
