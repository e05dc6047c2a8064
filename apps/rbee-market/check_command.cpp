// rbee-market check: the rules on a whole catalog, or on what a branch changes in it. For hosts and
// for the workflow of a catalog on a Git forge.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <map>
#include <memory>
#include <set>

#include "base/text.hpp"
#include "catalog/git_files.hpp"
#include "catalog/subject.hpp"
#include "check/formats.hpp"
#include "check/rule.hpp"
#include "host_commands.hpp"
#include "named_catalog.hpp"
#include "platform/files.hpp"
#include "platform/git.hpp"

namespace rbee::market {

namespace {

namespace fs = std::filesystem;
using platform::EntryKind;
using platform::Repository;

struct CheckCommandOptions {
  std::string path = ".", base, revision, format = "text", policy;
};

/// Worker folders of a commit: directory to tree.
struct Place {
  catalog::Origin origin;
  std::string name;
  ObjectId tree;
};
using Places = std::map<std::string, Place>;

Result<Places> places_of(const Repository& repository, const CommitId& commit) {
  Places places;
  TRY_ASSIGN(const auto info, repository.commit(commit));
  TRY_ASSIGN(const auto top, repository.tree(info.tree));
  for (const auto& entry : top) {
    if (entry.kind != EntryKind::folder || entry.name.starts_with('.')) continue;
    TRY_ASSIGN(const auto inside, repository.tree(entry.id));
    if (entry.name == "community") {
      for (const auto& each : inside)
        if (each.kind == EntryKind::folder)
          places.emplace("community/" + each.name,
                         Place{catalog::Origin::community, each.name, each.id});
      continue;
    }
    const bool is_worker = std::any_of(inside.begin(), inside.end(), [](const auto& each) {
      return each.name == "worker.toml" || each.name == "PKGBUILD" || each.name == "PKGBUILD.bin";
    });
    if (is_worker)
      places.emplace(entry.name, Place{catalog::Origin::official, entry.name, entry.id});
  }
  return places;
}

/// What lies in the folder now; with --base or --revision, what is committed there.
Result<NamedCatalog> open(const CheckCommandOptions& options) {
  const bool asks_git = !options.base.empty() || !options.revision.empty();
  const std::string revision = options.revision.empty() ? "HEAD" : options.revision;
  if (!asks_git) return NamedCatalog::open(options.path, revision);
  auto repository = Repository::open(options.path);
  if (!repository)
    return fail(
        Errc::not_found, "repository-not-found",
        fmt::format("'{}' is not a Git repository", printable_line(options.path)),
        {.fix = "run it at the top of the catalog's clone, or without --base and --revision"});
  return NamedCatalog{std::nullopt, std::move(*repository), revision};
}

Result<std::vector<check::Checked>> check_all(const CheckCommandOptions& options,
                                              const check::Policy& policy, std::size_t& count) {
  TRY_ASSIGN(const NamedCatalog named, open(options));
  const auto& repository = named.repository;
  TRY_ASSIGN(const CommitId commit, repository->resolve(named.revision));
  TRY_ASSIGN(const Places now, places_of(*repository, commit));
  Places before;
  if (!options.base.empty()) {
    auto base = repository->resolve(options.base);
    if (!base) base = repository->resolve("refs/remotes/" + options.base);
    if (!base) return tl::unexpected(base.error());
    TRY_ASSIGN(const auto common, repository->merge_base(*base, commit));
    TRY_ASSIGN(before, places_of(*repository, common.value_or(*base)));
  }
  std::vector<std::string_view> names;
  for (const auto& [directory, place] : now) names.push_back(place.name);
  std::vector<check::Checked> all;
  for (const auto& [directory, place] : now) {
    const auto old = before.find(directory);
    if (!options.base.empty() && old != before.end() && old->second.tree == place.tree) continue;
    ++count;
    check::Subject subject;
    subject.name = place.name;
    subject.directory = directory;
    subject.is_official = place.origin == catalog::Origin::official;
    const catalog::Folder folder{place.origin, place.name, place.tree};
    TRY_ASSIGN(subject.now, catalog::load_release(catalog::GitFiles(*repository, place.tree),
                                                  folder, subject.loading));
    if (old != before.end()) {
      std::vector<Finding> ignored;
      const catalog::Folder old_folder{place.origin, place.name, old->second.tree};
      TRY_ASSIGN(subject.before,
                 catalog::load_release(catalog::GitFiles(*repository, old->second.tree), old_folder,
                                       ignored));
    } else if (!options.base.empty()) {
      check::Names others;
      for (const std::string_view name : names)
        if (name != place.name) others.existing.push_back(name);
      subject.names = std::move(others);
    }
    std::vector<Finding> findings = check::check(subject, policy);
    if (!findings.empty()) all.push_back({directory, std::move(findings)});
  }
  return all;
}

int run_check(const CheckCommandOptions& options) {
  const auto format = check::parse_format(options.format);
  if (!format) {
    fmt::print(stderr, "rbee-market: formats are text, json, sarif and github\n");
    return 2;
  }
  const bool as_json = *format == check::Format::json;
  check::Policy policy;
  if (!options.policy.empty()) {
    const auto text = platform::read_file(options.policy, 64 * 1024);
    if (!text) return report_error(text.error(), as_json);
    auto parsed = check::Policy::parse(*text);
    if (!parsed) return report_error(parsed.error(), as_json);
    policy = std::move(*parsed);
  }
  std::size_t count = 0;
  const auto all = check_all(options, policy, count);
  if (!all) return report_error(all.error(), as_json);
  const std::string text = check::render(*all, *format, RBEE_VERSION);
  std::fwrite(text.data(), 1, text.size(), stdout);
  check::Counts total;
  for (const check::Checked& each : *all) {
    const check::Counts counts = check::count(each.findings);
    total.block += counts.block;
    total.hold += counts.hold;
    total.warn += counts.warn;
    total.info += counts.info;
  }
  fmt::print(stderr, "{} worker{} looked at: {}\n", count, count == 1 ? "" : "s",
             check::summary(total));
  return total.block > 0 ? exit_code(Errc::policy) : 0;
}

}  // namespace

void add_check_command(CLI::App& app, std::function<int()>& run) {
  const auto options = std::make_shared<CheckCommandOptions>();
  CLI::App* command = app.add_subcommand("check", "Hold a catalog against every rule");
  command
      ->add_option("PATH", options->path,
                   "A catalog's folder, one worker's folder, or a bare Git repository")
      ->capture_default_str();
  command->add_option("--base", options->base,
                      "Only what changed since this ref, compared with it");
  command->add_option("--revision", options->revision,
                      "A ref or a full commit id; else the folder as it is");
  command->add_option("--format", options->format, "text, json, sarif or github")
      ->capture_default_str();
  command->add_option("--policy", options->policy, "A check-policy.toml");
  command->callback([options, &run] { run = [options] { return run_check(*options); }; });
}

}  // namespace rbee::market
