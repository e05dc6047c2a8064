// How each worker stands with people: stars, votes, popularity, ratings; counted once, kept in
// memory.
//
// The database says which workers changed (`standing_changes`), so every process counts only those
// anew. Thread-safe. Sources: popularity is aurweb's (aurweb/popupdate: a vote is worth 0.98 to the
// power of its age in days); the rating is a Bayesian mean.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "platform/database.hpp"

namespace rbee::community {

/// A worker that few rated is taken to be like `kRatingPrior`, as if so many had said so.
inline constexpr double kRatingPrior = 3.5;
inline constexpr int kRatingPriorWeight = 5;

/// (5 * 3.5 + sum) / (5 + count); 0 without ratings.
double bayesian_mean(std::int64_t count, std::int64_t sum);

/// What votes cast at these times are worth at `now`.
double popularity(const std::vector<Time>& votes, Time now);
/// What a popularity of `before` is worth at `now`: all votes fade alike.
double faded(double value, Time before, Time now);

struct Standing {
  std::int64_t stars = 0, votes = 0;
  double popularity = 0;  ///< At `StandingTable::as_of`.
  std::int64_t ratings = 0;
  double rating = 0;  ///< 1 to 5; 0: nobody rated it.
};

struct StandingTable {
  Time as_of{};
  std::unordered_map<std::string, Standing> workers;  ///< Those that anybody said something about.
};

/// Remember, in the transaction that changed it, that a worker has to be counted anew.
Result<void> note_standing(platform::Transaction& transaction, std::string_view worker);
/// And every worker that this account said something about.
Result<void> note_standing_of(platform::Transaction& transaction, std::int64_t account);

class Standings {
 public:
  Standings(const platform::Database& database, const Clock& clock)
      : database_(database), clock_(clock), table_(std::make_shared<const StandingTable>()) {}

  /// Count what changed since the last call, in whichever process; everything at the first. True
  /// when `table` is another one now. Costs one query when nothing changed; a copy of the table, 10
  /// ms for 100,000 workers, when something did: call it some times a second at most.
  Result<bool> refresh();
  std::shared_ptr<const StandingTable> table() const;

 private:
  Result<void> count_all(StandingTable& table) const;
  Result<void> count(StandingTable& table, const std::string& worker) const;

  const platform::Database& database_;
  const Clock& clock_;
  mutable std::mutex mutex_;
  std::shared_ptr<const StandingTable> table_;  ///< Guarded.
  std::mutex refreshing_;
  std::int64_t seen_ = -1;  ///< Guarded by `refreshing_`: the last change that was counted.
};

}  // namespace rbee::community
