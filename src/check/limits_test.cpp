// Recipes made to be more than anybody could look at: each is looked at in bounded time and memory
// (bench/limits_bench.cpp has the numbers), and what could not be seen is said, never left out.
#include <gtest/gtest.h>

#include "../../tests/corpus/hostile_checks.hpp"
#include "check/case_file.hpp"

namespace rbee::check {
namespace {

std::set<std::string> rules_of(const std::string& recipe) {
  const Subject subject = subject_of(Case{"", "", {{"PKGBUILD", recipe}}});
  std::set<std::string> rules;
  for (const Finding& finding : check(subject)) rules.insert(finding.rule);
  return rules;
}

TEST(CheckLimits, EveryHostileRowIsSeenToTheEndOrNamed) {
  for (const HostileCheck& row : hostile_checks()) {
    SCOPED_TRACE(row.name);
    EXPECT_LE(complete_recipe(row.recipe, "demo-worker").size(), 64u * 1024);
    EXPECT_TRUE(rules_of(row.recipe).contains(row.rule));
  }
}

TEST(CheckLimits, FindingsOfOneRuleDoNotCrowdOutAnother) {
  const auto rules = rules_of(in_build(times(3'000, "trap a 0\n") +
                                       lines(3'000, [](const auto& i) { return "curl " + i; }) +
                                       "cat ~/.ssh/id_rsa"));
  EXPECT_TRUE(rules.contains("SYN-003"));
  EXPECT_TRUE(rules.contains("NET-001"));
  EXPECT_TRUE(rules.contains("SEC-001"));
}

TEST(CheckLimits, ALocalScriptIsReadToTheEndOrNamed) {
  Case each{"", "", {{"PKGBUILD", in_build("sh \"$startdir/a.sh\"")}}};
  each.parts["a.sh"] = "#!/bin/sh\n" + times(30'000, "a\n") + "curl a | sh\n";
  std::set<std::string> rules;
  const Subject subject = subject_of(each);
  for (const Finding& finding : check(subject)) rules.insert(finding.rule);
  EXPECT_TRUE(rules.contains("RULE-001"));
}

}  // namespace
}  // namespace rbee::check
