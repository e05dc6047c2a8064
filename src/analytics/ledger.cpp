#include "analytics/ledger.hpp"

#include "platform/random.hpp"

namespace rbee::analytics {

namespace {
constexpr std::chrono::seconds kRefreshEvery{10};
constexpr std::chrono::hours kExpireEvery{1};
/// One tick counts no more, so that who calls it has time for other things.
constexpr int kRollUpsMax = 20;
}  // namespace

Ledger::Ledger(platform::Database& database, const Clock& clock, FairnessLimits limits)
    : database_(database),
      clock_(clock),
      recorder_(database, clock),
      fairness_(platform::random_bytes(32), limits) {}

Result<bool> Ledger::tick() {
  TRY(recorder_.flush());
  for (int i = 0; i < kRollUpsMax; ++i) {
    TRY_ASSIGN(const std::int64_t counted, roll_up(database_));
    if (counted == 0) break;
  }
  const Time now = clock_.now();
  if (now - expired_ >= kExpireEvery) {
    TRY(expire(database_, now));
    expired_ = now;
  }
  if (now - refreshed_ < kRefreshEvery) return false;
  refreshed_ = now;
  return leaderboard_.refresh(database_, now);
}

}  // namespace rbee::analytics
