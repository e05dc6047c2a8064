// What people did with a worker: who stands behind it, what they say, how much it is used.
#include <fmt/format.h>

#include <array>

#include "web/charts.hpp"
#include "web/opinion_forms.hpp"
#include "web/pages.hpp"
#include "web/worker_header.hpp"

namespace rbee::web {

namespace {

View fact(std::string_view kind, std::string claim, std::string evidence) {
  View row;
  row.set("kind", kind);
  row.set("is_good", kind == "good");
  row.set("is_unsure", kind == "unsure");
  row.set("is_wrong", kind == "wrong");
  row.set("claim", claim);
  row.set("evidence", evidence);
  return row;
}

/// Each with what it rests on; there is no single tick.
Views trust_facts(const Json& detail, const Json& trust, const Json& findings) {
  Views facts;
  const std::string owner = text(trust, "owner");
  if (owner.empty()) {
    facts.push_back(fact("unsure", "No account maintains it", "the host put it into the catalog"));
  } else {
    facts.push_back(
        fact("good", owner + " maintains it", "since " + day_of(text(trust, "owner_since"))));
    if (!flag(trust, "owner_is_first"))
      facts.push_back(fact("wrong", "It had another owner before",
                           "the timeline below says who, and when it changed hands"));
  }
  const auto& reviewers = list(trust, "reviewers");
  if (flag(trust, "by_submission") && !reviewers.empty()) {
    facts.push_back(
        fact("good", fmt::format("{} approved this release", joined(trust, "reviewers")),
             fmt::format("the files of {} as catalog commit {} has them", text(trust, "version"),
                         text(detail, "commit").substr(0, 12))));
  } else if (flag(trust, "by_submission")) {
    facts.push_back(fact("unsure", "Nobody but its author looked at this release",
                         "it merged by itself: same hosts, checksums for everything"));
  } else {
    facts.push_back(fact("unsure", "This release came without a submission",
                         "the host put it into the catalog"));
  }
  std::int64_t remote = 0, pinned = 0;
  for (const Json& variant : list(detail, "variants")) {
    const SourceCount sources = count_sources(variant);
    remote += sources.remote;
    pinned += sources.pinned;
  }
  if (remote == 0) {
    facts.push_back(fact("good", "Nothing is fetched from elsewhere",
                         "all sources are files of its folder in the catalog"));
  } else {
    facts.push_back(
        fact(pinned == remote ? "good" : "wrong",
             pinned == remote ? "Everything fetched is pinned" : "Not everything fetched is pinned",
             fmt::format("{} of {} sources over all variants have a checksum or a Git commit",
                         pinned, remote)));
  }
  std::int64_t serious = 0, all = 0;
  for (const Json& each : list(findings, "findings")) {
    ++all;
    const std::string severity = text(each, "severity");
    serious += severity == "block" || severity == "hold" ? 1 : 0;
  }
  facts.push_back(fact(
      serious == 0 ? "good" : "wrong",
      serious == 0 ? "The checks hold nothing against it" : "The checks want a person to look",
      fmt::format("{} finding{} today, {} of them serious", all, all == 1 ? "" : "s", serious)));
  facts.push_back(fact("good", "In the catalog since " + day_of(text(detail, "created_at")),
                       "its first commit in the catalog's history"));
  if (const std::string yanked = text(trust, "yanked"); !yanked.empty())
    facts.push_back(fact("wrong", "Its maintainer took this release back", yanked));
  return facts;
}

std::vector<ChartPoint> shares_of(const Json& stats, std::string_view name, std::string_view key) {
  std::vector<ChartPoint> points;
  for (const Json& each : list(stats, name)) {
    if (points.size() == 8) break;
    points.push_back({text(each, key), real(each, "downloads")});
  }
  return points;
}

}  // namespace

Result<http::Response> trust_page(Visit& visit) {
  TRY_ASSIGN(WorkerHead head, open_worker(visit, "trust"));
  // A marketplace without accounts knows of nobody.
  const auto trust = visit.get_shared(head.api + "/trust");
  const auto findings = visit.get_shared(head.api + "/findings");
  const auto history = visit.get_shared(head.api + "/ownership");
  head.view.set("trust_facts",
                trust_facts(head.detail, trust ? **trust : Json(), findings ? **findings : Json()));
  Views events;
  if (history)
    for (const Json& each : list(**history, "history")) {
      View row = View::of(each);
      row.set("since_day", day_of(text(each, "since")));
      row.set("until_day", day_of(text(each, "until")));
      events.push_back(std::move(row));
    }
  head.view.set("has_events", !events.empty());
  head.view.set("events", std::move(events));
  return visit.page("worker_trust", std::move(head.view),
                    {.title = "Trust in " + head.id, .section = "search"});
}

Result<http::Response> reviews_page(Visit& visit) {
  TRY_ASSIGN(WorkerHead head, open_worker(visit, "reviews"));
  View& view = head.view;
  std::string target = head.api + "/reviews?limit=20";
  const std::string here = fmt::format("/w/{}/reviews", head.id);
  std::string rating, sort = "newest";
  for (const auto& [name, value] : visit.request.query) {
    if (name != "rating" && name != "sort" && name != "verified" && name != "cursor") continue;
    target += fmt::format("&{}={}", name, url_encode(value));
    if (name == "rating") rating = value;
    if (name == "sort") sort = value;
  }
  auto answer = visit.get(target);
  // Without accounts there are no reviews, and no such path.
  if (!answer && answer.error().code != Errc::not_found)
    return tl::unexpected(std::move(answer).error());
  const Json reviews = answer ? std::move(*answer) : Json();
  const Json& summary = at(reviews, "summary");
  const std::int64_t total = count(summary, "count");
  view.set("total", grouped(total));
  view.set("has_total", total > 0);
  if (total > 0) {
    view.set("mean", fmt::format("{:.1f}", real(summary, "mean")));
    view.set("mean_html", stars(real(summary, "mean")));
  }
  view.set("verified", grouped(count(summary, "verified")));
  Views bars;
  for (int i = 5; i >= 1; --i) {
    View bar;
    const std::string name = std::to_string(i);
    bar.set("rating", name);
    bar.set("count", count(at(summary, "histogram"), name));
    bar.set("max", std::max<std::int64_t>(total, 1));
    bar.set("chosen", rating == name);
    bar.set("link", rating == name ? here : here + "?rating=" + name);
    bars.push_back(std::move(bar));
  }
  view.set("bars", std::move(bars));
  Views sorts;
  for (const char* each : {"newest", "helpful", "highest", "lowest"}) {
    View row;
    row.set("value", each);
    row.set("chosen", sort == each);
    row.set("link", fmt::format("{}?sort={}", here, each));
    sorts.push_back(std::move(row));
  }
  view.set("sorts", std::move(sorts));
  TRY_ASSIGN(const bool own, add_rate_form(visit, head.id, reviews, view));
  Views rows;
  for (const Json& each : list(reviews, "reviews")) {
    View row = View::of(each);
    add_review_forms(visit, own, each, row);
    row.set("stars_html", stars(real(each, "rating")));
    row.set("day", day_of(text(each, "created_at")));
    row.set("is_edited", count(each, "edits") > 0);
    row.set("has_helpful", count(each, "helpful") > 0);
    rows.push_back(std::move(row));
  }
  view.set("has_reviews", !rows.empty());
  view.set("reviews", std::move(rows));
  if (const std::string next = text(reviews, "next"); !next.empty())
    view.set("next",
             fmt::format("{}?sort={}{}&cursor={}", here, url_encode(sort),
                         rating.empty() ? "" : "&rating=" + url_encode(rating), url_encode(next)));
  return visit.page("worker_reviews", std::move(view),
                    {.title = "Reviews of " + head.id, .section = "search"});
}

Result<http::Response> stats_page(Visit& visit) {
  TRY_ASSIGN(WorkerHead head, open_worker(visit, "stats"));
  View& view = head.view;
  std::string period(visit.request.parameter("period"));
  if (period != "hour" && period != "week") period = "day";
  TRY_ASSIGN(const Json stats, visit.get(head.api + "/stats?period=" + period));
  for (const char* key : {"downloads", "installs", "upgrades", "removes", "served", "ci_installs",
                          "installs_30_days"})
    view.set("n_" + std::string(key), grouped(count(stats, key)));
  std::vector<ChartPoint> points;
  Views rows;
  for (const Json& each : list(stats, "series")) {
    const std::string start = text(each, "start");
    const std::string label = period == "hour" && start.size() > 16
                                  ? start.substr(5, 5) + " " + start.substr(11, 5)
                                  : day_of(start);
    points.push_back({label, real(each, "downloads")});
    View row;
    row.set("label", label);
    row.set("downloads", grouped(count(each, "downloads")));
    row.set("installs", grouped(count(each, "installs")));
    row.set("upgrades", grouped(count(each, "upgrades")));
    rows.push_back(std::move(row));
  }
  view.set("chart_html", line_chart(fmt::format("Downloads of {} by {}", head.id, period), points));
  view.set("rows", std::move(rows));
  view.set("versions_html",
           bar_chart("Downloads of 30 days by release", shares_of(stats, "versions", "version")));
  view.set("platforms_html", bar_chart("Downloads of 30 days by platform",
                                       shares_of(stats, "platforms", "platform")));
  Views periods;
  for (const char* each : {"hour", "day", "week"}) {
    View row;
    row.set("name", each);
    row.set("link", fmt::format("/w/{}/stats?period={}", head.id, each));
    row.set("chosen", period == each);
    periods.push_back(std::move(row));
  }
  view.set("periods", std::move(periods));
  view.set("csv", fmt::format("{}/stats?period={}&format=csv", head.api, period));
  view.set("is_empty", count(stats, "downloads") == 0);
  return visit.page("worker_stats", std::move(view),
                    {.title = "Statistics of " + head.id, .section = "search"});
}

}  // namespace rbee::web
