// rbee cache ls, prune, verify: the downloads that were kept.
#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "base/text.hpp"
#include "cli/commands.hpp"
#include "cli/json.hpp"
#include "cli/signals.hpp"
#include "cli/table.hpp"
#include "install/source_cache.hpp"

namespace rbee::cli {

namespace json = boost::json;

namespace {

json::object to_json(const install::CachedFile& file) {
  return {{"name", json_text(file.name)},
          {"size_bytes", file.size_bytes},
          {"last_used", rfc3339(file.last_used)},
          {"complete", file.complete}};
}

std::uint64_t total(const std::vector<install::CachedFile>& files) {
  std::uint64_t bytes = 0;
  for (const install::CachedFile& file : files) bytes += file.size_bytes;
  return bytes;
}

}  // namespace

Result<int> cache_list(const Arguments&, Context& context) {
  TRY_ASSIGN(const install::Directories places, directories(context.world.environment));
  TRY_ASSIGN(const auto files, install::list_cache(places.cache));
  if (context.settings.json) {
    json::array all;
    for (const install::CachedFile& file : files) all.push_back(to_json(file));
    context.print(json::object{{"files", std::move(all)}, {"size_bytes", total(files)}});
    return 0;
  }
  if (files.empty()) {
    context.note("the cache is empty");
    return 0;
  }
  Table table({"SIZE", "LAST USED", "NAME"});
  for (const install::CachedFile& file : files)
    table.add({human_size(file.size_bytes), rfc3339(file.last_used), file.name});
  context.print(table);
  context.note(fmt::format("{} in {} files", human_size(total(files)), files.size()));
  return 0;
}

Result<int> cache_prune(const Arguments& arguments, Context& context) {
  TRY_ASSIGN(const install::Directories places, directories(context.world.environment));
  // Everything was used before a moment ahead of now, whatever the clocks of disk and program say.
  const Time before = arguments.days == 0
                          ? Time::max()
                          : context.world.clock.now() - std::chrono::days(arguments.days);
  TRY_ASSIGN(const auto gone, install::prune_cache(places.cache, before));
  if (context.settings.json) {
    json::array all;
    for (const install::CachedFile& file : gone) all.push_back(to_json(file));
    context.print(json::object{{"removed", std::move(all)}, {"size_bytes", total(gone)}});
  } else if (!context.settings.quiet) {
    context.print(fmt::format("removed {} files, {}", gone.size(), human_size(total(gone))));
  }
  return 0;
}

Result<int> cache_verify(const Arguments&, Context& context) {
  TRY_ASSIGN(const install::Directories places, directories(context.world.environment));
  const PoliteStop until_done;
  TRY_ASSIGN(const auto damaged, install::verify_cache(places.cache, stop_wanted));
  if (context.settings.json) {
    json::array all;
    for (const std::string& name : damaged) all.emplace_back(json_text(name));
    context.print(json::object{{"ok", damaged.empty()}, {"removed", std::move(all)}});
  } else {
    for (const std::string& name : damaged)
      context.print("damaged, removed: " + printable_line(name));
    if (damaged.empty() && !context.settings.quiet)
      context.print(std::string_view("every download is what its name says"));
  }
  return damaged.empty() ? 0 : exit_code(Errc::integrity);
}

}  // namespace rbee::cli
