// Evaluating recipes: values, overrides, exact refusals, and limits (recipe.hpp).
#include "pkgbuild/evaluate.hpp"

#include <gmock/gmock.h>

#include <chrono>

#include "pkgbuild/parser.hpp"
#include "pkgbuild/print.hpp"

namespace rbee::pkgbuild::evaluate_tests {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::string_view kHead = "pkgname=demo\npkgver=1.2\npkgrel=1\narch=(any)\n";

std::string with_head(std::string_view rest) {
  return std::string(kHead) + std::string(rest);
}

Recipe recipe_of(const std::string& text, const Inputs& inputs = {}) {
  auto recipe = evaluate(text, inputs);
  if (!recipe) {
    ADD_FAILURE() << describe(recipe.error().findings[0]);
    return {};
  }
  return std::move(*recipe);
}

Refusal refusal_of(const std::string& text, const Inputs& inputs = {}) {
  auto recipe = evaluate(text, inputs);
  if (recipe) {
    ADD_FAILURE() << "it was accepted: " << text;
    return {Refusal::Kind::invalid, {Finding{}}};
  }
  return std::move(recipe.error());
}

TEST(Evaluate, ReadsFieldsAndFunctions) {
  const Recipe recipe = recipe_of(
      "pkgname=(a{,-doc})\npkgbase=a\npkgver=1.2\npkgrel=3\nepoch=1\narch=(x86_64)\n"
      "source=(\"https://x.example/a-$pkgver.tar.gz\")\nsha256sums=(SKIP)\n"
      "build() { make; }\npackage_a() { pkgdesc='one'; }\npackage_a-doc() { "
      "depends=(\"$pkgname\"); }\n");
  EXPECT_EQ(recipe.pkgbase, "a");
  EXPECT_EQ(recipe.version(), "1:1.2-3");
  EXPECT_THAT(recipe.array("source"), ElementsAre("https://x.example/a-1.2.tar.gz"));
  ASSERT_EQ(recipe.packages.size(), 2u);
  EXPECT_THAT(recipe.packages[0].overrides.at("pkgdesc").values, ElementsAre("one"));
  EXPECT_THAT(recipe.packages[1].overrides.at("depends").values, ElementsAre("a-doc"));
  ASSERT_NE(recipe.function("build"), nullptr);
  EXPECT_EQ(recipe.function("build")->body->kind, Command::Kind::group);
}

TEST(Evaluate, OverridesAreFoundByTextWhateverStandsAroundThem) {
  const Recipe recipe =
      recipe_of(with_head("depends=(base)\nfoo=global\npackage() {\n  if false; then\n    "
                          "depends+=(never)\n  fi\n  local foo=inner\n"
                          "  conflicts=(\n    \"$foo\"  # a comment\n    two\n  )\n  local "
                          "provides=(hidden)\n  [[ a ]] && groups=(also-hidden)\n"
                          "  for i in 1; do options=(!strip); done\n  install=\n}\n"));
  const Fields& overrides = recipe.packages[0].overrides;
  EXPECT_THAT(overrides.at("depends").values, ElementsAre("base", "never"));
  EXPECT_THAT(overrides.at("conflicts").values, ElementsAre("global", "two"));
  EXPECT_THAT(overrides.at("options").values, ElementsAre("!strip"));
  EXPECT_EQ(overrides.count("provides"), 0u);
  EXPECT_EQ(overrides.count("groups"), 0u);
  EXPECT_EQ(overrides.count("install"), 0u);
}

TEST(Evaluate, AnEmptyScalarWithASemicolonIsAnOverride) {
  const Recipe recipe = recipe_of(with_head("package() {\n  install=\n  true\n}\n"));
  EXPECT_THAT(recipe.packages[0].overrides.at("install").values, ElementsAre(""));
}

TEST(Evaluate, LocalsOfTheTopLevelDoNotLast) {
  const Recipe recipe =
      recipe_of(with_head("declare -A m=([x]=y)\npkgdesc=${m[x]}\ndeclare url=gone\n"));
  EXPECT_EQ(recipe.scalar("pkgdesc"), "y");
  EXPECT_EQ(recipe.fields.count("url"), 0u);
}

TEST(Evaluate, ThePlatformIsVirtual) {
  Inputs inputs;
  inputs.platform = {Os::linux, Arch::aarch64, Accelerator::cuda};
  inputs.environment = {{"RBEE_FEATURES", "cuda"}};
  const Recipe recipe =
      recipe_of(with_head("pkgdesc=\"$CARCH $CHOST $(uname -m) $RBEE_FEATURES\"\ncommand -v "
                          "nvidia-smi >/dev/null && url=https://gpu.example\n"),
                inputs);
  EXPECT_EQ(recipe.scalar("pkgdesc"), "aarch64 aarch64-unknown-linux-gnu aarch64 cuda");
  EXPECT_EQ(recipe.scalar("url"), "https://gpu.example");
}

TEST(Evaluate, HostValuesMayStandWhereNoFieldReadsThem) {
  const Recipe recipe = recipe_of(
      with_head("_d=$HOME/x\nexport T=$(date -u)\n_r=$(git describe)\nb() { echo $RANDOM; }\n"));
  EXPECT_EQ(recipe.version(), "1.2-1");
}

struct RefusalRow {
  std::string_view rest;
  Refusal::Kind kind;
  std::string_view message;
};

TEST(Evaluate, RefusesWithExactMessages) {
  using Kind = Refusal::Kind;
  const RefusalRow rows[] = {
      {"url=$HOME\n", Kind::unsupported, "unsupported: $HOME at line 5"},
      {"_x=$HOME\nurl=a$_x\n", Kind::unsupported, "unsupported: $HOME at line 5"},
      {"pkgdesc=$(git describe)\n", Kind::unsupported, "unsupported: command git at line 5"},
      {"git clone x\n", Kind::unsupported, "unsupported: command git at line 5"},
      {"[ -n \"$HOME\" ] && url=x\n", Kind::unsupported, "unsupported: $HOME at line 5"},
      {"echo x > file\n", Kind::unsupported, "unsupported: writing a file at line 5"},
      {"source=(*.patch)\n", Kind::unsupported,
       "unsupported: a pattern that file names could match at line 5"},
      {"package() {\n  true && depends=(a)\n  depends=(b) || true\n}\n", Kind::unsupported,
       "unsupported: an override that does not stand on a line of its own at line 7"},
      {"package() {\n  pkgdesc='a\nb'\n}\n", Kind::unsupported,
       "unsupported: an override that does not stand on a line of its own at line 6"},
      {"set -e\n", Kind::unsupported,
       "unsupported: an option that set or shopt leaves switched on at line 1"},
      {"false\n", Kind::invalid, "the recipe's last command fails with status 1"},
      {"exit 0\n", Kind::invalid, "the recipe calls exit, which ends makepkg"},
      {": ${none:?is missing}\n", Kind::invalid, "none: is missing"},
      {"source=([1]=a)\n", Kind::invalid, "sparse arrays are not allowed for source"},
      {"if true; then\n", Kind::syntax,
       "unexpected end of the text: a command after 'then' was expected here"},
      {"if true; then x=1\n", Kind::syntax, "this 'if' has no 'fi': the text ends first"},
      {"a=(1 2\n", Kind::syntax, "this ( has no closing ): the text ends inside the array"},
      {"a='x\n", Kind::syntax, "this ' has no partner: the text ends inside the quote"},
      {"a=\"x\n", Kind::syntax, "this \" has no partner: the text ends inside the quote"},
      {"a=$(x\n", Kind::syntax, "this $( has no closing )"},
      {"a=${x\n", Kind::syntax, "this ${ has no closing }"},
      {"a() { b\n", Kind::syntax, "this '{' has no '}': the text ends first"},
      {"echo )\n", Kind::syntax, "unexpected ')': a command was expected here"},
      {"done\n", Kind::syntax, "unexpected 'done': a command was expected here"},
      {"cat <<E\nx\n", Kind::syntax, "this here-document has no closing line 'E'"},
      {"[[ a\n", Kind::syntax, "this [[ has no closing ]]: the text ends first"},
      {"[[ -f ]]\n", Kind::syntax, "unexpected ']]': a word of the condition was expected here"},
      {"[[ -a || a ]]\n", Kind::syntax,
       "unexpected '||': a word of the condition was expected here"},
      {"case x in\n", Kind::syntax, "this 'case' has no 'esac': the text ends first"},
  };
  for (const RefusalRow& row : rows) {
    SCOPED_TRACE(row.rest);
    const Refusal refusal = refusal_of(with_head(row.rest));
    EXPECT_EQ(refusal.kind, row.kind);
    EXPECT_EQ(refusal.findings[0].message, row.message);
  }
}

TEST(Evaluate, PointsAtThePlace) {
  const Refusal refusal = refusal_of(with_head("pkgdesc=\"a $(git describe) b\"\n"));
  EXPECT_EQ(refusal.findings[0].position, (Position{5, 14}));
  EXPECT_EQ(refusal.findings[0].excerpt,
            "  pkgdesc=\"a $(git describe) b\"\n"
            "               ^~~~~~~~~~~~");
}

TEST(Evaluate, RefusesBytesThatNoRecipeHolds) {
  EXPECT_EQ(refusal_of(with_head(std::string("a=\0b\n", 5))).kind, Refusal::Kind::syntax);
  EXPECT_EQ(refusal_of(with_head("a=b\r\n")).kind, Refusal::Kind::invalid);
  EXPECT_EQ(refusal_of(with_head("# " + std::string(70'000, 'x'))).kind, Refusal::Kind::limit);
}

std::string repeated(std::string_view piece, int times) {
  std::string out;
  for (int i = 0; i < times; ++i) out += piece;
  return out;
}

TEST(Evaluate, EndsWithinItsLimits) {
  const std::string rows[] = {
      "x=({1..999999999})\n",
      "x=({1..3000}{1..3000})\n",
      "x={a,b}\necho " + repeated("{a,b}", 40) + "\n",
      "while :; do :; done\n",
      "for ((;;)); do x+=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa; done\n",
      "x=aaaaaaaaaaaaaaaa\n" + repeated("x=$x$x\n", 60),
      "x=aaaaaaaaaaaaaaaa\nwhile :; do x=$x$x$x$x; done\n",
      "f() { f; }\nf\n",
      "f() { x=$(f); }\nf\n",
      "f() { eval f; }\nf\n",
      repeated("(", 10'000) + repeated(")", 10'000) + "\n",
      repeated("(", 10'000),
      repeated("{ ", 10'000),
      repeated("$(", 10'000),
      "x=" + repeated("${a:-", 10'000),
      "x=" + repeated("\"$(", 10'000),
      "x=$((" + repeated("(", 20'000) + "1" + repeated(")", 20'000) + "))\n",
      "x=$((" + repeated("!", 50'000) + "1))\n",
      "[[ " + repeated("( ", 10'000) + "a" + repeated(" )", 10'000) + " ]]\n",
      repeated("if true; then ", 4'000),
      "x=$(printf 'a%.0s' {1..20000})\n[[ $x == *a*a*a*a*a*a*a*a*b ]]\n",
      "shopt -s extglob\nx=$(printf 'a%.0s' {1..20000})\n[[ $x == +(+(+(a|aa)))b ]]\n",
      "x=$(printf 'a%.0s' {1..20000})\ny=${x//a*a/b}${x//*a*b/}${x##*b}\nx=${x//a/$x}\n",
      "printf '%9999s' {1..9999} | cat | cat >/dev/null\n",
      "a=b\nb=a\nx=$((a))\n",
      "x=aaaa\n" + repeated("x=$x$x\n", 18) + "while :; do y=${#x}; done\n",
      "x=aaaa\n" + repeated("x=$x$x\n", 18) + "while :; do y=${x: -1}; done\n",
      "[[ a == " + repeated("[a", 25'000) + " ]]\n",
      "a=(1)\nwhile :; do a+=(\"${a[@]}\"); done\n",
  };
  for (const std::string& row : rows) {
    SCOPED_TRACE(row.substr(0, 60));
    const auto start = std::chrono::steady_clock::now();
    const auto recipe = evaluate(with_head(row), Inputs{});
    const auto spent = std::chrono::steady_clock::now() - start;
    ASSERT_FALSE(recipe.has_value());
    EXPECT_NE(recipe.error().kind, Refusal::Kind::invalid) << recipe.error().findings[0].message;
    // 50 ms on an idle machine without sanitizers; a wide margin here, so that a busy one does not
    // fail.
    EXPECT_LT(spent, std::chrono::seconds(5));
  }
}

TEST(Print, GivesTheSameBytes) {
  const std::string text =
      "# head\npkgname=a  # tail\n\nsource=(\n  'x'  # one\n  \"y $z\"\n)\nif [[ a == b ]]; "
      "then\n\tfoo <<E\nbody\nE\nfi\n"
      "case $x in\n a|b) c;; esac\nf () { :; } >/dev/null\nfor i in 1 2; do g; done | h && ! k\n# "
      "end";
  const auto script = parse(text);
  ASSERT_TRUE(script.has_value()) << script.error().message;
  EXPECT_EQ(print(**script), text);
  const Assignment& first = (*script)->root->parts[0]->assignments[0];
  EXPECT_EQ(print(**script, {{first.value_span, "b"}}).substr(0, 24), "# head\npkgname=b  # tail");
}

}  // namespace
}  // namespace rbee::pkgbuild::evaluate_tests

namespace rbee::pkgbuild::evaluate_tests {
namespace {

// Every refusal says where, why and what to do; the lint rules' texts are in recipe_test.cpp.
TEST(Evaluate, EveryKindOfRefusalTellsWhyAndWhatToDo) {
  const std::string head = "pkgname=a\npkgver=1\npkgrel=1\narch=(any)\npackage() { :; }\n";
  struct Row {
    const char* more;
    Refusal::Kind kind;
    const char* message;
    const char* fix;
  };
  const Row rows[] = {
      {"x=(", Refusal::Kind::syntax, "this ( has no closing ): the text ends inside the array",
       "bash -n"},
      {"fi", Refusal::Kind::syntax, "unexpected 'fi': a command was expected here", "bash -n"},
      {"exit 1", Refusal::Kind::invalid, "the recipe calls exit, which ends makepkg",
       "Leave it out."},
      {"false", Refusal::Kind::invalid, "the recipe's last command fails with status 1", "|| true"},
      {"source=([0]=a [2]=b)", Refusal::Kind::invalid, "sparse arrays are not allowed for source",
       "Leave no index out."},
      {"x=1\r", Refusal::Kind::invalid,
       "the recipe holds a carriage return; its lines must end with a newline alone", "sed -i"},
      {"pkgdesc=$(date)", Refusal::Kind::unsupported, "unsupported: command date at line 6",
       "--sandbox"},
      {"while :; do :; done", Refusal::Kind::limit, "it takes more than 200000 steps to evaluate",
       "Compute less"},
  };
  for (const Row& row : rows) {
    const auto recipe = evaluate(head + row.more + "\n", {});
    ASSERT_FALSE(recipe) << row.more;
    EXPECT_EQ(recipe.error().kind, row.kind) << row.more;
    const Finding& finding = recipe.error().findings.front();
    EXPECT_EQ(finding.message, row.message);
    EXPECT_EQ(finding.position.line, 6U) << row.more;
    EXPECT_NE(finding.excerpt.find('^'), std::string::npos) << row.more;
    EXPECT_FALSE(finding.why.empty()) << row.more;
    EXPECT_NE(finding.fix.find(row.fix), std::string::npos) << finding.fix;
  }
}

}  // namespace
}  // namespace rbee::pkgbuild::evaluate_tests
