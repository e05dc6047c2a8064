// The database of people, submissions and events: SQL behind an interface that names no product.
//
// Reads and writes one SQLite file (WAL, synchronous=FULL): what `commit` acknowledged survives a
// kill and a power cut. SQL stays plain and `?` are its parameters, so that PostgreSQL can stand
// behind the same interface. Untrusted text is only ever a parameter. Thread-safe: one writer at a
// time (the `Transaction` is the witness), readers beside it, each seeing what was committed when
// its query began. Other processes may use the file too. Source: sqlite.org/wal.html, pragma.html.
#pragma once

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

 private:
  friend class SqlStatement;
  std::variant<std::monostate, std::int64_t, std::string> value_;
};

using SqlRow = std::vector<SqlValue>;
using SqlRows = std::vector<SqlRow>;
using SqlParameters = std::initializer_list<SqlValue>;

/// One step of a schema's growth. Numbers rise by one from 1 and are never reused.
struct Migration {
  int number;
  std::string_view sql;  ///< One or more statements.
};

class Database;

/// The right to write, from `Database::begin` to the end of this object, which undoes everything
/// unless `commit` was called. Others wait for it: keep it short.
class Transaction {
 public:
  ~Transaction();
  Transaction(Transaction&&) noexcept;
  Transaction& operator=(Transaction&&) = delete;

  /// Errors: Errc::exists "database-constraint" when a UNIQUE, CHECK or FOREIGN KEY rule refuses;
  /// Errc::io "database-failed" with SQLite's reason.
  Result<SqlRows> query(std::string_view sql, SqlParameters parameters = {});
  /// As `query`, for statements that return nothing. Returns how many rows changed.
  Result<std::int64_t> execute(std::string_view sql, SqlParameters parameters = {});
  /// An INSERT; returns the new row's INTEGER PRIMARY KEY.
  Result<std::int64_t> insert(std::string_view sql, SqlParameters parameters = {});
  /// When it returns without an error, the changes are on the disk.
  Result<void> commit();

 private:
  friend class Database;
  explicit Transaction(Database& database) : database_(&database) {}
  Database* database_;  ///< nullptr when committed or moved from.
};

class Database {
 public:
  /// Open or make the file (mode 0600 when made).
  /// Errors: Errc::io "database-unopenable", "database-corrupt".
  static Result<std::unique_ptr<Database>> open(const std::filesystem::path& path);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  /// Bring the part of the schema called `component` up to the last of `migrations`.
  /// Errors: Errc::unsupported "database-too-new" when a newer program has written it.
  Result<void> migrate(std::string_view component, std::span<const Migration> migrations);

  /// Waits for other writers, at most 10 s. Errors: Errc::io "database-busy".
  Result<Transaction> begin();

  /// Read what is committed. Any thread, also beside a writer.
  Result<SqlRows> query(std::string_view sql, SqlParameters parameters = {}) const;

 private:
  friend class Transaction;
  struct State;
  explicit Database(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace rbee::platform
