#include "analytics/series.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "analytics/event.hpp"

namespace rbee::analytics {

namespace {

using platform::SqlRow;

constexpr std::string_view kSums =
    "SUM(installs), SUM(upgrades), SUM(removes), SUM(served), SUM(ci)";

std::string_view name_of(Grain grain) {
  switch (grain) {
    case Grain::hour:
      return "hour";
    case Grain::day:
      return "day";
    case Grain::week:
      return "week";
  }
  return "day";
}

/// The column that groups, or a constant.
std::string_view column_of(GroupBy by) {
  switch (by) {
    case GroupBy::nothing:
      return "''";
    case GroupBy::version:
      return "release";
    case GroupBy::platform:
    case GroupBy::accelerator:
      return "platform";
  }
  return "''";
}

std::string group_of(GroupBy by, std::string value) {
  if (by == GroupBy::accelerator) return value.substr(value.rfind('-') + 1);
  return value;
}

Sums sums_at(const SqlRow& row, std::size_t at) {
  return {row[at].integer(), row[at + 1].integer(), row[at + 2].integer(), row[at + 3].integer(),
          row[at + 4].integer()};
}

}  // namespace

Sums& Sums::operator+=(const Sums& other) {
  installs += other.installs;
  upgrades += other.upgrades;
  removes += other.removes;
  served += other.served;
  ci += other.ci;
  return *this;
}

std::int64_t seconds_of(Grain grain) {
  return grain == Grain::hour ? kHourSeconds : grain == Grain::day ? kDaySeconds : kWeekSeconds;
}

Time floor_to(Grain grain, Time time) {
  const std::int64_t start = grain == Grain::hour  ? hour_of(time)
                             : grain == Grain::day ? day_of(time)
                                                   : week_of(time);
  return Time(std::chrono::seconds(start));
}

Result<std::vector<Point>> series(const platform::Database& database, const SeriesQuery& query) {
  const Time from = floor_to(query.grain, query.from);
  const std::int64_t first = from.time_since_epoch().count();
  const std::int64_t end = query.to.time_since_epoch().count();
  const std::string_view column = column_of(query.by);
  TRY_ASSIGN(const auto rows,
             database.query(
                 fmt::format("SELECT start, {0}, {1} FROM analytics_counts WHERE worker = ? AND "
                             "grain = ? AND start >= ? AND start < ? GROUP BY {2} ORDER BY {2}",
                             column, kSums,
                             query.by == GroupBy::nothing ? std::string("start")
                                                          : fmt::format("start, {}", column)),
                 {query.worker, name_of(query.grain), first, end}));
  std::map<std::pair<std::int64_t, std::string>, Sums> sums;
  if (query.by == GroupBy::nothing)
    for (std::int64_t start = first; start < end; start += seconds_of(query.grain))
      sums[{start, ""}] = {};
  for (const SqlRow& row : rows)
    sums[{row[0].integer(), group_of(query.by, row[1].text())}] += sums_at(row, 2);
  std::vector<Point> points;
  points.reserve(sums.size());
  for (const auto& [key, value] : sums)
    points.push_back({Time(std::chrono::seconds(key.first)), key.second, value});
  return points;
}

Result<Sums> totals(const platform::Database& database, std::string_view worker) {
  TRY_ASSIGN(const auto rows,
             database.query(fmt::format("SELECT {} FROM analytics_counts WHERE worker = ? AND "
                                        "grain = 'all' AND start = 0",
                                        kSums),
                            {worker}));
  return rows.empty() ? Sums{} : sums_at(rows.front(), 0);
}

Result<std::vector<Point>> shares(const platform::Database& database, std::string_view worker,
                                  GroupBy by, Time since) {
  const std::string_view column = column_of(by);
  TRY_ASSIGN(
      const auto rows,
      database.query(fmt::format("SELECT {0}, {1} FROM analytics_counts WHERE worker = ? "
                                 "AND grain = 'day' AND start >= ? GROUP BY {0} ORDER BY {0}",
                                 column, kSums),
                     {worker, day_of(since)}));
  std::map<std::string, Sums> sums;
  for (const SqlRow& row : rows) sums[group_of(by, row[0].text())] += sums_at(row, 1);
  std::vector<Point> out;
  for (auto& [group, value] : sums) out.push_back({since, group, value});
  std::stable_sort(out.begin(), out.end(), [](const Point& a, const Point& b) {
    return a.sums.downloads() > b.sums.downloads();
  });
  return out;
}

Result<bool> has_counted(const platform::Database& database, std::string_view worker,
                         std::string_view release) {
  TRY_ASSIGN(const auto rows,
             database.query("SELECT id FROM analytics_counts WHERE worker = ? AND grain = 'all' "
                            "AND start = 0 AND release = ? LIMIT 1",
                            {worker, release}));
  return !rows.empty();
}

}  // namespace rbee::analytics
