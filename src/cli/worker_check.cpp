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

namespace rbee::cli {

namespace {

namespace fs = std::filesystem;

/// The folder as a worker: its name is its id, and "community" above it says where it belongs.
Result<catalog::Folder> folder_of(const fs::path& path) {
  std::error_code code;
  const fs::path whole = fs::canonical(path, code);
  if (code || !fs::is_directory(whole, code))
    return fail(Errc::not_found, "directory-not-found",
                fmt::format("'{}' is not a folder", printable_line(path.string())),
                {.fix = "name a worker's folder: the one that holds worker.toml"});
  if (!fs::exists(whole / "worker.toml", code) && !fs::exists(whole / "PKGBUILD", code) &&
      !fs::exists(whole / "PKGBUILD.bin", code))
    return fail(Errc::not_found, "worker-not-there",
                fmt::format("'{}' holds no worker", printable_line(whole.string())),
                {.evidence = {"there is no worker.toml, no PKGBUILD and no PKGBUILD.bin"},
                 .fix = "rbee worker new NAME makes a folder to start with"});
  TRY_ASSIGN(ObjectId tree, ObjectId::parse(std::string(40, '0')));
  // Anybody's worker is a community worker until it lies in a catalog beside community/.
  const bool official = fs::is_directory(whole.parent_path() / "community", code);
  return catalog::Folder{official ? catalog::Origin::official : catalog::Origin::community,
                         whole.filename().string(), std::move(tree)};
}

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
  check::Subject subject;
  subject.name = folder.name;
  subject.directory = folder.directory();
  subject.is_official = folder.origin == catalog::Origin::official;
  TRY_ASSIGN(subject.now,
             catalog::load_release(catalog::FolderFiles(path), folder, subject.loading));
  const std::vector<Finding> findings = check::check(subject, policy);
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
    context.print(check::explain_text(wanted[0]->id));
    return 0;
  }
  for (const check::Rule* rule : wanted)
    context.print(
        fmt::format("{:<9} {:<6} {}\n", rule->id, to_string(rule->severity), rule->title));
  return 0;
}

}  // namespace rbee::cli
