// tests/cases/check: every case gives exactly the findings that it lists, and every rule of the
// table is provoked by one of them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <set>

#include "check/artefact.hpp"
#include "check/case_file.hpp"

namespace rbee::check {
namespace {

const std::string kCases = RBEE_SOURCE_DIR "/tests/cases/check";

std::set<std::string>& provoked() {
  static std::set<std::string> rules;
  return rules;
}

TEST(Cases, EachGivesWhatItLists) {
  std::size_t count = 0;
  for (const auto& path : case_files(kCases))
    for (const Case& each : read_cases(path)) {
      SCOPED_TRACE(each.file + ": " + each.name);
      ++count;
      const Subject subject = subject_of(each);
      Policy policy;
      if (const auto text = each.parts.find("policy"); text != each.parts.end()) {
        auto parsed = Policy::parse(text->second);
        ASSERT_TRUE(parsed) << describe(parsed.error());
        policy = *parsed;
      }
      std::set<std::string> wanted, found;
      for (const std::string_view line : split(each.parts.at("expect"), '\n'))
        if (!trim(line).empty()) wanted.emplace(trim(line));
      for (const Finding& finding : check(subject, policy)) {
        provoked().insert(finding.rule);
        found.insert(describe_short(subject, finding));
        EXPECT_FALSE(finding.why.empty() && finding.severity != Severity::info) << finding.rule;
      }
      if (std::getenv("RBEE_ACCEPT") != nullptr)
        for (const std::string& line : found)
          std::printf("ACCEPT\t%s\t%s\t%s\n", each.file.c_str(), each.name.c_str(), line.c_str());
      EXPECT_EQ(found, wanted);
    }
  EXPECT_GT(count, 100u);
}

TEST(Cases, EveryRuleIsProvoked) {
  // Those about archives and packages have their own tests (artefact_test.cpp,
  // src/platform/archive_test.cpp), and so have those that need a folder or several platforms
  // (src/catalog/*_test.cpp).
  const std::set<std::string> elsewhere{"ARC-001", "ARC-002", "SYN-005", "FILE-001"};
  for (const Rule& rule : rules()) {
    if (elsewhere.contains(std::string(rule.id))) continue;
    EXPECT_TRUE(provoked().contains(std::string(rule.id))) << "no case provokes " << rule.id;
  }
}

TEST(Rules, TheTableIsSound) {
  std::set<std::string_view> ids;
  for (const Rule& rule : rules()) {
    EXPECT_TRUE(ids.insert(rule.id).second) << rule.id;
    EXPECT_FALSE(rule.title.empty());
    EXPECT_FALSE(rule.title.ends_with('.')) << rule.id;
    EXPECT_EQ(find_rule(rule.id), &rule);
    EXPECT_FALSE(group_of(rule.id).empty());
  }
  EXPECT_EQ(find_rule("NET-999"), nullptr);
}

TEST(PolicyFile, RefusesWhatItDoesNotKnow) {
  const struct {
    std::string text, message;
  } rows[] = {
      {"[[rule]]\nid = \"NET-999\"\nseverity = \"warn\"\nreason = \"x\"\n",
       "there is no rule 'NET-999'"},
      {"[[rule]]\nid = \"NET-001\"\nseverity = \"mild\"\nreason = \"x\"\n",
       "'mild' is not a severity"},
      {"[[rule]]\nid = \"NET-001\"\nseverity = \"warn\"\n", "has no reason"},
      {"[[rule]]\nid = \"NET-001\"\nreason = \"x\"\n", "has no severity"},
      {"[[rule]]\nid = \"NET-001\"\nsevrity = \"warn\"\n", "has no key 'sevrity'"},
      {"[rules]\n", "there is no 'rules'"},
      {"[[rule]\n", "line 1"},
      {"[[rule]]\nid = \"NET-001\"\nseverity = \"off\"\nreason = \"x\"\npaths = [\"/x\"]\n",
       "not a folder"},
  };
  for (const auto& row : rows) {
    const auto parsed = Policy::parse(row.text);
    ASSERT_FALSE(parsed) << row.text;
    EXPECT_THAT(parsed.error().message, ::testing::HasSubstr(row.message));
  }
}

TEST(PolicyFile, Globs) {
  EXPECT_TRUE(matches_glob("community/acme-*", "community/acme-tts"));
  EXPECT_FALSE(matches_glob("community/acme-*", "community/other"));
  EXPECT_FALSE(matches_glob("*", "community/x"));
  EXPECT_TRUE(matches_glob("**", "community/x"));
  EXPECT_TRUE(matches_glob("community/*", "community/x"));
}

}  // namespace
}  // namespace rbee::check
