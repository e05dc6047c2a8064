#include "community/schema.hpp"

#include "community/attempts.hpp"
#include "community/opinions_schema.hpp"
#include "community/social_schema.hpp"
#include "community/switches.hpp"

namespace rbee::community {

namespace {

// Times are seconds since 1970, UTC. A row is never deleted: it gets an end.
constexpr platform::Migration kCommunityMigrations[] = {
    {1, R"sql(
CREATE TABLE accounts (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  email TEXT NOT NULL UNIQUE COLLATE NOCASE,
  password TEXT NOT NULL,  -- argon2id; empty: no log-in by password
  role TEXT NOT NULL CHECK (role IN ('user', 'reviewer', 'admin')),
  created INTEGER NOT NULL,
  disabled INTEGER
) STRICT;

CREATE TABLE tokens (
  id INTEGER PRIMARY KEY,
  account INTEGER NOT NULL REFERENCES accounts (id),
  name TEXT NOT NULL,
  hash TEXT NOT NULL UNIQUE,  -- SHA-256 of the secret; the secret itself is nowhere
  scopes TEXT NOT NULL,
  created INTEGER NOT NULL,
  expires INTEGER,
  last_used INTEGER,
  revoked INTEGER
) STRICT;
CREATE INDEX tokens_account ON tokens (account);

CREATE TABLE device_logins (
  device_hash TEXT PRIMARY KEY,
  user_code TEXT NOT NULL UNIQUE,
  scopes TEXT NOT NULL,
  token_name TEXT NOT NULL,
  created INTEGER NOT NULL,
  expires INTEGER NOT NULL,
  interval INTEGER NOT NULL,
  polled INTEGER,
  account INTEGER REFERENCES accounts (id),
  decision TEXT CHECK (decision IN ('approved', 'denied', 'used'))
) STRICT;

CREATE TABLE ownerships (
  id INTEGER PRIMARY KEY,
  worker TEXT NOT NULL,
  account INTEGER NOT NULL REFERENCES accounts (id),
  role TEXT NOT NULL CHECK (role IN ('owner', 'co-maintainer')),
  since INTEGER NOT NULL,
  since_how TEXT NOT NULL,
  until INTEGER,
  until_how TEXT
) STRICT;
CREATE INDEX ownerships_worker ON ownerships (worker);
CREATE INDEX ownerships_account ON ownerships (account);
CREATE UNIQUE INDEX ownerships_one_owner ON ownerships (worker) WHERE until IS NULL AND role = 'owner';
CREATE UNIQUE INDEX ownerships_once ON ownerships (worker, account) WHERE until IS NULL;

CREATE TABLE adoption_requests (
  id INTEGER PRIMARY KEY,
  worker TEXT NOT NULL,
  account INTEGER NOT NULL REFERENCES accounts (id),
  address TEXT NOT NULL,
  reason TEXT NOT NULL,
  created INTEGER NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('open', 'granted', 'refused', 'withdrawn')),
  decided INTEGER
) STRICT;
CREATE UNIQUE INDEX adoption_requests_open ON adoption_requests (worker, account) WHERE state = 'open';
CREATE INDEX adoption_requests_account ON adoption_requests (account, created);
CREATE INDEX adoption_requests_address ON adoption_requests (address, created);

CREATE TABLE adoption_grants (
  request INTEGER NOT NULL REFERENCES adoption_requests (id),
  reviewer INTEGER NOT NULL REFERENCES accounts (id),
  created INTEGER NOT NULL,
  PRIMARY KEY (request, reviewer)
) STRICT;

CREATE TABLE notices (
  id INTEGER PRIMARY KEY,
  account INTEGER NOT NULL REFERENCES accounts (id),
  kind TEXT NOT NULL,
  subject TEXT NOT NULL,
  text TEXT NOT NULL,
  created INTEGER NOT NULL,
  read INTEGER
) STRICT;
CREATE INDEX notices_account ON notices (account, id);

-- Append-only. Each row's hash covers the row and the hash before it.
CREATE TABLE audit (
  id INTEGER PRIMARY KEY,
  at INTEGER NOT NULL,
  actor TEXT NOT NULL,
  action TEXT NOT NULL,
  subject TEXT NOT NULL,
  digest TEXT NOT NULL,
  details TEXT NOT NULL,
  hash TEXT NOT NULL
) STRICT;
CREATE INDEX audit_subject ON audit (subject);
CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit BEGIN SELECT raise(abort, 'the audit log is append-only'); END;
CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit BEGIN SELECT raise(abort, 'the audit log is append-only'); END;
)sql"},
    {2, R"sql(
CREATE TABLE licenses (
  id INTEGER PRIMARY KEY,
  hash TEXT NOT NULL UNIQUE,  -- SHA-256 of the key; the key itself is nowhere
  holder TEXT NOT NULL,
  workers TEXT NOT NULL,      -- ids with spaces between them; empty: every premium worker
  created INTEGER NOT NULL,
  expires INTEGER,
  last_used INTEGER,
  revoked INTEGER
) STRICT;
)sql"},
    // What finds an account by its address; PostgreSQL has it from COLLATE NOCASE above.
    {3, "CREATE UNIQUE INDEX IF NOT EXISTS accounts_email_nocase ON accounts (lower(email))"},
    {4, kOpinionsSql},
};

}  // namespace

Result<void> prepare(platform::Database& database) {
  TRY(database.migrate("community", kCommunityMigrations));
  TRY(prepare_attempts(database));
  TRY(prepare_switches(database));
  return prepare_social(database);
}

}  // namespace rbee::community
