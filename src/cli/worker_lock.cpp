// rbee worker export and import: exactly these releases, on another machine or next year.
#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <istream>
#include <iterator>
#include <ostream>

#include "base/text.hpp"
#include "cli/commands.hpp"
#include "cli/install_step.hpp"
#include "cli/json.hpp"
#include "cli/marketplace_source.hpp"
#include "cli/selection.hpp"
#include "cli/signals.hpp"
#include "cli/telemetry.hpp"
#include "install/lock_file.hpp"
#include "install/source_cache.hpp"
#include "install/upkeep.hpp"
#include "platform/files.hpp"

namespace rbee::cli {

namespace json = boost::json;

namespace {

/// Ask the servers for the sizes of what was not downloaded here: the other variants.
void add_sizes(std::vector<install::LockEntry>& entries, Context& context) {
  std::map<std::string, std::optional<std::uint64_t>> known;
  for (install::LockEntry& entry : entries)
    for (wire::Variant& variant : entry.detail.variants)
      for (wire::Source& source : variant.sources) {
        if (source.size_bytes || (source.protocol != "https" && source.protocol != "http") ||
            stop_wanted())
          continue;
        const auto [found, is_new] = known.emplace(source.url, std::nullopt);
        if (is_new) found->second = install::remote_size(source.url, context.world.get_once);
        source.size_bytes = found->second;
      }
}

}  // namespace

Result<int> worker_export(const Arguments& arguments, Context& context) {
  TRY_ASSIGN(const install::Directories places, directories(context.world.environment));
  std::vector<std::string> without;
  TRY_ASSIGN(std::vector<install::LockEntry> entries, install::installed_locks(places, without));
  for (const std::string& id : without)
    context.warn(
        fmt::format("{} was installed by an older rbee and is left out; install it again", id));
  add_sizes(entries, context);
  const std::string text = install::lock_text(entries);
  if (arguments.output.empty()) {
    context.world.out << text;
    return 0;
  }
  TRY(platform::write_file_atomically(arguments.output, text));
  if (context.settings.json)
    context.print(json::object{{"file", json_text(arguments.output)}, {"workers", entries.size()}});
  else
    context.note(fmt::format("{} workers are locked in {}", entries.size(),
                             printable_line(arguments.output)));
  return 0;
}

Result<int> worker_import(const Arguments& arguments, Context& context) {
  World& world = context.world;
  TRY_ASSIGN(const install::Directories places, directories(world.environment));
  std::string text;
  if (arguments.file == "-") {
    text.assign(std::istreambuf_iterator<char>(world.in), {});
  } else {
    TRY_ASSIGN(text, platform::read_file(arguments.file, 64 << 20));
  }
  TRY_ASSIGN(const std::vector<install::LockEntry> entries, install::parse_lock(text));
  TRY_ASSIGN(const platform::Machine machine, world.machine());
  std::optional<MarketplaceSource> fallback;
  std::optional<sdk::MarketplaceClient> client;
  if (!arguments.offline) {
    TRY_ASSIGN(client, marketplace(context));
    fallback.emplace(*client);
  }
  install::LockSource source(entries, fallback ? &*fallback : nullptr);
  json::array done;
  std::size_t failed = 0;
  int code = 0;
  for (const install::LockEntry& entry : entries) {
    const auto one = [&]() -> Result<install::Installed> {
      TRY_ASSIGN(const WorkerId id, WorkerId::parse(entry.detail.summary.id));
      // The variant that was locked, where this machine can run it; else what suits it best.
      Arguments words = arguments;
      const auto locked = parse_platform(entry.platform);
      if (locked && locked->os == machine.os && locked->arch == machine.arch) {
        for (const Accelerator accelerator : machine.present())
          if (accelerator == locked->accelerator) words.accelerator = to_string(accelerator);
        words.recipe = entry.recipe_file;
      }
      TRY_ASSIGN(install::InstallRequest request, install_request(id, words, machine));
      // Named by the file: its age was somebody's decision already.
      request.version = entry.detail.summary.version;
      TRY_ASSIGN(const Prepared prepared, prepare(request, source, places, world.clock));
      show(prepared, context);
      TRY(consent(prepared, arguments, context));
      TRY_ASSIGN(install::Installed installed, perform(prepared, arguments, context));
      if (!prepared.before || prepared.before->tree != installed.tree)
        note_receipt(prepared.before ? "upgrade" : "install", installed, &machine, context);
      if (entry.pinned && !installed.pinned)
        return install::set_pinned(id, true, places, world.clock);
      return installed;
    };
    auto installed = one();
    if (installed) {
      done.push_back(json::object{{"id", installed->id},
                                  {"version", json_text(installed->version)},
                                  {"outcome", "installed"}});
      if (!context.settings.json && !context.settings.quiet)
        context.print(fmt::format("{} {} {}", context.styled("installed", Style::good),
                                  installed->id, printable_line(installed->version)));
      continue;
    }
    if (stop_wanted()) return tl::unexpected<Error>(std::move(installed).error());
    ++failed;
    code = exit_code(installed.error().code);
    done.push_back(json::object{{"id", json_text(entry.detail.summary.id)},
                                {"outcome", "failed"},
                                {"error", to_json(installed.error())}});
    if (!context.settings.json) world.err << describe(installed.error());
  }
  if (context.settings.json) context.print(json::object{{"workers", std::move(done)}});
  if (failed == 0) return 0;
  return entries.size() == 1 ? code : exit_code(Errc::partial);
}

}  // namespace rbee::cli
