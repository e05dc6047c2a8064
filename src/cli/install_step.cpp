#include "cli/install_step.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <istream>
#include <ostream>
#include <set>

#include "base/line_diff.hpp"
#include "base/text.hpp"
#include "cli/licenses.hpp"
#include "cli/progress.hpp"
#include "cli/signals.hpp"
#include "install/dependencies.hpp"
#include "install/generations.hpp"
#include "install/lock_file.hpp"
#include "platform/files.hpp"

namespace rbee::cli {

namespace {

/// A worker that somebody took over so lately is looked at again, even by who never had it.
constexpr std::chrono::days kNewOwner{30};

/// The hosts that bytes will come from, without repetition.
std::string hosts_of(const std::vector<pkgbuild::SourceEntry>& sources) {
  std::vector<std::string> hosts;
  for (const pkgbuild::SourceEntry& source : sources) {
    const auto url = Url::parse(source.url);
    std::string host = url ? url->host() : "";
    if (source.protocol == "file") host = "this machine";
    if (!host.empty() && std::find(hosts.begin(), hosts.end(), host) == hosts.end())
      hosts.push_back(host);
  }
  return fmt::format("{}", fmt::join(hosts, ", "));
}

std::vector<check::TrustChange> changes_of(const install::Plan& plan,
                                           const std::optional<install::Installed>& before,
                                           Time now) {
  if (before) {
    if (before->facts == check::TrustFacts{})  // Installed before there were any.
      return check::new_fetchers({}, plan.facts);
    return check::trust_delta(before->facts, plan.facts, before->version == plan.recipe.version());
  }
  std::vector<check::TrustChange> out = check::new_fetchers({}, plan.facts);
  if (!plan.trust || plan.trust->owner_is_first) return out;
  const auto since = parse_rfc3339(plan.trust->owner_since);
  if (!since || now - *since > kNewOwner) return out;
  out.insert(out.begin(),
             {check::TrustKind::owner, true,
              fmt::format("it was somebody else's until {}; {} maintains it now",
                          rfc3339(*since).substr(0, 10), printable_line(plan.trust->owner))});
  return out;
}

std::string who(const install::Plan& plan) {
  if (!plan.trust) return "this marketplace does not say who maintains it";
  const wire::Trust& trust = *plan.trust;
  std::string text = trust.owner.empty()
                         ? std::string("kept by the marketplace's host")
                         : fmt::format("maintained by {} since {}", printable_line(trust.owner),
                                       printable_line(trust.owner_since.substr(0, 10)));
  // Who looked is told of the present release alone.
  if (trust.version != plan.detail.summary.version)
    return text + "; who looked at this older release is not told";
  if (!trust.by_submission) return text + "; this release was put there by the host";
  if (trust.reviewers.empty()) return text + "; nobody else has looked at this release";
  std::vector<std::string> names;
  for (const std::string& name : trust.reviewers) names.push_back(printable_line(name));
  return text + fmt::format("; this release was approved by {}", fmt::join(names, ", "));
}

std::string functions_of(const install::Plan& plan) {
  std::vector<std::string> names;
  for (const char* name : {"prepare", "pkgver", "build", "check", "package"})
    for (const auto& [function, digest] : plan.facts.functions)
      if (function == name || (function.starts_with(name) && function.starts_with("package_")))
        names.push_back(printable_line(function));
  return fmt::format("{}", fmt::join(names, ", "));
}

/// How this system installs packages, and what it calls each of them.
struct PackageManager {
  std::string_view command;
  std::string install::Missing::*package;
};

/// From os-release(5): ID, then what it is like. Unknown systems are spoken to in Debian's names.
PackageManager package_manager() {
#ifdef __APPLE__
  return {"brew install", &install::Missing::homebrew};
#endif
  const auto text = platform::read_file("/etc/os-release", 64 << 10);
  std::string words = " ";
  if (text)
    for (const std::string_view line : split(*text, '\n'))
      for (const std::string_view key : {"ID=", "ID_LIKE="})
        if (line.starts_with(key))
          for (const char c : line.substr(key.size()))
            if (c != '"' && c != '\'') words += c;
  for (const std::string_view name : {"fedora", "rhel", "centos"})
    if (words.find(name) != std::string::npos) return {"dnf install", &install::Missing::fedora};
  if (words.find("arch") != std::string::npos) return {"pacman -S", &install::Missing::name};
  return {"apt-get install", &install::Missing::debian};
}

void show_missing(const install::Plan& plan, Context& context) {
  const auto missing = install::missing_dependencies(plan);
  if (missing.empty()) return;
  const PackageManager manager = package_manager();
  std::vector<std::string> names, packages;
  for (const install::Missing& each : missing) {
    names.push_back(printable_line(each.name));
    if (const std::string& package = each.*manager.package; !package.empty())
      packages.push_back(printable_line(package));
  }
  std::string text = fmt::format("not found on this machine: {}", fmt::join(names, ", "));
  if (!packages.empty())
    text += fmt::format("; to get it: {} {}", manager.command, fmt::join(packages, " "));
  context.warn(text);
}

/// The recipe that the installed tree was made from; empty when nobody knows any more.
std::string old_recipe(const Prepared& prepared) {
  if (!prepared.before) return {};
  const auto text = platform::read_file(
      std::filesystem::path(prepared.before->tree) / install::kLockFile, 64 << 20);
  if (!text) return {};
  const auto entry = install::parse_lock_entry(*text);
  if (!entry) return {};
  const auto recipe = entry->recipes.find(prepared.plan.recipe_file);
  return recipe == entry->recipes.end() ? std::string() : recipe->second;
}

bool agree(std::string_view question, Context& context) {
  context.world.err << question << " [y/N] " << std::flush;
  std::string answer;
  if (!std::getline(context.world.in, answer)) return false;
  answer = std::string(trim(answer));
  return answer == "y" || answer == "Y" || answer == "yes";
}

}  // namespace

std::string install_command(const std::string& id, std::string_view more) {
  return fmt::format("rbee worker install {}{}{}", id, more.empty() ? "" : " ", more);
}

Result<Prepared> prepare(const install::InstallRequest& request, install::WorkerSource& source,
                         const install::Directories& places, const Clock& clock) {
  TRY_ASSIGN(install::Plan plan, install::plan_install(request, source));
  Prepared prepared{std::move(plan), std::nullopt, {}};
  // One that cannot be read must not pass for a first install, which has nothing to be compared
  // with.
  TRY_ASSIGN(const std::vector<install::Installed> workers, install::list_installed(places));
  for (const install::Installed& worker : workers)
    if (worker.id == request.id.str()) prepared.before = worker;
  prepared.changes = changes_of(prepared.plan, prepared.before, clock.now());
  return prepared;
}

void show(const Prepared& prepared, Context& context) {
  const install::Plan& plan = prepared.plan;
  const std::string hosts = hosts_of(plan.sources);
  context.note(fmt::format("{} {} for {}, {}{}", plan.detail.summary.id,
                           printable_line(plan.recipe.version()), to_string(plan.platform),
                           plan.recipe_file == "PKGBUILD" ? "built from source" : "pre-built",
                           hosts.empty() ? std::string() : ", from " + printable_line(hosts)));
  if (context.settings.verbosity > 0 && !plan.why.empty()) context.note(printable(plan.why));
  for (const std::string& warning : plan.warnings) context.warn(printable_line(warning));
  if (!prepared.before) {
    context.note("  " + who(plan));
    if (const std::string functions = functions_of(plan); !functions.empty())
      context.note("  runs in the sandbox: " + functions);
    if (!plan.facts.license.empty())
      context.note("  licence: " + printable_line(plan.facts.license));
  }
  for (const check::TrustChange& change : prepared.changes)
    context.note(fmt::format("  {} {}", change.risky ? "!" : "-", change.text));
  show_missing(plan, context);
}

void show_recipe_diff(const Prepared& prepared, Context& context) {
  const std::string diff =
      unified_diff(old_recipe(prepared), prepared.plan.recipe_text, prepared.plan.recipe_file);
  context.note(printable(diff.empty() ? std::string("the recipe is the same") : diff));
}

Result<void> consent(const Prepared& prepared, const Arguments& arguments, Context& context) {
  if (arguments.diff) show_recipe_diff(prepared, context);
  std::set<std::string> accepted;
  for (const std::string& list : arguments.accept)
    for (const std::string_view word : split(list, ',')) accepted.emplace(trim(word));
  std::vector<std::string> facts, kinds;
  for (const check::TrustChange& change : prepared.changes) {
    const std::string kind(check::to_string(change.kind));
    if (!change.risky || accepted.contains(kind)) continue;
    facts.push_back(change.text);
    if (std::find(kinds.begin(), kinds.end(), kind) == kinds.end()) kinds.push_back(kind);
  }
  if (facts.empty()) return {};
  const std::string& id = prepared.plan.detail.summary.id;
  const Environment& environment = context.world.environment;
  if (environment.in_is_terminal && environment.err.is_terminal && !arguments.yes &&
      !context.settings.json && !context.settings.quiet) {
    if (agree(kinds == std::vector<std::string>{"fetch"}
                  ? "nothing else reaches a network. Build it?"
                  : "these changes are what an attacker would make, too. Install it?",
              context))
      return {};
    return fail(
        Errc::interrupted, "declined", "nothing was installed",
        {.fix = fmt::format("to see the recipe's changes: {}", install_command(id, "--diff"))});
  }
  const bool only_fetch = kinds == std::vector<std::string>{"fetch"};
  return fail(
      Errc::policy, only_fetch ? "fetch-not-accepted" : "trust-changed",
      only_fetch        ? fmt::format("{} needs a network while it is built", id)
      : prepared.before ? fmt::format("{} is not what it was when it was installed", id)
                        : fmt::format("{} changed hands lately", id),
      {.evidence = std::move(facts),
       .why = only_fetch
                  ? "a lock file names what is fetched; no other host is reached, and no other "
                    "function reaches any"
                  : "whoever takes a worker over changes exactly this; nothing of it has run",
       .fix = fmt::format("look at {}, then: {}", install_command(id, "--diff --dry-run"),
                          install_command(id, fmt::format("--accept {}", fmt::join(kinds, ","))))});
}

Result<install::Installed> perform(const Prepared& prepared, const Arguments& arguments,
                                   Context& context) {
  World& world = context.world;
  TRY_ASSIGN(const install::Directories places, directories(world.environment));
  install::ExecuteOptions how;
  how.offline = arguments.offline;
  if (prepared.plan.detail.premium) {
    TRY_ASSIGN(how.license_key, license_key(context, prepared.plan.detail));
  }
  const auto start = std::chrono::steady_clock::now();
  ProgressObserver::Options options;
  options.live = world.environment.err.is_terminal;
  options.silent = context.settings.quiet || context.settings.json;
  options.verbose = context.settings.verbosity > 0;
  options.columns = [&] { return terminal_columns(world.environment); };
  options.seconds = [start] {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  };
  options.interrupted = stop_wanted;
  const PoliteStop until_done;
  ProgressObserver observer(world.err, std::move(options));
  auto result = install::execute(prepared.plan, places, world.http(), observer, world.clock, how);
  if (result) observer.finish();
  return result;
}

}  // namespace rbee::cli
