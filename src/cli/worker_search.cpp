// rbee worker search: what the marketplace offers, as a table.
#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "base/text.hpp"
#include "cli/commands.hpp"
#include "cli/json.hpp"
#include "cli/table.hpp"

namespace rbee::cli {

namespace {

std::string joined(const std::vector<std::string>& texts, std::string_view separator) {
  return fmt::format("{}", fmt::join(texts, separator));
}

}  // namespace

Result<int> worker_search(const Arguments& arguments, Context& context) {
  TRY_ASSIGN(sdk::MarketplaceClient client, marketplace(context));
  const sdk::SearchQuery query{joined(arguments.words, " "), arguments.tags, arguments.limit};
  TRY_ASSIGN(const wire::WorkerList list, client.search(query));

  if (context.settings.json) {
    boost::json::array workers;
    for (const wire::WorkerSummary& worker : list.workers) workers.push_back(wire::to_json(worker));
    context.print(boost::json::object{
        {"marketplace", client.base()}, {"total", list.total}, {"workers", std::move(workers)}});
    return 0;
  }
  if (list.workers.empty()) {
    const bool filtered = !query.words.empty() || !query.tags.empty();
    context.note(filtered ? fmt::format("no worker matches; `rbee worker search` lists all of {}",
                                        client.base())
                          : fmt::format("{} has no workers yet", client.base()));
    return 0;
  }
  Table table({"ID", "VERSION", "SOURCE", "RUNS ON", "DESCRIPTION"});
  for (const wire::WorkerSummary& worker : list.workers)
    table.add({worker.id, worker.version, worker.source, joined(worker.accelerators, ","),
               worker.description});
  context.print(table);
  if (list.total > list.workers.size())
    context.note(
        fmt::format("{} of {} workers; --limit 0 shows all", list.workers.size(), list.total));
  return 0;
}

}  // namespace rbee::cli
