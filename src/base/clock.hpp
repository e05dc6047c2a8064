// Time as an argument, so that tests choose it.
#pragma once

#include <chrono>
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

/// "2026-11-23T15:50:11Z" (RFC 3339, UTC).
std::string rfc3339(Time time);

/// The reverse, for times in UTC without a fraction; nothing for any other text.
std::optional<Time> parse_rfc3339(std::string_view text);

}  // namespace rbee
