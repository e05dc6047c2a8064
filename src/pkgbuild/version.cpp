// The RPM-like order that pacman uses: segments of digits or letters, compared in turn.
//
// Pure. Source: pacman 6.0.2, lib/libalpm/version.c (behaviour), vercmp(8).
#include "pkgbuild/version.hpp"

#include <algorithm>

#include "pkgbuild/lexer.hpp"
#include "pkgbuild/text/wide.hpp"

namespace rbee::pkgbuild {

namespace {

bool is_alpha(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool is_alnum(char c) {
  return is_digit(c) || is_alpha(c);
}
int sign(int value) {
  return value < 0 ? -1 : value > 0 ? 1 : 0;
}

/// Remove and return the longest prefix whose bytes all satisfy `test`.
template <typename Test>
std::string_view take_while(std::string_view& text, Test test) {
  const auto end = std::find_if_not(text.begin(), text.end(), test);
  const auto taken = text.substr(0, static_cast<std::size_t>(end - text.begin()));
  text.remove_prefix(taken.size());
  return taken;
}

/// Two runs of digits as numbers of any length.
int compare_numbers(std::string_view a, std::string_view b) {
  a.remove_prefix(std::min(a.find_first_not_of('0'), a.size()));
  b.remove_prefix(std::min(b.find_first_not_of('0'), b.size()));
  if (a.size() != b.size()) return a.size() < b.size() ? -1 : 1;
  return sign(a.compare(b));
}

/// One version without epoch and release.
int compare_segments(std::string_view a, std::string_view b) {
  if (a == b) return 0;
  while (!a.empty() && !b.empty()) {
    const auto is_separator = [](char c) { return !is_alnum(c); };
    const std::size_t gap_a = take_while(a, is_separator).size();
    const std::size_t gap_b = take_while(b, is_separator).size();
    if (a.empty() || b.empty()) break;
    // More separators make the newer version: 1..0 is after 1.0.
    if (gap_a != gap_b) return gap_a < gap_b ? -1 : 1;
    const bool numeric = is_digit(a.front());
    const auto same_kind = [&](char c) { return numeric ? is_digit(c) : is_alpha(c); };
    const std::string_view run_a = take_while(a, same_kind);
    const std::string_view run_b = take_while(b, same_kind);
    // Digits against letters: digits are newer.
    if (run_b.empty()) return numeric ? 1 : -1;
    const int order = numeric ? compare_numbers(run_a, run_b) : sign(run_a.compare(run_b));
    if (order != 0) return order;
  }
  if (a.empty() && b.empty()) return 0;
  // What remains decides: letters alone mean a pre-release (1.0rc < 1.0), anything else a later
  // one.
  if ((a.empty() && !is_alpha(b.front())) || (!a.empty() && is_alpha(a.front()))) return -1;
  return 1;
}

struct Release {
  std::string_view epoch = "0";
  std::string_view version;
  std::string_view release;
  bool has_release = false;
};

Release take_apart(std::string_view text) {
  Release result;
  std::string_view rest = text;
  const std::string_view digits = take_while(rest, is_digit);
  if (rest.starts_with(':')) {
    if (!digits.empty()) result.epoch = digits;
    text = rest.substr(1);
  }
  const std::size_t hyphen = text.rfind('-');
  const bool found = hyphen != text.npos;
  result.version = text.substr(0, found ? hyphen : text.npos);
  if (found) {
    result.release = text.substr(hyphen + 1);
    result.has_release = true;
  }
  return result;
}

}  // namespace

int compare_versions(std::string_view a, std::string_view b) {
  if (a == b) return 0;
  const Release left = take_apart(a);
  const Release right = take_apart(b);
  if (const int order = compare_segments(left.epoch, right.epoch); order != 0) return order;
  if (const int order = compare_segments(left.version, right.version); order != 0) return order;
  if (!left.has_release || !right.has_release) return 0;
  return compare_segments(left.release, right.release);
}

Dependency parse_dependency(std::string_view text) {
  Dependency dependency;
  for (std::size_t at = text.find(':'); at != text.npos; at = text.find(':', at + 1)) {
    std::string_view rest = text.substr(at + 1);
    if (rest.empty() || !text::is_space(text::first_character(rest))) continue;
    while (!rest.empty() && text::is_space(text::first_character(rest)))
      rest.remove_prefix(text::first_character(rest).size);
    dependency.reason = rest;
    text = text.substr(0, at);
    break;
  }
  const std::size_t op = text.find_first_of("<>=");
  dependency.name = text.substr(0, op);
  if (op == text.npos) return dependency;
  const bool or_equal = text[op] != '=' && op + 1 < text.size() && text[op + 1] == '=';
  using Relation = Dependency::Relation;
  dependency.relation = text[op] == '=' ? Relation::equal
                        : text[op] == '<'
                            ? (or_equal ? Relation::less_equal : Relation::less)
                            : (or_equal ? Relation::greater_equal : Relation::greater);
  dependency.version = text.substr(op + (or_equal ? 2 : 1));
  return dependency;
}

bool satisfies(const Dependency& dependency, std::string_view version) {
  using Relation = Dependency::Relation;
  if (dependency.relation == Relation::any) return true;
  const int order = compare_versions(version, dependency.version);
  switch (dependency.relation) {
    case Relation::any:
      return true;
    case Relation::equal:
      return order == 0;
    case Relation::less:
      return order < 0;
    case Relation::less_equal:
      return order <= 0;
    case Relation::greater:
      return order > 0;
    case Relation::greater_equal:
      return order >= 0;
  }
  return false;
}

}  // namespace rbee::pkgbuild
