// What the counts say: totals, series over time, shares.
//
// Reads the database. `worker` empty means all workers together; those are known by platform and
// not by release.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "platform/database.hpp"

namespace rbee::analytics {

enum class Grain { hour, day, week };
enum class GroupBy { nothing, version, platform, accelerator };

/// Each a number of visitors, counted once a day for a release.
struct Sums {
  std::int64_t installs = 0, upgrades = 0, removes = 0;
  std::int64_t served = 0;  ///< Downloads that this server saw, rbee's own left out.
  std::int64_t ci = 0;      ///< Installs and upgrades by machines that test; not in the others.

  /// What other sites call downloads.
  std::int64_t downloads() const { return installs + upgrades + served; }
  Sums& operator+=(const Sums& other);
  friend bool operator==(const Sums&, const Sums&) = default;
};

struct Point {
  Time start{};
  std::string group;  ///< A release, "linux-x86_64-cpu", "cpu"; empty: unknown, or no groups.
  Sums sums;
};

struct SeriesQuery {
  std::string worker = {};
  Grain grain = Grain::day;
  Time from{}, to{};  ///< What begins in [from, to).
  GroupBy by = GroupBy::nothing;
};

std::int64_t seconds_of(Grain grain);
/// The beginning of the hour, day or week that `time` is in.
Time floor_to(Grain grain, Time time);

/// Sorted by start, then group. Without groups every bucket is there, with zeros where nothing
/// happened; with groups only what happened.
Result<std::vector<Point>> series(const platform::Database& database, const SeriesQuery& query);

/// Of all time.
Result<Sums> totals(const platform::Database& database, std::string_view worker);

/// A group's sums; `point.start` is `since`.
/// Of the days since then, most installs and upgrades first.
Result<std::vector<Point>> shares(const platform::Database& database, std::string_view worker,
                                  GroupBy by, Time since);

/// True when something was counted for this release once.
Result<bool> has_counted(const platform::Database& database, std::string_view worker,
                         std::string_view release);

}  // namespace rbee::analytics
