// PostgreSQL behind the interface of one writer and many readers.
//
// The right to write is an advisory lock of the transaction, the same for all processes: our code
// reads, decides and writes as it does with SQLite, and nobody does so beside it (docs/adr/008).
// The transaction reads what is committed at each statement, so the lock comes first and everything
// that its last holder wrote is seen. One connection writes, under a mutex; a pool reads. Source:
// PostgreSQL 15 manual, 13.3.5 (advisory locks), 13.2.1 (read committed).
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "platform/database_engine.hpp"
#include "platform/postgres_connection.hpp"
#include "platform/random.hpp"
#include "platform/sql_dialect.hpp"

namespace rbee::platform {

namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;
using Use = PostgresConnection::Use;
using Statement = PostgresConnection::Statement;

constexpr milliseconds kPatience{10'000};
constexpr std::size_t kReadersMax = 16, kLockConnectionsMax = 4;
/// A server that is started again is back within these; then each request is told at once, so that
/// none waits for a server that is gone.
constexpr milliseconds kReconnectPauses[] = {milliseconds(0),   milliseconds(50),
                                             milliseconds(100), milliseconds(200),
                                             milliseconds(400), milliseconds(800)};
constexpr milliseconds kGoneFor{1'000};
constexpr std::string_view kTakeWriting = "SELECT pg_advisory_xact_lock(hashtextextended(?, 0))";

bool is_lost(const Error& error) {
  return error.id == "database-unreachable";
}

bool begins_with_select(std::string_view sql) {
  const std::size_t at = sql.find_first_not_of(" \n\t");
  return at != std::string_view::npos && sql.substr(at).starts_with("SELECT");
}

tl::unexpected<Error> busy() {
  return fail(Errc::io, "database-busy", "the database is busy: another process holds it",
              {.evidence = {fmt::format("waited for {} s", kPatience.count() / 1000)},
               .fix = "end the other process, or try again"});
}

tl::unexpected<Error> gone() {
  return fail(Errc::unreachable, "database-unreachable", "the database went away",
              {.fix = "try again"});
}

class PostgresEngine final : public DatabaseEngine {
 public:
  explicit PostgresEngine(PostgresAddress address) : address_(std::move(address)) {}

  std::string name() const override { return address_.display(); }
  bool is_shared() const override { return true; }

  /// Once: that the server is there and lets us in.
  Result<void> start() {
    TRY_ASSIGN(auto connection, PostgresConnection::open(address_, Use::writes));
    // Locks are the database's; several marketplaces in one have a schema each.
    TRY_ASSIGN(const SqlOutcome schema,
               connection.run_one("SELECT current_schema(), current_schema() IS NULL"));
    if (schema.rows[0][1].integer() != 0)
      return fail(Errc::io, "database-unopenable",
                  fmt::format("the database {} cannot be used", name()),
                  {.evidence = {"no schema of its search_path exists"},
                   .fix = "CREATE SCHEMA it, or correct search_path"});
    lock_prefix_ = "rbee-market/" + schema.rows[0][0].text() + "/";
    TRY_ASSIGN(const SqlOutcome writers,
               connection.run_one("SELECT to_regclass('database_writers') IS NULL"));
    if (writers.rows[0][0].integer() != 0) {
      const SqlValue key(lock_prefix_ + "writing");
      TRY(connection.run({{"BEGIN"}, {kTakeWriting, {&key, 1}}}));
      TRY(
          connection.run_script("CREATE TABLE IF NOT EXISTS database_writers (writer TEXT PRIMARY "
                                "KEY, transaction BIGINT "
                                "NOT NULL, begun TIMESTAMPTZ NOT NULL DEFAULT now()); COMMIT"));
    }
    writer_ = std::move(connection);
    return {};
  }

  Result<void> begin() override {
    if (!writing_.try_lock_for(kPatience)) return busy();
    auto began = retried([&] { return try_begin(); });
    if (!began) writing_.unlock();
    return began;
  }

  Result<SqlOutcome> run(std::string_view sql, SqlSpan parameters, Wants wants) override {
    if (!writer_) return gone();
    if (begins_with_select(sql)) return writer_->run_one(sql, parameters);
    std::string with_id;
    if (wants == Wants::id) {
      with_id = fmt::format("{} RETURNING id", sql);
      sql = with_id;
    }
    // One statement that is refused must not undo those before it.
    auto outcomes =
        writer_->run({{"SAVEPOINT statement"}, {sql, parameters}, {"RELEASE statement"}});
    if (!outcomes) {
      if (!is_lost(outcomes.error())) TRY(writer_->run_one("ROLLBACK TO statement"));
      return tl::unexpected(std::move(outcomes).error());
    }
    SqlOutcome outcome = std::move((*outcomes)[1]);
    if (wants == Wants::id && !outcome.rows.empty()) outcome.id = outcome.rows[0][0].integer();
    return outcome;
  }

  Result<void> run_schema(const Migration& migration) override {
    std::string sql(migration.postgres);
    if (sql.empty()) {
      TRY_ASSIGN(sql, postgres_schema(migration.sql));
    }
    return writer_->run_script(sql);
  }

  Result<void> commit() override {
    if (!writer_) return gone();
    const auto outcome = writer_->run_one("COMMIT");
    if (!outcome && is_lost(outcome.error()))
      TRY(ask_whether_committed());
    else if (!outcome)
      return tl::unexpected(outcome.error());
    else if (outcome->is_rollback)
      return fail(Errc::io, "database-failed", "the database refuses a commit",
                  {.evidence = {"a statement of the transaction had failed"}});
    writing_.unlock();
    return {};
  }

  void rollback() override {
    // Closing a connection rolls back as well.
    if (writer_ && (!writer_->is_alive() || !writer_->run_one("ROLLBACK"))) writer_.reset();
    writing_.unlock();
  }

  Result<SqlRows> read(std::string_view sql, SqlSpan parameters) override {
    return retried([&]() -> Result<SqlRows> {
      TRY_ASSIGN(PostgresConnection connection, borrow());
      auto outcome = connection.run_one(sql, parameters);
      // 0A000: another process changed the schema; a new connection plans anew.
      const bool is_stale = !outcome && outcome.error().evidence.front().ends_with("(0A000)");
      give_back(std::move(connection), !is_stale);
      if (is_stale)
        return fail(Errc::unreachable, "database-unreachable", "the schema was changed meanwhile",
                    {.evidence = outcome.error().evidence, .fix = "try again"});
      if (!outcome) return tl::unexpected(std::move(outcome).error());
      return std::move(outcome->rows);
    });
  }

  Result<std::shared_ptr<void>> try_lock(std::string_view name) override {
    const SqlValue key(lock_prefix_ + std::string(name));
    return retried([&]() -> Result<std::shared_ptr<void>> {
      // Locks belong to connections: each has its own while it is held.
      std::optional<PostgresConnection> connection = idle_lock_connection();
      if (!connection) {
        TRY_ASSIGN(connection, PostgresConnection::open(address_, Use::writes));
      }
      TRY_ASSIGN(
          const SqlOutcome got,
          connection->run_one("SELECT pg_try_advisory_lock(hashtextextended(?, 1))", {&key, 1}));
      auto held = std::make_shared<PostgresConnection>(std::move(*connection));
      if (got.rows[0][0].integer() == 0) {
        keep_lock_connection(std::move(*held));
        return std::shared_ptr<void>();
      }
      return std::shared_ptr<void>(held.get(), [this, held, key](void*) {
        if (held->run_one("SELECT pg_advisory_unlock(hashtextextended(?, 1))", {&key, 1}))
          keep_lock_connection(std::move(*held));
      });
    });
  }

 private:
  /// Where the database is, is nothing for who asks over HTTP.
  template <typename Outcome>
  static Outcome in_public(Outcome outcome) {
    if (outcome || (!is_lost(outcome.error()) && outcome.error().id != "database-unopenable"))
      return outcome;
    Error error = std::move(outcome).error();
    error.message = "the database cannot be reached";
    error.fix = "try again";
    return tl::unexpected(std::move(error));
  }

  /// `attempt` again while the server is away, and with pauses; not for long.
  template <typename Attempt>
  auto retried(Attempt attempt) -> decltype(attempt()) {
    for (const milliseconds pause : kReconnectPauses) {
      if (pause.count() > 0) {
        if (steady_clock::now() - gone_since_.load() < kGoneFor) break;
        std::this_thread::sleep_for(pause);
      }
      auto outcome = attempt();
      if (outcome || !is_lost(outcome.error())) return in_public(std::move(outcome));
      forget_idle();  // They are of the server that went away.
    }
    auto outcome = attempt();
    if (!outcome && is_lost(outcome.error())) gone_since_ = steady_clock::now();
    return in_public(std::move(outcome));
  }

  Result<void> try_begin() {
    if (writer_ && !writer_->is_alive()) writer_.reset();
    if (!writer_) {
      TRY_ASSIGN(writer_, PostgresConnection::open(address_, Use::writes));
    }
    const SqlValue key(lock_prefix_ + "writing");
    const SqlValue mark[] = {id_, ++transaction_};
    auto began =
        writer_->run({{"BEGIN"},
                      {kTakeWriting, {&key, 1}},
                      {"INSERT INTO database_writers (writer, transaction) VALUES (?, ?) ON "
                       "CONFLICT (writer) DO "
                       "UPDATE SET transaction = excluded.transaction, begun = excluded.begun",
                       mark}});
    if (!began) {
      if (is_lost(began.error()) || !writer_->run_one("ROLLBACK")) writer_.reset();
      return tl::unexpected(std::move(began).error());
    }
    return {};
  }

  /// The server went away between our COMMIT and its answer. Our mark is there if that commit is:
  /// pg_xact_status could not tell, for a server that crashed gives the same numbers again.
  Result<void> ask_whether_committed() {
    const SqlValue id(id_), key(lock_prefix_ + "writing");
    writer_.reset();
    Result<SqlOutcome> seen = gone();
    for (const auto give_up = steady_clock::now() + kPatience; steady_clock::now() < give_up;
         std::this_thread::sleep_for(milliseconds(100))) {
      auto connection = PostgresConnection::open(address_, Use::writes);
      if (!connection) {
        seen = tl::unexpected(connection.error());
        continue;
      }
      // With the right to write, whatever became of that transaction is over.
      auto outcomes =
          connection->run({{"BEGIN"},
                           {kTakeWriting, {&key, 1}},
                           {"SELECT transaction FROM database_writers WHERE writer = ?", {&id, 1}},
                           {"ROLLBACK"}});
      if (!outcomes) {
        seen = tl::unexpected(outcomes.error());
        continue;
      }
      seen = std::move((*outcomes)[2]);
      writer_ = std::move(*connection);
      break;
    }
    if (!seen)
      return fail(Errc::unreachable, "commit-unknown",
                  "the database went away in the middle of a commit: it is not known whether the "
                  "change was made",
                  {.evidence = seen.error().evidence,
                   .fix = "look whether it was made before trying again"});
    if (!seen->rows.empty() && seen->rows[0][0].integer() == transaction_) return {};
    return fail(Errc::unreachable, "database-unreachable",
                "the database went away, and nothing was changed", {.fix = "try again"});
  }

  Result<PostgresConnection> borrow() {
    std::unique_lock lock(pool_);
    if (!returned_.wait_for(lock, kPatience, [&] { return readers_ < kReadersMax; })) return busy();
    ++readers_;
    if (!idle_.empty()) {
      PostgresConnection connection = std::move(idle_.back());
      idle_.pop_back();
      return connection;
    }
    lock.unlock();
    auto made = PostgresConnection::open(address_, Use::reads);
    if (made) return made;
    lock.lock();
    --readers_;
    lock.unlock();
    returned_.notify_one();
    return made;
  }

  void give_back(PostgresConnection connection, bool is_good) {
    std::optional<PostgresConnection> closed;
    {
      const std::lock_guard lock(pool_);
      --readers_;
      if (is_good && connection.is_alive())
        idle_.push_back(std::move(connection));
      else
        closed = std::move(connection);
    }
    returned_.notify_one();
  }

  void forget_idle() {
    std::vector<PostgresConnection> readers, locks;
    const std::lock_guard lock(pool_);
    readers.swap(idle_);
    locks.swap(idle_locks_);
  }

  std::optional<PostgresConnection> idle_lock_connection() {
    const std::lock_guard lock(pool_);
    if (idle_locks_.empty()) return std::nullopt;
    std::optional<PostgresConnection> connection = std::move(idle_locks_.back());
    idle_locks_.pop_back();
    return connection;
  }

  void keep_lock_connection(PostgresConnection connection) {
    const std::lock_guard lock(pool_);
    if (idle_locks_.size() < kLockConnectionsMax) idle_locks_.push_back(std::move(connection));
  }

  const PostgresAddress address_;
  std::string lock_prefix_;
  std::timed_mutex writing_;                  ///< Held from `begin` to the end of the transaction.
  std::optional<PostgresConnection> writer_;  ///< Of who holds `writing_`.
  const std::string id_ = random_token(16);   ///< Of this writer, in database_writers.
  std::int64_t transaction_ = 0;              ///< Its present or last one there.
  std::atomic<steady_clock::time_point> gone_since_{
      steady_clock::time_point(-std::chrono::hours(1))};
  std::mutex pool_;
  std::condition_variable returned_;
  std::size_t readers_ = 0;                     ///< In use. Guarded by `pool_`, as are these:
  std::vector<PostgresConnection> idle_;        ///< Readers.
  std::vector<PostgresConnection> idle_locks_;  ///< Without a lock.
};

}  // namespace

Result<std::unique_ptr<DatabaseEngine>> connect_postgres(const std::string& url) {
  TRY_ASSIGN(PostgresAddress address, PostgresAddress::parse(url));
  auto engine = std::make_unique<PostgresEngine>(std::move(address));
  TRY(engine->start());
  return std::unique_ptr<DatabaseEngine>(std::move(engine));
}

}  // namespace rbee::platform
