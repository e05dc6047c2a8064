#include "analytics/leaderboard.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "analytics/event.hpp"

namespace rbee::analytics {

namespace {

using platform::SqlRow;

constexpr int kDaysMax = 84;  ///< Four half-lives of the long average.
constexpr double kShortHalfLife = 3, kLongHalfLife = 21, kFloor = 2;
constexpr std::int64_t kPage = 2000;
/// Beyond so many changed workers, reading everything is cheaper.
constexpr std::size_t kChangedMax = 2000;

/// By age in days. They sum up to 1, so that steady use has the same average under both.
std::array<double, kDaysMax> weights(double half_life) {
  std::array<double, kDaysMax> out{};
  double sum = 0, weight = 1;
  for (double& each : out) {
    each = weight;
    sum += weight;
    weight *= std::exp2(-1 / half_life);
  }
  for (double& each : out) each /= sum;
  return out;
}

}  // namespace

double trend(std::span<const DayCount> days, std::int64_t today) {
  static const auto short_weights = weights(kShortHalfLife), long_weights = weights(kLongHalfLife);
  double recent = 0, usual = 0;
  for (const DayCount& each : days) {
    const std::int64_t age = today - each.day;
    if (age < 0 || age >= kDaysMax) continue;
    recent += each.installs * short_weights[static_cast<std::size_t>(age)];
    usual += each.installs * long_weights[static_cast<std::size_t>(age)];
  }
  return recent / (usual + kFloor);
}

Result<void> Leaderboard::load_range(const platform::Database& database, const std::string& first,
                                     const std::string& last, std::int64_t since) {
  TRY_ASSIGN(const auto totals,
             database.query("SELECT worker, SUM(installs) FROM analytics_counts WHERE worker >= ? "
                            "AND worker <= ? AND grain = 'all' GROUP BY worker ORDER BY worker",
                            {first, last}));
  for (const SqlRow& row : totals) {
    Record& record = records_[row[0].text()];
    record.installs = row[1].integer();
    record.days.clear();
  }
  TRY_ASSIGN(
      const auto days,
      database.query("SELECT worker, start, SUM(installs) FROM analytics_counts WHERE worker >= ? "
                     "AND worker <= ? AND grain = 'day' AND start >= ? GROUP BY worker, start "
                     "ORDER BY worker, start",
                     {first, last, since}));
  for (const SqlRow& row : days)
    if (const std::int64_t installs = row[2].integer(); installs > 0)
      records_[row[0].text()].days.push_back(
          {static_cast<std::int32_t>(row[1].integer() / kDaySeconds),
           static_cast<std::int32_t>(installs)});
  return {};
}

Result<void> Leaderboard::load_all(const platform::Database& database, std::int64_t since) {
  records_.clear();
  std::string after;  // The site's own rows have no worker and stay out.
  for (;;) {
    TRY_ASSIGN(const auto page,
               database.query("SELECT worker FROM analytics_counts WHERE worker > ? AND grain = "
                              "'all' GROUP BY worker ORDER BY worker LIMIT ?",
                              {after, kPage}));
    if (page.empty()) return {};
    TRY(load_range(database, page.front()[0].text(), page.back()[0].text(), since));
    after = page.back()[0].text();
  }
}

Result<bool> Leaderboard::refresh(const platform::Database& database, Time now) {
  const std::int64_t today = day_of(now) / kDaySeconds;
  const std::int64_t since = (today - kDaysMax) * kDaySeconds;
  // Before anything is read: what is counted meanwhile is read once more the next time.
  TRY_ASSIGN(const auto state,
             database.query("SELECT value FROM analytics_state WHERE name = 'batch'"));
  const std::int64_t batch = state.empty() ? 0 : state[0][0].integer();
  if (batch == batch_ && today == day_) return false;
  bool all = batch_ < 0;
  if (!all && batch != batch_) {
    TRY_ASSIGN(const auto changed,
               database.query("SELECT worker FROM analytics_counts WHERE grain = 'all' AND batch > "
                              "? AND worker <> '' GROUP BY worker ORDER BY worker LIMIT ?",
                              {batch_, kChangedMax + 1}));
    all = changed.size() > kChangedMax;
    if (!all)
      for (const SqlRow& row : changed)
        TRY(load_range(database, row[0].text(), row[0].text(), since));
  }
  if (all) TRY(load_all(database, since));
  batch_ = batch;
  day_ = today;
  publish(today);
  return true;
}

void Leaderboard::publish(std::int64_t today) {
  auto next = std::make_shared<Standings>();
  next->reserve(records_.size());
  for (const auto& [worker, record] : records_) {
    std::int64_t month = 0;
    for (const DayCount& each : record.days)
      if (each.day > today - 30) month += each.installs;
    next->push_back({worker, record.installs, month, trend(record.days, today)});
  }
  std::sort(next->begin(), next->end(),
            [](const Standing& a, const Standing& b) { return a.worker < b.worker; });
  const std::lock_guard lock(mutex_);
  standings_ = std::move(next);
}

std::shared_ptr<const Standings> Leaderboard::standings() const {
  const std::lock_guard lock(mutex_);
  return standings_;
}

}  // namespace rbee::analytics
