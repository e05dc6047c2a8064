// rbee-market database: from the embedded default to PostgreSQL, and a word about what is in use.
//
// Reads DIR/market.db while no server writes to it; fills an empty PostgreSQL database. The copy is
// compared row by row, and the audit log's chain is walked in it, before it is called done.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <memory>

#include "base/digest.hpp"
#include "base/text.hpp"
#include "community/audit.hpp"
#include "host_commands.hpp"
#include "market_database.hpp"
#include "platform/files.hpp"

namespace rbee::market {

namespace {

namespace fs = std::filesystem;
namespace json = boost::json;
using platform::Database;
using platform::SqlRow;
using platform::SqlValue;
using platform::Transaction;

constexpr std::int64_t kRowsAtOnce = 5000;
constexpr std::size_t kRowsAStatement = 50;

struct Table {
  std::string name;
  std::vector<std::string> columns = {};
  bool has_id = false;
  std::int64_t rows = 0;
  std::string digest = {};  ///< Of all rows, in order.
};

std::string joined(const std::vector<std::string>& words) {
  return fmt::format("{}", fmt::join(words, ", "));
}

/// Names come from our own schemas; anything else is no table of ours.
Result<void> require_plain(const std::string& name) {
  for (const char c : name)
    if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'))
      return fail(Errc::integrity, "table-unknown",
                  fmt::format("'{}' is not a name that rbee-market gives", printable_line(name)));
  return {};
}

/// Every table of the file, those that others refer to first.
Result<std::vector<Table>> tables_of(const Database& source) {
  TRY_ASSIGN(const auto rows,
             source.query("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE "
                          "'sqlite%' ORDER BY name"));
  std::vector<Table> waiting, ordered;
  for (const SqlRow& row : rows) {
    Table table{row[0].text()};
    TRY(require_plain(table.name));
    TRY_ASSIGN(const auto columns,
               source.query("SELECT name FROM pragma_table_info(?) ORDER BY cid", {table.name}));
    for (const SqlRow& column : columns) {
      TRY(require_plain(column[0].text()));
      table.columns.push_back(column[0].text());
      table.has_id |= column[0].text() == "id";
    }
    waiting.push_back(std::move(table));
  }
  while (!waiting.empty()) {
    std::vector<Table> later;
    for (Table& table : waiting) {
      TRY_ASSIGN(const auto references,
                 source.query("SELECT \"table\" FROM pragma_foreign_key_list(?)", {table.name}));
      bool is_free = true;
      for (const SqlRow& reference : references)
        for (const Table& other : waiting)
          if (&other != &table && other.name == reference[0].text()) is_free = false;
      (is_free ? ordered : later).push_back(table);
    }
    if (later.size() == waiting.size())
      return fail(Errc::unsupported, "tables-circular", "tables refer to each other in a circle");
    waiting = std::move(later);
  }
  return ordered;
}

/// What a row is, unambiguously: each value with its kind and length.
void add(Hasher& hasher, const SqlRow& row) {
  for (const SqlValue& value : row) {
    const std::string text = value.text();
    hasher.update(fmt::format("{}{}:",
                              value.is_null()                 ? 'n'
                              : value.as_integer() != nullptr ? 'i'
                                                              : 't',
                              text.size()));
    hasher.update(text);
  }
  hasher.update("\n");
}

/// All rows in a fixed order, `kRowsAtOnce` at a time.
Result<void> each_row(const Database& database, const Table& table,
                      const std::function<Result<void>(const SqlRow&)>& take) {
  const std::string columns = joined(table.columns);
  const std::string order =
      fmt::format("{} NULLS FIRST", fmt::join(table.columns, " NULLS FIRST, "));
  for (std::int64_t done = 0;;) {
    TRY_ASSIGN(const auto rows,
               database.query(fmt::format("SELECT {} FROM {} ORDER BY {} LIMIT ? OFFSET ?", columns,
                                          table.name, order),
                              {kRowsAtOnce, done}));
    for (const SqlRow& row : rows) TRY(take(row));
    done += static_cast<std::int64_t>(rows.size());
    if (static_cast<std::int64_t>(rows.size()) < kRowsAtOnce) return {};
  }
}

/// Has rows in a database that nobody used yet.
bool is_prepared(const Table& table) {
  return table.name == "schema_versions" || table.name == "analytics_state";
}

Result<void> copy_table(const Database& source, Database& target, Table& table) {
  const std::vector<std::string> marks(table.columns.size(), "?");
  const std::string row_marks = fmt::format("({})", fmt::join(marks, ", "));
  Hasher hasher(HashAlgorithm::sha256);
  TRY_ASSIGN(Transaction transaction, target.begin());
  if (is_prepared(table)) TRY(transaction.execute(fmt::format("DELETE FROM {}", table.name)));
  SqlRow values;
  const auto write = [&]() -> Result<void> {
    if (values.empty()) return {};
    const std::vector<std::string> rows(values.size() / table.columns.size(), row_marks);
    TRY(transaction.execute_row(fmt::format("INSERT INTO {} ({}) VALUES {}", table.name,
                                            joined(table.columns), joined(rows)),
                                values));
    values.clear();
    return {};
  };
  TRY(each_row(source, table, [&](const SqlRow& row) -> Result<void> {
    add(hasher, row);
    ++table.rows;
    values.insert(values.end(), row.begin(), row.end());
    return values.size() >= kRowsAStatement * row.size() ? write() : Result<void>();
  }));
  TRY(write());
  // Ids that the server gives begin after those that came with the rows.
  if (table.has_id)
    TRY(
        transaction.query(fmt::format("SELECT setval(pg_get_serial_sequence('{0}', 'id'), "
                                      "(SELECT coalesce(max(id), 0) + 1 FROM {0}), false)",
                                      table.name)));
  TRY(transaction.commit());
  table.digest = hasher.finish();
  return {};
}

Result<void> compare(const Database& target, const Table& table) {
  Hasher hasher(HashAlgorithm::sha256);
  std::int64_t rows = 0;
  TRY(each_row(target, table, [&](const SqlRow& row) -> Result<void> {
    add(hasher, row);
    ++rows;
    return {};
  }));
  const std::string digest = hasher.finish();
  if (rows == table.rows && digest == table.digest) return {};
  return fail(Errc::integrity, "copy-differs",
              fmt::format("the copy of '{}' is not what was copied", table.name),
              {.evidence = {fmt::format("{} rows, {}", table.rows, table.digest),
                            fmt::format("{} rows, {}", rows, digest)},
               .fix = "empty the PostgreSQL database, and copy again"});
}

struct DatabaseCommandOptions {
  std::string from;
  DatabaseChoice to;
  bool json = false;
};

/// The URL that was meant; the password is not to stand on the command line.
Result<std::string> target_url(const DatabaseChoice& to) {
  if (!to.file.empty()) {
    TRY_ASSIGN(const std::string text, platform::read_file(to.file, 16 * 1024));
    return std::string(trim(std::string_view(text).substr(0, text.find('\n'))));
  }
  if (!to.url.empty()) return to.url;
  return fail(
      Errc::usage, "database-missing", "no database to copy to was named",
      {.fix = "give --to-file FILE, whose first line is postgresql://USER:PASSWORD@HOST/NAME"});
}

Result<void> copy(const DatabaseCommandOptions& options) {
  const fs::path from = options.from;
  std::error_code code;
  if (!fs::exists(from / "market.db", code))
    return fail(Errc::not_found, "database-not-found",
                fmt::format("there is no {}", (from / "market.db").string()),
                {.fix = "--from is the data directory of rbee-market serve"});
  // A server that writes meanwhile would be copied in part.
  auto lock = platform::FileLock::acquire(from / "lock", "rbee-market database copy");
  if (!lock && lock.error().code == Errc::exists)
    return fail(Errc::exists, "data-in-use", "a server works on that directory",
                {.evidence = lock.error().evidence,
                 .fix = "stop it, copy, and start it with "
                        "--database"});
  if (!lock) return tl::unexpected(std::move(lock).error());
  TRY_ASSIGN(const std::string url, target_url(options.to));
  // Both brought up to date by this program, so that the tables are the same.
  TRY_ASSIGN(const auto source, Database::open(from / "market.db"));
  TRY(prepare_market_database(*source));
  TRY_ASSIGN(const auto target, Database::connect(url));
  TRY(prepare_market_database(*target));
  TRY_ASSIGN(std::vector<Table> tables, tables_of(*source));
  for (const Table& table : tables) {
    if (is_prepared(table)) continue;
    TRY_ASSIGN(const auto rows, target->query(fmt::format("SELECT count(*) FROM {}", table.name)));
    if (rows[0][0].integer() != 0)
      return fail(Errc::exists, "database-not-empty",
                  fmt::format("{} holds a marketplace already", target->name()),
                  {.evidence = {fmt::format("{} rows in '{}'", rows[0][0].integer(), table.name)},
                   .fix = "take an empty database, or an empty schema of it"});
  }
  for (Table& table : tables) TRY(copy_table(*source, *target, table));
  for (const Table& table : tables) TRY(compare(*target, table));
  TRY_ASSIGN(const auto before, community::verify_audit(*source));
  TRY_ASSIGN(const auto after, community::verify_audit(*target));
  if (before.last_hash != after.last_hash)
    return fail(Errc::integrity, "copy-differs", "the audit log's last hash is another");
  if (options.json) {
    json::array out;
    for (const Table& table : tables)
      out.push_back({{"table", table.name}, {"rows", table.rows}, {"sha256", table.digest}});
    fmt::print("{}\n", json::serialize(json::object{{"to", target->name()},
                                                    {"tables", std::move(out)},
                                                    {"audit_entries", after.entries},
                                                    {"audit_hash", after.last_hash}}));
    return {};
  }
  for (const Table& table : tables)
    fmt::print("{:<24} {:>9} rows  {}\n", table.name, table.rows, table.digest.substr(0, 16));
  fmt::print(
      "copied to {} and compared; the audit log's {} entries are unbroken\n"
      "start the server on it: rbee-market serve --data {} --database …\n",
      target->name(), after.entries, options.from);
  return {};
}

}  // namespace

void add_database_commands(CLI::App& app, std::function<int()>& run) {
  const auto options = std::make_shared<DatabaseCommandOptions>();
  CLI::App* database = app.add_subcommand("database", "The database of people and submissions");
  database->require_subcommand(1);
  add_database_status(*database, run);
  CLI::App* command = database->add_subcommand(
      "copy", "Copy everything from DIR/market.db into an empty PostgreSQL database, and compare");
  command->add_option("--from", options->from, "The server's data directory")->required();
  CLI::Option* url = command->add_option("--to", options->to.url, "postgresql://USER@HOST/NAME");
  command->add_option("--to-file", options->to.file, "File with that URL, where it has a password")
      ->excludes(url);
  command->add_flag("--json", options->json, "For programs");
  command->callback([options, &run] {
    run = [options] {
      const auto done = copy(*options);
      return done ? 0 : report_error(done.error(), options->json);
    };
  });
}

}  // namespace rbee::market
