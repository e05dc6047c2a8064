// The first page: search, what moves, what is new, what is liked, numbers.
#include "web/charts.hpp"
#include "web/pages.hpp"
#include "web/read.hpp"

namespace rbee::web {

namespace {

/// The most frequent values of a facet.
Views counted(const Json& facets, std::string_view name, std::size_t limit) {
  Views values;
  for (const Json& each : list(facets, name)) {
    if (values.size() == limit) break;
    View value;
    value.set("value", text(each, "value"));
    value.set("count", grouped(count(each, "count")));
    values.push_back(std::move(value));
  }
  return values;
}

}  // namespace

Result<http::Response> home_page(Visit& visit) {
  View view;
  for (const auto& [name, sort] : {std::pair<std::string_view, std::string>("trending", "trending"),
                                   {"newest", "updated"},
                                   {"rated", "rating"}}) {
    TRY_ASSIGN(const auto workers, visit.get_shared("/v1/workers?limit=6&sort=" + sort));
    Views cards;
    for (const Json& worker : list(*workers, "workers")) {
      const bool by_rating = name == "rated";
      if (by_rating && count(at(worker, "numbers"), "ratings") == 0) continue;
      cards.push_back(card_of(worker));
      cards.back().set("by_rating", by_rating);
    }
    view.set("has_" + std::string(name), !cards.empty());
    view.set(name, std::move(cards));
  }
  TRY_ASSIGN(const auto all, visit.get_shared("/v1/search?facets=1&limit=1"));
  view.set("tasks", counted(at(*all, "facets"), "task", 8));
  view.set("accelerators", counted(at(*all, "facets"), "accelerator", 4));
  TRY_ASSIGN(const auto overview, visit.get_shared("/v1/stats/overview?limit=1"));
  const Json& totals = at(*overview, "totals");
  view.set("workers", grouped(count(totals, "workers")));
  view.set("downloads", short_number(count(totals, "downloads")));
  return visit.page("home", std::move(view),
                    {.title = "AI workers you can check before you run them",
                     .description = "Find, compare and install AI workers: every recipe checked by "
                                    "machine and by people.",
                     .section = "home"});
}

}  // namespace rbee::web
