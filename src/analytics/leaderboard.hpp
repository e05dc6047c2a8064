// Every worker's installs of late, in memory: what is installed most, and what is growing.
//
// Reads the database: everything once, then only what roll-ups changed, by whichever server.
// bench/statistics.sh measures time and memory at 100,000 workers.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "platform/database.hpp"

namespace rbee::analytics {

/// How many installs a day had.
struct DayCount {
  std::int32_t day = 0;  ///< Since 1970.
  std::int32_t installs = 0;
};

/// What is called a trend. Above 1, so that a giant's busy Monday is none.
inline constexpr double kTrending = 1.2;

/// How much faster a worker is installed now than before: S / (L + 2), where S and L are installs a
/// day, averaged with weights that halve every 3 and every 21 days. Steady use stays
/// below 1; the 2 keeps a handful of installs of something new from being a trend: it takes twelve
/// in one day to pass 1. What is older than 84 days counts as nothing.
double trend(std::span<const DayCount> days, std::int64_t today);

/// Of one worker. CI is left out.
struct Standing {
  std::string worker;
  std::int64_t installs = 0, installs_30_days = 0;
  double trend = 0;
};
using Standings = std::vector<Standing>;

class Leaderboard {
 public:
  /// Bring it up to what is counted. True when something changed since the last time: new counts,
  /// or another day. One thread at a time. Errors: as platform::Database::query.
  Result<bool> refresh(const platform::Database& database, Time now);
  /// Sorted by worker. Any thread; never nullptr.
  std::shared_ptr<const Standings> standings() const;

 private:
  struct Record {
    std::int64_t installs = 0;
    std::vector<DayCount> days;
  };
  Result<void> load_all(const platform::Database& database, std::int64_t since);
  Result<void> load_range(const platform::Database& database, const std::string& first,
                          const std::string& last, std::int64_t since);
  void publish(std::int64_t today);

  std::unordered_map<std::string, Record> records_;
  std::int64_t batch_ = -1;  ///< The last roll-up that was read; -1: none.
  std::int64_t day_ = 0;     ///< That the trends are of.
  mutable std::mutex mutex_;
  std::shared_ptr<const Standings> standings_ = std::make_shared<const Standings>();  ///< Guarded.
};

}  // namespace rbee::analytics
