// How every hostile recipe ends: as a value, or refused in words that say what was too much.
//
// Time and memory of the same rows: bench/limits.sh.
#include <gtest/gtest.h>

#include <array>

#include "../../tests/corpus/hostile_recipes.hpp"
#include "pkgbuild/recipe.hpp"

namespace rbee::pkgbuild {
namespace {

enum class Ends { value, syntax, invalid, unsupported, limit };

struct Row {
  std::string_view name;
  Ends ends;
  std::string_view message = {};
};

constexpr std::string_view kSteps = "it takes more than 200000 steps to evaluate";
constexpr std::string_view kNested = "commands and quotes are nested more than 100 deep";
constexpr std::string_view kCalls = "calls and commands are nested too deep";
constexpr std::string_view kOpen = "too many brackets and parentheses are open that nothing closes";

// In the order of hostile_recipes().
constexpr auto kRows = std::to_array<Row>({
    {"nested groups", Ends::limit, kNested},
    {"nested subshells", Ends::limit, kNested},
    {"nested if", Ends::limit, kNested},
    {"nested while", Ends::limit, kNested},
    {"nested for", Ends::limit, kNested},
    {"nested case", Ends::limit, kNested},
    {"nested functions", Ends::limit, kNested},
    {"nested command substitutions", Ends::limit, kNested},
    {"nested quoted substitutions", Ends::limit, kNested},
    {"nested process substitutions", Ends::limit, kNested},
    {"nested defaults", Ends::limit, kNested},
    {"nested subscripts", Ends::limit, kNested},
    {"nested offsets", Ends::limit, kNested},
    {"nested replacements", Ends::limit, kNested},
    {"nested arithmetic expansions", Ends::limit, kOpen},
    {"nested arithmetic parentheses", Ends::unsupported,
     "unsupported: arithmetic nested too deep at line 5"},
    {"nested conditions", Ends::limit, kNested},
    {"nested negated conditions", Ends::limit, kNested},
    {"nested extended globs", Ends::limit, kNested},
    {"nested braces", Ends::limit, kSteps},
    {"nested backticks, escaped", Ends::value},
    {"nested coproc", Ends::limit, kNested},
    {"open groups", Ends::limit, kNested},
    {"open parentheses", Ends::limit, kNested},
    {"open arithmetic expansions", Ends::limit, kNested},
    {"open braces", Ends::value},
    {"open braces, expanded", Ends::limit, kSteps},
    {"double parentheses that never close", Ends::limit, kOpen},
    {"dollar double parentheses that never close", Ends::limit, kOpen},
    {"subscripts that never close, declared", Ends::limit, kOpen},
    {"subscripts that never close, in an array", Ends::limit, kOpen},
    {"subscripts that never close, as commands", Ends::limit, kOpen},
    {"long subscripts", Ends::value},
    {"backslashes in a word", Ends::value},
    {"backslashes at every line's end", Ends::value},
    {"backslashes in a here-document", Ends::value},
    {"a run of backslashes in a here-document", Ends::value},
    {"quotes in a word", Ends::value},
    {"double quotes in a word", Ends::value},
    {"bracket openers that nothing closes in a class", Ends::unsupported,
     "unsupported: this pattern at line 5"},
    {"bracket openers that nothing closes in a value", Ends::value},
    {"quoted pieces of a regular expression", Ends::limit, kSteps},
    {"here-documents opened on one line", Ends::syntax,
     "this here-document has no closing line 'A'"},
    {"here-documents opened and closed", Ends::value},
    {"here-documents, one after another", Ends::value},
    {"here-documents with tabs", Ends::value},
    {"a long here-document", Ends::value},
    {"backticks with escapes", Ends::unsupported, "unsupported: command \\ at line 5"},
    {"many small assignments", Ends::value},
    {"many appending assignments", Ends::limit, kSteps},
    {"many commands", Ends::value},
    {"many words", Ends::value},
    {"many array elements", Ends::value},
    {"many keyed elements", Ends::value},
    {"many parameters", Ends::value},
    {"many unset parameters", Ends::value},
    {"many host parameters", Ends::value},
    {"many redirections", Ends::value},
    {"a long pipeline", Ends::limit, kSteps},
    {"a long and-or list", Ends::value},
    {"many elif", Ends::value},
    {"many case clauses", Ends::value},
    {"many case patterns", Ends::value},
    {"many functions", Ends::value},
    {"many comments", Ends::value},
    {"many command substitutions", Ends::value},
    {"many arithmetic operators", Ends::value},
    {"many ternaries", Ends::unsupported, "unsupported: arithmetic nested too deep at line 5"},
    {"many assignments in arithmetic", Ends::value},
    {"many prefix operators", Ends::unsupported,
     "unsupported: arithmetic nested too deep at line 5"},
    {"many conditions", Ends::limit, kCalls},
    {"many arguments of test", Ends::invalid, "the recipe's last command fails with status 2"},
    {"many negations of test", Ends::invalid, "the recipe's last command fails with status 2"},
    {"a sequence of a thousand million", Ends::limit, kSteps},
    {"a sequence of large numbers", Ends::limit, kSteps},
    {"a sequence of 90,000", Ends::limit, kSteps},
    {"a padded sequence", Ends::limit, kSteps},
    {"a product of braces", Ends::limit, kSteps},
    {"a product of three braces", Ends::value},
    {"a brace of many commas", Ends::value},
    {"while :", Ends::limit, kSteps},
    {"until false", Ends::limit, kSteps},
    {"for (( ; ; ))", Ends::limit, kSteps},
    {"string doubling", Ends::limit, kSteps},
    {"string doubling by +=", Ends::limit, kSteps},
    {"array doubling", Ends::limit, kSteps},
    {"array doubling by assignment", Ends::limit, kSteps},
    {"element doubling", Ends::limit, kSteps},
    {"an element appended to", Ends::limit, kSteps},
    {"a scalar appended to", Ends::limit, kSteps},
    {"an array filled from its end", Ends::limit, kSteps},
    {"an array emptied from its start", Ends::limit, kSteps},
    {"huge indices", Ends::limit, kSteps},
    {"huge offsets", Ends::value},
    {"offsets of a long text", Ends::limit, kSteps},
    {"offsets of a long list", Ends::limit, kSteps},
    {"offsets of a long array", Ends::limit, kSteps},
    {"shift over a long list", Ends::limit, kSteps},
    {"for over the parameters", Ends::limit, kSteps},
    {"an array as a command's environment", Ends::limit, kSteps},
    {"a text as a command's environment", Ends::limit, kSteps},
    {"names by prefix", Ends::limit, kSteps},
    {"names by prefix, all", Ends::limit, kSteps},
    {"subshells with many variables", Ends::limit, kSteps},
    {"subshells with many functions", Ends::limit, kSteps},
    {"subshells with many parameters", Ends::limit, kSteps},
    {"subshells under many parameters", Ends::limit, kSteps},
    {"subshells with a long array", Ends::limit, kSteps},
    {"nested subshells with a long text", Ends::limit, kCalls},
    {"many local variables", Ends::limit, kSteps},
    {"unset under many local variables", Ends::limit, kSteps},
    {"keys of an associative array", Ends::limit, "an associative array has more than 1024 keys"},
    {"keys of an associative array, read", Ends::limit, kSteps},
    {"a copy of a long array in a loop", Ends::limit, kSteps},
    {"declare -p and ${x@A}", Ends::unsupported, "unsupported: declare -p at line 6"},
    {"local copies of a long array", Ends::limit, kCalls},
    {"an integer appended to", Ends::limit, kSteps},
    {"letters made upper case, appended to", Ends::limit, kSteps},
    {"small texts evaluated again and again", Ends::limit, kSteps},
    {"small functions defined again and again", Ends::limit,
     "the texts that it evaluates need more than 16777216 bytes of memory"},
    {"set -- again and again", Ends::limit, kSteps},
    {"arguments of many functions", Ends::limit, kSteps},
    {"an export of everything", Ends::limit, kSteps},
    {"variables that name each other", Ends::unsupported,
     "unsupported: variables that name each other at line 7"},
    {"variables that name two each", Ends::limit, kSteps},
    {"long arithmetic again and again", Ends::limit, kSteps},
    {"a long number", Ends::value},
    {"eval of itself", Ends::limit, kCalls},
    {"eval that doubles", Ends::limit,
     "the texts that it evaluates need more than 16777216 bytes of memory"},
    {"eval of long texts", Ends::limit, kSteps},
    {"eval of long functions", Ends::limit,
     "the texts that it evaluates need more than 16777216 bytes of memory"},
    {"function recursion", Ends::limit, kCalls},
    {"function recursion with arguments", Ends::limit, kSteps},
    {"function recursion, twice each", Ends::limit, kCalls},
    {"functions that redefine themselves", Ends::value},
    {"a long IFS", Ends::limit, kSteps},
    {"splitting a long text", Ends::limit, kSteps},
    {"stars against a long text", Ends::limit, kSteps},
    {"replace every star", Ends::value},
    {"replace what is not there", Ends::limit, kSteps},
    {"replace each with the whole", Ends::limit, kSteps},
    {"replace by many ampersands", Ends::limit, kSteps},
    {"replace by ampersands of a long match", Ends::limit, kSteps},
    {"repeated groups", Ends::limit, kSteps},
    {"nested repeated groups", Ends::limit, kSteps},
    {"excluded groups", Ends::limit, kSteps},
    {"excluded groups behind stars", Ends::unsupported, "unsupported: this pattern at line 7"},
    {"nested excluded groups", Ends::value},
    {"optional groups", Ends::invalid, "the recipe's last command fails with status 1"},
    {"suffixes", Ends::value},
    {"cases with a pattern", Ends::limit, kSteps},
    {"a long bracket", Ends::invalid, "the recipe's last command fails with status 1"},
    {"a long bracket of classes", Ends::value},
    {"a long bracket of ranges", Ends::limit, kSteps},
    {"a long pattern many times", Ends::value},
    {"a long literal in a loop", Ends::limit, kSteps},
    {"a long literal in a loop, either case", Ends::limit, kSteps},
    {"a long quoted literal in a loop", Ends::limit, kSteps},
    {"letters outside ASCII", Ends::invalid, "the recipe's last command fails with status 1"},
    {"bytes that are no UTF-8", Ends::limit, kSteps},
    {"a regular expression of nested groups", Ends::invalid,
     "the recipe's last command fails with status 1"},
    {"a regular expression of many alternatives", Ends::limit, kSteps},
    {"a regular expression of optional letters", Ends::limit, kSteps},
    {"a counted regular expression", Ends::unsupported,
     "unsupported: this regular expression at line 7"},
    {"a regular expression that starts everywhere", Ends::limit, kSteps},
    {"a long regular expression", Ends::unsupported,
     "unsupported: this regular expression at line 7"},
    {"a regular expression compiled in a loop", Ends::unsupported,
     "unsupported: this regular expression at line 5"},
    {"a long regular expression compiled in a loop", Ends::limit, kSteps},
    {"a regular expression in a loop", Ends::limit, kSteps},
    {"a wide printf", Ends::unsupported, "unsupported: this width in printf at line 5"},
    {"a wide printf, allowed and repeated", Ends::limit, kSteps},
    {"a precise printf", Ends::limit, kSteps},
    {"a precise printf of floats", Ends::limit, kSteps},
    {"a precise printf of large floats", Ends::unsupported, "unsupported: this printf at line 5"},
    {"a printf of a long number", Ends::value},
    {"a printf of many arguments", Ends::value},
    {"a printf of escapes", Ends::value},
    {"a long seq", Ends::unsupported, "unsupported: seq with that many numbers at line 5"},
    {"a seq in a loop", Ends::limit, kSteps},
    {"sed in a loop", Ends::limit, kSteps},
    {"sed that loops", Ends::unsupported, "unsupported: sed over that much text at line 6"},
    {"sed that branches for ever", Ends::unsupported,
     "unsupported: sed over that much text at line 5"},
    {"sed that branches for ever, in a loop", Ends::limit, kSteps},
    {"awk that loops, in a loop", Ends::limit, kSteps},
    {"grep that is refused, in a loop", Ends::limit, kSteps},
    {"a heavy pattern compiled by sed in a loop", Ends::limit, kSteps},
    {"a program parsed by awk in a loop", Ends::limit, kSteps},
    {"a script parsed by sed in a loop", Ends::limit, kSteps},
    {"sed that branches, in a loop", Ends::limit, kSteps},
    {"sed with a heavy pattern", Ends::unsupported,
     "unsupported: sed over that much text at line 6"},
    {"sed that holds", Ends::unsupported, "unsupported: sed with that much output at line 32739"},
    {"awk that loops", Ends::unsupported, "unsupported: awk over that much text at line 6"},
    {"awk that doubles", Ends::unsupported, "unsupported: awk with that much text at line 6"},
    {"awk over fields", Ends::unsupported, "unsupported: awk with that many fields at line 6"},
    {"awk with an array", Ends::unsupported, "unsupported: awk in at line 6"},
    {"awk with heavy patterns", Ends::unsupported,
     "unsupported: awk over that much text at line 6"},
    {"grep with a heavy pattern", Ends::unsupported,
     "unsupported: grep over that much text at line 6"},
    {"grep -o of each letter", Ends::unsupported,
     "unsupported: grep over that much text at line 6"},
    {"grep in a loop", Ends::limit, kSteps},
    {"sort of many lines", Ends::unsupported, "unsupported: sort of that much text at line 32742"},
    {"sort in a loop", Ends::limit, kSteps},
    {"sort of versions", Ends::value},
    {"uniq, tr, cut, head in a loop", Ends::limit, kSteps},
    {"cut with many ranges", Ends::value},
    {"mapfile", Ends::limit, kSteps},
    {"read in a loop", Ends::limit, kSteps},
    {"read into an array", Ends::limit, kSteps},
    {"read of a long line", Ends::limit, kSteps},
    {"digests in a loop", Ends::limit, kSteps},
    {"base64 in a loop", Ends::limit, kSteps},
    {"rev and tac in a loop", Ends::limit, kSteps},
    {"a pipeline of cats", Ends::value},
    {"basename, dirname in a loop", Ends::limit, kSteps},
    {"expr in a loop", Ends::limit, kSteps},
    {"echo -e in a loop", Ends::limit, kSteps},
    {"a here-string in a loop", Ends::limit, kSteps},
    {"case modification in a loop", Ends::limit, kSteps},
    {"quoting in a loop", Ends::limit, kSteps},
    {"many packages", Ends::limit,
     "there are too many packages or architectures (30000 and 1); at most 500 and 100 are allowed, "
     "and 5000 pairs "
     "of the two"},
    {"many packages and architectures", Ends::limit,
     "there are too many packages or architectures (3000 and 3000); at most 500 and 100 are "
     "allowed, and 5000 pairs "
     "of the two"},
    {"many packages with functions", Ends::value},
    {"one architecture many times", Ends::limit,
     "its .SRCINFO would have more than 1048576 bytes or 50000 lines"},
    {"many architectures", Ends::limit,
     "there are too many packages or architectures (1 and 20000); at most 500 and 100 are allowed, "
     "and 5000 pairs "
     "of the two"},
    {"many wrong values", Ends::invalid, "depends is not allowed to be empty"},
    {"many wrong values of a long line", Ends::syntax,
     "unexpected '<': an element or ')' was expected here"},
    {"many values", Ends::limit, kSteps},
    {"a long value", Ends::limit, kSteps},
    {"many overrides", Ends::value},
    {"many overrides of many names", Ends::limit, kSteps},
    {"an override of continued lines", Ends::value},
    {"one function for many packages", Ends::limit, kSteps},
    {"a value of blanks", Ends::limit, kSteps},
    {"many lines in a function", Ends::value},
    {"many lines in a quoted text", Ends::value},
    {"overrides of a long array", Ends::limit, kSteps},
});

Ends ends_of(Refusal::Kind kind) {
  switch (kind) {
    case Refusal::Kind::syntax:
      return Ends::syntax;
    case Refusal::Kind::invalid:
      return Ends::invalid;
    case Refusal::Kind::unsupported:
      return Ends::unsupported;
    case Refusal::Kind::limit:
      return Ends::limit;
  }
  return Ends::value;
}

TEST(Limits, EveryHostileRecipeEnds) {
  const std::vector<HostileRecipe> recipes = hostile_recipes();
  ASSERT_EQ(recipes.size(), kRows.size());
  for (std::size_t i = 0; i < recipes.size(); ++i) {
    SCOPED_TRACE(recipes[i].name);
    ASSERT_EQ(recipes[i].name, kRows[i].name);
    EXPECT_LE(recipes[i].text.size(), std::size_t{64 * 1024});
    const auto recipe = evaluate(recipes[i].text, Inputs{});
    EXPECT_EQ(recipe ? Ends::value : ends_of(recipe.error().kind), kRows[i].ends);
    EXPECT_EQ(recipe ? "" : recipe.error().findings.at(0).message, kRows[i].message);
    if (recipe) {
      EXPECT_LE(srcinfo(*recipe).size(), kSrcinfoBytesMax);
    }
  }
}

}  // namespace
}  // namespace rbee::pkgbuild
