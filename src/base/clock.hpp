// Time as an argument, so that tests choose it.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace rbee {

using Time = std::chrono::sys_seconds;

/// Where the present time comes from. Real programs pass `SystemClock`; tests pass their own.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual Time now() const = 0;
};

class SystemClock final : public Clock {
 public:
  Time now() const override;
};

/// Seconds since 1970 in UTC, as databases and Git keep times; and back.
constexpr std::int64_t unix_seconds(Time time) {
  return time.time_since_epoch().count();
}
constexpr Time from_unix_seconds(std::int64_t seconds) {
  return Time(std::chrono::seconds(seconds));
}

/// "2026-11-23T15:50:11Z" (RFC 3339, UTC).
std::string rfc3339(Time time);

/// The reverse, for times in UTC without a fraction; nothing for any other text.
std::optional<Time> parse_rfc3339(std::string_view text);

}  // namespace rbee
