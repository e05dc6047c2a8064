#include "analytics/schema.hpp"

namespace rbee::analytics {

namespace {

// Times are seconds since 1970, UTC, and no finer than an hour.
constexpr platform::Migration kMigrations[] = {
    {1, R"sql(
CREATE TABLE analytics_events (
  id INTEGER PRIMARY KEY,
  kind TEXT NOT NULL CHECK (kind IN ('install', 'upgrade', 'remove', 'download')),
  worker TEXT NOT NULL,
  release TEXT NOT NULL,
  platform TEXT NOT NULL,
  recipe TEXT NOT NULL,
  hardware TEXT NOT NULL,
  ci INTEGER NOT NULL CHECK (ci IN (0, 1)),
  hour INTEGER NOT NULL,
  day INTEGER NOT NULL,
  visitor TEXT NOT NULL,
  batch INTEGER NOT NULL  -- 0: in no roll-up yet; else the one that counted it
) STRICT;
-- One visitor counts once a day for a release, whatever they send.
CREATE UNIQUE INDEX analytics_events_once ON analytics_events (visitor, worker, release, kind, day);
CREATE INDEX analytics_events_batch ON analytics_events (batch, id);
CREATE INDEX analytics_events_hour ON analytics_events (hour);

CREATE TABLE analytics_counts (
  id INTEGER PRIMARY KEY,
  grain TEXT NOT NULL CHECK (grain IN ('hour', 'day', 'week', 'all')),
  start INTEGER NOT NULL,   -- of the hour, day, week; 0 for 'all'
  worker TEXT NOT NULL,     -- empty: all workers together, by platform
  release TEXT NOT NULL,
  platform TEXT NOT NULL,
  installs INTEGER NOT NULL,
  upgrades INTEGER NOT NULL,
  removes INTEGER NOT NULL,
  served INTEGER NOT NULL,  -- downloads that this server saw
  ci INTEGER NOT NULL,      -- installs and upgrades by machines that test; in none of the others
  batch INTEGER NOT NULL    -- the roll-up that changed it last
) STRICT;
CREATE UNIQUE INDEX analytics_counts_key ON analytics_counts (worker, grain, start, release, platform);
CREATE INDEX analytics_counts_start ON analytics_counts (grain, start);
CREATE INDEX analytics_counts_batch ON analytics_counts (batch) WHERE grain = 'all';

CREATE TABLE analytics_state (
  name TEXT PRIMARY KEY,
  value INTEGER NOT NULL
) STRICT;
INSERT INTO analytics_state VALUES ('batch', 0);

-- An account's own data: what it installed, by receipts that it sent with its token. Nothing here
-- leads to an event.
CREATE TABLE verified_installs (
  id INTEGER PRIMARY KEY,
  account INTEGER NOT NULL,
  worker TEXT NOT NULL,
  release TEXT NOT NULL,
  platform TEXT NOT NULL,
  hardware TEXT NOT NULL,
  day INTEGER NOT NULL  -- the last one
) STRICT;
CREATE UNIQUE INDEX verified_installs_once ON verified_installs (account, worker, release, platform);
)sql"},
};

}  // namespace

Result<void> prepare(platform::Database& database) {
  return database.migrate("analytics", kMigrations);
}

}  // namespace rbee::analytics
