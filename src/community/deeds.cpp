#include "community/deeds.hpp"

#include <fmt/format.h>

namespace rbee::community {

namespace {

constexpr std::chrono::seconds kHour = std::chrono::hours(1);
constexpr std::chrono::seconds kDay = std::chrono::hours(24);
constexpr std::chrono::seconds kNewFor = 7 * kDay;

}  // namespace

Result<void> note_deed(platform::Transaction& transaction, const Account& account,
                       const Allowance& allowance, Time now) {
  const bool is_new = now - account.created < kNewFor;
  const int allowed = is_new ? allowance.per_day_when_new : allowance.per_day;
  const std::int64_t since = (now - kDay).time_since_epoch().count();
  TRY(transaction.execute("DELETE FROM deeds WHERE account = ? AND created <= ?",
                          {account.id, since}));
  TRY_ASSIGN(const auto rows, transaction.query("SELECT count(*), min(created) FROM deeds WHERE "
                                                "account = ? AND kind = ?",
                                                {account.id, allowance.kind}));
  if (rows.front()[0].integer() >= allowed) {
    const Time again = Time(std::chrono::seconds(rows.front()[1].integer())) + kDay;
    return fail(
        Errc::policy, "too-many-today",
        fmt::format("the account has done {} of these in the last 24 hours, and may not do more",
                    allowed),
        {.why = is_new ? fmt::format("accounts younger than a week may do {}, others {}",
                                     allowance.per_day_when_new, allowance.per_day)
                       : std::string(),
         .fix = fmt::format("the next one is possible from {} on", rfc3339(again))});
  }
  if (is_new && allowance.per_hour_when_new > 0) {
    TRY_ASSIGN(
        const auto lately,
        transaction.query("SELECT count(*), min(created) FROM deeds WHERE account = ? AND "
                          "kind = ? AND created > ?",
                          {account.id, allowance.kind, (now - kHour).time_since_epoch().count()}));
    if (lately.front()[0].integer() >= allowance.per_hour_when_new)
      return fail(
          Errc::policy, "too-many-this-hour",
          fmt::format("the account has done {} of these in the last hour, and may not do more",
                      allowance.per_hour_when_new),
          {.why = "accounts younger than a week are slowed down",
           .fix = fmt::format(
               "the next one is possible from {} on",
               rfc3339(Time(std::chrono::seconds(lately.front()[1].integer())) + kHour))});
  }
  TRY(transaction.insert("INSERT INTO deeds (account, kind, created) VALUES (?, ?, ?)",
                         {account.id, allowance.kind, now.time_since_epoch().count()}));
  return {};
}

}  // namespace rbee::community
