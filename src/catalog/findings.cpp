#include "catalog/findings.hpp"

#include <algorithm>

#include "base/span.hpp"

namespace rbee::catalog {

Finding make_finding(std::string rule, std::string file, std::string message,
                     FindingDetails details) {
  Finding finding;
  finding.rule = std::move(rule);
  finding.severity = details.severity;
  finding.file = std::move(file);
  finding.message = std::move(message);
  finding.why = std::move(details.why);
  finding.fix = std::move(details.fix);
  return finding;
}

Finding make_finding(std::string rule, std::string file, std::string_view text, Span span,
                     std::string message, FindingDetails details) {
  Finding finding =
      make_finding(std::move(rule), std::move(file), std::move(message), std::move(details));
  if (span == Span{}) return finding;
  finding.span = span;
  finding.position = LineMap(text).position(span.begin);
  finding.excerpt = excerpt(text, span);
  return finding;
}

Span place_of(std::string_view text, std::string_view needle) {
  const std::size_t at = needle.empty() ? std::string_view::npos : text.find(needle);
  if (at == std::string_view::npos) return {};
  return {static_cast<std::uint32_t>(at), static_cast<std::uint32_t>(at + needle.size())};
}

bool any_blocks(const std::vector<Finding>& findings) {
  return std::any_of(findings.begin(), findings.end(),
                     [](const Finding& finding) { return finding.severity == Severity::block; });
}

void add_once(std::vector<Finding>& findings, Finding finding) {
  const bool known = std::any_of(findings.begin(), findings.end(), [&](const Finding& other) {
    return other.rule == finding.rule && other.file == finding.file &&
           other.position == finding.position && other.message == finding.message;
  });
  if (!known) findings.push_back(std::move(finding));
}

}  // namespace rbee::catalog
