// rbee-market freeze, thaw, switches: stop a part of the marketplace for a while, also while it
// runs.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <memory>

#include "base/text.hpp"
#include "community/switches.hpp"
#include "host_commands.hpp"
#include "market_office.hpp"

namespace rbee::market {

namespace {

namespace json = boost::json;
using community::Switch;

struct SwitchCommandOptions {
  DatabaseChoice database;
  std::string data, what, reason;
  bool json = false;
};

struct SwitchDesk {
  SwitchCommandOptions options;
  SystemClock clock;
  std::unique_ptr<platform::Database> database;

  Result<void> open() {
    TRY_ASSIGN(database, open_market_database(options.data, options.database));
    return {};
  }
};

json::object to_json(const Switch& each) {
  return {{"name", each.name},
          {"stops", each.summary},
          {"frozen", each.frozen},
          {"reason", each.frozen ? json::value(printable(each.reason)) : json::value()},
          {"actor", each.actor.empty() ? json::value() : json::value(each.actor)},
          {"since", each.since ? json::value(rfc3339(*each.since)) : json::value()}};
}

void print(const Switch& each) {
  fmt::print("{:<12} {:<7} {}\n", each.name, each.frozen ? "frozen" : "open",
             each.frozen ? fmt::format("since {} by {}: {}", rfc3339(*each.since),
                                       printable_line(each.actor), printable_line(each.reason))
                         : each.summary);
}

Result<void> turn(SwitchDesk& desk, bool frozen) {
  TRY_ASSIGN(const Switch turned,
             community::turn_switch(*desk.database, desk.clock, desk.options.what, frozen,
                                    desk.options.reason, local_actor()));
  if (desk.options.json) {
    fmt::print("{}\n", json::serialize(to_json(turned)));
  } else {
    print(turned);
  }
  return {};
}

Result<void> freeze(SwitchDesk& desk) {
  return turn(desk, true);
}

Result<void> thaw(SwitchDesk& desk) {
  return turn(desk, false);
}

Result<void> list(SwitchDesk& desk) {
  TRY_ASSIGN(const auto all, community::list_switches(*desk.database));
  if (!desk.options.json) {
    for (const Switch& each : all) print(each);
    return {};
  }
  json::array array;
  for (const Switch& each : all) array.push_back(to_json(each));
  fmt::print("{}\n", json::serialize(json::object{{"switches", std::move(array)}}));
  return {};
}

}  // namespace

void add_switch_commands(CLI::App& app, std::function<int()>& run) {
  const auto desk = std::make_shared<SwitchDesk>();
  const auto what = [](CLI::App& command, SwitchCommandOptions& options) {
    command.add_option("WHAT", options.what, "sign-up, adoption, submissions, publish or reviews")
        ->required();
    command.add_option("--reason", options.reason, "Shown to everybody, and for the audit log")
        ->required();
  };
  add_desk_command(app, "freeze", "Stop a part of the marketplace until it is thawed", freeze, desk,
                   run, what);
  add_desk_command(app, "thaw", "Let it go on", thaw, desk, run, what);
  add_desk_command(app, "switches", "What is stopped, and why", list, desk, run,
                   [](CLI::App&, SwitchCommandOptions&) {});
}

}  // namespace rbee::market
