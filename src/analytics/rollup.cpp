#include "analytics/rollup.hpp"

#include <array>
#include <map>
#include <string>
#include <tuple>

#include "analytics/event.hpp"

namespace rbee::analytics {

namespace {

using platform::SqlRow;
using platform::Transaction;

/// grain, start, worker, release, platform.
using Key = std::tuple<std::string_view, std::int64_t, std::string, std::string, std::string>;

struct Counts {
  std::int64_t installs = 0, upgrades = 0, removes = 0, served = 0, ci = 0;
};

void count(Counts& counts, EventKind kind, bool ci) {
  const bool arrives = kind == EventKind::install || kind == EventKind::upgrade;
  if (ci) {
    // What a test removes, or downloads once more, says nothing.
    if (arrives) ++counts.ci;
    return;
  }
  switch (kind) {
    case EventKind::install:
      ++counts.installs;
      break;
    case EventKind::upgrade:
      ++counts.upgrades;
      break;
    case EventKind::remove:
      ++counts.removes;
      break;
    case EventKind::download:
      ++counts.served;
      break;
  }
}

/// The number of this roll-up. Taking it locks the row, so that roll-ups come one after the other
/// also on a database that lets several write.
Result<std::int64_t> next_batch(Transaction& transaction) {
  TRY(transaction.execute("UPDATE analytics_state SET value = value + 1 WHERE name = 'batch'"));
  TRY_ASSIGN(const auto rows,
             transaction.query("SELECT value FROM analytics_state WHERE name = 'batch'"));
  if (rows.empty())
    return fail(Errc::io, "database-failed", "the statistics have lost their state");
  return rows[0][0].integer();
}

Result<void> add(Transaction& transaction, const Key& key, const Counts& counts,
                 std::int64_t batch) {
  const auto& [grain, start, worker, release, platform] = key;
  TRY(transaction.execute(
      "INSERT INTO analytics_counts (grain, start, worker, release, platform, installs, upgrades, "
      "removes, served, ci, batch) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "
      "ON CONFLICT (worker, grain, start, release, platform) DO UPDATE SET "
      "installs = analytics_counts.installs + excluded.installs, "
      "upgrades = analytics_counts.upgrades + excluded.upgrades, "
      "removes = analytics_counts.removes + excluded.removes, "
      "served = analytics_counts.served + excluded.served, "
      "ci = analytics_counts.ci + excluded.ci, batch = excluded.batch",
      {grain, start, worker, release, platform, counts.installs, counts.upgrades, counts.removes,
       counts.served, counts.ci, batch}));
  return {};
}

Result<std::int64_t> delete_some(platform::Database& database, std::string_view sql,
                                 std::int64_t before, std::int64_t rows_max) {
  std::int64_t total = 0;
  for (;;) {
    TRY_ASSIGN(auto transaction, database.begin());
    TRY_ASSIGN(const std::int64_t count, transaction.execute(sql, {before, rows_max}));
    TRY(transaction.commit());
    total += count;
    if (count < rows_max) return total;
  }
}

}  // namespace

Result<std::int64_t> roll_up(platform::Database& database, std::int64_t events_max) {
  // Mostly there is nothing, and nobody has to wait for that.
  TRY_ASSIGN(const auto any,
             database.query("SELECT id FROM analytics_events WHERE batch = 0 LIMIT 1"));
  if (any.empty()) return 0;
  TRY_ASSIGN(auto transaction, database.begin());
  TRY_ASSIGN(const std::int64_t batch, next_batch(transaction));
  TRY(
      transaction.execute("UPDATE analytics_events SET batch = ? WHERE id IN (SELECT id FROM "
                          "analytics_events WHERE batch = 0 ORDER BY id LIMIT ?)",
                          {batch, events_max}));
  TRY_ASSIGN(const auto rows,
             transaction.query("SELECT kind, worker, release, platform, ci, hour FROM "
                               "analytics_events WHERE batch = ? ORDER BY id",
                               {batch}));
  std::map<Key, Counts> sums;
  for (const SqlRow& row : rows) {
    const auto kind = parse_event_kind(row[0].text());
    if (!kind) continue;
    const std::string worker = row[1].text(), release = row[2].text(), platform = row[3].text();
    const bool ci = row[4].integer() != 0;
    const Time hour{std::chrono::seconds(row[5].integer())};
    const std::array<std::pair<std::string_view, std::int64_t>, 4> grains = {
        {{"hour", hour_of(hour)}, {"day", day_of(hour)}, {"week", week_of(hour)}, {"all", 0}}};
    for (const auto& [grain, start] : grains) {
      count(sums[{grain, start, worker, release, platform}], *kind, ci);
      count(sums[{grain, start, "", "", platform}], *kind, ci);
    }
  }
  for (const auto& [key, counts] : sums) TRY(add(transaction, key, counts, batch));
  TRY(transaction.commit());
  return static_cast<std::int64_t>(rows.size());
}

Result<std::int64_t> expire(platform::Database& database, Time now, const Retention& retention,
                            std::int64_t rows_max) {
  const auto before = [now](std::chrono::days age) {
    return day_of(now - age);  // A day goes as a whole.
  };
  TRY_ASSIGN(std::int64_t total,
             delete_some(database,
                         "DELETE FROM analytics_events WHERE id IN (SELECT id FROM "
                         "analytics_events WHERE hour < ? AND batch > 0 ORDER BY id LIMIT ?)",
                         before(retention.events), rows_max));
  TRY_ASSIGN(const std::int64_t hours,
             delete_some(database,
                         "DELETE FROM analytics_counts WHERE id IN (SELECT id FROM "
                         "analytics_counts WHERE grain = 'hour' AND start < ? ORDER BY id LIMIT ?)",
                         before(retention.hours), rows_max));
  TRY_ASSIGN(const std::int64_t days,
             delete_some(database,
                         "DELETE FROM analytics_counts WHERE id IN (SELECT id FROM "
                         "analytics_counts WHERE grain = 'day' AND start < ? ORDER BY id LIMIT ?)",
                         before(retention.days), rows_max));
  return total + hours + days;
}

}  // namespace rbee::analytics
