#include "api/statistics_views.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <charconv>
#include <cmath>

#include "api/csv.hpp"
#include "base/text.hpp"
#include "http/etag.hpp"
#include "http/problem.hpp"

namespace rbee::api {

namespace {

using analytics::Grain;
using analytics::GroupBy;
using analytics::Point;
using analytics::Sums;
using http::Request;
using http::Response;
namespace bj = boost::json;

/// Series of more than this many buckets are asked for in parts.
constexpr std::int64_t kBucketsMax = 1000;

struct GrainWord {
  Grain grain;
  std::string_view word;
  int buckets;  ///< By default.
};
constexpr GrainWord kGrains[] = {
    {Grain::hour, "hour", 48}, {Grain::day, "day", 30}, {Grain::week, "week", 52}};
struct GroupWord {
  GroupBy by;
  std::string_view word;
};
constexpr GroupWord kGroups[] = {{GroupBy::version, "version"},
                                 {GroupBy::platform, "platform"},
                                 {GroupBy::accelerator, "accelerator"}};

std::string_view word_of(Grain grain) {
  for (const GrainWord& each : kGrains)
    if (each.grain == grain) return each.word;
  return "day";
}

std::string_view word_of(GroupBy by) {
  for (const GroupWord& each : kGroups)
    if (each.by == by) return each.word;
  return {};
}

tl::unexpected<Error> invalid(std::string what) {
  return fail(Errc::invalid_input, "parameter-invalid", std::move(what));
}

Result<void> known_once(const Request& request, std::initializer_list<std::string_view> known) {
  std::vector<std::string_view> seen;
  for (const auto& [name, value] : request.query) {
    if (std::find(known.begin(), known.end(), name) == known.end())
      return fail(
          Errc::invalid_input, "parameter-unknown",
          fmt::format("there is no parameter '{}' here", printable_line(name.substr(0, 60))));
    if (std::find(seen.begin(), seen.end(), name) != seen.end())
      return invalid(fmt::format("the parameter '{}' stands twice", name));
    seen.push_back(name);
  }
  return {};
}

/// "2026-11-27" or RFC 3339 in UTC.
Result<Time> time_of(std::string_view name, std::string_view text) {
  std::string full(text);
  if (text.size() == 10) full += "T00:00:00Z";
  const auto time = parse_rfc3339(full);
  if (!time || *time < Time{})
    return invalid(
        fmt::format("the parameter '{}' is a day such as 2026-11-27, or a time such as "
                    "2026-11-27T10:00:00Z",
                    name));
  return *time;
}

double rounded(double value, double steps) {
  return std::round(value * steps) / steps;
}

bj::object to_json(const Sums& sums) {
  return {{"downloads", sums.downloads()}, {"installs", sums.installs}, {"upgrades", sums.upgrades},
          {"removes", sums.removes},       {"served", sums.served},     {"ci_installs", sums.ci}};
}

bj::value text_or_null(const std::string& text) {
  return text.empty() ? bj::value() : bj::value(printable_line(text));
}

/// Groups with their share of all.
bj::array shares(const std::vector<Point>& points, std::string_view key) {
  std::int64_t all = 0;
  for (const Point& point : points) all += point.sums.downloads();
  bj::array out;
  for (const Point& point : points) {
    bj::object row{{key, text_or_null(point.group)}};
    for (const auto& [name, value] : to_json(point.sums)) row[name] = value;
    row["share"] =
        all == 0 ? 0.0
                 : rounded(static_cast<double>(point.sums.downloads()) / static_cast<double>(all),
                           10'000);
    out.push_back(std::move(row));
  }
  return out;
}

Response finish(const Request& request, bool csv, std::string body) {
  const std::string etag = http::strong_etag({csv ? "csv" : "json", body});
  Response response = http::reply(
      200, csv ? "text/csv; charset=utf-8; header=present" : "application/json", std::move(body));
  response.headers.add("Cache-Control", "public, max-age=60");
  response.headers.add("Vary", "Accept");
  response.headers.add("X-Content-Type-Options", "nosniff");
  if (csv) response.headers.add("Content-Disposition", "attachment; filename=\"stats.csv\"");
  return http::with_etag(request, std::move(response), etag);
}

std::string number(std::int64_t value) {
  return std::to_string(value);
}

}  // namespace

Result<StatsQuery> parse_stats_query(const Request& request, Time now) {
  TRY(known_once(request, {"period", "from", "to", "by", "format"}));
  StatsQuery query;
  int buckets = 30;
  if (const std::string_view period = request.parameter("period"); !period.empty()) {
    bool found = false;
    for (const GrainWord& each : kGrains)
      if (each.word == period) {
        query.grain = each.grain;
        buckets = each.buckets;
        found = true;
      }
    if (!found) return invalid("the parameter 'period' is 'hour', 'day' or 'week'");
  }
  if (const std::string_view by = request.parameter("by"); !by.empty()) {
    for (const GroupWord& each : kGroups)
      if (each.word == by) query.by = each.by;
    if (query.by == GroupBy::nothing)
      return invalid("the parameter 'by' is 'version', 'platform' or 'accelerator'");
  }
  TRY_ASSIGN(query.csv, wants_csv(request));
  const std::chrono::seconds bucket{analytics::seconds_of(query.grain)};
  query.to = analytics::floor_to(query.grain, now) + bucket;
  if (const std::string_view to = request.parameter("to"); !to.empty()) {
    TRY_ASSIGN(query.to, time_of("to", to));
  }
  query.from = query.to - buckets * bucket;
  if (const std::string_view from = request.parameter("from"); !from.empty()) {
    TRY_ASSIGN(query.from, time_of("from", from));
  }
  query.from = analytics::floor_to(query.grain, std::max(query.from, Time{}));
  if (query.from >= query.to) return invalid("'from' must be before 'to'");
  if ((query.to - query.from) / bucket > kBucketsMax)
    return invalid(fmt::format("that is more than {} {}s: ask for parts of it", kBucketsMax,
                               word_of(query.grain)));
  return query;
}

Response render(const Request& request, const StatsQuery& query, const WorkerStats& stats) {
  const std::string_view group = word_of(query.by);
  if (query.csv) {
    Csv csv({"start", group.empty() ? "all" : group, "downloads", "installs", "upgrades", "removes",
             "served", "ci_installs"});
    for (const Point& point : stats.series) {
      const Sums& sums = point.sums;
      csv.add({rfc3339(point.start), printable_line(point.group), number(sums.downloads()),
               number(sums.installs), number(sums.upgrades), number(sums.removes),
               number(sums.served), number(sums.ci)});
    }
    return finish(request, true, csv.text());
  }
  bj::object answer = to_json(stats.totals);
  answer["worker"] = stats.worker;
  answer["stars"] = stats.stars;
  answer["last_updated"] = rfc3339(stats.updated);
  answer["installs_30_days"] = stats.installs_30_days;
  answer["trend"] = rounded(stats.trend, 1000);
  answer["period"] = word_of(query.grain);
  answer["from"] = rfc3339(query.from);
  answer["to"] = rfc3339(query.to);
  answer["by"] = group.empty() ? bj::value() : bj::value(group);
  bj::array series;
  for (const Point& point : stats.series) {
    bj::object row{{"start", rfc3339(point.start)}};
    if (!group.empty()) row[group] = text_or_null(point.group);
    for (const auto& [name, value] : to_json(point.sums)) row[name] = value;
    series.push_back(std::move(row));
  }
  answer["series"] = std::move(series);
  answer["versions"] = shares(stats.versions, "version");
  answer["platforms"] = shares(stats.platforms, "platform");
  answer["accelerators"] = shares(stats.accelerators, "accelerator");
  return finish(request, false, bj::serialize(answer) + "\n");
}

Result<OverviewQuery> parse_overview_query(const Request& request) {
  TRY(known_once(request, {"limit", "format"}));
  OverviewQuery query;
  TRY_ASSIGN(query.csv, wants_csv(request));
  if (const std::string_view text = request.parameter("limit"); !text.empty()) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), query.limit);
    if (error != std::errc() || end != text.data() + text.size() || query.limit < 1 ||
        query.limit > kOverviewMax)
      return invalid("the parameter 'limit' is a number from 1 to 50");
  }
  return query;
}

Overview rank(const catalog::Snapshot& snapshot, const analytics::Standings& standings,
              std::size_t limit) {
  Overview overview;
  overview.workers = snapshot.workers().size();
  // The first `limit` of `rows` that the snapshot offers, by `before`.
  const auto best = [&](auto wanted, auto before) {
    std::vector<const analytics::Standing*> rows;
    for (const analytics::Standing& each : standings)
      if (wanted(each)) rows.push_back(&each);
    std::vector<Ranked> out;
    // Some may be gone from the catalog: look at twice as many until there are enough.
    for (std::size_t look = limit; out.size() < limit;) {
      const std::size_t count = std::min(rows.size(), look);
      std::partial_sort(rows.begin(), rows.begin() + static_cast<std::ptrdiff_t>(count), rows.end(),
                        [&](const auto* a, const auto* b) { return before(*a, *b); });
      out.clear();
      for (std::size_t i = 0; i < count && out.size() < limit; ++i)
        if (const auto entry = snapshot.find(rows[i]->worker))
          out.push_back({rows[i]->worker, entry->version, entry->updated, rows[i]->installs,
                         rows[i]->installs_30_days, rows[i]->trend});
      if (count == rows.size()) break;
      look *= 2;
    }
    return out;
  };
  overview.top = best([](const auto& each) { return each.installs_30_days > 0; },
                      [](const auto& a, const auto& b) {
                        return std::tie(b.installs_30_days, b.installs, a.worker) <
                               std::tie(a.installs_30_days, a.installs, b.worker);
                      });
  overview.trending = best([](const auto& each) { return each.trend >= analytics::kTrending; },
                           [](const auto& a, const auto& b) {
                             return std::tie(b.trend, a.worker) < std::tie(a.trend, b.worker);
                           });
  std::vector<const catalog::Entry*> entries;
  entries.reserve(snapshot.workers().size());
  for (const auto& entry : snapshot.workers()) entries.push_back(entry.get());
  const std::size_t count = std::min(limit, entries.size());
  std::partial_sort(entries.begin(), entries.begin() + static_cast<std::ptrdiff_t>(count),
                    entries.end(), [](const auto* a, const auto* b) {
                      return std::tie(b->updated, a->id) < std::tie(a->updated, b->id);
                    });
  for (std::size_t i = 0; i < count; ++i) {
    Ranked row{entries[i]->id.str(), entries[i]->version, entries[i]->updated};
    const auto found = std::lower_bound(
        standings.begin(), standings.end(), row.worker,
        [](const analytics::Standing& a, const std::string& id) { return a.worker < id; });
    if (found != standings.end() && found->worker == row.worker) {
      row.installs = found->installs;
      row.installs_30_days = found->installs_30_days;
      row.trend = found->trend;
    }
    overview.recent.push_back(std::move(row));
  }
  return overview;
}

Response render(const Request& request, const OverviewQuery& query, const Overview& overview) {
  const std::string_view base = request.headers.get("X-Rbee-Base");
  const std::initializer_list<std::pair<std::string_view, const std::vector<Ranked>*>> lists = {
      {"top", &overview.top}, {"trending", &overview.trending}, {"recent", &overview.recent}};
  if (query.csv) {
    Csv csv({"section", "name", "version", "updated_at", "downloads", "installs",
             "installs_30_days", "ci_installs", "trend"});
    const Sums& sums = overview.totals;
    csv.add({"totals", "", "", "", number(sums.downloads()), number(sums.installs), "",
             number(sums.ci), ""});
    for (const auto& [section, rows] : lists)
      for (const Ranked& row : *rows)
        csv.add({section, row.worker, printable_line(row.version), rfc3339(row.updated), "",
                 number(row.installs), number(row.installs_30_days), "",
                 fmt::format("{:.3f}", row.trend)});
    for (const auto& [section, points] :
         {std::pair<std::string_view, const std::vector<Point>*>{"platforms", &overview.platforms},
          {"accelerators", &overview.accelerators}})
      for (const Point& point : *points)
        csv.add({section, point.group, "", "", number(point.sums.downloads()),
                 number(point.sums.installs), number(point.sums.installs), number(point.sums.ci),
                 ""});
    return finish(request, true, csv.text());
  }
  bj::object totals = to_json(overview.totals);
  totals["workers"] = overview.workers;
  bj::object answer{{"totals", std::move(totals)}};
  for (const auto& [section, rows] : lists) {
    bj::array out;
    for (const Ranked& row : *rows)
      out.push_back(bj::object{{"worker", row.worker},
                               {"version", printable_line(row.version)},
                               {"updated_at", rfc3339(row.updated)},
                               {"installs", row.installs},
                               {"installs_30_days", row.installs_30_days},
                               {"trend", rounded(row.trend, 1000)},
                               {"url", fmt::format("{}/v1/workers/{}", base, row.worker)}});
    answer[section] = std::move(out);
  }
  answer["platforms"] = shares(overview.platforms, "platform");
  answer["accelerators"] = shares(overview.accelerators, "accelerator");
  return finish(request, false, bj::serialize(answer) + "\n");
}

}  // namespace rbee::api
