#include "platform/database.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <thread>

#include "platform/database_engine.hpp"

namespace rbee::platform {

std::int64_t SqlValue::integer() const {
  const std::int64_t* value = as_integer();
  return value != nullptr ? *value : 0;
}

std::string SqlValue::text() const {
  if (const std::string* text = as_text()) return *text;
  if (const std::int64_t* value = as_integer()) return std::to_string(*value);
  return {};
}

Database::Database(std::unique_ptr<DatabaseEngine> engine) : engine_(std::move(engine)) {}
Database::~Database() = default;

Result<std::unique_ptr<Database>> Database::open(const std::filesystem::path& path) {
  TRY_ASSIGN(auto engine, open_sqlite(path));
  return std::unique_ptr<Database>(new Database(std::move(engine)));
}

Result<std::unique_ptr<Database>> Database::connect(const std::string& url) {
  TRY_ASSIGN(auto engine, connect_postgres(url));
  return std::unique_ptr<Database>(new Database(std::move(engine)));
}

std::string Database::name() const {
  return engine_->name();
}

bool Database::is_shared() const {
  return engine_->is_shared();
}

Result<void> Database::migrate(std::string_view component, std::span<const Migration> migrations) {
  TRY_ASSIGN(Transaction transaction, begin());
  TRY(engine_->run_schema({0,
                           "CREATE TABLE IF NOT EXISTS schema_versions ("
                           "component TEXT PRIMARY KEY, number INTEGER NOT NULL) STRICT"}));
  TRY_ASSIGN(
      const SqlRows rows,
      transaction.query("SELECT number FROM schema_versions WHERE component = ?", {component}));
  const std::int64_t current = rows.empty() ? 0 : rows[0][0].integer();
  const std::int64_t newest = migrations.empty() ? 0 : migrations.back().number;
  if (current > newest)
    return fail(Errc::unsupported, "database-too-new",
                fmt::format("{} was written by a newer rbee-market", name()),
                {.evidence = {fmt::format("'{}' is at {}, this program knows {}", component,
                                          current, newest)},
                 .fix = "run the newer program, or restore the backup from before the upgrade"});
  for (const Migration& migration : migrations) {
    if (migration.number <= current) continue;
    if (auto changed = engine_->run_schema(migration); !changed) {
      Error error = std::move(changed).error();
      error.message = fmt::format("the schema of '{}' cannot be brought to {}: {}", component,
                                  migration.number, error.message);
      return tl::unexpected(std::move(error));
    }
  }
  TRY(
      transaction.execute("INSERT INTO schema_versions VALUES (?, ?) ON CONFLICT (component) DO "
                          "UPDATE SET number = excluded.number",
                          {component, newest}));
  return transaction.commit();
}

Result<Transaction> Database::begin() {
  TRY(engine_->begin());
  return Transaction(*engine_);
}

Result<SqlRows> Database::query(std::string_view sql, SqlParameters parameters) const {
  return engine_->read(sql, parameters);
}

Result<std::optional<DatabaseLock>> Database::try_lock(std::string_view name) {
  TRY_ASSIGN(auto held, engine_->try_lock(name));
  if (held == nullptr) return std::optional<DatabaseLock>();
  return std::optional<DatabaseLock>(DatabaseLock(std::move(held)));
}

Result<DatabaseLock> Database::lock(std::string_view name, std::chrono::milliseconds patience) {
  using std::chrono::milliseconds;
  const auto give_up = std::chrono::steady_clock::now() + patience;
  for (milliseconds pause{1};; pause = std::min(pause * 2, milliseconds(32))) {
    TRY_ASSIGN(auto lock, try_lock(name));
    if (lock) return std::move(*lock);
    if (std::chrono::steady_clock::now() >= give_up)
      return fail(Errc::io, "database-busy",
                  fmt::format("the lock '{}' is held by another for too long", name),
                  {.evidence = {fmt::format("waited for {} s", patience.count() / 1000)},
                   .fix = "try again"});
    std::this_thread::sleep_for(pause);
  }
}

Transaction::Transaction(Transaction&& other) noexcept
    : engine_(std::exchange(other.engine_, nullptr)) {}

Transaction::~Transaction() {
  if (engine_ != nullptr) engine_->rollback();
}

Result<SqlRows> Transaction::query(std::string_view sql, SqlParameters parameters) {
  TRY_ASSIGN(SqlOutcome outcome, engine_->run(sql, parameters, DatabaseEngine::Wants::rows));
  return std::move(outcome.rows);
}

Result<std::int64_t> Transaction::execute(std::string_view sql, SqlParameters parameters) {
  return execute_row(sql, parameters);
}

Result<std::int64_t> Transaction::execute_row(std::string_view sql,
                                              std::span<const SqlValue> parameters) {
  TRY_ASSIGN(const SqlOutcome outcome, engine_->run(sql, parameters, DatabaseEngine::Wants::count));
  return outcome.changed;
}

Result<std::int64_t> Transaction::insert(std::string_view sql, SqlParameters parameters) {
  TRY_ASSIGN(const SqlOutcome outcome, engine_->run(sql, parameters, DatabaseEngine::Wants::id));
  return outcome.id;
}

Result<void> Transaction::commit() {
  TRY(engine_->commit());
  engine_ = nullptr;
  return {};
}

}  // namespace rbee::platform
