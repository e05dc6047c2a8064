// Any bytes to the lexer: every walk ends, and every answer lies inside the text it was asked
// about.
#include <algorithm>

#include "fuzz.hpp"
#include "pkgbuild/lexer.hpp"

using rbee::pkgbuild::Lexer;

namespace {

void require_inside(std::string_view part, std::string_view text, const Lexer& lexer) {
  REQUIRE(part.data() == text.data() + lexer.pos());
  REQUIRE(lexer.pos() + part.size() <= lexer.end());
}

/// The answers about one place; none of them moves it.
void ask(const Lexer& lexer, std::string_view text) {
  const std::uint32_t pos = lexer.pos();
  const std::string_view word = lexer.raw_word();
  require_inside(word, text, lexer);
  REQUIRE(std::none_of(word.begin(), word.end(), rbee::pkgbuild::is_metacharacter));
  REQUIRE(pos + word.size() == lexer.end() ||
          rbee::pkgbuild::is_metacharacter(text[pos + word.size()]));
  const std::string_view op = lexer.operator_here();
  REQUIRE(op.size() <= 3);
  if (!op.empty()) {
    require_inside(op, text, lexer);
    REQUIRE(word.empty() && rbee::pkgbuild::is_metacharacter(op[0]));
  }
  if (const std::uint32_t close = lexer.closing_double_paren(pos); close != Lexer::npos) {
    REQUIRE(close >= pos && close + 1 < lexer.end());
    REQUIRE(text.substr(close, 2) == "))");
  }
  if (const std::uint32_t close = lexer.closing_bracket(pos); close != Lexer::npos) {
    REQUIRE(close >= pos && close < lexer.end() && text[close] == ']');
  }
  REQUIRE(lexer.pos() == pos);
  REQUIRE(lexer.peek(lexer.end() - pos) == '\0');
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::string_view text = rbee::fuzz::text_of(data + 2, size - 2);
  // Any part of the text may be what the lexer is given.
  const auto length = static_cast<std::uint32_t>(text.size());
  const std::uint32_t begin = length == 0 ? 0 : data[0] % 16 % (length + 1);
  const std::uint32_t end = length - data[1] % 16 % (length - begin + 1);
  Lexer lexer(text, begin, end);
  while (!lexer.at_end()) {
    const std::uint32_t before = lexer.pos();
    lexer.skip_blanks();
    REQUIRE(lexer.pos() >= before && lexer.pos() <= end);
    if (lexer.at_end()) break;
    ask(lexer, text);
    const std::string_view op = lexer.operator_here(), word = lexer.raw_word();
    const std::size_t step = std::max<std::size_t>({1, op.size(), word.size()});
    lexer.advance(static_cast<std::uint32_t>(step));
    REQUIRE(lexer.pos() > before && lexer.pos() <= end);
  }
  REQUIRE(lexer.peek() == '\0');
  return 0;
}
