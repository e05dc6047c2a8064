// A host's policy: which rules are tightened or relaxed, and where.
//
// Pure; toml++ parses. Source: docs/checks.md, "Policy file".
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/finding.hpp"
#include "base/result.hpp"

namespace rbee::check {

/// One `[[rule]]` of check-policy.toml. Later ones win.
struct PolicyRow {
  std::string rule;                  ///< "NET-001"
  std::optional<Severity> severity;  ///< Nothing: off.
  std::vector<std::string> paths;    ///< Folder globs with '*'; none: everywhere.
  std::string reason;                ///< Shown with the finding.
};

class Policy {
 public:
  /// The defaults.
  Policy() = default;
  /// Errors: Errc::invalid_input "policy-invalid", with the place.
  static Result<Policy> parse(std::string_view text);

  /// The row that decides about `rule` in `directory`; nullptr: the rule's own severity.
  const PolicyRow* find(std::string_view rule, std::string_view directory) const;

 private:
  std::vector<PolicyRow> rows_;
};

/// True when `pattern` ('*' is any run of characters but '/', "**" any run) matches all of `path`.
bool matches_glob(std::string_view pattern, std::string_view path);

}  // namespace rbee::check
