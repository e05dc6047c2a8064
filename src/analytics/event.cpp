#include "analytics/event.hpp"

namespace rbee::analytics {

std::string_view to_string(EventKind kind) {
  switch (kind) {
    case EventKind::install:
      return "install";
    case EventKind::upgrade:
      return "upgrade";
    case EventKind::remove:
      return "remove";
    case EventKind::download:
      return "download";
  }
  return "unknown";
}

std::optional<EventKind> parse_event_kind(std::string_view text) {
  for (const EventKind kind : kEventKinds)
    if (to_string(kind) == text) return kind;
  return std::nullopt;
}

bool is_visitor(std::string_view text) {
  return text.size() == 16 && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

std::int64_t hour_of(Time time) {
  const std::int64_t seconds = time.time_since_epoch().count();
  return seconds - seconds % kHourSeconds;
}

std::int64_t day_of(Time time) {
  const std::int64_t seconds = time.time_since_epoch().count();
  return seconds - seconds % kDaySeconds;
}

std::int64_t week_of(Time time) {
  // 1970 began on a Thursday, three days into its week.
  const std::int64_t day = day_of(time);
  return day - (day / kDaySeconds + 3) % 7 * kDaySeconds;
}

}  // namespace rbee::analytics
