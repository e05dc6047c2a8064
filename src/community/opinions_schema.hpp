// The tables of stars, votes and reviews.
#pragma once

#include "platform/database.hpp"

namespace rbee::community {

/// Stars and votes are wishes that may be taken back: such a row goes. A review is a statement
/// about somebody's work: what it said before stays.
inline constexpr std::string_view kOpinionsSql = R"sql(
CREATE TABLE stars (
  account INTEGER NOT NULL REFERENCES accounts (id),
  worker TEXT NOT NULL,
  created INTEGER NOT NULL,
  PRIMARY KEY (account, worker)
) STRICT;
CREATE INDEX stars_worker ON stars (worker);

CREATE TABLE votes (
  account INTEGER NOT NULL REFERENCES accounts (id),
  worker TEXT NOT NULL,
  created INTEGER NOT NULL,
  PRIMARY KEY (account, worker)
) STRICT;
CREATE INDEX votes_worker ON votes (worker);

CREATE TABLE reviews (
  id INTEGER PRIMARY KEY,
  worker TEXT NOT NULL,
  account INTEGER NOT NULL REFERENCES accounts (id),
  rating INTEGER NOT NULL CHECK (rating BETWEEN 1 AND 5),
  title TEXT NOT NULL,
  comment TEXT NOT NULL,
  release TEXT NOT NULL,   -- that was served, or that the account had installed
  verified INTEGER NOT NULL CHECK (verified IN (0, 1)),
  platform TEXT NOT NULL,  -- of the installation; empty: none is known
  hardware TEXT NOT NULL,
  created INTEGER NOT NULL,
  updated INTEGER NOT NULL,
  edits INTEGER NOT NULL,
  helpful INTEGER NOT NULL,
  reply TEXT NOT NULL,
  reply_account INTEGER REFERENCES accounts (id),
  reply_at INTEGER,
  hidden INTEGER,
  hidden_reason TEXT NOT NULL,
  withdrawn INTEGER
) STRICT;
CREATE UNIQUE INDEX reviews_once ON reviews (worker, account) WHERE withdrawn IS NULL;
CREATE INDEX reviews_account ON reviews (account);

CREATE TABLE review_versions (
  id INTEGER PRIMARY KEY,
  review INTEGER NOT NULL REFERENCES reviews (id),
  rating INTEGER NOT NULL,
  title TEXT NOT NULL,
  comment TEXT NOT NULL,
  release TEXT NOT NULL,
  until INTEGER NOT NULL
) STRICT;
CREATE INDEX review_versions_review ON review_versions (review);

CREATE TABLE review_helpful (
  review INTEGER NOT NULL REFERENCES reviews (id),
  account INTEGER NOT NULL REFERENCES accounts (id),
  created INTEGER NOT NULL,
  PRIMARY KEY (review, account)
) STRICT;

CREATE TABLE review_reports (
  id INTEGER PRIMARY KEY,
  review INTEGER NOT NULL REFERENCES reviews (id),
  account INTEGER NOT NULL REFERENCES accounts (id),
  reason TEXT NOT NULL,
  created INTEGER NOT NULL,
  decided INTEGER,
  decision TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX review_reports_once ON review_reports (review, account) WHERE decided IS NULL;

-- What every process has to count anew; ids rise.
CREATE TABLE standing_changes (
  id INTEGER PRIMARY KEY,
  worker TEXT NOT NULL
) STRICT;

-- What an account did of late, for limits.
CREATE TABLE deeds (
  id INTEGER PRIMARY KEY,
  account INTEGER NOT NULL REFERENCES accounts (id),
  kind TEXT NOT NULL,
  created INTEGER NOT NULL
) STRICT;
CREATE INDEX deeds_account ON deeds (account, kind, created);
)sql";

}  // namespace rbee::community
