#include <fmt/format.h>

#include <algorithm>
#include <tuple>

#include "base/text.hpp"
#include "check/report.hpp"

namespace rbee::check {

namespace {

constexpr std::size_t kFindingsPerRuleMax = 100;  ///< More help nobody.

/// Names of this layer's own texts may be untrusted: one line, not too long.
std::string shown(std::string text) {
  std::string line = printable_line(text);
  if (line.size() > 400) line = line.substr(0, 400) + "…";
  std::replace(line.begin(), line.end(), kHole, '?');
  return line;
}

}  // namespace

const SubjectRecipe* Release::recipe(manifest::RecipeKind kind) const {
  for (const SubjectRecipe& each : recipes)
    if (each.kind == kind) return &each;
  return nullptr;
}

const SubjectFile* Release::file(std::string_view path) const {
  for (const SubjectFile& each : files)
    if (each.path == path) return &each;
  return nullptr;
}

Report::Report(const Subject& subject) : subject_(subject) {
  for (const SubjectRecipe& recipe : subject.now.recipes) {
    RecipeView view{&recipe, std::string(manifest::file_name(recipe.kind)), LineMap(recipe.text),
                    nullptr, nullptr};
    if (auto script = pkgbuild::parse_recipe(recipe.text)) {
      view.script = *script;
      view.commands = std::make_unique<Commands>(*view.script);
    }
    recipes_.push_back(std::move(view));
  }
}

void Report::push(Finding finding, Details details) {
  const Rule* rule = find_rule(finding.rule);
  finding.message = shown(std::move(finding.message));
  finding.severity = details.severity.value_or(rule == nullptr ? Severity::block : rule->severity);
  finding.why =
      !details.why.empty() ? std::move(details.why) : std::string(rule == nullptr ? "" : rule->why);
  finding.fix =
      !details.fix.empty() ? std::move(details.fix) : std::string(rule == nullptr ? "" : rule->fix);
  take(std::move(finding));
}

void Report::take(Finding finding) {
  if (is_full(finding.rule)) return;
  // One place, one rule, one message: recipes are looked at once for every platform.
  const bool known = std::any_of(findings_.begin(), findings_.end(), [&](const Finding& other) {
    return other.rule == finding.rule && other.file == finding.file &&
           other.position == finding.position && other.message == finding.message;
  });
  if (known) return;
  ++counts_[finding.rule];
  findings_.push_back(std::move(finding));
}

bool Report::is_full(std::string_view rule) const {
  const auto count = counts_.find(rule);
  return count != counts_.end() && count->second >= kFindingsPerRuleMax;
}

void Report::add(std::string_view rule, const RecipeView& view, Span span, std::string message,
                 Details details, std::string_view command_file) {
  if (is_full(rule)) return;
  if (!command_file.empty()) {
    const SubjectFile* file = subject_.now.file(command_file);
    add_in_file(rule, command_file, file == nullptr ? "" : file->bytes, span, std::move(message),
                std::move(details));
    return;
  }
  Finding finding;
  finding.rule = rule;
  finding.file = view.file;
  finding.span = span;
  finding.position = view.lines.position(span.begin);
  finding.message = std::move(message);
  if (span.end > span.begin && span.end <= view.recipe->text.size())
    finding.excerpt = excerpt(view.recipe->text, span);
  push(std::move(finding), std::move(details));
}

void Report::add_in_file(std::string_view rule, std::string_view file, std::string_view text,
                         Span span, std::string message, Details details) {
  if (is_full(rule)) return;
  Finding finding;
  finding.rule = rule;
  finding.file = file;
  finding.span = span;
  finding.position = LineMap(text).position(span.begin);
  finding.message = std::move(message);
  if (span.end > span.begin && span.end <= text.size()) finding.excerpt = excerpt(text, span);
  push(std::move(finding), std::move(details));
}

void Report::add(std::string_view rule, std::string_view file, std::string message,
                 Details details) {
  if (is_full(rule)) return;
  Finding finding;
  finding.rule = rule;
  finding.file = file;
  finding.message = std::move(message);
  push(std::move(finding), std::move(details));
}

std::vector<Finding> Report::finish(const Policy& policy) {
  std::vector<Finding> kept;
  for (Finding& finding : findings_) {
    if (const PolicyRow* row = policy.find(finding.rule, subject_.directory)) {
      if (!row->severity) continue;
      finding.severity = *row->severity;
      if (!row->reason.empty())
        finding.why += fmt::format("{}this host's policy: {}", finding.why.empty() ? "" : "; ",
                                   printable_line(row->reason));
    }
    kept.push_back(std::move(finding));
  }
  std::stable_sort(kept.begin(), kept.end(), [](const Finding& a, const Finding& b) {
    return std::tie(a.severity, a.file, a.position.line, a.position.column, a.rule) <
           std::tie(b.severity, b.file, b.position.line, b.position.column, b.rule);
  });
  return kept;
}

std::vector<Finding> check(const Subject& subject, const Policy& policy) {
  Report report(subject);
  check_loading(report);
  check_syntax(report);
  check_hooks(report);
  check_network(report);
  check_obfuscation(report);
  check_harm(report);
  check_source_rules(report);
  check_names(report);
  check_ownership(report);
  check_changes(report);
  check_files(report);
  check_manifest(report);
  check_lint(report);
  check_exhaustion(report);
  return report.finish(policy);
}

}  // namespace rbee::check
