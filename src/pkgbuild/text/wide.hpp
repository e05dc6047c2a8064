// Characters of the C.UTF-8 locale: what a pattern, a word or white space is made of.
//
// Touches nothing. Source: glibc 2.36's C.UTF-8, character class "space".
#pragma once

#include <cstdint>
#include <string_view>

namespace rbee::pkgbuild::text {

/// The first character of a text. A byte that is not UTF-8 is a character of its own, as in bash.
struct Character {
  char32_t code = 0;
  std::size_t size = 1;  ///< In bytes; at least 1.
  bool valid = true;     ///< False for a byte that is not UTF-8; `code` is the byte then.
};

/// `text` must not be empty.
Character first_character(std::string_view text);

/// True for white space: the C locale's six and Unicode's that may be broken at.
bool is_space(const Character& character);

/// Number of characters in `text`.
std::size_t count_characters(std::string_view text);

}  // namespace rbee::pkgbuild::text
