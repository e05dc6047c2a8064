#include "community/attempts.hpp"

#include "base/digest.hpp"

namespace rbee::community {

namespace {

constexpr std::chrono::seconds kMemory{std::chrono::minutes(15)};
constexpr std::int64_t kMax = 5;

constexpr platform::Migration kAttemptsMigrations[] = {
    {1, R"sql(
CREATE TABLE attempts (
  id INTEGER PRIMARY KEY,
  key TEXT NOT NULL,  -- SHA-256
  at INTEGER NOT NULL
) STRICT;
CREATE INDEX attempts_key ON attempts (key, at);
CREATE INDEX attempts_at ON attempts (at);
)sql"},
};

std::int64_t forgotten_before(const Clock& clock) {
  return (clock.now() - kMemory).time_since_epoch().count();
}

}  // namespace

Result<void> prepare_attempts(platform::Database& database) {
  return database.migrate("attempts", kAttemptsMigrations);
}

Result<bool> is_throttled(const platform::Database& database, const Clock& clock,
                          std::string_view key) {
  TRY_ASSIGN(const auto rows,
             database.query("SELECT count(*) FROM attempts WHERE key = ? AND at >= ?",
                            {Sha256::of(key).hex(), forgotten_before(clock)}));
  return rows[0][0].integer() >= kMax;
}

Result<void> note_attempts(platform::Database& database, const Clock& clock,
                           std::initializer_list<std::string_view> keys) {
  TRY_ASSIGN(auto transaction, database.begin());
  TRY(transaction.execute("DELETE FROM attempts WHERE at < ?", {forgotten_before(clock)}));
  for (const std::string_view key : keys)
    TRY(transaction.insert("INSERT INTO attempts (key, at) VALUES (?, ?)",
                           {Sha256::of(key).hex(), clock.now().time_since_epoch().count()}));
  return transaction.commit();
}

}  // namespace rbee::community
