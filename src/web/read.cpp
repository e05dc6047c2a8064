#include "web/read.hpp"

#include <fmt/format.h>

#include <array>

#include "web/charts.hpp"
#include "web/highlight.hpp"

namespace rbee::web {

const Json& at(const Json& json, std::string_view key) {
  static const Json kNull;
  const auto* object = json.if_object();
  const Json* value = object == nullptr ? nullptr : object->if_contains(key);
  return value == nullptr ? kNull : *value;
}

std::string text(const Json& json, std::string_view key) {
  const auto* value = at(json, key).if_string();
  return value == nullptr ? std::string() : std::string(*value);
}

double real(const Json& json, std::string_view key) {
  const Json& value = at(json, key);
  return value.is_number() ? value.to_number<double>() : 0;
}

std::int64_t count(const Json& json, std::string_view key) {
  return static_cast<std::int64_t>(real(json, key));
}

bool flag(const Json& json, std::string_view key) {
  const Json& value = at(json, key);
  return value.is_bool() && value.get_bool();
}

const boost::json::array& list(const Json& json, std::string_view key) {
  static const boost::json::array kNone;
  const auto* value = at(json, key).if_array();
  return value == nullptr ? kNone : *value;
}

std::string joined(const Json& json, std::string_view key) {
  std::string out;
  for (const Json& each : list(json, key))
    if (each.is_string()) out += (out.empty() ? "" : ", ") + std::string(each.get_string());
  return out;
}

std::string day_of(std::string_view time) {
  constexpr std::array<std::string_view, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                        "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  if (time.size() < 10 || time[4] != '-' || time[7] != '-') return std::string(time);
  const int month = (time[5] - '0') * 10 + (time[6] - '0');
  if (month < 1 || month > 12) return std::string(time);
  const std::string_view day = time[8] == '0' ? time.substr(9, 1) : time.substr(8, 2);
  return fmt::format("{} {} {}", day, kMonths[static_cast<std::size_t>(month - 1)],
                     time.substr(0, 4));
}

std::string size_of_mb(std::int64_t mb) {
  if (mb < 1000) return fmt::format("{} MB", mb);
  return fmt::format("{:.3g} GB", static_cast<double>(mb) / 1000);
}

std::string size_of_bytes(std::int64_t bytes) {
  if (bytes < 1000) return fmt::format("{} B", bytes);
  if (bytes < 1'000'000) return fmt::format("{:.3g} kB", static_cast<double>(bytes) / 1e3);
  return fmt::format("{:.3g} MB", static_cast<double>(bytes) / 1e6);
}

View card_of(const Json& worker) {
  View card;
  const std::string id = text(worker, "id"), name = text(worker, "name");
  const Json& marks = at(worker, "highlights");
  card.set("id", id);
  card.set("name_html", mark_text(name.empty() ? id : name, &at(marks, "name")));
  card.set("description_html", mark_text(text(worker, "description"), &at(marks, "description")));
  card.set("snippet_html", View());
  if (const Json& snippet = at(worker, "snippet"); snippet.is_object())
    card.set("snippet_html", mark_text(text(snippet, "text"), &at(snippet, "marks")));
  card.set("version", text(worker, "version"));
  card.set("is_official", text(worker, "source") == "official");
  card.set("author", text(worker, "author"));
  card.set("license", text(worker, "license"));
  card.set("updated", day_of(text(worker, "updated_at")));
  card.set("updated_at", text(worker, "updated_at"));
  card.set("accelerators", View::of(at(worker, "accelerators")));
  card.set("tasks", View::of(at(worker, "tasks")));
  // Set whether or not there are any: within a list, a missing name is looked for around it.
  for (const char* name : {"rating_html", "ratings", "installs", "stars", "by_rating"})
    card.set(name, View());
  const Json& numbers = at(worker, "numbers");
  if (const std::int64_t ratings = count(numbers, "ratings"); ratings > 0) {
    card.set("rating_html", web::stars(real(numbers, "rating")));
    card.set("ratings", ratings);
  }
  const std::int64_t installs = count(numbers, "installs"), stars = count(numbers, "stars");
  card.set("installs_word", installs == 1 ? "install" : "installs");
  card.set("stars_word", stars == 1 ? "star" : "stars");
  if (installs > 0) card.set("installs", short_number(installs));
  if (stars > 0) card.set("stars", short_number(stars));
  return card;
}

Views cards_of(const boost::json::array& workers) {
  Views cards;
  for (const Json& worker : workers) cards.push_back(card_of(worker));
  return cards;
}

}  // namespace rbee::web
