#include "platform/database.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sqlite3.h>
#include <unistd.h>

#include <mutex>
#include <unordered_map>

#include "base/text.hpp"

namespace rbee::platform {

namespace fs = std::filesystem;

namespace {

constexpr int kBusyMs = 10'000;
constexpr std::size_t kIdleReadersMax = 16;

struct CloseConnection {
  void operator()(sqlite3* connection) const { sqlite3_close_v2(connection); }
};
struct FinalizeStatement {
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};
using StatementHandle = std::unique_ptr<sqlite3_stmt, FinalizeStatement>;

/// A connection with the statements that it prepared before. One thread at a time.
struct Connection {
  // Statements first in destruction order: they belong to the connection.
  std::unique_ptr<sqlite3, CloseConnection> handle;
  std::unordered_map<std::string, StatementHandle> statements;
};

tl::unexpected<Error> failure(sqlite3* connection, int code, std::string_view what) {
  const std::string reason =
      connection != nullptr ? sqlite3_errmsg(connection) : sqlite3_errstr(code);
  switch (code & 0xff) {
    case SQLITE_CONSTRAINT:
      return fail(Errc::exists, "database-constraint",
                  fmt::format("{}: a rule of the database refuses it", what),
                  {.evidence = {reason}});
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return fail(Errc::io, "database-busy", fmt::format("{}: another process holds it", what),
                  {.evidence = {reason}, .fix = "end the other process, or try again"});
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return fail(Errc::io, "database-corrupt", fmt::format("{}: the file is damaged", what),
                  {.evidence = {reason},
                   .fix = "look at it with: sqlite3 FILE 'pragma integrity_check', or restore a "
                          "backup"});
    default:
      return fail(Errc::io, "database-failed", std::string(what), {.evidence = {reason}});
  }
}

Result<Connection> connect(const fs::path& path, bool is_reader) {
  sqlite3* raw = nullptr;
  const int flags = (is_reader ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE) |
                    SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
  const int code = sqlite3_open_v2(path.c_str(), &raw, flags, nullptr);
  Connection connection;
  connection.handle.reset(raw);
  if (code != SQLITE_OK)
    return failure(raw, code, fmt::format("the database {} cannot be opened", path.string()));
  sqlite3_busy_timeout(raw, kBusyMs);
  sqlite3_db_config(raw, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(raw, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  // Double quotes are for names only: a typing error must not become a string.
  sqlite3_db_config(raw, SQLITE_DBCONFIG_DQS_DML, 0, nullptr);
  sqlite3_db_config(raw, SQLITE_DBCONFIG_DQS_DDL, 0, nullptr);
  const char* pragmas = is_reader ? "pragma foreign_keys = on"
                                  : "pragma journal_mode = wal; pragma synchronous = full; "
                                    "pragma foreign_keys = on";
  if (const int done = sqlite3_exec(raw, pragmas, nullptr, nullptr, nullptr); done != SQLITE_OK)
    return failure(raw, done, fmt::format("the database {} cannot be opened", path.string()));
  return connection;
}

}  // namespace

std::int64_t SqlValue::integer() const {
  const auto* value = std::get_if<std::int64_t>(&value_);
  return value != nullptr ? *value : 0;
}

std::string SqlValue::text() const {
  if (const auto* text = std::get_if<std::string>(&value_)) return *text;
  if (const auto* value = std::get_if<std::int64_t>(&value_)) return std::to_string(*value);
  return {};
}

/// One run of one prepared statement.
class SqlStatement {
 public:
  static Result<SqlRows> run(Connection& connection, std::string_view sql,
                             SqlParameters parameters) {
    sqlite3* handle = connection.handle.get();
    auto& slot = connection.statements[std::string(sql)];
    if (slot == nullptr) {
      sqlite3_stmt* raw = nullptr;
      const int code = sqlite3_prepare_v3(handle, sql.data(), static_cast<int>(sql.size()),
                                          SQLITE_PREPARE_PERSISTENT, &raw, nullptr);
      if (code != SQLITE_OK) return failure(handle, code, "a statement cannot be prepared");
      slot.reset(raw);
    }
    sqlite3_stmt* statement = slot.get();
    const Reset reset{statement};
    int index = 0;
    for (const SqlValue& value : parameters)
      if (const int code = bind(statement, ++index, value); code != SQLITE_OK)
        return failure(handle, code, "a parameter cannot be given to a statement");
    SqlRows rows;
    for (;;) {
      const int code = sqlite3_step(statement);
      if (code == SQLITE_DONE) return rows;
      if (code != SQLITE_ROW) return failure(handle, code, "the database refuses a statement");
      SqlRow row;
      const int columns = sqlite3_column_count(statement);
      for (int i = 0; i < columns; ++i) row.push_back(column(statement, i));
      rows.push_back(std::move(row));
    }
  }

 private:
  struct Reset {
    sqlite3_stmt* statement;
    ~Reset() {
      sqlite3_reset(statement);
      sqlite3_clear_bindings(statement);
    }
  };

  static int bind(sqlite3_stmt* statement, int index, const SqlValue& value) {
    if (const auto* text = std::get_if<std::string>(&value.value_))
      return sqlite3_bind_text64(statement, index, text->data(), text->size(), SQLITE_TRANSIENT,
                                 SQLITE_UTF8);
    if (const auto* integer = std::get_if<std::int64_t>(&value.value_))
      return sqlite3_bind_int64(statement, index, *integer);
    return sqlite3_bind_null(statement, index);
  }

  static SqlValue column(sqlite3_stmt* statement, int i) {
    switch (sqlite3_column_type(statement, i)) {
      case SQLITE_NULL:
        return {};
      case SQLITE_INTEGER:
        return SqlValue(std::int64_t{sqlite3_column_int64(statement, i)});
      default: {
        const auto* bytes = reinterpret_cast<const char*>(sqlite3_column_text(statement, i));
        return SqlValue(std::string(bytes == nullptr ? "" : bytes,
                                    static_cast<std::size_t>(sqlite3_column_bytes(statement, i))));
      }
    }
  }
};

struct Database::State {
  fs::path path;
  std::mutex writing;  ///< Held from `begin` to the end of the transaction.
  Connection writer;
  std::mutex pool;
  std::vector<Connection> idle;  ///< Guarded by `pool`.
};

Database::Database(std::unique_ptr<State> state) : state_(std::move(state)) {}
Database::~Database() = default;

Result<std::unique_ptr<Database>> Database::open(const fs::path& path) {
  // Made by us first: SQLite would give it the umask's mode, and it holds what nobody else may
  // read.
  const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (descriptor < 0)
    return fail(Errc::io, "database-unopenable",
                fmt::format("the database {} cannot be opened", path.string()),
                {.evidence = {std::error_code(errno, std::generic_category()).message()}});
  ::close(descriptor);
  auto state = std::make_unique<State>();
  state->path = path;
  TRY_ASSIGN(state->writer, connect(path, false));
  return std::unique_ptr<Database>(new Database(std::move(state)));
}

Result<void> Database::migrate(std::string_view component, std::span<const Migration> migrations) {
  TRY_ASSIGN(Transaction transaction, begin());
  TRY(
      transaction.execute("CREATE TABLE IF NOT EXISTS schema_versions ("
                          "component TEXT PRIMARY KEY, number INTEGER NOT NULL) STRICT"));
  TRY_ASSIGN(
      const SqlRows rows,
      transaction.query("SELECT number FROM schema_versions WHERE component = ?", {component}));
  const std::int64_t current = rows.empty() ? 0 : rows[0][0].integer();
  const std::int64_t newest = migrations.empty() ? 0 : migrations.back().number;
  if (current > newest)
    return fail(Errc::unsupported, "database-too-new",
                fmt::format("{} was written by a newer rbee-market", state_->path.string()),
                {.evidence = {fmt::format("'{}' is at {}, this program knows {}", component,
                                          current, newest)},
                 .fix = "run the newer program, or restore the backup from before the upgrade"});
  for (const Migration& migration : migrations) {
    if (migration.number <= current) continue;
    sqlite3* handle = state_->writer.handle.get();
    const std::string sql(migration.sql);
    if (const int code = sqlite3_exec(handle, sql.c_str(), nullptr, nullptr, nullptr);
        code != SQLITE_OK)
      return failure(
          handle, code,
          fmt::format("the schema of '{}' cannot be brought to {}", component, migration.number));
  }
  TRY(
      transaction.execute("INSERT INTO schema_versions VALUES (?, ?) ON CONFLICT (component) DO "
                          "UPDATE SET number = excluded.number",
                          {component, newest}));
  return transaction.commit();
}

Result<Transaction> Database::begin() {
  state_->writing.lock();
  auto began = SqlStatement::run(state_->writer, "BEGIN IMMEDIATE", {});
  if (!began) {
    state_->writing.unlock();
    return tl::unexpected(std::move(began).error());
  }
  return Transaction(*this);
}

Result<SqlRows> Database::query(std::string_view sql, SqlParameters parameters) const {
  std::optional<Connection> connection;
  {
    const std::lock_guard lock(state_->pool);
    if (!state_->idle.empty()) {
      connection = std::move(state_->idle.back());
      state_->idle.pop_back();
    }
  }
  if (!connection) {
    TRY_ASSIGN(connection, connect(state_->path, true));
  }
  auto rows = SqlStatement::run(*connection, sql, parameters);
  const std::lock_guard lock(state_->pool);
  if (state_->idle.size() < kIdleReadersMax) state_->idle.push_back(std::move(*connection));
  return rows;
}

Transaction::Transaction(Transaction&& other) noexcept
    : database_(std::exchange(other.database_, nullptr)) {}

Transaction::~Transaction() {
  if (database_ == nullptr) return;
  // SQLite may have rolled back by itself after a full disk; then this is refused, and that is
  // fine.
  auto ignored = SqlStatement::run(database_->state_->writer, "ROLLBACK", {});
  database_->state_->writing.unlock();
}

Result<SqlRows> Transaction::query(std::string_view sql, SqlParameters parameters) {
  return SqlStatement::run(database_->state_->writer, sql, parameters);
}

Result<std::int64_t> Transaction::execute(std::string_view sql, SqlParameters parameters) {
  TRY(SqlStatement::run(database_->state_->writer, sql, parameters));
  return std::int64_t{sqlite3_changes64(database_->state_->writer.handle.get())};
}

Result<std::int64_t> Transaction::insert(std::string_view sql, SqlParameters parameters) {
  TRY(SqlStatement::run(database_->state_->writer, sql, parameters));
  return std::int64_t{sqlite3_last_insert_rowid(database_->state_->writer.handle.get())};
}

Result<void> Transaction::commit() {
  TRY(SqlStatement::run(database_->state_->writer, "COMMIT", {}));
  std::exchange(database_, nullptr)->state_->writing.unlock();
  return {};
}

}  // namespace rbee::platform
