// rbee worker upgrade: what is newer, as a table; then each, going on where one fails; back where
// one does not answer.
#include <fmt/format.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <ostream>

#include "base/text.hpp"
#include "cli/commands.hpp"
#include "cli/health.hpp"
#include "cli/install_step.hpp"
#include "cli/json.hpp"
#include "cli/marketplace_source.hpp"
#include "cli/selection.hpp"
#include "cli/signals.hpp"
#include "cli/table.hpp"
#include "cli/telemetry.hpp"
#include "install/upkeep.hpp"
#include "pkgbuild/version.hpp"

namespace rbee::cli {

namespace json = boost::json;

namespace {

struct Candidate {
  install::Installed worker;
  std::string version;  ///< The marketplace's; empty: it does not have the worker.
  enum class State { newer, same, pinned, gone, elsewhere } state = State::same;
};

std::string_view to_string(Candidate::State state) {
  switch (state) {
    case Candidate::State::newer:
      return "upgrade";
    case Candidate::State::same:
      return "up to date";
    case Candidate::State::pinned:
      return "pinned";
    case Candidate::State::gone:
      return "not in the marketplace any more";
    case Candidate::State::elsewhere:
      return "from another marketplace";
  }
  return "unknown";
}

/// What became of one upgrade.
struct Outcome {
  std::string id, from, to, what;
  std::optional<Error> error;
};

Result<std::vector<Candidate>> candidates(const std::vector<install::Installed>& workers,
                                          const Arguments& arguments,
                                          sdk::MarketplaceClient& client) {
  std::vector<Candidate> out;
  std::vector<std::string> ids;
  for (const std::string& word : arguments.words) {
    TRY_ASSIGN(const WorkerId id, worker_id(word));
    TRY(install::find_worker(workers, id));
  }
  for (const install::Installed& worker : workers) {
    const bool named = std::find(arguments.words.begin(), arguments.words.end(), worker.id) !=
                       arguments.words.end();
    if (!arguments.words.empty() && !named) continue;
    out.push_back({worker, {}, Candidate::State::same});
    ids.push_back(worker.id);
  }
  if (ids.empty()) return out;
  TRY_ASSIGN(const auto summaries, client.summaries(ids));
  for (Candidate& each : out) {
    const auto found = std::find_if(
        summaries.begin(), summaries.end(),
        [&](const wire::WorkerSummary& summary) { return summary.id == each.worker.id; });
    if (each.worker.catalog != client.base()) {
      each.state = Candidate::State::elsewhere;
    } else if (found == summaries.end()) {
      each.state = Candidate::State::gone;
    } else {
      each.version = found->version;
      if (pkgbuild::compare_versions(each.version, each.worker.version) > 0)
        each.state = each.worker.pinned ? Candidate::State::pinned : Candidate::State::newer;
    }
  }
  return out;
}

void show_table(const std::vector<Candidate>& all, Context& context) {
  Table table({"ID", "INSTALLED", "AVAILABLE", "WHAT"});
  for (const Candidate& each : all)
    table.add(
        {each.worker.id, each.worker.version, each.version, std::string(to_string(each.state))});
  context.print(table);
}

/// What the user once chose stays, unless another choice is made now; what the machine chose is
/// chosen anew: it may have a GPU by now.
Arguments like_before(Arguments arguments, const install::Installed& worker) {
  const auto platform = parse_platform(worker.platform);
  if (arguments.accelerator.empty() && platform && worker.accelerator_chosen)
    arguments.accelerator = rbee::to_string(platform->accelerator);
  if (arguments.recipe.empty()) arguments.recipe = worker.recipe;
  return arguments;
}

Result<install::Installed> upgrade_one(const install::Installed& worker, const Arguments& arguments,
                                       install::WorkerSource& source,
                                       const platform::Machine& machine, Context& context) {
  World& world = context.world;
  TRY_ASSIGN(const install::Directories places, directories(world.environment));
  TRY_ASSIGN(const WorkerId id, WorkerId::parse(worker.id));
  TRY_ASSIGN(install::InstallRequest request,
             install_request(id, like_before(arguments, worker), machine));
  request.now = world.clock.now();
  if (const auto free = platform::free_bytes(places.data)) request.capacity.disk_bytes = *free;
  TRY_ASSIGN(const Prepared prepared, prepare(request, source, places, world.clock));
  if (const std::string now = to_string(prepared.plan.platform); now != worker.platform)
    context.note(fmt::format("{} was {} and becomes {}: the machine is another one now", worker.id,
                             worker.platform, now));
  show(prepared, context);
  TRY(consent(prepared, arguments, context));
  TRY_ASSIGN(install::Installed installed, perform(prepared, arguments, context));
  if (arguments.no_probe) return installed;
  const auto healthy = probe_health(installed, context);
  if (healthy) {
    if (!*healthy)
      context.note(fmt::format("{} was not started to see whether it answers", worker.id));
    return installed;
  }
  if (healthy.error().code == Errc::interrupted) return tl::unexpected<Error>(healthy.error());
  // The generation before this one has the release that worked.
  TRY_ASSIGN(const auto history, install::read_history(places));
  std::uint64_t before = 0;
  for (const install::Generation& each : history)
    if (!each.current && before == 0) before = each.number;
  TRY(install::roll_back(before, places, world.clock));
  Error error = healthy.error();
  error.evidence.insert(error.evidence.begin(), error.message);
  error.id = "upgrade-rolled-back";
  error.message = fmt::format("{} {} does not answer; {} is back", worker.id,
                              printable_line(installed.version), printable_line(worker.version));
  error.fix = fmt::format("to keep it anyway: rbee worker upgrade {} --no-probe", worker.id);
  return tl::unexpected(std::move(error));
}

json::object to_json(const Outcome& outcome) {
  json::object out{{"id", outcome.id},
                   {"from", json_text(outcome.from)},
                   {"to", json_text(outcome.to)},
                   {"outcome", outcome.what}};
  if (outcome.error) out["error"] = rbee::cli::to_json(*outcome.error);
  return out;
}

}  // namespace

Result<int> worker_upgrade(const Arguments& arguments, Context& context) {
  World& world = context.world;
  if (arguments.words.empty() && !arguments.list_all && !arguments.dry_run)
    return fail(Errc::usage, "argument-missing", "which worker?",
                {.fix = "rbee worker upgrade ID, or rbee worker upgrade --all"});
  TRY_ASSIGN(const install::Directories places, directories(world.environment));
  TRY_ASSIGN(const std::vector<install::Installed> workers, install::list_installed(places));
  TRY_ASSIGN(sdk::MarketplaceClient client, marketplace(context));
  TRY_ASSIGN(const std::vector<Candidate> all, candidates(workers, arguments, client));
  std::vector<const Candidate*> wanted;
  for (const Candidate& each : all)
    if (each.state == Candidate::State::newer) wanted.push_back(&each);
  if (!context.settings.json) {
    if (all.empty()) context.note("no workers are installed");
    const bool quiet_table =
        wanted.empty() && !arguments.dry_run && context.settings.verbosity == 0;
    if (!all.empty() && !quiet_table) show_table(all, context);
    if (wanted.empty() && !all.empty()) context.print(std::string_view("everything is up to date"));
  }
  std::vector<Outcome> outcomes;
  if (!arguments.dry_run && !wanted.empty()) {
    TRY_ASSIGN(const platform::Machine machine, world.machine());
    MarketplaceSource source(client);
    for (const Candidate* each : wanted) {
      if (stop_wanted()) break;
      auto done = upgrade_one(each->worker, arguments, source, machine, context);
      outcomes.push_back(
          {each->worker.id, each->worker.version, each->version, done ? "upgraded" : "failed", {}});
      if (done) {
        outcomes.back().to = done->version;
        note_receipt("upgrade", *done, &machine, context);
        if (!context.settings.json && !context.settings.quiet)
          context.print(fmt::format("{} {} {}, was {}", context.styled("upgraded", Style::good),
                                    done->id, printable_line(done->version),
                                    printable_line(each->worker.version)));
        continue;
      }
      outcomes.back().error = std::move(done).error();
      if (outcomes.back().error->code == Errc::interrupted && stop_wanted())
        return tl::unexpected<Error>(*outcomes.back().error);
      if (!context.settings.json) world.err << describe(*outcomes.back().error);
    }
  }
  if (stop_wanted())
    return fail(Errc::interrupted, "interrupted",
                fmt::format("stopped after {} of {} upgrades", outcomes.size(), wanted.size()));
  const auto failed = static_cast<std::size_t>(
      std::count_if(outcomes.begin(), outcomes.end(),
                    [](const Outcome& each) { return each.error.has_value(); }));
  if (context.settings.json) {
    json::array table, done;
    for (const Candidate& each : all)
      table.push_back(
          json::object{{"id", each.worker.id},
                       {"installed", json_text(each.worker.version)},
                       {"available", each.version.empty() ? json::value()
                                                          : json::value(json_text(each.version))},
                       {"state", std::string(to_string(each.state))}});
    for (const Outcome& outcome : outcomes) done.push_back(to_json(outcome));
    context.print(json::object{{"workers", std::move(table)}, {"upgrades", std::move(done)}});
  }
  if (failed == 0) return 0;
  // One that fails alone is told by its own code; of several, some were done.
  if (outcomes.size() == 1) return exit_code(outcomes.front().error->code);
  return exit_code(Errc::partial);
}

}  // namespace rbee::cli
