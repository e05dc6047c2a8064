// rbee worker install: plan, show what will happen, do it, say what to do next.
#include <fmt/format.h>

#include <algorithm>
#include <boost/json/object.hpp>
#include <chrono>
#include <ostream>

#include "base/text.hpp"
#include "cli/commands.hpp"
#include "cli/json.hpp"
#include "cli/marketplace_source.hpp"
#include "cli/progress.hpp"
#include "cli/selection.hpp"
#include "cli/signals.hpp"

namespace rbee::cli {

namespace {

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

std::optional<install::Installed> installed_before(const WorkerId& id,
                                                   const install::Directories& places) {
  const auto workers = install::list_installed(places);
  if (!workers) return std::nullopt;
  for (const install::Installed& worker : *workers)
    if (worker.id == id.str()) return worker;
  return std::nullopt;
}

void hint_at_path(const install::Installed& installed, const install::Directories& places,
                  Context& context) {
  const Environment& environment = context.world.environment;
  if (installed.commands.empty() || is_in_path(environment, places.bin)) return;
  const std::string shown = tilde(environment, places.bin);
  context.note(fmt::format(
      "{} is not in your PATH. To use the commands by name:\n  export PATH=\"{}:$PATH\"", shown,
      shown.starts_with("~") ? "$HOME" + shown.substr(1) : shown));
}

}  // namespace

Result<int> worker_install(const Arguments& arguments, Context& context) {
  World& world = context.world;
  TRY_ASSIGN(const WorkerId id, worker_id(arguments.id));
  TRY_ASSIGN(const install::Directories places, directories(world.environment));
  TRY_ASSIGN(sdk::MarketplaceClient client, marketplace(context));
  MarketplaceSource source(client);
  TRY_ASSIGN(const platform::Machine machine, world.machine());
  TRY_ASSIGN(const install::InstallRequest request, install_request(id, arguments, machine));

  TRY_ASSIGN(const install::Plan plan, install::plan_install(request, source));
  const std::optional<install::Installed> before = installed_before(id, places);
  const std::string hosts = hosts_of(plan.sources);
  context.note(fmt::format("{} {} for {}, {}{}", id.str(), printable_line(plan.recipe.version()),
                           to_string(plan.platform),
                           plan.recipe_file == "PKGBUILD" ? "built from source" : "pre-built",
                           hosts.empty() ? std::string() : ", from " + printable_line(hosts)));
  if (context.settings.verbosity > 0 && !plan.why.empty()) context.note(printable(plan.why));

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
  Result<install::Installed> installed = [&] {
    const PoliteStop until_done;
    ProgressObserver observer(world.err, std::move(options));
    auto result = install::execute(plan, places, world.http(), observer, world.clock);
    if (result) observer.finish();
    return result;
  }();
  if (!installed) return tl::unexpected<Error>(std::move(installed).error());

  const bool changed =
      !before || before->tree != installed->tree || before->installed_at != installed->installed_at;
  if (context.settings.json) {
    context.print(boost::json::object{
        {"installed", to_json(*installed)},
        {"changed", changed},
        {"replaced", before && changed ? boost::json::value(json_text(before->version))
                                       : boost::json::value()}});
    return 0;
  }
  if (context.settings.quiet) return 0;
  const std::string release =
      fmt::format("{} {}", printable_line(installed->id), printable_line(installed->version));
  if (!changed) {
    context.print(fmt::format("{} is installed already", release));
    return 0;
  }
  std::vector<std::string> commands;
  for (const std::string& command : installed->commands)
    commands.push_back(tilde(world.environment, places.bin / command));
  context.print(fmt::format("{} {}{}{}", context.styled("installed", Style::good), release,
                            before && before->version != installed->version
                                ? ", was " + printable_line(before->version)
                                : "",
                            commands.empty() ? "" : fmt::format(": {}", fmt::join(commands, " "))));
  hint_at_path(*installed, places, context);
  if (installed->run)
    context.note(fmt::format("start it: rbee worker run {}", printable_line(installed->id)));
  return 0;
}

}  // namespace rbee::cli
