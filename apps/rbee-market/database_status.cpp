// rbee-market database status: what the database's schema is at, and whether the file is whole.
// Changes nothing: it is for looking before an upgrade and after a crash.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <filesystem>
#include <memory>

#include "base/text.hpp"
#include "community/audit.hpp"
#include "host_commands.hpp"
#include "market_database.hpp"
#include "platform/database.hpp"
#include "platform/database_copy.hpp"

namespace rbee::market {

namespace {

namespace json = boost::json;
namespace fs = std::filesystem;

struct StatusCommandOptions {
  std::string data;
  DatabaseChoice database;
  bool json = false, check = false;
};

struct StatusDesk {
  StatusCommandOptions options;
  fs::path path;

  /// Without bringing its schema up: that is `serve`'s.
  Result<void> open() {
    TRY_ASSIGN(const DatabaseChoice choice, remembered_choice(options.data, options.database));
    if (is_postgres(choice))
      return fail(
          Errc::unsupported, "database-elsewhere", "this marketplace's people are in PostgreSQL",
          {.fix = "psql and pg_amcheck look at that one; rbee-market audit verify walks the "
                  "audit log"});
    path = fs::path(options.data) / "market.db";
    std::error_code error;
    if (fs::is_regular_file(path, error)) return {};
    return fail(Errc::not_found, "database-missing",
                fmt::format("no database is at {}", path.string()),
                {.fix = "--data is the server's directory; its first start makes one"});
  }
};

Result<void> status(StatusDesk& desk) {
  if (desk.options.check) TRY(platform::check_database(desk.path));
  TRY_ASSIGN(const auto database, platform::Database::open(desk.path));
  TRY_ASSIGN(const auto rows,
             database->query("SELECT component, number FROM schema_versions ORDER BY component"));
  std::optional<community::AuditState> audit;
  if (desk.options.check) {
    TRY_ASSIGN(audit, community::verify_audit(*database));
  }
  std::error_code error;
  const std::uintmax_t bytes = fs::file_size(desk.path, error);
  const fs::path before = fs::path(desk.options.data) / "market.db.before-upgrade";
  const bool has_before = fs::exists(before, error);
  if (desk.options.json) {
    json::object schema;
    for (const auto& row : rows) schema[row[0].text()] = row[1].integer();
    json::object answer{
        {"path", desk.path.string()},
        {"size_bytes", bytes},
        {"schema", std::move(schema)},
        {"checked", desk.options.check},
        {"before_upgrade", has_before ? json::value(before.string()) : json::value()}};
    if (audit) answer["audit_entries"] = audit->entries;
    fmt::print("{}\n", json::serialize(answer));
    return {};
  }
  fmt::print("{}  {}\n", desk.path.string(), human_size(bytes));
  for (const auto& row : rows) fmt::print("{:<20} {}\n", row[0].text(), row[1].integer());
  if (has_before) fmt::print("before the last upgrade: {}\n", before.string());
  if (audit)
    fmt::print("every page and reference is in order; {} audit entries, unbroken\n",
               audit->entries);
  return {};
}

}  // namespace

void add_database_status(CLI::App& database, std::function<int()>& run) {
  const auto desk = std::make_shared<StatusDesk>();
  add_desk_command(database, "status", "What its schema is at, part by part", status, desk, run,
                   [](CLI::App& command, StatusCommandOptions& options) {
                     command.add_flag("--check", options.check,
                                      "Look at every page, every reference and the audit log");
                   });
}

}  // namespace rbee::market
