// Letters as HTTP compares them: ASCII only, whatever the locale says.
#pragma once

#include <algorithm>
#include <string_view>

namespace rbee::http {

/// 'A' to 'Z' as 'a' to 'z'; every other byte as it is.
constexpr char ascii_lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}
constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
constexpr bool is_alpha(char c) {
  return ascii_lower(c) >= 'a' && ascii_lower(c) <= 'z';
}

/// How field names, schemes and hosts compare (RFC 9110, 5.1).
constexpr bool equal_ignoring_case(std::string_view a, std::string_view b) {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) {
           return ascii_lower(x) == ascii_lower(y);
         });
}

}  // namespace rbee::http
