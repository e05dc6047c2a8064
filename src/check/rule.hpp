// The rules, as a table, and the one function that holds a worker against them.
//
// Pure: the same finding on the author's laptop, in the Git hook and in CI. Source: docs/checks.md,
// one page for each row.
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/finding.hpp"
#include "check/policy.hpp"
#include "check/subject.hpp"

namespace rbee::check {

struct Rule {
  std::string_view id;  ///< "NET-001": stable, never reused.
  Severity severity = Severity::block;
  std::string_view title;  ///< What is wrong, as a heading.
  std::string_view why;    ///< Why it matters, one or two sentences.
  std::string_view fix;    ///< What to do instead.
  std::string_view bad;    ///< An example that it stops; may be empty.
  std::string_view good;   ///< The same, done right; may be empty.
};

/// All rules, by group, then number.
std::span<const Rule> rules();
/// nullptr when there is none of that id.
const Rule* find_rule(std::string_view id);
/// "syntax", "hooks" …: the heading above a rule's page.
std::string_view group_of(std::string_view rule);

/// Everything that is wrong with `subject`, strongest first, then by file and place. Rules that a
/// host's `policy` changed have its severity. Never throws, whatever the texts hold.
std::vector<Finding> check(const Subject& subject, const Policy& policy = {});

}  // namespace rbee::check
