// Everything of this layer for one server: events come in, a tick a second turns them into counts,
// standings, and in the end into nothing.
//
// Reads and writes the database. Thread-safe, but for `tick`: one thread calls it.
#pragma once

#include <cstdint>
#include <memory>

#include "analytics/fairness.hpp"
#include "analytics/leaderboard.hpp"
#include "analytics/recorder.hpp"
#include "analytics/rollup.hpp"

namespace rbee::analytics {

class Ledger {
 public:
  /// `prepare` of schema.hpp was called.
  Ledger(platform::Database& database, const Clock& clock, FairnessLimits limits = {});

  Recorder& recorder() { return recorder_; }
  Fairness& fairness() { return fairness_; }
  platform::Database& database() { return database_; }
  const Clock& clock() const { return clock_; }
  std::shared_ptr<const Standings> standings() const { return leaderboard_.standings(); }

  /// Write downloads down, count what waits, bring the standings up to date (at most every 10 s),
  /// delete what is old (hourly). True when the standings changed. What failed is done by a later
  /// tick. Errors: as platform::Transaction.
  Result<bool> tick();

 private:
  platform::Database& database_;
  const Clock& clock_;
  Recorder recorder_;
  Fairness fairness_;
  Leaderboard leaderboard_;
  Time refreshed_{}, expired_{};
};

}  // namespace rbee::analytics
