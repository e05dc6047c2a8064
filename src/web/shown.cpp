#include "web/shown.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace rbee::web {

namespace {

struct StateWords {
  std::string_view state, words, kind;
  bool is_open;
};

constexpr std::array<StateWords, 11> kStateWords{{
    {"draft", "Draft", "info", true},
    {"checking", "Being checked", "info", true},
    {"held", "Held for a person", "warn", true},
    {"awaiting-review", "Awaiting review", "warn", true},
    {"changes-requested", "Changes requested", "bad", true},
    {"approved", "Approved, cooling", "ok", true},
    {"merged", "Published", "ok", false},
    {"rejected", "Rejected", "bad", false},
    {"withdrawn", "Withdrawn", "", false},
    {"superseded", "Superseded", "", false},
    {"quarantined", "Quarantined", "bad", false},
}};

}  // namespace

std::string moment_of(std::string_view time) {
  constexpr std::array<std::string_view, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                        "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  constexpr std::string_view kForm = "0000-00-00T00:00:00Z";
  if (time.size() != kForm.size()) return {};
  for (std::size_t i = 0; i < kForm.size(); ++i)
    if (kForm[i] == '0' ? time[i] < '0' || time[i] > '9' : time[i] != kForm[i]) return {};
  const int month = (time[5] - '0') * 10 + (time[6] - '0');
  if (month < 1 || month > 12) return {};
  const std::string_view day = time[8] == '0' ? time.substr(9, 1) : time.substr(8, 2);
  return fmt::format("{} {} {}, {}", day, kMonths[static_cast<std::size_t>(month - 1)],
                     time.substr(0, 4), time.substr(11, 5));
}

View shown(const boost::json::value& json) {
  if (json.is_array()) {
    Views all;
    for (const auto& each : json.get_array()) all.push_back(shown(each));
    return View(std::move(all));
  }
  if (!json.is_object()) return View::of(json);
  View view{View::Members()};
  for (const auto& [key, value] : json.get_object()) {
    view.set(key, shown(value));
    if (!value.is_string()) continue;
    if (const std::string day = moment_of(value.get_string()); !day.empty())
      view.set(std::string(key) + "_day", day);
  }
  return view;
}

View shown_submission(const boost::json::value& submission) {
  View view = shown(submission);
  const std::string_view state = submission.at("state").as_string();
  for (const StateWords& each : kStateWords) {
    if (each.state != state) continue;
    view.set("state_words", each.words);
    view.set("state_kind", each.kind);
    view.set("is_open", each.is_open);
  }
  view.set("in_queue", state == "held" || state == "awaiting-review");
  view.set("is_merged", state == "merged");
  view.set("wants_changes", state == "changes-requested");
  return view;
}

Views shown_submissions(const boost::json::value& list) {
  Views all;
  for (const auto& each : list.as_array()) all.push_back(shown_submission(each));
  return all;
}

std::string duration_of(std::int64_t seconds) {
  const auto say = [](std::int64_t count, std::string_view unit) {
    return fmt::format("{} {}{}", count, unit, count == 1 ? "" : "s");
  };
  if (seconds < 90) return say(std::max<std::int64_t>(seconds, 1), "second");
  if (seconds < 90 * 60) return say((seconds + 30) / 60, "minute");
  if (seconds < 36 * 3600) return say((seconds + 1800) / 3600, "hour");
  return say((seconds + 43200) / 86400, "day");
}

}  // namespace rbee::web
