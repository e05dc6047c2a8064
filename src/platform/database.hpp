// The database of people, submissions and events: SQL behind an interface that names no product.
//
// One SQLite file (WAL, synchronous=FULL), or a PostgreSQL server that several processes share:
// what `commit` acknowledged survives a kill and a power cut. SQL is what both understand
// (docs/storage.md),
// `?` are its parameters, and untrusted text is only ever a parameter. Thread-safe: one writer at a
// time among all processes (the `Transaction` is the witness), readers beside it, each seeing what
// was committed when its query began.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.hpp"

namespace rbee::platform {

/// NULL, an integer or text. Texts may hold any bytes.
class SqlValue {
 public:
  SqlValue() = default;
  SqlValue(std::nullptr_t) {}
  template <typename Integer>
    requires std::is_integral_v<Integer>
  SqlValue(Integer value) : value_(static_cast<std::int64_t>(value)) {}
  SqlValue(std::string value) : value_(std::move(value)) {}
  SqlValue(std::string_view value) : value_(std::string(value)) {}
  SqlValue(const char* value) : value_(std::string(value)) {}
  template <typename T>
  SqlValue(const std::optional<T>& value) {
    if (value) *this = SqlValue(*value);
  }

  bool is_null() const { return std::holds_alternative<std::monostate>(value_); }
  /// 0 for NULL and for text.
  std::int64_t integer() const;
  /// Empty for NULL; an integer's digits.
  std::string text() const;
  /// What it is, or nullptr.
  const std::int64_t* as_integer() const { return std::get_if<std::int64_t>(&value_); }
  const std::string* as_text() const { return std::get_if<std::string>(&value_); }

 private:
  std::variant<std::monostate, std::int64_t, std::string> value_;
};

using SqlRow = std::vector<SqlValue>;
using SqlRows = std::vector<SqlRow>;
using SqlParameters = std::initializer_list<SqlValue>;

/// One step of a schema's growth. Numbers rise by one from 1 and are never reused.
struct Migration {
  int number;
  std::string_view sql;  ///< One or more statements, as SQLite reads them.
  std::string_view postgres =
      {};  ///< The same for PostgreSQL, where schema_dialect.hpp cannot tell.
};

class Database;
class DatabaseEngine;

/// The right to write, from `Database::begin` to the end of this object, which undoes everything
/// unless `commit` was called. Others wait for it: keep it short.
class Transaction {
 public:
  ~Transaction();
  Transaction(Transaction&&) noexcept;
  Transaction& operator=(Transaction&&) = delete;

  /// Errors: Errc::exists "database-constraint" when a UNIQUE, CHECK or FOREIGN KEY rule refuses,
  /// and the transaction goes on without that statement; Errc::io "database-failed" with the
  /// database's reason; Errc::unreachable "database-unreachable" when the server went away, and
  /// nothing of the transaction will be there.
  Result<SqlRows> query(std::string_view sql, SqlParameters parameters = {});
  /// As `query`, for statements that return nothing. Returns how many rows changed.
  Result<std::int64_t> execute(std::string_view sql, SqlParameters parameters = {});
  Result<std::int64_t> execute_row(std::string_view sql, std::span<const SqlValue> parameters);
  /// An INSERT into a table with `id INTEGER PRIMARY KEY`; returns the new row's id.
  Result<std::int64_t> insert(std::string_view sql, SqlParameters parameters = {});
  /// When it returns without an error, the changes are on the disk. Errors: Errc::unreachable
  /// "commit-unknown" when the server went away in that moment and could not be asked afterwards;
  /// everything else means that nothing was changed.
  Result<void> commit();

 private:
  friend class Database;
  explicit Transaction(DatabaseEngine& engine) : engine_(&engine) {}
  DatabaseEngine* engine_;  ///< nullptr when committed or moved from.
};

/// One of the database's named locks, from `Database::lock` to the end of this object. It ends with
/// the process, however that ends.
class DatabaseLock {
 public:
  explicit DatabaseLock(std::shared_ptr<void> held) : held_(std::move(held)) {}

 private:
  std::shared_ptr<void> held_;
};

class Database {
 public:
  /// Open or make the SQLite file (mode 0600 when made).
  /// Errors: Errc::io "database-unopenable", "database-corrupt".
  static Result<std::unique_ptr<Database>> open(const std::filesystem::path& path);
  /// Connect to a PostgreSQL server: "postgresql://USER@HOST:PORT/NAME?sslmode=…", as libpq reads
  /// it; what it does not say comes from PGPASSFILE and the other variables of libpq. Errors:
  /// Errc::usage "database-url-invalid"; Errc::unreachable "database-unreachable" when no server
  /// answers; Errc::io "database-unopenable" when it lets us not in, or is no UTF8 database.
  static Result<std::unique_ptr<Database>> connect(const std::string& url);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  /// Bring the part of the schema called `component` up to the last of `migrations`. Several
  /// processes may do so at once.
  /// Errors: Errc::unsupported "database-too-new" when a newer program has written it.
  Result<void> migrate(std::string_view component, std::span<const Migration> migrations);

  /// Waits for other writers, at most 10 s. Errors: Errc::io "database-busy"; Errc::unreachable
  /// "database-unreachable".
  Result<Transaction> begin();

  /// Read what is committed. Any thread, also beside a writer.
  Result<SqlRows> query(std::string_view sql, SqlParameters parameters = {}) const;

  /// The path, or the URL without its password.
  std::string name() const;
  /// Whether several processes may serve from it.
  bool is_shared() const;

  /// A lock called `name` among all who use this server; with SQLite, among this object's users.
  /// Nothing when another holds it. Errors: Errc::unreachable "database-unreachable".
  Result<std::optional<DatabaseLock>> try_lock(std::string_view name);
  /// The same, but waits. Errors also: Errc::io "database-busy".
  Result<DatabaseLock> lock(std::string_view name, std::chrono::milliseconds patience);

 private:
  explicit Database(std::unique_ptr<DatabaseEngine> engine);
  std::unique_ptr<DatabaseEngine> engine_;
};

}  // namespace rbee::platform
