// rbee config get, set and list.
#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "base/text.hpp"
#include "cli/commands.hpp"
#include "cli/config.hpp"
#include "cli/table.hpp"
#include "cli/telemetry.hpp"

namespace rbee::cli {

namespace {

struct Loaded {
  std::filesystem::path path;
  Config config;
};

Result<Loaded> load(Context& context) {
  Loaded loaded;
  TRY_ASSIGN(loaded.path, config_path(context.world.environment));
  TRY_ASSIGN(loaded.config, load_config(loaded.path));
  for (const std::string& warning : loaded.config.warnings) context.warn(warning);
  return loaded;
}

Result<Setting> look_up(const ConfigKey& key, const Loaded& loaded, Context& context) {
  if (key.name == "telemetry" && do_not_track(context.world.environment))
    return Setting{"off", "DO_NOT_TRACK"};
  const std::string& flag = key.name == "catalog" ? context.settings.catalog : "";
  return effective(key, flag, context.world.environment, loaded.config, loaded.path);
}

boost::json::object setting_json(const ConfigKey& key, const Setting& setting) {
  return {{"key", std::string(key.name)},
          {"value", setting.value},
          {"origin", printable_line(setting.origin)}};
}

}  // namespace

Result<int> config_get(const Arguments& arguments, Context& context) {
  TRY_ASSIGN(const ConfigKey* const key, find_config_key(arguments.key));
  TRY_ASSIGN(const Loaded loaded, load(context));
  TRY_ASSIGN(const Setting setting, look_up(*key, loaded, context));
  if (context.settings.json) {
    context.print(setting_json(*key, setting));
  } else {
    context.print(printable_line(setting.value));
    if (context.settings.verbosity > 0) context.note("from " + printable_line(setting.origin));
  }
  return 0;
}

Result<int> config_set(const Arguments& arguments, Context& context) {
  TRY_ASSIGN(const ConfigKey* const key, find_config_key(arguments.key));
  TRY_ASSIGN(const std::string value, key->check(arguments.value));
  TRY_ASSIGN(const std::filesystem::path path, config_path(context.world.environment));
  TRY_ASSIGN(const std::string text, read_config_text(path));
  TRY_ASSIGN(const std::string edited, edit_config(text, path.string(), *key, value));
  TRY(save_config(path, edited));
  if (key->name == "telemetry" && value == "off") {
    // What waits was written when it was on; it is not sent any more.
    TRY_ASSIGN(ReceiptSpool spool, receipt_spool(context));
    TRY(spool.forget());
  }
  if (context.settings.json) {
    context.print(setting_json(*key, {value, path.string()}));
  } else {
    context.note(fmt::format("{} = {} in {}", key->name, printable_line(value),
                             tilde(context.world.environment, path)));
    if (key->name == "telemetry" && value == "on" && do_not_track(context.world.environment))
      context.warn("DO_NOT_TRACK is set in the environment and overrides this");
    if (!context.world.environment.variable(key->variable).empty())
      context.warn(fmt::format("{} is set in the environment and overrides this", key->variable));
  }
  return 0;
}

Result<int> config_list(const Arguments&, Context& context) {
  TRY_ASSIGN(const Loaded loaded, load(context));
  boost::json::array all;
  Table table({"KEY", "VALUE", "FROM", "WHAT"});
  for (const ConfigKey& key : config_keys()) {
    TRY_ASSIGN(const Setting setting, look_up(key, loaded, context));
    all.push_back(setting_json(key, setting));
    table.add({std::string(key.name), setting.value,
               tilde(context.world.environment, setting.origin), std::string(key.summary)});
  }
  if (context.settings.json) {
    context.print(boost::json::object{{"settings", std::move(all)},
                                      {"file", printable_line(loaded.path.string())}});
    return 0;
  }
  context.print(table);
  return 0;
}

}  // namespace rbee::cli
