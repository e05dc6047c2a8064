// The first page: search, what moves, what is new, numbers.
#include "web/pages.hpp"

namespace rbee::web {

Result<http::Response> home_page(Visit& visit) {
  View view;
  TRY_ASSIGN(const auto trending, visit.get("/v1/workers?sort=trending&limit=6"));
  view.set("trending", View::of(trending.at("workers")));
  return visit.page("home", std::move(view), {.title = "Home", .section = "home"});
}

}  // namespace rbee::web
