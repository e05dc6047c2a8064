#include "check/formats.hpp"

#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <set>

#include "base/text.hpp"
#include "check/rule.hpp"

namespace rbee::check {

namespace {

namespace json = boost::json;

std::string path_of(const Checked& checked, const Finding& finding) {
  if (finding.file.empty()) return checked.directory;
  return checked.directory.empty() ? finding.file : checked.directory + "/" + finding.file;
}

std::string safe(std::string_view text) {
  return printable(text);
}

json::object to_json(const Checked& checked, const Finding& finding) {
  return {{"rule", safe(finding.rule)},
          {"severity", std::string(to_string(finding.severity))},
          {"file", safe(path_of(checked, finding))},
          {"line", finding.position.line},
          {"column", finding.position.column},
          {"message", safe(finding.message)},
          {"excerpt", safe(finding.excerpt)},
          {"why", safe(finding.why)},
          {"fix", safe(finding.fix)}};
}

std::string render_text(const std::vector<Checked>& all) {
  std::string out;
  for (const Checked& checked : all)
    for (Finding finding : checked.findings) {
      finding.file = path_of(checked, finding);
      out += describe(finding) + "\n\n";
    }
  return out;
}

std::string render_json(const std::vector<Checked>& all) {
  json::array findings;
  Counts total;
  for (const Checked& checked : all) {
    for (const Finding& finding : checked.findings) findings.push_back(to_json(checked, finding));
    const Counts counts = count(checked.findings);
    total.block += counts.block;
    total.hold += counts.hold;
    total.warn += counts.warn;
    total.info += counts.info;
  }
  const json::object root{
      {"findings", std::move(findings)},
      {"counts",
       {{"block", total.block}, {"hold", total.hold}, {"warn", total.warn}, {"info", total.info}}}};
  return json::serialize(root) + "\n";
}

std::string_view sarif_level(Severity severity) {
  switch (severity) {
    case Severity::block:
      return "error";
    case Severity::hold:
    case Severity::warn:
      return "warning";
    case Severity::info:
      return "note";
  }
  return "none";
}

std::string render_sarif(const std::vector<Checked>& all, std::string_view version) {
  json::array results;
  std::set<std::string> used;
  for (const Checked& checked : all)
    for (const Finding& finding : checked.findings) {
      used.insert(finding.rule);
      json::object location{{"artifactLocation", {{"uri", safe(path_of(checked, finding))}}}};
      if (!finding.excerpt.empty())
        location["region"] = {{"startLine", finding.position.line},
                              {"startColumn", finding.position.column}};
      results.push_back({{"ruleId", safe(finding.rule)},
                         {"level", std::string(sarif_level(finding.severity))},
                         {"message", {{"text", safe(finding.message)}}},
                         {"locations", json::array{json::object{{"physicalLocation", location}}}},
                         {"properties", {{"severity", std::string(to_string(finding.severity))}}}});
    }
  json::array rules;
  for (const std::string& id : used) {
    json::object rule{{"id", safe(id)}};
    if (const Rule* row = find_rule(id)) {
      rule["shortDescription"] = {{"text", std::string(row->title)}};
      if (!row->why.empty()) rule["fullDescription"] = {{"text", std::string(row->why)}};
      if (!row->fix.empty()) rule["help"] = {{"text", std::string(row->fix)}};
    }
    rules.push_back(std::move(rule));
  }
  const json::object root{{"$schema", "https://json.schemastore.org/sarif-2.1.0.json"},
                          {"version", "2.1.0"},
                          {"runs", json::array{json::object{{"tool",
                                                             {{"driver",
                                                               {{"name", "rbee-market"},
                                                                {"version", std::string(version)},
                                                                {"rules", std::move(rules)}}}}},
                                                            {"columnKind", "utf16CodeUnits"},
                                                            {"results", std::move(results)}}}}};
  return json::serialize(root) + "\n";
}

/// Data of a workflow command: '%', CR and LF stand for themselves nowhere else.
std::string command_text(std::string_view text, bool is_property) {
  std::string out;
  for (const char c : safe(text)) {
    if (c == '%')
      out += "%25";
    else if (c == '\r')
      out += "%0D";
    else if (c == '\n')
      out += "%0A";
    else if (is_property && c == ':')
      out += "%3A";
    else if (is_property && c == ',')
      out += "%2C";
    else
      out += c;
  }
  return out;
}

std::string render_github(const std::vector<Checked>& all) {
  std::string out;
  for (const Checked& checked : all)
    for (const Finding& finding : checked.findings) {
      const std::string_view word = finding.severity == Severity::block  ? "error"
                                    : finding.severity == Severity::info ? "notice"
                                                                         : "warning";
      out += fmt::format("::{} file={}", word, command_text(path_of(checked, finding), true));
      if (!finding.excerpt.empty())
        out += fmt::format(",line={},col={}", finding.position.line, finding.position.column);
      out += fmt::format(
          ",title={}::{}",
          command_text(fmt::format("{} {}", finding.rule, to_string(finding.severity)), true),
          command_text(
              finding.fix.empty() ? finding.message : finding.message + "\nfix: " + finding.fix,
              false));
      out += "\n";
    }
  return out;
}

}  // namespace

std::optional<Format> parse_format(std::string_view text) {
  if (text.empty() || text == "text") return Format::text;
  if (text == "json") return Format::json;
  if (text == "sarif") return Format::sarif;
  if (text == "github") return Format::github;
  return std::nullopt;
}

Counts count(const std::vector<Finding>& findings) {
  Counts counts;
  for (const Finding& finding : findings) {
    switch (finding.severity) {
      case Severity::block:
        ++counts.block;
        break;
      case Severity::hold:
        ++counts.hold;
        break;
      case Severity::warn:
        ++counts.warn;
        break;
      case Severity::info:
        ++counts.info;
        break;
    }
  }
  return counts;
}

std::string summary(const Counts& counts) {
  std::string out;
  const auto add = [&](std::size_t n, std::string_view word) {
    if (n > 0) out += fmt::format("{}{} {}", out.empty() ? "" : ", ", n, word);
  };
  add(counts.block, "block");
  add(counts.hold, "hold");
  add(counts.warn, "warn");
  add(counts.info, "info");
  return out.empty() ? "no findings" : out;
}

std::string render(const std::vector<Checked>& checked, Format format, std::string_view version) {
  switch (format) {
    case Format::text:
      return render_text(checked);
    case Format::json:
      return render_json(checked);
    case Format::sarif:
      return render_sarif(checked, version);
    case Format::github:
      return render_github(checked);
  }
  return {};
}

std::string explain_text(std::string_view id) {
  const Rule* rule = find_rule(id);
  if (rule == nullptr) return {};
  std::string out = fmt::format("{} ({}, {})\n{}\n", rule->id, to_string(rule->severity),
                                group_of(rule->id), rule->title);
  if (!rule->why.empty()) out += fmt::format("\n  why: {}\n", rule->why);
  if (!rule->fix.empty()) out += fmt::format("  fix: {}\n", rule->fix);
  if (!rule->bad.empty()) out += fmt::format("\n  not: {}\n", rule->bad);
  if (!rule->good.empty()) out += fmt::format("  but: {}\n", rule->good);
  return out;
}

std::string explain_markdown(std::string_view id) {
  const Rule* rule = find_rule(id);
  if (rule == nullptr) return {};
  std::string out = fmt::format("# {}: {}\n\nGroup {}; severity **{}**.\n", rule->id, rule->title,
                                group_of(rule->id), to_string(rule->severity));
  if (!rule->why.empty()) out += fmt::format("\n## Why\n\n{}.\n", rule->why);
  if (!rule->fix.empty()) out += fmt::format("\n## What to do\n\n{}.\n", rule->fix);
  if (!rule->bad.empty()) out += fmt::format("\n## Not like this\n\n```sh\n{}\n```\n", rule->bad);
  if (!rule->good.empty()) out += fmt::format("\n## Like this\n\n```sh\n{}\n```\n", rule->good);
  return out + "\n[All rules](../checks.md)\n";
}

std::string index_markdown() {
  std::string out, group;
  for (const Rule& rule : rules()) {
    if (group_of(rule.id) != group) {
      group = group_of(rule.id);
      out += fmt::format("\n### {}\n\n| rule | severity | |\n|---|---|---|\n", group);
    }
    out += fmt::format("| [{0}](checks/{0}.md) | {1} | {2} |\n", rule.id, to_string(rule.severity),
                       rule.title);
  }
  return out;
}

}  // namespace rbee::check
