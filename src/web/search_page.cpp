// Finding: the page of results with its facets, the list of tags.
//
// The address is the whole state: every filter is a link to the same page with one parameter more
// or less.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.hpp"
#include "web/charts.hpp"
#include "web/pages.hpp"
#include "web/read.hpp"

namespace rbee::web {

namespace {

constexpr std::size_t kPageSize = 20, kFacetValues = 8;

struct Facet {
  std::string_view name, label;
};
constexpr std::array<Facet, 8> kFacets{{{"task", "Task"},
                                        {"accelerator", "Runs on"},
                                        {"os", "System"},
                                        {"arch", "Processor"},
                                        {"format", "Model format"},
                                        {"license", "Licence"},
                                        {"source", "From"},
                                        {"tag", "Tag"}}};
constexpr std::array<std::pair<std::string_view, std::string_view>, 8> kSorts{
    {{"relevance", "Best match"},
     {"trending", "Trending"},
     {"installs", "Installs"},
     {"stars", "Stars"},
     {"rating", "Rating"},
     {"popularity", "Votes"},
     {"newest", "Newest"},
     {"updated", "Updated"}}};

using Query = std::vector<std::pair<std::string, std::string>>;

bool is_facet(std::string_view name) {
  return std::any_of(kFacets.begin(), kFacets.end(),
                     [&](const Facet& facet) { return facet.name == name; });
}

std::string link_of(const Query& query, std::string_view path = "/search") {
  std::string out(path);
  char mark = '?';
  for (const auto& [name, value] : query) {
    if (value.empty()) continue;
    out += fmt::format("{}{}={}", mark, name, url_encode(value));
    mark = '&';
  }
  return out;
}

Query without(Query query, std::string_view name, std::string_view value) {
  std::erase_if(query, [&](const auto& each) {
    return each.first == "cursor" || (each.first == name && each.second == value);
  });
  return query;
}

Query with(const Query& query, std::string_view name, std::string_view value) {
  Query more = without(query, name, value);
  more.emplace_back(name, value);
  return more;
}

/// What of the address this page understands.
Query understood(const http::Request& request) {
  Query query;
  for (const auto& [name, value] : request.query)
    if (name == "q" || name == "cursor" || name == "sort" || is_facet(name))
      query.emplace_back(name, value);
  return query;
}

Views facets_of(const Json& found, const Query& query) {
  Views facets;
  for (const Facet& facet : kFacets) {
    Views values;
    for (const Json& each : list(at(found, "facets"), facet.name)) {
      if (values.size() == kFacetValues) break;
      const std::string value = text(each, "value");
      const bool chosen =
          std::find(query.begin(), query.end(),
                    std::pair<std::string, std::string>(facet.name, value)) != query.end();
      View row;
      row.set("value", value);
      row.set("count", grouped(count(each, "count")));
      row.set("chosen", chosen);
      row.set("link",
              link_of(chosen ? without(query, facet.name, value) : with(query, facet.name, value)));
      values.push_back(std::move(row));
    }
    if (values.empty()) continue;
    View section;
    section.set("label", facet.label);
    section.set("values", std::move(values));
    facets.push_back(std::move(section));
  }
  return facets;
}

Views filters_of(const Query& query) {
  Views filters;
  for (const auto& [name, value] : query) {
    if (!is_facet(name)) continue;
    View filter;
    filter.set("name", name);
    filter.set("value", value);
    filter.set("without", link_of(without(query, name, value)));
    filters.push_back(std::move(filter));
  }
  return filters;
}

Views sorts_of(std::string_view chosen) {
  Views sorts;
  for (const auto& [value, label] : kSorts) {
    View row;
    row.set("value", value);
    row.set("label", label);
    row.set("chosen", value == chosen);
    sorts.push_back(std::move(row));
  }
  return sorts;
}

void say_corrections(View& view, const Json& found) {
  Views corrections;
  for (const Json& each : list(found, "corrections")) {
    std::vector<std::string> used;
    for (const Json& word : list(each, "used"))
      if (word.is_string()) used.emplace_back(word.get_string());
    View row;
    row.set("typed", text(each, "typed"));
    row.set("used", fmt::format("{}", fmt::join(used, ", ")));
    corrections.push_back(std::move(row));
  }
  view.set("corrections", std::move(corrections));
  if (const std::string words = text(found, "did_you_mean"); !words.empty()) {
    View mended;
    mended.set("words", words);
    mended.set("encoded", url_encode(words));
    view.set("did_you_mean", std::move(mended));
  }
  view.set("notes", View::of(at(found, "notes")));
}

/// A list in another order than by match is /v1/workers', whose facets are none.
std::string target_of(const Query& query, std::string_view sort) {
  Query asked;
  for (const auto& [name, value] : query)
    if (name != "sort") asked.emplace_back(name, value);
  asked.emplace_back("limit", std::to_string(kPageSize));
  if (sort == "relevance") {
    asked.emplace_back("facets", "1");
    asked.emplace_back("snippets", "1");
    return link_of(asked, "/v1/search");
  }
  asked.emplace_back("sort", sort);
  return link_of(asked, "/v1/workers");
}

}  // namespace

Result<http::Response> search_page(Visit& visit) {
  const Query query = understood(visit.request);
  const std::string q(visit.request.parameter("q"));
  std::string sort(visit.request.parameter("sort"));
  if (std::none_of(kSorts.begin(), kSorts.end(),
                   [&](const auto& each) { return each.first == sort; }))
    sort = "relevance";
  View view;
  Json found;
  auto answer = visit.get(target_of(query, sort));
  if (answer) {
    found = std::move(*answer);
  } else if (answer.error().code == Errc::invalid_input) {
    view.set("problem", answer.error().message);
  } else {
    return tl::unexpected(std::move(answer).error());
  }
  if (sort != "relevance" && found.is_object()) {
    Query same;
    for (const auto& [name, value] : query)
      if (name != "sort" && name != "cursor") same.emplace_back(name, value);
    same.emplace_back("facets", "1");
    same.emplace_back("limit", "1");
    if (auto counts = visit.get(link_of(same, "/v1/search")); counts && counts->is_object())
      found.get_object()["facets"] = at(*counts, "facets");
  }
  const std::int64_t total = count(found, "total");
  view.set("heading", q.empty() ? "Workers" : "Results");
  view.set("q", q);
  view.set("total", grouped(total));
  view.set("noun", total == 1 ? "worker" : "workers");
  view.set("sorts", sorts_of(sort));
  view.set("can_sort", true);
  view.set("facets", facets_of(found, query));
  const Views filters = filters_of(query);
  view.set("kept", filters);
  view.set("filters", filters);
  say_corrections(view, found);
  Views workers = cards_of(list(found, "workers"));
  view.set("has_workers", !workers.empty());
  view.set("workers", std::move(workers));
  if (const std::string next = text(found, "next"); !next.empty()) {
    Query more;
    for (const auto& each : query)
      if (each.first != "cursor") more.push_back(each);
    more.emplace_back("cursor", next);
    view.set("next", link_of(more));
  }
  view.set("use_htmx", true);  // Results while typing.
  const std::string title = q.empty() ? std::string("Workers") : printable_line(q);
  return visit.page("search", std::move(view),
                    {.title = title, .section = "search", .no_index = !q.empty()});
}

Result<http::Response> tags_page(Visit& visit) {
  TRY_ASSIGN(const auto tags, visit.get_shared("/v1/tags?limit=300"));
  View view;
  Views rows;
  for (const Json& each : list(*tags, "tags")) {
    View row;
    row.set("tag", text(each, "tag"));
    row.set("link", "/tags/" + url_encode(text(each, "tag")));
    row.set("count", grouped(count(each, "count")));
    rows.push_back(std::move(row));
  }
  view.set("total", grouped(count(*tags, "total")));
  view.set("tags", std::move(rows));
  return visit.page("tags", std::move(view),
                    {.title = "Tags", .description = "What workers say of themselves"});
}

Result<http::Response> tag_page(Visit& visit) {
  http::Response response{.status = 302, .headers = {}, .body = {}};
  response.headers.add("Location", "/search?tag=" + url_encode(visit.params["tag"]));
  return response;
}

}  // namespace rbee::web
