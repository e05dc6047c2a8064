#include "community/social_schema.hpp"

namespace rbee::community {

namespace {

constexpr platform::Migration kSocialMigrations[] = {
    {1, R"sql(
-- No row: what notifications.cpp says of the kind.
CREATE TABLE notice_preferences (
  account INTEGER NOT NULL REFERENCES accounts (id),
  kind TEXT NOT NULL,
  in_api INTEGER NOT NULL CHECK (in_api IN (0, 1)),
  by_mail INTEGER NOT NULL CHECK (by_mail IN (0, 1)),
  PRIMARY KEY (account, kind)
) STRICT;

CREATE TABLE comments (
  id INTEGER PRIMARY KEY,
  worker TEXT NOT NULL,
  account INTEGER NOT NULL REFERENCES accounts (id),
  reply_to INTEGER REFERENCES comments (id),  -- Always one that is no reply itself.
  text TEXT NOT NULL,
  created INTEGER NOT NULL,
  updated INTEGER NOT NULL,
  edits INTEGER NOT NULL,
  pinned INTEGER,
  hidden INTEGER,
  hidden_reason TEXT NOT NULL,
  deleted INTEGER
) STRICT;
CREATE INDEX comments_worker ON comments (worker, id);
CREATE INDEX comments_reply_to ON comments (reply_to);

CREATE TABLE comment_versions (
  id INTEGER PRIMARY KEY,
  comment INTEGER NOT NULL REFERENCES comments (id),
  text TEXT NOT NULL,
  until INTEGER NOT NULL
) STRICT;
CREATE INDEX comment_versions_comment ON comment_versions (comment);

CREATE TABLE comment_reports (
  id INTEGER PRIMARY KEY,
  comment INTEGER NOT NULL REFERENCES comments (id),
  account INTEGER NOT NULL REFERENCES accounts (id),
  reason TEXT NOT NULL,
  created INTEGER NOT NULL,
  decided INTEGER,
  decision TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX comment_reports_once ON comment_reports (comment, account) WHERE decided IS NULL;

CREATE TABLE follows (
  account INTEGER NOT NULL REFERENCES accounts (id),
  kind TEXT NOT NULL CHECK (kind IN ('worker', 'tag', 'owner')),
  name TEXT NOT NULL,
  comments INTEGER NOT NULL CHECK (comments IN (0, 1)),  -- Of a worker: tell of those too.
  created INTEGER NOT NULL,
  PRIMARY KEY (account, kind, name)
) STRICT;
CREATE INDEX follows_name ON follows (kind, name);

-- How far followers were told: 'commit' of the catalog, 'audit' the last entry's id.
CREATE TABLE announced (
  what TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT;

-- The release of each worker that followers know. A worker that is gone keeps its row.
CREATE TABLE announced_workers (
  worker TEXT PRIMARY KEY,
  version TEXT NOT NULL
) STRICT;
)sql"},
};

}  // namespace

Result<void> prepare_social(platform::Database& database) {
  return database.migrate("social", kSocialMigrations);
}

}  // namespace rbee::community
