#include "submission/risk.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <set>

#include "base/digest.hpp"

namespace rbee::submission {

namespace {

/// Groups of docs/checks.md whose findings are about harm. A host can relax such a rule from block
/// to hold; it does not become harmless by that.
constexpr auto kHarmGroups = std::to_array<std::string_view>(
    {"HOOK-", "NET-", "EXEC-", "OBF-", "SEC-", "EXF-", "PERS-", "PRIV-", "KERN-", "MINE-", "ARC-",
     "ELF-", "BLOB-", "PROM-", "LIC-"});
/// Single rules that are about who stands behind a name.
constexpr auto kIdentityRules =
    std::to_array<std::string_view>({"NAME-001", "NAME-002", "NAME-004", "OWN-002", "OWN-004"});

/// Raises `risk` to `tier` for `reason`; the strongest reasons stand first.
void raise(Risk& risk, int tier, std::string reason) {
  if (tier > risk.tier) {
    risk.tier = tier;
    risk.reasons.insert(risk.reasons.begin(), std::move(reason));
  } else {
    risk.reasons.push_back(std::move(reason));
  }
}

}  // namespace

bool is_harm_rule(std::string_view rule) {
  return std::any_of(kHarmGroups.begin(), kHarmGroups.end(),
                     [&](std::string_view group) { return rule.starts_with(group); });
}

Risk assess(const RiskFacts& facts, const std::vector<Finding>& findings,
            const RiskPolicy& policy) {
  Risk risk;
  if (facts.is_new_worker) {
    raise(risk, 2, "a worker that is new here");
  } else if (facts.is_removal) {
    raise(risk, 2, "it removes the worker");
  } else if (!facts.only_version_moved) {
    raise(risk, 1, "more than version and checksums changed");
  }
  if (!facts.pusher_owns && !facts.is_new_worker)
    raise(risk, 2, "pushed by an account that does not own the worker");
  if (facts.owner_changed)
    raise(risk, 3, "the owner changed since the release before: first release of another hand");
  if (facts.is_quarantined) raise(risk, 3, "the worker is in quarantine");
  if (facts.is_premium) raise(risk, 3, "a premium worker");
  std::set<std::string_view> told;
  for (const Finding& finding : findings) {
    if (finding.severity != Severity::hold) continue;
    risk.holds = true;
    if (!told.insert(finding.rule).second) continue;
    const bool is_identity = std::find(kIdentityRules.begin(), kIdentityRules.end(),
                                       finding.rule) != kIdentityRules.end();
    raise(risk, is_harm_rule(finding.rule) || is_identity ? 3 : 2,
          fmt::format("{}: {}", finding.rule, finding.message));
  }
  if (risk.tier == 0 && facts.sampled)
    raise(risk, 1, "chosen at random: one in a hundred version bumps is looked at by a person");
  risk.approvals = risk.tier == 3 ? 2 : risk.tier == 0 ? 0 : 1;
  if (risk.tier == 3) risk.cooling = policy.cooling;
  if (risk.tier == 0) risk.reasons = {"a version bump by the owner, from the same hosts"};
  return risk;
}

bool is_sampled(std::string_view commit, std::string_view secret, int per_mille) {
  const std::string digest = Sha256::of(fmt::format("{}\n{}", secret, commit)).hex();
  const std::uint64_t number = std::stoull(digest.substr(0, 12), nullptr, 16);
  return static_cast<int>(number % 1000) < per_mille;
}

}  // namespace rbee::submission
