// One thing that happened to a worker somewhere: it was installed, upgraded, removed, downloaded.
//
// Touches nothing. An event names no person, no address, and no time finer than the hour.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.hpp"

namespace rbee::analytics {

enum class EventKind { install, upgrade, remove, download };
inline constexpr std::array kEventKinds = {EventKind::install, EventKind::upgrade,
                                           EventKind::remove, EventKind::download};
std::string_view to_string(EventKind kind);
std::optional<EventKind> parse_event_kind(std::string_view text);

struct Event {
  EventKind kind = EventKind::install;
  std::string worker = {};
  std::string release = {};   ///< "[epoch:]pkgver-pkgrel"; empty: an unknown one.
  std::string platform = {};  ///< "linux-x86_64-cpu"; empty: unknown.
  std::string recipe = {};    ///< "PKGBUILD" or "PKGBUILD.bin"; empty: unknown.
  std::string hardware = {};  ///< base/hardware_class.hpp; empty: unknown.
  bool ci = false;            ///< A machine that tests, not a person.
  /// 16 hexadecimal digits that mean one client for one period, and nothing after it.
  std::string visitor = {};
};

/// 16 lower-case hexadecimal digits.
bool is_visitor(std::string_view text);

/// Seconds since 1970 of the beginning of the hour, the day, the week (Monday), all in UTC.
std::int64_t hour_of(Time time);
std::int64_t day_of(Time time);
std::int64_t week_of(Time time);

inline constexpr std::int64_t kHourSeconds = 3600, kDaySeconds = 86'400, kWeekSeconds = 604'800;

}  // namespace rbee::analytics
