// The embedded default: one SQLite file.
//
// One connection writes, under a mutex; a pool of read-only ones reads beside it (WAL). Other
// processes may use the file too. Source: sqlite.org/wal.html, pragma.html, c3ref.
#include <fcntl.h>
#include <fmt/format.h>
#include <sqlite3.h>
#include <unistd.h>

#include <mutex>
#include <set>
#include <unordered_map>
#include <utility>

#include "platform/database_copy.hpp"
#include "platform/database_engine.hpp"

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

/// One run of one prepared statement.
class SqlStatement {
 public:
  static Result<SqlRows> run(Connection& connection, std::string_view sql, SqlSpan parameters) {
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
    if (const std::string* text = value.as_text())
      return sqlite3_bind_text64(statement, index, text->data(), text->size(), SQLITE_TRANSIENT,
                                 SQLITE_UTF8);
    if (const std::int64_t* integer = value.as_integer())
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

class SqliteEngine final : public DatabaseEngine {
 public:
  SqliteEngine(fs::path path, Connection writer)
      : path_(std::move(path)), writer_(std::move(writer)) {}

  std::string name() const override { return path_.string(); }
  bool is_shared() const override { return false; }

  Result<void> begin() override {
    writing_.lock();
    auto began = SqlStatement::run(writer_, "BEGIN IMMEDIATE", {});
    if (began) return {};
    writing_.unlock();
    return tl::unexpected(std::move(began).error());
  }

  Result<SqlOutcome> run(std::string_view sql, SqlSpan parameters, Wants) override {
    SqlOutcome outcome;
    const std::int64_t before = sqlite3_total_changes64(writer_.handle.get());
    TRY_ASSIGN(outcome.rows, SqlStatement::run(writer_, sql, parameters));
    sqlite3* handle = writer_.handle.get();
    // After a statement that changed nothing, both speak of the one before.
    if (sqlite3_total_changes64(handle) == before) return outcome;
    outcome.changed = sqlite3_changes64(handle);
    outcome.id = sqlite3_last_insert_rowid(handle);
    return outcome;
  }

  /// Before the first change of a schema that is in use, the file is kept as it was.
  Result<void> run_schema(const Migration& migration) override {
    if (migration.number > 0 && !std::exchange(was_looked_at_, true)) {
      TRY_ASSIGN(const SqlRows used,
                 SqlStatement::run(writer_, "SELECT 1 FROM schema_versions LIMIT 1", {}));
      if (!used.empty()) TRY(keep_a_copy());
    }
    sqlite3* handle = writer_.handle.get();
    const std::string sql(migration.sql);
    if (const int code = sqlite3_exec(handle, sql.c_str(), nullptr, nullptr, nullptr);
        code != SQLITE_OK)
      return failure(handle, code, "the schema cannot be changed");
    return {};
  }

  Result<void> commit() override {
    TRY(SqlStatement::run(writer_, "COMMIT", {}));
    writing_.unlock();
    return {};
  }

  void rollback() override {
    // SQLite may have rolled back by itself after a full disk; then this is refused, and that is
    // fine.
    auto ignored = SqlStatement::run(writer_, "ROLLBACK", {});
    writing_.unlock();
  }

  Result<SqlRows> read(std::string_view sql, SqlSpan parameters) override {
    std::optional<Connection> connection;
    {
      const std::lock_guard lock(pool_);
      if (!idle_.empty()) {
        connection = std::move(idle_.back());
        idle_.pop_back();
      }
    }
    if (!connection) {
      TRY_ASSIGN(connection, connect(path_, true));
    }
    auto rows = SqlStatement::run(*connection, sql, parameters);
    const std::lock_guard lock(pool_);
    if (idle_.size() < kIdleReadersMax) idle_.push_back(std::move(*connection));
    return rows;
  }

  Result<std::shared_ptr<void>> try_lock(std::string_view name) override {
    const auto locks = locks_;
    const std::lock_guard lock(locks->mutex);
    if (!locks->held.emplace(name).second) return std::shared_ptr<void>();
    return std::shared_ptr<void>(locks.get(), [locks, key = std::string(name)](void*) {
      const std::lock_guard again(locks->mutex);
      locks->held.erase(key);
    });
  }

 private:
  /// "market.db.before-upgrade": what was committed, in place of an older such copy.
  Result<void> keep_a_copy() const {
    const fs::path made = path_.string() + ".before-upgrade.new";
    const fs::path kept = path_.string() + ".before-upgrade";
    std::error_code error;
    fs::remove(made, error);
    auto copied = copy_database(path_, made);
    if (copied) fs::rename(made, kept, error);
    if (copied && !error) return {};
    std::error_code ignored;
    fs::remove(made, ignored);
    return fail(Errc::io, "database-copy-failed",
                fmt::format("{} cannot be copied before its schema changes", path_.string()),
                {.evidence = {copied ? error.message() : copied.error().message},
                 .why = "an upgrade that goes wrong is undone with that copy",
                 .fix = "make room beside it, and start again"});
  }

  struct Locks {
    std::mutex mutex;
    std::set<std::string> held;
  };
  const fs::path path_;
  bool was_looked_at_ = false;  ///< Whether the schema is in use was asked.
  std::mutex writing_;          ///< Held from `begin` to the end of the transaction.
  Connection writer_;
  std::mutex pool_;
  std::vector<Connection> idle_;  ///< Guarded by `pool_`.
  std::shared_ptr<Locks> locks_ = std::make_shared<Locks>();
};

}  // namespace

Result<std::unique_ptr<DatabaseEngine>> open_sqlite(const fs::path& path) {
  // Made by us first: SQLite would give it the umask's mode, and it holds what nobody else may
  // read.
  const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (descriptor < 0)
    return fail(Errc::io, "database-unopenable",
                fmt::format("the database {} cannot be opened", path.string()),
                {.evidence = {std::error_code(errno, std::generic_category()).message()}});
  ::close(descriptor);
  TRY_ASSIGN(Connection writer, connect(path, false));
  return std::unique_ptr<DatabaseEngine>(new SqliteEngine(path, std::move(writer)));
}

}  // namespace rbee::platform
