// rbee worker verify and pack: an installed worker's files, compared, and as a package.
#include <fmt/format.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "base/text.hpp"
#include "cli/commands.hpp"
#include "cli/json.hpp"
#include "cli/signals.hpp"
#include "install/upkeep.hpp"

namespace rbee::cli {

namespace json = boost::json;

namespace {

/// The installed workers of these ids; all when none is named. Errors: Errc::not_found
/// "worker-not-installed".
Result<std::vector<install::Installed>> chosen(const std::vector<std::string>& words,
                                               const install::Directories& places) {
  TRY_ASSIGN(const std::vector<install::Installed> workers, install::list_installed(places));
  if (words.empty()) return workers;
  std::vector<install::Installed> out;
  for (const std::string& word : words) {
    TRY_ASSIGN(const WorkerId id, worker_id(word));
    TRY_ASSIGN(install::Installed worker, install::find_worker(workers, id));
    out.push_back(std::move(worker));
  }
  return out;
}

}  // namespace

Result<int> worker_verify(const Arguments& arguments, Context& context) {
  TRY_ASSIGN(const install::Directories places, directories(context.world.environment));
  TRY_ASSIGN(const std::vector<install::Installed> workers, chosen(arguments.words, places));
  json::array all;
  bool damaged = false;
  for (const install::Installed& worker : workers) {
    Result<std::vector<install::Difference>> found = [&] {
      const PoliteStop until_done;
      return install::verify(worker, places, stop_wanted);
    }();
    if (!found && found.error().code != Errc::integrity)
      return tl::unexpected<Error>(std::move(found).error());
    if (!found) found = std::vector<install::Difference>{{"", found.error().message}};
    damaged = damaged || !found->empty();
    if (context.settings.json) {
      json::array differences;
      for (const install::Difference& each : *found)
        differences.push_back(
            json::object{{"path", json_text(each.path)}, {"what", json_text(each.what)}});
      all.push_back(json::object{{"id", worker.id},
                                 {"version", json_text(worker.version)},
                                 {"ok", found->empty()},
                                 {"differences", std::move(differences)}});
      continue;
    }
    if (found->empty()) {
      if (!context.settings.quiet)
        context.print(fmt::format("{} {} {}", worker.id, printable_line(worker.version),
                                  context.styled("is as it was installed", Style::good)));
      continue;
    }
    context.print(fmt::format("{} {} {}", worker.id, printable_line(worker.version),
                              context.styled("is damaged:", Style::bad)));
    constexpr std::size_t shown_max = 20;
    for (std::size_t i = 0; i < std::min(found->size(), shown_max); ++i)
      context.print(fmt::format("  {}{}{}", printable_line((*found)[i].path),
                                (*found)[i].path.empty() ? "" : " ",
                                printable_line((*found)[i].what)));
    if (found->size() > shown_max)
      context.print(fmt::format("  and {} more", found->size() - shown_max));
    context.note(fmt::format("  put it right: rbee worker remove {0} && rbee worker install {0}",
                             worker.id));
  }
  if (context.settings.json)
    context.print(json::object{{"ok", !damaged}, {"workers", std::move(all)}});
  if (workers.empty()) context.note("no workers are installed");
  return damaged ? exit_code(Errc::integrity) : 0;
}

Result<int> worker_pack(const Arguments& arguments, Context& context) {
  TRY_ASSIGN(const install::Directories places, directories(context.world.environment));
  TRY_ASSIGN(const std::vector<install::Installed> workers, chosen({arguments.id}, places));
  Result<std::filesystem::path> written = [&] {
    const PoliteStop until_done;
    return install::write_package(workers.front(),
                                  arguments.output.empty() ? "." : arguments.output, stop_wanted);
  }();
  if (!written) return tl::unexpected<Error>(std::move(written).error());
  if (context.settings.json)
    context.print(json::object{{"id", workers.front().id}, {"file", json_text(written->string())}});
  else
    context.print(printable_line(written->string()));
  return 0;
}

}  // namespace rbee::cli
