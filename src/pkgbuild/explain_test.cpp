// Where values come from: chains of assignments, loops, functions, overrides, and what the platform
// gave.
#include "pkgbuild/explain.hpp"

#include <gtest/gtest.h>

#include "base/text.hpp"

namespace rbee::pkgbuild {
namespace {

/// One line a step: "name@line=values <reads +given (within)".
std::string shown(std::string_view body, std::string_view name) {
  const std::string text =
      "pkgname=a\npkgver=1.2.3\npkgrel=1\narch=(any)\n" + std::string(body) + "\n";
  const auto explanation = explain(text, {}, name);
  if (!explanation) return explanation.error().findings.front().message;
  const LineMap lines(text);
  std::string out;
  const auto values = [](const auto& of) {
    std::string joined;
    for (const std::string& value : of.values) joined += (joined.empty() ? "" : ",") + value;
    return joined;
  };
  for (const ExplainedField& field : explanation->fields)
    out += "[" + field.package + "] " + field.name + "=" + values(field) + " #" +
           std::to_string(field.step) + "\n";
  for (const ExplainedStep& step : explanation->steps) {
    out +=
        step.name + "@" + std::to_string(lines.position(step.span.begin).line) + "=" + values(step);
    for (const auto read : step.reads) out += " <" + std::to_string(read);
    for (const std::string& given : step.given) out += " +" + given;
    for (const Span& within : step.within)
      out += " (" + std::to_string(lines.position(within.begin).line);
    out += "\n";
  }
  return out;
}

constexpr std::string_view kPackage = "package() { :; }";

TEST(Explain, FollowsAssignmentsAndExpansions) {
  EXPECT_EQ(shown("_v=${pkgver%.*}\nurl=https://e.org/$_v\nsource=(\"$url/$pkgname.tgz\")\n"
                  "sha256sums=(SKIP)\npackage() { :; }",
                  "source"),
            "[] source=https://e.org/1.2/a.tgz #0\n"
            "source@7=https://e.org/1.2/a.tgz <1 <2\n"
            "pkgname@1=a\n"
            "url@6=https://e.org/1.2 <3\n"
            "_v@5=1.2 <4\n"
            "pkgver@2=1.2.3\n");
}

TEST(Explain, TellsAppendsAndConditions) {
  EXPECT_EQ(shown("depends=(x)\nif [[ $CARCH == x86_64 ]]; then\n  depends+=(y)\nfi\n"
                  "package() { :; }",
                  "depends"),
            "[] depends=x,y #0\n"
            "depends@7=x,y <1 (6\n"
            "depends@5=x\n");
  EXPECT_EQ(shown("pkgdesc=\"for $CARCH\"\npackage() { :; }", "pkgdesc"),
            "[] pkgdesc=for x86_64 #0\n"
            "pkgdesc@5=for x86_64 +CARCH\n");
}

TEST(Explain, SeesThroughSubstitutionsFunctionsAndLoops) {
  EXPECT_EQ(shown("_m=$(echo $pkgver | cut -d. -f1)\npkgdesc=$_m\npackage() { :; }", "pkgdesc"),
            "[] pkgdesc=1 #0\n"
            "pkgdesc@6=1 <1\n"
            "_m@5=1 <2\n"
            "pkgver@2=1.2.3\n");
  EXPECT_EQ(
      shown("_set() {\n  local x=$1\n  pkgdesc=$x\n}\n_set $pkgver\npackage() { :; }", "pkgdesc"),
      "[] pkgdesc=1.2.3 #0\n"
      "pkgdesc@7=1.2.3 <1 (5\n"
      "x@6=1.2.3 <2 (5\n"
      "pkgver@2=1.2.3\n");
  EXPECT_EQ(shown("_all=(p q)\nfor i in ${_all[@]}; do\n  depends+=($i)\ndone\npackage() { :; }",
                  "depends"),
            "[] depends=p,q #0\n"
            "depends@7=p,q <1 <4 (6\n"
            "depends@7=p <2 (6\n"
            "i@6=p <3 (6\n"
            "_all@5=p,q\n"
            "i@6=q <3 (6\n");
  EXPECT_EQ(shown("printf -v pkgdesc '%s!' \"$pkgname\"\npackage() { :; }", "pkgdesc"),
            "[] pkgdesc=a! #0\n"
            "pkgdesc@5=a! <1\n"
            "pkgname@1=a\n");
}

TEST(Explain, ForgetsWhatASubshellOrALocalAssigned) {
  EXPECT_EQ(
      shown("_v=1\n(_v=2)\n_f() { local _v=3; }\n_f\npkgdesc=$_v\npackage() { :; }", "pkgdesc"),
      "[] pkgdesc=1 #0\n"
      "pkgdesc@9=1 <1\n"
      "_v@5=1\n");
}

TEST(Explain, TellsOverridesOfPackages) {
  EXPECT_EQ(shown("depends=(x)\npackage() {\n  depends+=(\"$pkgname-data\")\n}", "depends"),
            "[] depends=x #0\n"
            "[a] depends=x,a-data #1\n"
            "depends@5=x\n"
            "depends@7=x,a-data <2 <0 (6\n"
            "pkgname@1=a\n");
}

TEST(Explain, KnowsHelpersAndWhatIsNotThere) {
  EXPECT_EQ(shown("_x=1\n" + std::string(kPackage), "_x"), "[] _x=1 #0\n_x@5=1\n");
  EXPECT_EQ(shown(kPackage, "nothing"), "");
  EXPECT_EQ(shown("mkdir x\n" + std::string(kPackage), "pkgver"),
            "unsupported: command mkdir at line 5");
  const auto names =
      variables_of("pkgname=a\npkgver=1\npkgrel=1\narch=(any)\n_x=1\npackage() { :; }\n", {});
  ASSERT_TRUE(names);
  EXPECT_EQ(*names, (std::vector<std::string>{"_x", "arch", "pkgname", "pkgrel", "pkgver"}));
}

TEST(Explain, IsBoundedInLoops) {
  const auto explanation = explain(
      "pkgname=a\npkgver=1\npkgrel=1\narch=(any)\nfor ((i = 0; i < 500; i++)); do "
      "x+=aaaaaaaaaaaaaaaa; done\n"
      "package() { :; }\n",
      {}, "x");
  ASSERT_TRUE(explanation);
  EXPECT_TRUE(explanation->steps.front().cut);
  EXPECT_LE(explanation->steps.size(), Trace::kEventsMax);
}

}  // namespace
}  // namespace rbee::pkgbuild
