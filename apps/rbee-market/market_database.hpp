// Where a marketplace's people and submissions are: DIR/market.db, or a PostgreSQL server.
//
// DIR/database remembers a server, so that the host's commands find what `serve` works on.
#pragma once

#include <CLI/App.hpp>
#include <filesystem>
#include <memory>
#include <string>

#include "base/result.hpp"
#include "platform/database.hpp"

namespace rbee::market {

/// As it was typed; both empty: what DIR/database says, or DIR/market.db.
struct DatabaseChoice {
  std::string url = {};   ///< "postgresql://…"
  std::string file = {};  ///< One whose first line is the URL, with its password.
};

/// --database and --database-file.
void add_database_options(CLI::App& command, DatabaseChoice& choice);

/// The choice that holds for `data`: what was typed, or what is remembered there.
/// Errors: Errc::io when a file cannot be read.
Result<DatabaseChoice> remembered_choice(const std::filesystem::path& data,
                                         const DatabaseChoice& typed);
/// Remember it: the file's path, or the URL without its password. Nothing for SQLite.
Result<void> remember(const std::filesystem::path& data, const DatabaseChoice& choice);
inline bool is_postgres(const DatabaseChoice& choice) {
  return !choice.url.empty() || !choice.file.empty();
}

/// "postgresql://u:secret@h/d" without ":secret".
std::string without_password(std::string_view url);

/// Open it with all its tables. Errors: as platform::Database::open and connect.
Result<std::unique_ptr<platform::Database>> open_market_database(const std::filesystem::path& data,
                                                                 const DatabaseChoice& typed);
/// Make all tables in it, or bring them up to date: every part of this program that has some.
Result<void> prepare_market_database(platform::Database& database);

}  // namespace rbee::market
