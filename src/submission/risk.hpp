// How much human attention a submission gets: its risk tier, and what follows from it.
//
// Pure. The tiers are docs/architecture.md's, "Submitting and reviewing"; docs/submissions.md shows
// them to people.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "base/finding.hpp"

namespace rbee::submission {

/// What is known of a submission beside its findings.
struct RiskFacts {
  bool is_new_worker = false;
  bool only_version_moved =
      false;                    ///< Nothing but versions, checksums and release numbers changed.
  bool pusher_owns = false;     ///< Owner or co-maintainer of the worker.
  bool owner_changed = false;   ///< Since the last release that was merged.
  bool is_premium = false;      ///< Before or after.
  bool is_removal = false;      ///< The worker's folder goes.
  bool is_quarantined = false;  ///< It was taken off the market.
  bool sampled = false;         ///< One of the random hundredth that people see anyway.
};

/// What a host may tune.
struct RiskPolicy {
  std::chrono::seconds cooling{std::chrono::days(7)};  ///< Of tier 3.
  int sample_per_mille = 10;  ///< Of tier 0: how many of a thousand go to people too.
};

struct Risk {
  int tier = 0;        ///< 0 merges itself … 3 needs two approvals and a cooling period.
  int approvals = 0;   ///< Different reviewers, none of them the author.
  bool holds = false;  ///< A finding holds it.
  std::chrono::seconds cooling{0};   ///< From the push to the earliest merge.
  std::vector<std::string> reasons;  ///< Why it is in this tier, for author and reviewer.
};

/// Requires that nothing blocks.
Risk assess(const RiskFacts& facts, const std::vector<Finding>& findings, const RiskPolicy& policy);

/// A rule about what could do harm to who installs: its findings need two people.
bool is_harm_rule(std::string_view rule);

/// True for `per_mille` of a thousand of the commits, decided by `secret` so that an author cannot
/// know which. 40 hexadecimal digits come in.
bool is_sampled(std::string_view commit, std::string_view secret, int per_mille);

}  // namespace rbee::submission
