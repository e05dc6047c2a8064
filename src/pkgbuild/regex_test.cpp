// Regular expressions: the C library's answers, the refusals, and a bound on what any of them may
// cost.
#include "pkgbuild/regex.hpp"

#include <gtest/gtest.h>
#include <time.h>

#include <random>

namespace rbee::pkgbuild::regex_tests {
namespace {

Result<Regex> compile(std::string_view pattern, RegexSyntax syntax = RegexSyntax::extended) {
  return Regex::compile(pattern, syntax, RegexCase::sensitive);
}

std::string matched(std::string_view pattern, std::string_view text, std::size_t group = 0,
                    RegexSyntax syntax = RegexSyntax::extended) {
  auto regex = compile(pattern, syntax);
  if (!regex) return "invalid: " + regex.error().message;
  const auto found = regex->search(text);
  if (!found || !*found) return "no match";
  const RegexGroup g = (**found)[group];
  return g.begin == std::string_view::npos ? "no part"
                                           : std::string(text.substr(g.begin, g.end - g.begin));
}

TEST(Regex, MatchesLeftmostLongest) {
  EXPECT_EQ(matched("a|ab", "xabc"), "ab");
  EXPECT_EQ(matched("^v([0-9]+)\\.([0-9]+)", "v10.2-rc", 1), "10");
  EXPECT_EQ(matched("^v([0-9]+)\\.([0-9]+)", "v10.2-rc", 2), "2");
  EXPECT_EQ(matched("(a)|(b)", "b", 1), "no part");
  EXPECT_EQ(matched("x*", "abc"), "");
  EXPECT_EQ(matched("\\(a\\+\\)b", "caab", 1, RegexSyntax::basic), "aa");
  EXPECT_EQ(matched("a(b", "a(b", 0, RegexSyntax::basic), "a(b");
  EXPECT_EQ(matched("[[:alpha:]]+", "1déf2"), "déf");
  EXPECT_EQ(matched("^.$", "é"), "é");
  EXPECT_EQ(matched("z", "abc"), "no match");
  EXPECT_EQ(matched("", ""), "");
}

TEST(Regex, SearchesFromAnOffset) {
  const auto regex = compile("^a|b");
  ASSERT_TRUE(regex);
  const std::string_view text = "aab";
  EXPECT_EQ((**regex->search(text, 0))[0].begin, 0u);
  // "^" is the start of the text, not of the search.
  EXPECT_EQ((**regex->search(text, 1))[0].begin, 2u);
  EXPECT_FALSE(*regex->search(text, 3));
  EXPECT_FALSE(*regex->search(text, 4));
}

TEST(Regex, IgnoresCaseWhenAsked) {
  const auto regex = Regex::compile("é[a-c]", RegexSyntax::extended, RegexCase::insensitive);
  ASSERT_TRUE(regex);
  EXPECT_TRUE(*regex->search("ÉB"));
}

TEST(Regex, RefusesWhatCouldCostTooMuch) {
  const auto error = [](std::string_view pattern, RegexSyntax syntax = RegexSyntax::extended) {
    const auto regex = compile(pattern, syntax);
    return regex ? std::string("accepted") : regex.error().id + ": " + regex.error().message;
  };
  EXPECT_EQ(error("(a)\\1"), "regex-too-costly: a back-reference in a regular expression");
  EXPECT_EQ(error("\\(a\\)\\1", RegexSyntax::basic),
            "regex-too-costly: a back-reference in a regular expression");
  EXPECT_EQ(error("[\\1]"), "accepted");
  EXPECT_EQ(error("((a?){50}){50}"), "regex-too-costly: too large a counted repetition");
  EXPECT_EQ(error("a{2000}"), "regex-too-costly: too large a counted repetition");
  EXPECT_EQ(error("(a?){51}"), "regex-too-costly: too large a counted repetition");
  EXPECT_EQ(error("((((((a*)*)*)*)*)*)*"), "regex-too-costly: repetitions nested too deep");
  EXPECT_EQ(error(std::string(30, '(') + std::string(30, ')')),
            "regex-too-costly: groups nested too deep");
  EXPECT_EQ(error(std::string(1001, 'a')),
            "regex-too-costly: a regular expression of more than 1000 bytes");
  std::string many;
  for (int i = 0; i < 150; ++i) many += "a*";
  EXPECT_EQ(error(many), "regex-too-costly: too many alternatives and repetitions");
  EXPECT_EQ(error("a("), "regex-invalid: Unmatched ( or \\(");
  EXPECT_EQ(error("[a"), "regex-invalid: Unmatched [, [^, [:, [., or [=");
  const auto regex = compile("a");
  EXPECT_EQ(regex->search(std::string(Regex::text_bytes_max + 1, 'b')).error().id,
            "regex-text-too-large");
}

double cpu_ms() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) / 1e6;
}

/// The most that Limits::steps_max of a default evaluation lets a recipe spend in searches.
constexpr std::uint64_t kSteps = 200'000;

TEST(Regex, HostilePatternsStayWithinTheirSteps) {
  std::mt19937 random(7);
  std::string mixed;
  for (int i = 0; i < 4000; ++i) mixed += random() % 2 ? 'a' : 'b';
  const std::string same(4000, 'a');
  std::string stars, options;
  for (int i = 0; i < 90; ++i) {
    stars += "a*";
    options += "a?";
  }
  const std::vector<std::string> patterns = {
      "a*b",
      "(a|b)*a(a|b){30}c",
      "(a|b)*a(a|b){90}c",
      "(a?){90}b",
      "((a?){9}){9}b",
      "(a*){90}b",
      "(((a*){4}){4}){4}b",
      stars + "c",
      options + "c",
      "(a|aa)*c",
      "(a*)*c",
      "((a+)+)+c",
      "(.*)(.*)(.*)(.*)(.*)c",
      "([a-b]*a[a-b]*)*c",
  };
  for (const std::string& pattern : patterns) {
    for (const std::string& whole : {mixed, same}) {
      const double before_compile = cpu_ms();
      const auto regex = compile(pattern);
      EXPECT_LT(cpu_ms() - before_compile, 50) << pattern;
      if (!regex) continue;
      // The longest text that the steps still pay for.
      std::size_t size = 1;
      while (size < whole.size() &&
             regex->steps(std::string_view(whole).substr(0, size + 1)) <= kSteps)
        ++size;
      const double before = cpu_ms();
      (void)regex->search(std::string_view(whole).substr(0, size));
      EXPECT_LT(cpu_ms() - before, 100) << pattern << " over " << size << " bytes";
      RecordProperty("slowest", std::to_string(cpu_ms() - before));
    }
  }
}

}  // namespace
}  // namespace rbee::pkgbuild::regex_tests
