// rbee worker install: plan, show what will happen, ask where it must be asked, do it, say what to
// do next.
#include <fmt/format.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <ostream>

#include "base/text.hpp"
#include "cli/commands.hpp"
#include "cli/install_step.hpp"
#include "cli/json.hpp"
#include "cli/marketplace_source.hpp"
#include "cli/selection.hpp"
#include "cli/telemetry.hpp"
#include "install/dependencies.hpp"
#include "install/lock_file.hpp"
#include "install/source_cache.hpp"
#include "platform/files.hpp"

namespace rbee::cli {

namespace json = boost::json;

namespace {

void hint_at_path(const install::Installed& installed, const install::Directories& places,
                  Context& context) {
  const Environment& environment = context.world.environment;
  if (installed.commands.empty() || is_in_path(environment, places.bin)) return;
  const std::string shown = tilde(environment, places.bin);
  context.note(fmt::format(
      "{} is not in your PATH. To use the commands by name:\n  export PATH=\"{}:$PATH\"", shown,
      shown.starts_with("~") ? "$HOME" + shown.substr(1) : shown));
}

struct SourceSize {
  const pkgbuild::SourceEntry* source;
  bool cached = false;
  std::optional<std::uint64_t> size_bytes;
};

/// How much each source is: from the cache, or from the server's answer to a question for one byte.
std::vector<SourceSize> sizes_of(const install::Plan& plan, const install::Directories& places,
                                 bool offline, Context& context) {
  std::vector<SourceSize> out;
  for (const pkgbuild::SourceEntry& source : plan.sources) {
    SourceSize size{&source, false, std::nullopt};
    if (source.protocol == "local") {
      if (const auto file = plan.local_files.find(source.url); file != plan.local_files.end()) {
        size.cached = true;
        size.size_bytes = file->second.size();
      }
    } else {
      size.size_bytes = install::cached_size(source, places.cache);
      size.cached = size.size_bytes.has_value();
      if (!size.cached && !offline && (source.protocol == "https" || source.protocol == "http"))
        size.size_bytes = install::remote_size(source.url, context.world.get_once);
    }
    out.push_back(size);
  }
  return out;
}

/// Everything that would happen, and nothing of it.
int dry_run(const Prepared& prepared, const install::Directories& places,
            const Arguments& arguments, Context& context) {
  const install::Plan& plan = prepared.plan;
  const auto sizes = sizes_of(plan, places, arguments.offline, context);
  std::uint64_t download = 0;
  bool known = true;
  json::array sources, changes, missing, warnings;
  std::map<std::string, std::uint64_t> by_url;
  for (const SourceSize& size : sizes) {
    if (size.size_bytes) by_url[size.source->url] = *size.size_bytes;
    if (!size.cached) {
      download += size.size_bytes.value_or(0);
      known = known && size.size_bytes;
    }
    json::object sums;
    for (const auto& [algorithm, digest] : size.source->checksums)
      sums[array_name(algorithm)] = json_text(digest);
    sources.push_back(json::object{
        {"file", json_text(size.source->file_name)},
        {"url", json_text(size.source->url)},
        {"cached", size.cached},
        {"size_bytes", size.size_bytes ? json::value(*size.size_bytes) : json::value()},
        {"checksums", std::move(sums)}});
  }
  for (const check::TrustChange& change : prepared.changes)
    changes.push_back(json::object{{"kind", std::string(check::to_string(change.kind))},
                                   {"risky", change.risky},
                                   {"text", json_text(change.text)}});
  for (const install::Missing& each : install::missing_dependencies(plan))
    missing.push_back(json::object{{"name", json_text(each.name)},
                                   {"for_build", each.for_build},
                                   {"debian", each.debian},
                                   {"fedora", each.fedora},
                                   {"homebrew", each.homebrew}});
  for (const std::string& warning : plan.warnings) warnings.emplace_back(json_text(warning));
  const std::uint64_t disk =
      static_cast<std::uint64_t>(std::max<std::int64_t>(plan.detail.hardware.disk_mb, 0)) *
      1'000'000;
  if (context.settings.json) {
    const auto text = [](const std::string& value) { return json::value(json_text(value)); };
    context.print(json::object{
        {"plan", json::object{{"id", plan.detail.summary.id},
                              {"version", text(plan.recipe.version())},
                              {"replaces",
                               prepared.before ? text(prepared.before->version) : json::value()},
                              {"platform", to_string(plan.platform)},
                              {"recipe", plan.recipe_file},
                              {"why", text(plan.why)},
                              {"warnings", std::move(warnings)},
                              {"catalog", text(plan.catalog)},
                              {"sources", std::move(sources)},
                              {"download_bytes", known ? json::value(download) : json::value()},
                              {"disk_bytes", disk},
                              {"store", (places.data / "store" / plan.detail.summary.id).string()},
                              {"bin", places.bin.string()},
                              {"missing", std::move(missing)}}},
        {"changes", std::move(changes)},
        {"lock", json::parse(install::lock_text({install::lock_entry(plan, by_url)}))}});
    return 0;
  }
  context.print(fmt::format("would {} {} {}", prepared.before ? "update" : "install",
                            plan.detail.summary.id, printable_line(plan.recipe.version())));
  context.print("  variant   " + printable(plan.why));
  for (const SourceSize& size : sizes)
    context.print(fmt::format("  {}  {} {}", size.cached ? "in cache" : "download",
                              printable_line(size.source->file_name),
                              size.size_bytes ? human_size(*size.size_bytes) : "of unknown size"));
  if (disk > 0) context.print(fmt::format("  disk      {}", human_size(disk)));
  context.print(fmt::format(
      "  files     below {}",
      tilde(context.world.environment, places.data / "store" / plan.detail.summary.id)));
  context.print(fmt::format(
      "  links     in {}{}", tilde(context.world.environment, places.bin),
      prepared.before ? fmt::format(": {}", fmt::join(prepared.before->commands, " ")) : ""));
  return 0;
}

/// False when all of it was there already.
bool is_change(const install::Installed& installed,
               const std::optional<install::Installed>& before) {
  return !before || before->tree != installed.tree ||
         before->installed_at != installed.installed_at;
}

int report_installed(const install::Installed& installed,
                     const std::optional<install::Installed>& before,
                     const install::Directories& places, Context& context) {
  World& world = context.world;
  const bool changed = is_change(installed, before);
  if (context.settings.json) {
    context.print(json::object{
        {"installed", to_json(installed)},
        {"changed", changed},
        {"replaced", before && changed ? json::value(json_text(before->version)) : json::value()}});
    return 0;
  }
  if (context.settings.quiet) return 0;
  const std::string release =
      fmt::format("{} {}", printable_line(installed.id), printable_line(installed.version));
  if (!changed) {
    context.print(fmt::format("{} is installed already", release));
    return 0;
  }
  std::vector<std::string> commands;
  for (const std::string& command : installed.commands)
    commands.push_back(tilde(world.environment, places.bin / command));
  context.print(fmt::format("{} {}{}{}", context.styled("installed", Style::good), release,
                            before && before->version != installed.version
                                ? ", was " + printable_line(before->version)
                                : "",
                            commands.empty() ? "" : fmt::format(": {}", fmt::join(commands, " "))));
  hint_at_path(installed, places, context);
  if (installed.run)
    context.note(fmt::format("start it: rbee worker run {}", printable_line(installed.id)));
  return 0;
}

/// "tts-worker@1.2-1": the worker, and the release that the user means.
std::pair<std::string, std::optional<std::string>> split_release(const std::string& text) {
  const auto at = text.find('@');
  if (at == std::string::npos) return {text, std::nullopt};
  return {text.substr(0, at), text.substr(at + 1)};
}

/// What a plan file holds, or what is installed of the worker when nothing may be asked.
Result<std::vector<install::LockEntry>> kept_entries(const Arguments& arguments, const WorkerId& id,
                                                     const install::Directories& places) {
  if (!arguments.plan.empty()) {
    TRY_ASSIGN(const std::string text, platform::read_file(arguments.plan, 64 << 20));
    return install::parse_lock(text);
  }
  return install::kept_locks(id.str(), places);
}

}  // namespace

Result<int> worker_install(const Arguments& arguments, Context& context) {
  World& world = context.world;
  TRY_ASSIGN(const install::Directories places, directories(world.environment));
  std::optional<install::LockSource> locked;
  auto [name, version] = split_release(arguments.id);
  if (!arguments.plan.empty() && name.empty()) {
    TRY_ASSIGN(const std::string text, platform::read_file(arguments.plan, 64 << 20));
    TRY_ASSIGN(const auto entries, install::parse_lock(text));
    if (entries.size() != 1)
      return fail(Errc::usage, "plan-ambiguous",
                  fmt::format("the plan has {} workers", entries.size()),
                  {.fix = fmt::format("rbee worker import {}", arguments.plan)});
    name = entries.front().detail.summary.id;
  }
  if (name.empty())
    return fail(Errc::usage, "argument-missing", "ID is missing",
                {.fix = "rbee worker install --help"});
  TRY_ASSIGN(const WorkerId id, worker_id(name));
  if (!arguments.plan.empty() || arguments.offline) {
    TRY_ASSIGN(auto entries, kept_entries(arguments, id, places));
    locked.emplace(std::move(entries), nullptr);
  }
  TRY_ASSIGN(const platform::Machine machine, world.machine());
  TRY_ASSIGN(install::InstallRequest request, install_request(id, arguments, machine));
  request.version = version;
  if (const auto free = platform::free_bytes(places.data)) request.capacity.disk_bytes = *free;
  request.now = world.clock.now();

  Result<Prepared> prepared = fail(Errc::failed, "", "");
  if (locked) {
    prepared = prepare(request, *locked, places, world.clock);
  } else {
    TRY_ASSIGN(sdk::MarketplaceClient client, marketplace(context));
    MarketplaceSource source(client);
    prepared = prepare(request, source, places, world.clock);
  }
  if (!prepared) return tl::unexpected<Error>(std::move(prepared).error());
  show(*prepared, context);
  if (arguments.explain) context.note(printable(prepared->plan.why));
  if (arguments.dry_run) {
    if (arguments.diff) show_recipe_diff(*prepared, context);
    return dry_run(*prepared, places, arguments, context);
  }
  TRY(consent(*prepared, arguments, context));
  TRY_ASSIGN(const install::Installed installed, perform(*prepared, arguments, context));
  const int code = report_installed(installed, prepared->before, places, context);
  if (is_change(installed, prepared->before))
    note_install(prepared->before ? "upgrade" : "install", installed, machine, arguments, context);
  return code;
}

}  // namespace rbee::cli
