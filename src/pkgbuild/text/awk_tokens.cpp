#include "pkgbuild/text/awk_tokens.hpp"

#include <algorithm>
#include <array>
#include <set>

namespace rbee::pkgbuild::text {

namespace {

/// Words that would reach outside, depend on the time, or that awks disagree on.
const std::set<std::string, std::less<>> kRefused = {
    "getline", "function", "func",    "delete",   "system",  "close",    "fflush",    "return",
    "printf0", "rand",     "srand",   "sin",      "cos",     "atan2",    "exp",       "log",
    "sqrt",    "nextfile", "gensub",  "strftime", "systime", "tolower0", "BEGINFILE", "ENDFILE",
    "switch",  "case",     "default", "asort",    "asorti",  "patsplit", "strtonum",  "and",
    "or",      "xor",      "lshift",  "rshift",   "compl"};

}  // namespace

bool is_awk_name_start(char c) {
  return c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool is_awk_digit(char c) {
  return c >= '0' && c <= '9';
}

void AwkLexer::advance() {
  const bool operand_before =
      token_.kind == Token::Kind::number || token_.kind == Token::Kind::string ||
      token_.kind == Token::Kind::name || token_.kind == Token::Kind::regex || is(")") || is("]") ||
      is("$") || is("++") || is("--");
  token_ = Token{};
  while (at_ < text_.size()) {
    if (text_[at_] == ' ' || text_[at_] == '\t') {
      ++at_;
    } else if (text_[at_] == '\\' && at_ + 1 < text_.size() && text_[at_ + 1] == '\n') {
      at_ += 2;
    } else if (text_[at_] == '#') {
      at_ = std::min(text_.find('\n', at_), text_.size());
    } else {
      break;
    }
    token_.after_blank = true;
  }
  if (at_ >= text_.size()) return;
  const char c = text_[at_];
  if (c == '\n') {
    token_.kind = Token::Kind::newline;
    ++at_;
  } else if (is_awk_name_start(c)) {
    while (at_ < text_.size() && (is_awk_name_start(text_[at_]) || is_awk_digit(text_[at_])))
      token_.text += text_[at_++];
    token_.kind = Token::Kind::name;
    if (kRefused.contains(token_.text)) fail_with(token_.text);
  } else if (is_awk_digit(c) ||
             (c == '.' && at_ + 1 < text_.size() && is_awk_digit(text_[at_ + 1]))) {
    while (at_ < text_.size() && (is_awk_digit(text_[at_]) || text_[at_] == '.'))
      token_.text += text_[at_++];
    if (at_ < text_.size() && is_awk_name_start(text_[at_])) fail_with("that number");
    if (std::count(token_.text.begin(), token_.text.end(), '.') > 1) fail_with("that number");
    token_.kind = Token::Kind::number;
  } else if (c == '"') {
    quoted('"', Token::Kind::string);
  } else if (c == '/' && !operand_before) {
    quoted('/', Token::Kind::regex);
  } else {
    static constexpr std::array<std::string_view, 20> kTwo = {
        "**", "++", "--", "+=", "-=", "*=", "/=", "%=", "^=", "<=",
        ">=", "==", "!=", "!~", "&&", "||", ">>", "<<", "|&", "//"};
    token_.kind = Token::Kind::punctuation;
    token_.text = c;
    for (const std::string_view two : kTwo)
      if (text_.substr(at_, 2) == two) token_.text = two;
    if (token_.text == "**") fail_with("**");
    if (std::string_view("{}()[];,+-*/%^!<>=~?:$&|").find(c) == std::string_view::npos)
      fail_with("that syntax");
    at_ += token_.text.size();
  }
}

void AwkLexer::quoted(char mark, Token::Kind kind) {
  token_.kind = kind;
  for (++at_; at_ < text_.size() && text_[at_] != mark; ++at_) {
    if (text_[at_] == '\n') fail_with("an open string");
    token_.text += text_[at_];
    if (text_[at_] != '\\' || at_ + 1 >= text_.size()) continue;
    ++at_;
    if (kind == Token::Kind::regex && text_[at_] == '/') token_.text.pop_back();
    token_.text += text_[at_];
  }
  if (at_ >= text_.size()) fail_with("an open string");
  ++at_;
}

void AwkLexer::fail_with(std::string what) {
  if (error_.empty()) error_ = std::move(what);
  at_ = text_.size();
}

}  // namespace rbee::pkgbuild::text
