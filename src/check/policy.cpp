#include "check/policy.hpp"

#include <fmt/format.h>

#include <toml++/toml.h>

#include "base/text.hpp"
#include "check/rule.hpp"

namespace rbee::check {

namespace {

constexpr std::size_t kPolicyBytesMax = 64 * 1024, kRowsMax = 500;

tl::unexpected<Error> invalid(std::string message, std::string fix = {}) {
  return fail(Errc::invalid_input, "policy-invalid", "check-policy.toml: " + std::move(message),
              {.fix = std::move(fix)});
}

Result<PolicyRow> parse_row(const toml::table& table) {
  PolicyRow row;
  for (const auto& [key, value] : table) {
    const std::string name(key.str());
    if (name == "id") {
      row.rule = value.value_or(std::string());
    } else if (name == "severity") {
      const std::string word = value.value_or(std::string());
      if (word == "block")
        row.severity = Severity::block;
      else if (word == "hold")
        row.severity = Severity::hold;
      else if (word == "warn")
        row.severity = Severity::warn;
      else if (word == "info")
        row.severity = Severity::info;
      else if (word != "off")
        return invalid(fmt::format("'{}' is not a severity", printable_line(word)),
                       "write block, hold, warn, info or off");
    } else if (name == "reason") {
      row.reason = value.value_or(std::string());
    } else if (name == "paths") {
      const toml::array* paths = value.as_array();
      if (paths == nullptr) return invalid("paths is not an array");
      for (const auto& path : *paths) {
        const auto text = path.value<std::string>();
        if (!text || text->empty() || text->starts_with('/'))
          return invalid("a path is not a folder of the catalog",
                         "write paths = [\"community/acme-*\"]");
        row.paths.push_back(*text);
      }
    } else {
      return invalid(fmt::format("[[rule]] has no key '{}'", printable_line(name)),
                     "its keys are id, severity, paths and reason");
    }
  }
  if (find_rule(row.rule) == nullptr)
    return invalid(fmt::format("there is no rule '{}'", printable_line(row.rule)),
                   "rbee explain lists them");
  if (row.reason.empty())
    return invalid(fmt::format("the row of {} has no reason", row.rule),
                   "say why, for who reads a finding: reason = \"…\"");
  if (!table.contains("severity"))
    return invalid(fmt::format("the row of {} has no severity", row.rule));
  return row;
}

}  // namespace

bool matches_glob(std::string_view pattern, std::string_view path) {
  if (pattern.empty()) return path.empty();
  if (pattern[0] != '*')
    return !path.empty() && pattern[0] == path[0] &&
           matches_glob(pattern.substr(1), path.substr(1));
  const bool deep = pattern.starts_with("**");
  const std::string_view rest = pattern.substr(deep ? 2 : 1);
  for (std::size_t i = 0; i <= path.size(); ++i) {
    if (matches_glob(rest, path.substr(i))) return true;
    if (i < path.size() && path[i] == '/' && !deep) return false;
  }
  return false;
}

Result<Policy> Policy::parse(std::string_view text) {
  if (text.size() > kPolicyBytesMax) return invalid("it is larger than 64 KB");
  Policy policy;
  try {
    const toml::table root = toml::parse(text);
    for (const auto& [key, value] : root) {
      const toml::array* rows = value.as_array();
      if (key.str() != "rule" || rows == nullptr)
        return invalid(fmt::format("there is no '{}'", printable_line(key.str())),
                       "it holds [[rule]] tables and nothing else");
      if (rows->size() > kRowsMax) return invalid("it has too many rows");
      for (const auto& each : *rows) {
        const toml::table* table = each.as_table();
        if (table == nullptr) return invalid("a row is no table");
        TRY_ASSIGN(PolicyRow row, parse_row(*table));
        policy.rows_.push_back(std::move(row));
      }
    }
  } catch (const toml::parse_error& error) {
    return invalid(
        fmt::format("line {}: {}", error.source().begin.line, printable_line(error.description())));
  }
  return policy;
}

const PolicyRow* Policy::find(std::string_view rule, std::string_view directory) const {
  const PolicyRow* decides = nullptr;
  for (const PolicyRow& row : rows_) {
    if (row.rule != rule) continue;
    bool applies = row.paths.empty();
    for (const std::string& path : row.paths) applies |= matches_glob(path, directory);
    if (applies) decides = &row;
  }
  return decides;
}

}  // namespace rbee::check
