// rbee worker check, rbee explain: the marketplace's rules on the author's own machine.
#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <filesystem>

#include "base/text.hpp"
#include "catalog/folder_files.hpp"
#include "catalog/subject.hpp"
#include "check/formats.hpp"
#include "check/rule.hpp"
#include "cli/commands.hpp"
#include "cli/local_folder.hpp"
#include "cli/worker_folder.hpp"

namespace rbee::cli {

namespace {

namespace fs = std::filesystem;

/// What stands before the files' names: the folder as it was typed.
std::string shown_before(const fs::path& path) {
  std::string text = path.lexically_normal().string();
  while (text.size() > 1 && text.ends_with('/')) text.pop_back();
  return text == "." ? "" : text;
}

}  // namespace

Result<int> worker_check(const Arguments& arguments, Context& context) {
  const auto format = check::parse_format(arguments.format);
  if (!format)
    return fail(Errc::usage, "format-unknown",
                fmt::format("there is no format '{}'", printable_line(arguments.format)),
                {.fix = "formats are text, json, sarif and github"});
  const fs::path path = arguments.file.empty() ? fs::path(".") : fs::path(arguments.file);
  TRY_ASSIGN(const catalog::Folder folder, folder_of(path));
  check::Policy policy;
  if (!arguments.policy.empty()) {
    TRY_ASSIGN(const std::string text, read_whole_file(arguments.policy, 64 * 1024));
    TRY_ASSIGN(policy, check::Policy::parse(text));
  }
  TRY_ASSIGN(const std::vector<Finding> findings, check_folder(path, folder, policy));
  const check::Counts counts = check::count(findings);
  const bool json = context.settings.json || *format == check::Format::json;
  context.print(check::render({{shown_before(path), findings}},
                              json ? check::Format::json : *format, RBEE_VERSION));
  const std::string verdict = counts.block > 0  ? "it would be refused"
                              : counts.hold > 0 ? "it would go to a reviewer, who sees what holds"
                                                : "it can be submitted";
  context.note(fmt::format("{}: {}; {}", folder.name, check::summary(counts), verdict));
  return counts.block > 0 ? exit_code(Errc::policy) : 0;
}

Result<int> explain_rule(const Arguments& arguments, Context& context) {
  const bool markdown = arguments.format == "markdown";
  if (!markdown && !arguments.format.empty() && arguments.format != "text")
    return fail(Errc::usage, "format-unknown",
                fmt::format("there is no format '{}'", printable_line(arguments.format)),
                {.fix = "formats are text and markdown"});
  std::vector<const check::Rule*> wanted;
  if (arguments.id.empty()) {
    for (const check::Rule& rule : check::rules()) wanted.push_back(&rule);
  } else {
    std::string id = arguments.id;
    for (char& c : id)
      if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 32);
    const check::Rule* rule = check::find_rule(id);
    if (rule == nullptr) {
      std::vector<std::string> ids;
      for (const check::Rule& each : check::rules()) ids.emplace_back(each.id);
      const auto near = did_you_mean(id, ids);
      return fail(Errc::not_found, "rule-not-found",
                  fmt::format("there is no rule '{}'", printable_line(arguments.id)),
                  {.fix = near ? fmt::format("did you mean {}? `rbee explain` lists all", *near)
                               : "`rbee explain` lists them"});
    }
    wanted.push_back(rule);
  }
  if (context.settings.json) {
    boost::json::array rules;
    for (const check::Rule* rule : wanted)
      rules.push_back({{"id", std::string(rule->id)},
                       {"severity", std::string(to_string(rule->severity))},
                       {"group", std::string(check::group_of(rule->id))},
                       {"title", std::string(rule->title)},
                       {"why", std::string(rule->why)},
                       {"fix", std::string(rule->fix)},
                       {"bad", std::string(rule->bad)},
                       {"good", std::string(rule->good)}});
    context.print(boost::json::object{{"rules", std::move(rules)}});
    return 0;
  }
  if (wanted.size() == 1) {
    context.print(markdown ? check::explain_markdown(wanted[0]->id)
                           : check::explain_text(wanted[0]->id));
    return 0;
  }
  if (markdown) {
    context.print(check::index_markdown());
    return 0;
  }
  for (const check::Rule* rule : wanted)
    context.print(
        fmt::format("{:<9} {:<6} {}\n", rule->id, to_string(rule->severity), rule->title));
  return 0;
}

}  // namespace rbee::cli
