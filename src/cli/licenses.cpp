// licenses.json, and rbee license add, list, remove.
#include "cli/licenses.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <istream>
#include <ostream>

#include "base/text.hpp"
#include "cli/account.hpp"
#include "cli/commands.hpp"
#include "cli/signals.hpp"
#include "platform/files.hpp"
#include "wire/json_reader.hpp"

namespace rbee::cli {

namespace {

namespace json = boost::json;

Result<std::filesystem::path> licenses_path(Context& context) {
  TRY_ASSIGN(const auto config, config_path(context.world.environment));
  return config.parent_path() / "licenses.json";
}

Result<json::object> read_all(Context& context) {
  TRY_ASSIGN(const auto path, licenses_path(context));
  auto text = platform::read_file(path, 1 << 20);
  if (!text && text.error().code == Errc::not_found) return json::object();
  if (!text) return tl::unexpected<Error>(std::move(text).error());
  const auto value = wire::parse_json(*text);
  bool good = value && value->is_object();
  if (good)
    for (const auto& each : value->get_object()) good = good && each.value().is_string();
  if (!good)
    return fail(Errc::invalid_input, "licenses-invalid",
                fmt::format("{} cannot be read", tilde(context.world.environment, path)),
                {.fix = "remove it, and add the licences again: rbee license add WORKER"});
  return value->get_object();
}

Result<void> write_all(Context& context, const json::object& all) {
  TRY_ASSIGN(const auto path, licenses_path(context));
  TRY(platform::make_directories(path.parent_path(), 0700));
  return platform::write_file_atomically(path, json::serialize(all) + "\n", 0600);
}

}  // namespace

Result<std::string> license_key(Context& context, const wire::WorkerDetail& detail) {
  std::vector<std::string> variables = {"RBEE_LICENSE_KEY", "RBEE_LICENSE_TOKEN"};
  // A manifest may name a variable of its own, and none that is somebody else's secret.
  if (detail.premium && detail.premium->license_env.starts_with("RBEE_LICENSE_"))
    variables.insert(variables.begin(), detail.premium->license_env);
  for (const std::string& name : variables)
    if (const std::string_view value = context.world.environment.variable(name); !value.empty()) {
      if (!is_plain(value))
        return fail(Errc::invalid_input, "license-invalid",
                    fmt::format("{} holds no licence key", name),
                    {.why = "a key is of printable characters, in one line"});
      return std::string(value);
    }
  TRY_ASSIGN(const json::object all, read_all(context));
  const json::value* kept = all.if_contains(detail.summary.id);
  return kept == nullptr ? std::string() : std::string(kept->get_string());
}

Result<std::vector<std::string>> licensed_workers(Context& context) {
  TRY_ASSIGN(const json::object all, read_all(context));
  std::vector<std::string> out;
  for (const auto& each : all) out.emplace_back(each.key());
  std::sort(out.begin(), out.end());
  return out;
}

Result<void> keep_license(Context& context, const std::string& worker, const std::string& key) {
  TRY_ASSIGN(json::object all, read_all(context));
  all[worker] = key;
  return write_all(context, all);
}

Result<void> forget_license(Context& context, const std::string& worker) {
  TRY_ASSIGN(json::object all, read_all(context));
  if (all.erase(worker) == 0)
    return fail(Errc::not_found, "license-not-found",
                fmt::format("no licence is kept for {}", worker), {.fix = "rbee license list"});
  return write_all(context, all);
}

Result<int> license_add(const Arguments& arguments, Context& context) {
  TRY_ASSIGN(const WorkerId id, worker_id(arguments.id));
  const Environment& environment = context.world.environment;
  std::string key;
  {
    // Typed blind: a key on the screen is a key in somebody's screenshot.
    const HiddenInput hidden;
    if (environment.in_is_terminal) context.world.err << "licence key: " << std::flush;
    std::getline(context.world.in, key);
  }
  if (environment.in_is_terminal) context.world.err << "\n";
  key = std::string(trim(key));
  if (!is_plain(key))
    return fail(Errc::usage, "license-missing", "no licence key came on standard input",
                {.why = "a key is of printable characters, in one line",
                 .fix = fmt::format("rbee license add {} < FILE", id.str())});
  TRY(keep_license(context, id.str(), key));
  if (context.settings.json)
    context.print(json::object{{"worker", id.str()}, {"kept", true}});
  else
    context.note(
        fmt::format("the licence for {0} is kept; next: rbee worker install {0}", id.str()));
  return 0;
}

Result<int> license_list(const Arguments&, Context& context) {
  TRY_ASSIGN(const auto workers, licensed_workers(context));
  if (context.settings.json) {
    json::array all;
    for (const std::string& worker : workers) all.emplace_back(worker);
    context.print(json::object{{"licenses", std::move(all)}});
    return 0;
  }
  if (workers.empty()) context.note("no licences are kept; `rbee license add WORKER` keeps one");
  for (const std::string& worker : workers) context.print(printable_line(worker));
  return 0;
}

Result<int> license_remove(const Arguments& arguments, Context& context) {
  TRY_ASSIGN(const WorkerId id, worker_id(arguments.id));
  TRY(forget_license(context, id.str()));
  if (context.settings.json)
    context.print(json::object{{"worker", id.str()}, {"kept", false}});
  else
    context.note(fmt::format("the licence for {} is forgotten", id.str()));
  return 0;
}

}  // namespace rbee::cli
