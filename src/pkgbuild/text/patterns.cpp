#include "pkgbuild/text/patterns.hpp"

#include "base/text.hpp"

namespace rbee::pkgbuild::text {

namespace {

/// Offset after the bracket expression that begins at `at`.
std::size_t after_bracket(std::string_view pattern, std::size_t at) {
  ++at;
  if (at < pattern.size() && pattern[at] == '^') ++at;
  if (at < pattern.size() && pattern[at] == ']') ++at;
  while (at < pattern.size() && pattern[at] != ']') {
    const char kind = at + 1 < pattern.size() ? pattern[at + 1] : '\0';
    if (pattern[at] == '[' && (kind == ':' || kind == '.' || kind == '=')) {
      const std::size_t end = pattern.find(std::string{kind, ']'}, at + 2);
      at = end == pattern.npos ? pattern.size() : end + 2;
    } else {
      ++at;
    }
  }
  return std::min(at + 1, pattern.size());
}

/// What the two dialects disagree on; empty when nothing.
std::string_view disagreement(std::string_view pattern, RegexSyntax syntax) {
  const bool extended = syntax == RegexSyntax::extended;
  int depth = 0;
  bool at_start = true;  ///< Nothing stands before that could be repeated.
  for (std::size_t i = 0; i < pattern.size();) {
    char c = pattern[i];
    bool escaped = false;
    if (c == '[') {
      i = after_bracket(pattern, i);
      at_start = false;
      continue;
    }
    if (c == '\\') {
      if (i + 1 >= pattern.size()) return "a pattern that ends with a backslash";
      c = pattern[i + 1];
      escaped = true;
      // What is left is either special in both or an ordinary character.
      if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) {
        static constexpr std::string_view kShared = "wWsSbB";
        if (kShared.find(c) == kShared.npos) return "an escaped letter in a pattern";
      }
    }
    i += escaped ? 2 : 1;
    const bool special = escaped != extended;
    if (special && c == '(') {
      ++depth;
      at_start = true;
      continue;
    }
    if (special && c == ')') {
      if (--depth < 0) return "a pattern with an unmatched )";
      at_start = false;
      continue;
    }
    if (special && c == '|') {
      at_start = true;
      continue;
    }
    const bool repeats = (!escaped && c == '*') || (special && (c == '+' || c == '?' || c == '{'));
    if (repeats && at_start) {
      if (extended || c != '*') return "a pattern that repeats nothing";
    }
    if (!escaped && c == '^' && at_start) continue;
    at_start = false;
  }
  return {};
}

}  // namespace

Supported<Regex> compile_pattern(std::string_view command, std::string_view pattern,
                                 RegexSyntax syntax, RegexCase letter_case) {
  const std::string name(command);
  if (!is_utf8(pattern)) return unsupported(name + " with a pattern that is not UTF-8");
  if (const std::string_view what = disagreement(pattern, syntax); !what.empty())
    return unsupported(name + " with " + std::string(what));
  auto regex = Regex::compile(pattern, syntax, letter_case);
  if (!regex)
    return unsupported(
        name + " with " +
        (regex.error().code == Errc::unsupported ? regex.error().message : "an invalid pattern"));
  return std::move(*regex);
}

bool has_fixed_length(std::string_view pattern, RegexSyntax syntax) {
  for (std::size_t i = 0; i < pattern.size();) {
    const char c = pattern[i];
    if (c == '[') {
      i = after_bracket(pattern, i);
      continue;
    }
    if (c == '\\') {
      if (i + 1 < pattern.size() &&
          std::string_view(".[]*^$\\/-_+?(){}|").find(pattern[i + 1]) == std::string_view::npos)
        return false;
      if (syntax == RegexSyntax::basic && i + 1 < pattern.size() &&
          std::string_view("+?(){}|").find(pattern[i + 1]) != std::string_view::npos)
        return false;
      i += 2;
      continue;
    }
    if (c == '*' || (syntax == RegexSyntax::extended &&
                     std::string_view("+?{|()").find(c) != std::string_view::npos))
      return false;
    ++i;
  }
  return true;
}

std::string literal_pattern(std::string_view text) {
  std::string pattern;
  for (const char c : text) {
    if (std::string_view("\\.[*^$").find(c) != std::string_view::npos) pattern += '\\';
    pattern += c;
  }
  return pattern;
}

Supported<std::optional<std::vector<RegexGroup>>> SearchBudget::search(const Regex& regex,
                                                                       std::string_view text,
                                                                       std::size_t from) {
  const std::string_view rest = text.substr(std::min(from, text.size()));
  const std::uint64_t most = regex.steps(rest);
  if (steps_ + most > kCallStepsMax) return unsupported(command_ + " over that much text");
  auto found = regex.search(text, from);
  if (!found) return unsupported(command_ + " over that much text");
  // A match ends the search early; what lies behind it was looked at once at most.
  steps_ += *found ? 1 + rest.size() / 16 + regex.steps(text.substr(from, (**found)[0].end - from))
                   : most;
  return std::move(*found);
}

Supported<bool> SearchBudget::spend(std::uint64_t steps) {
  steps_ += steps;
  if (steps_ > kCallStepsMax) return unsupported(command_ + " over that much text");
  return true;
}

}  // namespace rbee::pkgbuild::text
