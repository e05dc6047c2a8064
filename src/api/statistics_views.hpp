// What /v1/workers/{id}/stats and /v1/stats/overview take and show, as JSON and as CSV.
//
// Pure. docs/statistics.md says what each number means.
#pragma once

#include <string>
#include <vector>

#include "analytics/leaderboard.hpp"
#include "analytics/series.hpp"
#include "catalog/snapshot.hpp"
#include "http/message.hpp"

namespace rbee::api {

struct StatsQuery {
  analytics::Grain grain = analytics::Grain::day;
  analytics::GroupBy by = analytics::GroupBy::nothing;
  Time from{}, to{};
  bool csv = false;
};
/// Without `from`: the last 48 hours, 30 days, 52 weeks, the present one included. Errors:
/// Errc::invalid_input "parameter-unknown", "parameter-invalid".
Result<StatsQuery> parse_stats_query(const http::Request& request, Time now);

struct WorkerStats {
  std::string worker;
  Time updated{};
  std::int64_t stars = 0, installs_30_days = 0;
  double trend = 0;
  analytics::Sums totals;
  std::vector<analytics::Point> series;
  std::vector<analytics::Point> versions, platforms, accelerators;  ///< Of 30 days.
};
http::Response render(const http::Request& request, const StatsQuery& query,
                      const WorkerStats& stats);

inline constexpr std::size_t kOverviewMax = 50;
struct OverviewQuery {
  std::size_t limit = 10;  ///< 1 to `kOverviewMax`, of each list.
  bool csv = false;
};
Result<OverviewQuery> parse_overview_query(const http::Request& request);

struct Ranked {
  std::string worker, version;
  Time updated{};
  std::int64_t installs = 0, installs_30_days = 0;
  double trend = 0;
};
struct Overview {
  std::size_t workers = 0;
  analytics::Sums totals;
  std::vector<Ranked> top;       ///< Most installs in 30 days.
  std::vector<Ranked> trending;  ///< Trend of `kTrending` and above, highest first.
  std::vector<Ranked> recent;    ///< Updated last.
  std::vector<analytics::Point> platforms, accelerators;  ///< Of 30 days.
};
/// The three lists; workers that the snapshot does not offer are in none.
Overview rank(const catalog::Snapshot& snapshot, const analytics::Standings& standings,
              std::size_t limit);
http::Response render(const http::Request& request, const OverviewQuery& query,
                      const Overview& overview);

}  // namespace rbee::api
