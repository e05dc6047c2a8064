// rbee worker list and rbee worker remove: what is installed here.
#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "base/text.hpp"
#include "cli/commands.hpp"
#include "cli/json.hpp"
#include "cli/opinions.hpp"
#include "cli/signals.hpp"
#include "cli/table.hpp"
#include "cli/telemetry.hpp"

namespace rbee::cli {

Result<int> worker_list(const Arguments& arguments, Context& context) {
  if (arguments.starred) return list_starred(context);
  TRY_ASSIGN(const install::Directories places, directories(context.world.environment));
  TRY_ASSIGN(const std::vector<install::Installed> workers, install::list_installed(places));

  if (context.settings.json) {
    boost::json::array all;
    for (const install::Installed& worker : workers) all.push_back(to_json(worker));
    context.print(boost::json::object{{"workers", std::move(all)}});
    return 0;
  }
  if (workers.empty()) {
    context.note("no workers are installed; `rbee worker search` shows what there is");
    return 0;
  }
  Table table({"ID", "VERSION", "PLATFORM", "SIZE", "COMMANDS", "FROM"});
  for (const install::Installed& worker : workers)
    table.add({worker.id, worker.version, worker.platform, human_size(worker.size_bytes),
               fmt::format("{}", fmt::join(worker.commands, " ")), worker.catalog});
  context.print(table);
  return 0;
}

Result<int> worker_remove(const Arguments& arguments, Context& context) {
  TRY_ASSIGN(const WorkerId id, worker_id(arguments.id));
  TRY_ASSIGN(const install::Directories places, directories(context.world.environment));
  Result<install::Installed> removed = [&] {
    const PoliteStop until_done;  // Half a removal helps nobody.
    return install::remove(id, places, context.world.clock);
  }();
  if (!removed) return tl::unexpected<Error>(std::move(removed).error());
  // Asking drivers what the machine is would take longer than the removal.
  note_receipt("remove", *removed, nullptr, context);
  if (context.settings.json) {
    context.print(boost::json::object{{"removed", to_json(*removed)}});
  } else if (!context.settings.quiet) {
    context.print(fmt::format("removed {} {}", printable_line(removed->id),
                              printable_line(removed->version)));
  }
  return 0;
}

}  // namespace rbee::cli
