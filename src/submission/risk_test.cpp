// Which tier a submission falls into, row by row.
#include "submission/risk.hpp"

#include <gtest/gtest.h>

namespace rbee::submission {
namespace {

Finding hold(std::string rule) {
  Finding finding;
  finding.rule = std::move(rule);
  finding.severity = Severity::hold;
  finding.message = "looks odd";
  return finding;
}

const RiskFacts kBump{.only_version_moved = true, .pusher_owns = true};

TEST(Risk, Tiers) {
  const auto with = [](auto change) {
    RiskFacts facts = kBump;
    change(facts);
    return facts;
  };
  const struct {
    const char* name;
    RiskFacts facts;
    std::vector<Finding> findings;
    int tier, approvals;
    bool cools, holds;
  } rows[] = {
      {"version bump", kBump, {}, 0, 0, false, false},
      {"sampled bump", with([](auto& f) { f.sampled = true; }), {}, 1, 1, false, false},
      {"in quarantine", with([](auto& f) { f.is_quarantined = true; }), {}, 3, 2, true, false},
      {"logic", with([](auto& f) { f.only_version_moved = false; }), {}, 1, 1, false, false},
      {"new worker",
       with([](auto& f) {
         f.is_new_worker = true;
         f.only_version_moved = f.pusher_owns = false;
       }),
       {},
       2,
       1,
       false,
       false},
      {"new host", kBump, {hold("SRC-005")}, 2, 1, false, true},
      {"not the owner", with([](auto& f) { f.pusher_owns = false; }), {}, 2, 1, false, false},
      {"removal", with([](auto& f) { f.is_removal = true; }), {}, 2, 1, false, false},
      {"owner changed", with([](auto& f) { f.owner_changed = true; }), {}, 3, 2, true, false},
      {"OWN-002", kBump, {hold("OWN-002")}, 3, 2, true, true},
      {"premium", with([](auto& f) { f.is_premium = true; }), {}, 3, 2, true, false},
      {"near twin",
       with([](auto& f) { f.is_new_worker = true; }),
       {hold("NAME-001")},
       3,
       2,
       true,
       true},
      {"harm relaxed by the host", kBump, {hold("EXEC-003")}, 3, 2, true, true},
      {"young account", kBump, {hold("OWN-005")}, 2, 1, false, true},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.name);
    const Risk risk = assess(row.facts, row.findings, {});
    EXPECT_EQ(risk.tier, row.tier);
    EXPECT_EQ(risk.approvals, row.approvals);
    EXPECT_EQ(risk.cooling.count() > 0, row.cools);
    EXPECT_EQ(risk.holds, row.holds);
    EXPECT_FALSE(risk.reasons.empty());
  }
}

TEST(Risk, TheStrongestReasonStandsFirst) {
  RiskFacts facts;
  const Risk risk = assess(facts, {hold("SRC-005"), hold("OBF-003"), hold("OBF-003")}, {});
  ASSERT_EQ(risk.reasons.size(), 4u);
  EXPECT_EQ(risk.reasons[0], "OBF-003: looks odd");
}

TEST(Risk, AboutAHundredthIsSampledAndOnlyTheSecretDecides) {
  int sampled = 0;
  for (int i = 0; i < 20'000; ++i) {
    const std::string commit(40 - 5, 'a');
    sampled += is_sampled(commit + std::to_string(10'000 + i), "secret", 10) ? 1 : 0;
  }
  EXPECT_GT(sampled, 140);
  EXPECT_LT(sampled, 260);
  const std::string commit(40, 'b');
  EXPECT_EQ(is_sampled(commit, "one", 10), is_sampled(commit, "one", 10));
  EXPECT_FALSE(is_sampled(commit, "one", 0));
  EXPECT_TRUE(is_sampled(commit, "one", 1000));
}

}  // namespace
}  // namespace rbee::submission
