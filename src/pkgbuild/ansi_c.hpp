// The escapes of $'…', echo -e and printf: one decoder for the three.
//
// Touches nothing. Source: bash(1), "QUOTING", "echo" and "printf".
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace rbee::pkgbuild {

/// What $'raw' means. As in bash, a NUL ends the value.
std::string decode_ansi_c(std::string_view raw);

/// Append code point `code` as UTF-8.
void append_utf8(std::string& out, std::uint32_t code);

/// How `decode_escape` reads octal numbers: \nnn, or \0nnn as echo -e wants.
enum class OctalForm { plain, leading_zero };

/// Decode one escape of echo -e or printf; `at` is on the backslash and moves past what was used.
/// False for \c: nothing more is to be printed.
bool decode_escape(std::string_view text, std::size_t& at, OctalForm octal, std::string& out);

}  // namespace rbee::pkgbuild
