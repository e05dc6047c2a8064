// The escapes of $'…', echo -e and printf: see ansi_c.hpp.
#include "pkgbuild/ansi_c.hpp"

#include "pkgbuild/lexer.hpp"

namespace rbee::pkgbuild {
namespace {

int hex_value(char c) {
  if (is_digit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// Up to `digits_max` digits of a base at `at`; their number in `used`.
std::uint32_t read_number(std::string_view text, std::size_t at, int base, std::size_t digits_max,
                          std::size_t& used) {
  std::uint32_t value = 0;
  for (used = 0; used < digits_max && at + used < text.size(); ++used) {
    const int digit = hex_value(text[at + used]);
    if (digit < 0 || digit >= base) break;
    value = value * static_cast<std::uint32_t>(base) + static_cast<std::uint32_t>(digit);
  }
  return value;
}

char simple_escape(char c) {
  switch (c) {
    case 'a':
      return '\a';
    case 'b':
      return '\b';
    case 'e':
    case 'E':
      return '\x1b';
    case 'f':
      return '\f';
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    case 'v':
      return '\v';
    case '\\':
      return '\\';
    default:
      return '\0';
  }
}

}  // namespace

void append_utf8(std::string& out, std::uint32_t code) {
  const auto put = [&](std::uint32_t byte) { out.push_back(static_cast<char>(byte)); };
  if (code < 0x80) {
    put(code);
  } else if (code < 0x800) {
    put(0xc0 | code >> 6);
    put(0x80 | (code & 0x3f));
  } else if (code < 0x10000) {
    put(0xe0 | code >> 12);
    put(0x80 | (code >> 6 & 0x3f));
    put(0x80 | (code & 0x3f));
  } else {
    put(0xf0 | (code >> 18 & 7));
    put(0x80 | (code >> 12 & 0x3f));
    put(0x80 | (code >> 6 & 0x3f));
    put(0x80 | (code & 0x3f));
  }
}

bool decode_escape(std::string_view text, std::size_t& at, OctalForm octal, std::string& out) {
  if (at + 1 >= text.size()) {
    out.push_back('\\');
    ++at;
    return true;
  }
  const char c = text[at + 1];
  std::size_t used = 0;
  if (const char simple = simple_escape(c); simple != '\0') {
    out.push_back(simple);
    at += 2;
  } else if (c == 'c') {
    at = text.size();
    return false;
  } else if (c == '0' && octal == OctalForm::leading_zero) {
    out.push_back(static_cast<char>(read_number(text, at + 2, 8, 3, used) & 0xff));
    at += 2 + used;
  } else if (c >= '0' && c <= '7' && octal == OctalForm::plain) {
    out.push_back(static_cast<char>(read_number(text, at + 1, 8, 3, used) & 0xff));
    at += 1 + used;
  } else if (c == 'x' || c == 'u' || c == 'U') {
    const std::uint32_t value = read_number(text, at + 2, 16,
                                            c == 'x'   ? 2
                                            : c == 'u' ? 4
                                                       : 8,
                                            used);
    if (used == 0) {
      out.append(text.substr(at, 2));
    } else if (c == 'x') {
      out.push_back(static_cast<char>(value & 0xff));
    } else {
      append_utf8(out, value);
    }
    at += 2 + used;
  } else {
    out.append(text.substr(at, 2));
    at += 2;
  }
  return true;
}

std::string decode_ansi_c(std::string_view raw) {
  std::string out;
  for (std::size_t at = 0; at < raw.size();) {
    if (raw[at] != '\\' || at + 1 >= raw.size()) {
      out.push_back(raw[at++]);
      continue;
    }
    const char c = raw[at + 1];
    if (c == '\'' || c == '"' || c == '?') {
      out.push_back(c);
      at += 2;
    } else if (c == 'c' && at + 2 < raw.size()) {
      out.push_back(static_cast<char>(raw[at + 2] == '?' ? 0x7f : raw[at + 2] & 0x1f));
      at += 3;
    } else {
      decode_escape(raw, at, OctalForm::plain, out);
    }
    if (!out.empty() && out.back() == '\0') {
      out.pop_back();
      return out;
    }
  }
  return out;
}

}  // namespace rbee::pkgbuild
