// rbee worker history, rollback, pin, unpin, gc: the states of this machine.
#include <fmt/format.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "base/text.hpp"
#include "cli/commands.hpp"
#include "cli/json.hpp"
#include "cli/signals.hpp"
#include "cli/table.hpp"
#include "install/upkeep.hpp"

namespace rbee::cli {

namespace json = boost::json;

namespace {

json::object generation_json(const install::Generation& generation) {
  json::array workers;
  for (const install::Installed& worker : generation.workers)
    workers.push_back(json::object{{"id", json_text(worker.id)},
                                   {"version", json_text(worker.version)},
                                   {"pinned", worker.pinned}});
  return {{"generation", generation.number},
          {"created_at", json_text(generation.created_at)},
          {"action", json_text(generation.action)},
          {"current", generation.current},
          {"workers", std::move(workers)}};
}

Result<int> pin(const Arguments& arguments, bool pinned, Context& context) {
  TRY_ASSIGN(const WorkerId id, worker_id(arguments.id));
  TRY_ASSIGN(const install::Directories places, directories(context.world.environment));
  Result<install::Installed> changed = [&] {
    const PoliteStop until_done;
    return install::set_pinned(id, pinned, places, context.world.clock);
  }();
  if (!changed) return tl::unexpected<Error>(std::move(changed).error());
  if (context.settings.json)
    context.print(json::object{
        {"id", id.str()}, {"version", json_text(changed->version)}, {"pinned", pinned}});
  else if (!context.settings.quiet)
    context.print(pinned ? fmt::format("{} stays at {}", id.str(), printable_line(changed->version))
                         : fmt::format("{} follows its releases again", id.str()));
  return 0;
}

}  // namespace

Result<int> worker_history(const Arguments&, Context& context) {
  TRY_ASSIGN(const install::Directories places, directories(context.world.environment));
  TRY_ASSIGN(const std::vector<install::Generation> history, install::read_history(places));
  if (context.settings.json) {
    json::array all;
    for (const install::Generation& each : history) all.push_back(generation_json(each));
    context.print(json::object{{"generations", std::move(all)}});
    return 0;
  }
  if (history.empty()) {
    context.note("nothing was ever installed");
    return 0;
  }
  Table table({"", "GENERATION", "WHEN", "WHAT", "WORKERS"});
  for (const install::Generation& each : history)
    table.add({each.current ? "*" : "", std::to_string(each.number), each.created_at, each.action,
               std::to_string(each.workers.size())});
  context.print(table);
  return 0;
}

Result<int> worker_rollback(const Arguments& arguments, Context& context) {
  TRY_ASSIGN(const install::Directories places, directories(context.world.environment));
  TRY_ASSIGN(const std::vector<install::Installed> before, install::list_installed(places));
  Result<install::Generation> now = [&] {
    const PoliteStop until_done;
    return install::roll_back(arguments.number, places, context.world.clock);
  }();
  if (!now) return tl::unexpected<Error>(std::move(now).error());
  if (context.settings.json) {
    context.print(generation_json(*now));
    return 0;
  }
  if (context.settings.quiet) return 0;
  context.print(
      fmt::format("{}{}", printable_line(now->action), now->workers.empty() ? ": no workers" : ""));
  Table table({"ID", "WAS", "IS"});
  const auto find = [](const std::vector<install::Installed>& all, const std::string& id) {
    const auto found =
        std::find_if(all.begin(), all.end(), [&](const auto& each) { return each.id == id; });
    return found == all.end() ? std::string("-") : found->version;
  };
  for (const install::Installed& worker : before)
    if (find(now->workers, worker.id) != worker.version)
      table.add({worker.id, worker.version, find(now->workers, worker.id)});
  for (const install::Installed& worker : now->workers)
    if (find(before, worker.id) == "-") table.add({worker.id, "-", worker.version});
  if (!table.empty()) context.print(table);
  return 0;
}

Result<int> worker_pin(const Arguments& arguments, Context& context) {
  return pin(arguments, true, context);
}

Result<int> worker_unpin(const Arguments& arguments, Context& context) {
  return pin(arguments, false, context);
}

Result<int> worker_gc(const Arguments& arguments, Context& context) {
  TRY_ASSIGN(const install::Directories places, directories(context.world.environment));
  if (arguments.keep == 0)
    return fail(Errc::usage, "keep-invalid", "the current generation always stays",
                {.fix = "rbee worker gc --keep 1"});
  Result<install::Collected> gone = [&] {
    const PoliteStop until_done;
    return install::collect_garbage(arguments.keep, places);
  }();
  if (!gone) return tl::unexpected<Error>(std::move(gone).error());
  if (context.settings.json)
    context.print(json::object{{"generations", gone->generations},
                               {"trees", gone->trees},
                               {"size_bytes", gone->size_bytes}});
  else if (!context.settings.quiet)
    context.print(fmt::format("dropped {} generations and {} releases, {}", gone->generations,
                              gone->trees, human_size(gone->size_bytes)));
  return 0;
}

}  // namespace rbee::cli
