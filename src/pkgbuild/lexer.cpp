// Tokens of bash: see lexer.hpp.
#include "pkgbuild/lexer.hpp"

#include <algorithm>
#include <array>

namespace rbee::pkgbuild {
namespace {

// Longest first, so that the first that fits is the one.
constexpr std::array<std::string_view, 24> kOperators = {
    ";;&", "&>>", "<<<", "<<-", "&&", "||", ";;", ";&", "|&", "&>", "<<", "<&",
    "<>",  ">>",  ">&",  ">|",  ";",  "&",  "|",  "(",  ")",  "<",  ">",  "\n"};

constexpr std::array<std::string_view, 22> kReserved = {
    "!",    "[[", "]]",  "{",        "}",  "case", "coproc", "do",   "done", "elif",  "else",
    "esac", "fi", "for", "function", "if", "in",   "select", "then", "time", "until", "while"};

}  // namespace

bool is_metacharacter(char c) {
  switch (c) {
    case ' ':
    case '\t':
    case '\n':
    case ';':
    case '&':
    case '|':
    case '<':
    case '>':
    case '(':
    case ')':
      return true;
    default:
      return false;
  }
}

bool is_name(std::string_view text) {
  return !text.empty() && is_name_start(text[0]) &&
         std::all_of(text.begin(), text.end(), is_name_char);
}

bool is_reserved(std::string_view word) {
  return std::find(kReserved.begin(), kReserved.end(), word) != kReserved.end();
}

void Lexer::skip_blanks() {
  while (pos_ < end_) {
    const char c = text_[pos_];
    if (is_blank(c)) {
      ++pos_;
    } else if (c == '\\' && peek(1) == '\n') {
      pos_ += 2;
    } else if (c == '#') {
      while (pos_ < end_ && text_[pos_] != '\n') ++pos_;
      return;
    } else {
      return;
    }
  }
}

std::string_view Lexer::raw_word() const {
  std::uint32_t at = pos_;
  while (at < end_ && !is_metacharacter(text_[at])) ++at;
  return slice(pos_, at);
}

std::string_view Lexer::operator_here() const {
  if (at_end() || !is_metacharacter(text_[pos_])) return {};
  const std::string_view rest = text_.substr(pos_, end_ - pos_);
  for (const std::string_view op : kOperators) {
    if (rest.starts_with(op)) return op == "\n" ? std::string_view{} : rest.substr(0, op.size());
  }
  return {};
}

// One past a quote that opens at `at`, or `end_` when it never closes.
std::uint32_t Lexer::skip_quoted(std::uint32_t at) const {
  const char quote = text_[at++];
  while (at < end_ && text_[at] != quote) at += (text_[at] == '\\' && quote != '\'') ? 2 : 1;
  return std::min(at + 1, end_);
}

namespace {

/// Counts what a look ahead has walked over when it ends.
struct Walk {
  std::uint64_t& sum;
  std::uint32_t from;
  const std::uint32_t& at;
  Walk(std::uint64_t& total, std::uint32_t begin, const std::uint32_t& place)
      : sum(total), from(begin), at(place) {}
  Walk(const Walk&) = delete;
  Walk& operator=(const Walk&) = delete;
  ~Walk() { sum += at - from; }
};

}  // namespace

std::uint32_t Lexer::closing_double_paren(std::uint32_t from) const {
  int depth = 0;
  std::uint32_t at = from;
  const Walk walk{looked_ahead_, from, at};
  while (at < end_) {
    const char c = text_[at];
    if (c == '\\') {
      at += 2;
      continue;
    }
    if (c == '\'' || c == '"' || c == '`') {
      at = skip_quoted(at);
      continue;
    }
    if (c == '(') ++depth;
    if (c == ')') {
      if (depth == 0) return at + 1 < end_ && text_[at + 1] == ')' ? at : npos;
      --depth;
    }
    ++at;
  }
  return npos;
}

std::uint32_t Lexer::closing_bracket(std::uint32_t from) const {
  int depth = 0;
  std::uint32_t at = from;
  const Walk walk{looked_ahead_, from, at};
  while (at < end_) {
    const char c = text_[at];
    if (c == '\n' && depth == 0) return npos;
    if (c == '\\') {
      at += 2;
      continue;
    }
    if (c == '\'' || c == '"' || c == '`') {
      at = skip_quoted(at);
      continue;
    }
    if (c == '[') ++depth;
    if (c == ']') {
      if (depth == 0) return at;
      --depth;
    }
    ++at;
  }
  return npos;
}

}  // namespace rbee::pkgbuild
