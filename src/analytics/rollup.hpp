// Events become counts, once each; what is too old goes.
//
// Reads and writes the database. A roll-up is one transaction that claims events, counts them and
// says so: a kill leaves all of it or nothing, and several servers on one database never count an
// event twice.
#pragma once

#include <cstdint>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "platform/database.hpp"

namespace rbee::analytics {

/// How long what is kept. Weeks and all time stay.
struct Retention {
  std::chrono::days events{30};
  std::chrono::days hours{14};
  std::chrono::days days{731};
};

/// Count up to `events_max` events that were not counted yet. Returns how many there were; call it
/// until it returns 0.
Result<std::int64_t> roll_up(platform::Database& database, std::int64_t events_max = 1000);

/// Delete what is older than `retention`, in transactions of at most `rows_max` rows. An event that
/// was not counted yet stays. Returns how many rows went.
Result<std::int64_t> expire(platform::Database& database, Time now, const Retention& retention = {},
                            std::int64_t rows_max = 5000);

}  // namespace rbee::analytics
