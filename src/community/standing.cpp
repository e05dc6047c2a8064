#include "community/standing.hpp"

#include <cmath>
#include <set>

namespace rbee::community {

namespace {

constexpr double kDailyFading = 0.98;
constexpr double kSecondsADay = 86'400;
/// A table this old is made anew, so that popularity is what it says.
constexpr std::chrono::seconds kTableAgeMax = std::chrono::hours(1);

double days_between(Time before, Time now) {
  return static_cast<double>((now - before).count()) / kSecondsADay;
}

}  // namespace

double bayesian_mean(std::int64_t count, std::int64_t sum) {
  if (count == 0) return 0;
  return (kRatingPrior * kRatingPriorWeight + static_cast<double>(sum)) /
         static_cast<double>(kRatingPriorWeight + count);
}

double popularity(const std::vector<Time>& votes, Time now) {
  double sum = 0;
  for (const Time vote : votes) sum += std::pow(kDailyFading, days_between(vote, now));
  return sum;
}

double faded(double value, Time before, Time now) {
  return value * std::pow(kDailyFading, days_between(before, now));
}

Result<void> note_standing(platform::Transaction& transaction, std::string_view worker) {
  TRY_ASSIGN(const std::int64_t id,
             transaction.insert("INSERT INTO standing_changes (worker) VALUES (?)", {worker}));
  // Every process reads them within a second or so.
  if (id % 1'000 == 0)
    TRY(transaction.execute("DELETE FROM standing_changes WHERE id <= ?", {id - 100'000}));
  return {};
}

Result<void> note_standing_of(platform::Transaction& transaction, std::int64_t account) {
  TRY(transaction.execute(
      "INSERT INTO standing_changes (worker) SELECT worker FROM stars WHERE account = ? UNION "
      "SELECT worker FROM votes WHERE account = ? UNION SELECT worker FROM reviews WHERE account = "
      "?",
      {account, account, account}));
  return {};
}

std::shared_ptr<const StandingTable> Standings::table() const {
  const std::lock_guard lock(mutex_);
  return table_;
}

Result<bool> Standings::refresh() {
  const std::lock_guard one_at_a_time(refreshing_);
  const Time now = clock_.now();
  const auto before = table();
  std::shared_ptr<StandingTable> next;
  std::int64_t seen = seen_;
  if (seen_ < 0) {
    // Read first: what is noted meanwhile is counted twice, which changes nothing.
    TRY_ASSIGN(const auto newest, database_.query("SELECT max(id) FROM standing_changes"));
    seen = newest.front()[0].is_null() ? 0 : newest.front()[0].integer();
    next = std::make_shared<StandingTable>();
    next->as_of = now;
    TRY(count_all(*next));
  } else {
    TRY_ASSIGN(const auto rows,
               database_.query("SELECT id, worker FROM standing_changes WHERE id > ? ORDER BY id",
                               {seen_}));
    if (rows.empty() && now - before->as_of < kTableAgeMax) return false;
    next = std::make_shared<StandingTable>(*before);
    next->as_of = now;
    for (auto& [worker, standing] : next->workers)
      standing.popularity = faded(standing.popularity, before->as_of, now);
    std::set<std::string> workers;
    for (const platform::SqlRow& row : rows) {
      seen = row[0].integer();
      workers.insert(row[1].text());
    }
    for (const std::string& worker : workers) TRY(count(*next, worker));
  }
  seen_ = seen;
  const std::lock_guard lock(mutex_);
  table_ = std::move(next);
  return true;
}

Result<void> Standings::count_all(StandingTable& table) const {
  TRY_ASSIGN(const auto stars,
             database_.query("SELECT s.worker, count(*) FROM stars s JOIN accounts a ON a.id = "
                             "s.account WHERE a.disabled IS NULL GROUP BY s.worker"));
  for (const platform::SqlRow& row : stars) table.workers[row[0].text()].stars = row[1].integer();
  TRY_ASSIGN(const auto votes,
             database_.query("SELECT v.worker, v.created FROM votes v JOIN accounts a ON a.id = "
                             "v.account WHERE a.disabled IS NULL"));
  for (const platform::SqlRow& row : votes) {
    Standing& standing = table.workers[row[0].text()];
    ++standing.votes;
    standing.popularity += popularity({from_unix_seconds(row[1].integer())}, table.as_of);
  }
  TRY_ASSIGN(const auto reviews,
             database_.query(
                 "SELECT r.worker, count(*), CAST(sum(r.rating) AS BIGINT) FROM reviews r JOIN "
                 "accounts a ON a.id = r.account WHERE a.disabled IS NULL AND "
                 "r.hidden IS NULL AND r.withdrawn IS NULL GROUP BY r.worker"));
  for (const platform::SqlRow& row : reviews) {
    Standing& standing = table.workers[row[0].text()];
    standing.ratings = row[1].integer();
    standing.rating = bayesian_mean(row[1].integer(), row[2].integer());
  }
  return {};
}

Result<void> Standings::count(StandingTable& table, const std::string& worker) const {
  Standing standing;
  TRY_ASSIGN(const auto stars,
             database_.query("SELECT count(*) FROM stars s JOIN accounts a ON a.id = s.account "
                             "WHERE s.worker = ? AND a.disabled IS NULL",
                             {worker}));
  standing.stars = stars.front()[0].integer();
  TRY_ASSIGN(const auto votes,
             database_.query("SELECT v.created FROM votes v JOIN accounts a ON a.id = v.account "
                             "WHERE v.worker = ? AND a.disabled IS NULL",
                             {worker}));
  std::vector<Time> times;
  for (const platform::SqlRow& row : votes) times.push_back(from_unix_seconds(row[0].integer()));
  standing.votes = static_cast<std::int64_t>(times.size());
  standing.popularity = popularity(times, table.as_of);
  TRY_ASSIGN(const auto reviews,
             database_.query(
                 "SELECT count(*), CAST(sum(r.rating) AS BIGINT) FROM reviews r JOIN accounts a ON "
                 "a.id = r.account WHERE r.worker = ? AND a.disabled IS NULL AND "
                 "r.hidden IS NULL AND r.withdrawn IS NULL",
                 {worker}));
  standing.ratings = reviews.front()[0].integer();
  if (standing.ratings > 0)
    standing.rating = bayesian_mean(standing.ratings, reviews.front()[1].integer());
  if (standing.stars == 0 && standing.votes == 0 && standing.ratings == 0)
    table.workers.erase(worker);
  else
    table.workers.insert_or_assign(worker, standing);
  return {};
}

}  // namespace rbee::community
