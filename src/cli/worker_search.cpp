// rbee worker search: what the marketplace offers, as a table; from the list kept here when it
// cannot be asked.
#include <fmt/format.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "base/text.hpp"
#include "cli/commands.hpp"
#include "cli/json.hpp"
#include "cli/offline_catalog.hpp"
#include "cli/table.hpp"

namespace rbee::cli {

namespace {

/// A kept list that is younger is not asked about after a search.
constexpr std::chrono::hours kListAge{24};

std::string joined(const std::vector<std::string>& texts, std::string_view separator) {
  return fmt::format("{}", fmt::join(texts, separator));
}

std::string age_of(Time then, Time now) {
  const auto seconds = std::max<std::int64_t>(0, (now - then).count());
  const auto text = [](std::int64_t count, std::string_view unit) {
    return fmt::format("{} {}{}", count, unit, count == 1 ? "" : "s");
  };
  if (seconds < 120) return "a moment";
  if (seconds < 7'200) return text(seconds / 60, "minute");
  if (seconds < 172'800) return text(seconds / 3'600, "hour");
  return text(seconds / 86'400, "day");
}

struct Found {
  wire::SearchAnswer answer;
  std::string marketplace;
  std::optional<Time>
      kept_since;  ///< Of the list that was searched; nothing: the marketplace itself answered.
};

Result<Found> find_offline(const std::string& marketplace, const sdk::SearchQuery& query,
                           Context& context) {
  TRY_ASSIGN(const KeptCatalog kept, read_kept_catalog(marketplace, context));
  TRY_ASSIGN(auto answer, search_kept_catalog(kept, query, context.world.clock.now()));
  return Found{std::move(answer), marketplace, kept.fetched};
}

Result<Found> find(const Arguments& arguments, const sdk::SearchQuery& query, Context& context) {
  TRY_ASSIGN(sdk::MarketplaceClient client, marketplace(context));
  if (arguments.offline) return find_offline(client.base(), query, context);
  auto answer = client.find(query);
  if (!answer) {
    if (answer.error().code == Errc::unreachable && peek_kept_catalog(client.base(), context))
      return find_offline(client.base(), query, context);
    return tl::unexpected<Error>(std::move(answer).error());
  }
  // For the day without a network. Large lists are fetched when somebody asks: --refresh.
  const auto kept = peek_kept_catalog(client.base(), context);
  if (!kept || (kept->complete && context.world.clock.now() - kept->fetched > kListAge))
    (void)refresh_kept_catalog(client, context, true);
  return Found{std::move(*answer), client.base(), std::nullopt};
}

void say_what_was_not_understood(const Found& found, Context& context) {
  for (const std::string& note : found.answer.notes) context.note(printable_line(note));
  for (const wire::Correction& each : found.answer.corrections)
    context.note(fmt::format("no worker has '{}'; searched for {}", printable_line(each.typed),
                             printable_line(joined(each.used, ", "))));
}

}  // namespace

Result<int> worker_search(const Arguments& arguments, Context& context) {
  const sdk::SearchQuery query{joined(arguments.words, " "), arguments.tags, arguments.limit};
  if (arguments.refresh) {
    if (arguments.offline)
      return fail(Errc::usage, "options-conflict",
                  "--refresh needs the network that --offline does without");
    TRY_ASSIGN(sdk::MarketplaceClient client, marketplace(context));
    TRY_ASSIGN(const Refreshed done, refresh_kept_catalog(client, context, false));
    context.note(done.unchanged ? fmt::format("the list of {} has not changed", client.base())
                                : fmt::format("{} workers of {} can be searched with --offline now",
                                              done.workers, client.base()));
    if (query.words.empty() && query.tags.empty()) {
      if (context.settings.json)
        context.print(boost::json::object{{"marketplace", client.base()},
                                          {"unchanged", done.unchanged},
                                          {"workers", done.workers}});
      return 0;
    }
  }
  TRY_ASSIGN(const Found found, find(arguments, query, context));
  const wire::WorkerList& list = found.answer.list;
  if (found.kept_since) {
    const std::string age = age_of(*found.kept_since, context.world.clock.now());
    if (arguments.offline)
      context.note(fmt::format("searched the list of {} from {} ago", found.marketplace, age));
    else
      context.warn(fmt::format("{} cannot be reached; searched its list from {} ago",
                               found.marketplace, age));
  }

  if (context.settings.json) {
    boost::json::array workers;
    for (const wire::WorkerSummary& worker : list.workers) workers.push_back(wire::to_json(worker));
    boost::json::object out{
        {"marketplace", found.marketplace}, {"total", list.total}, {"workers", std::move(workers)}};
    if (found.kept_since) out["list_from"] = rfc3339(*found.kept_since);
    if (!found.answer.did_you_mean.empty()) out["did_you_mean"] = found.answer.did_you_mean;
    context.print(out);
    return 0;
  }
  say_what_was_not_understood(found, context);
  if (list.workers.empty()) {
    const bool filtered = !query.words.empty() || !query.tags.empty();
    if (filtered && !found.answer.did_you_mean.empty())
      context.note(fmt::format("no worker matches; did you mean: rbee worker search {}",
                               printable_line(found.answer.did_you_mean)));
    else
      context.note(filtered ? fmt::format("no worker matches; `rbee worker search` lists all of {}",
                                          found.marketplace)
                            : fmt::format("{} has no workers yet", found.marketplace));
    return 0;
  }
  Table table({"ID", "VERSION", "SOURCE", "RUNS ON", "DESCRIPTION"});
  for (const wire::WorkerSummary& worker : list.workers)
    table.add({worker.id, worker.version, worker.source, joined(worker.accelerators, ","),
               worker.description});
  context.print(table);
  if (list.total > list.workers.size())
    context.note(
        fmt::format("{} of {} workers; --limit 0 shows all, --tag and accelerator: narrow it down",
                    list.workers.size(), list.total));
  return 0;
}

}  // namespace rbee::cli
