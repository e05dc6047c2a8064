#include "api/opinions.hpp"

#include <fmt/format.h>

#include <array>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <charconv>
#include <cmath>

#include "api/answers.hpp"
#include "api/caller.hpp"
#include "api/paging.hpp"
#include "api/views.hpp"
#include "community/standing.hpp"

namespace rbee::api {

namespace {

using community::Identity;
using community::Review;
using community::Scope;
using http::Method;
using http::Params;
using http::Request;
using http::Response;
namespace bj = boost::json;

constexpr std::array<http::Route<Opinions>, 20> kOpinionsRoutes{{
    {Method::get, "/v1/workers/{id}/star", &Opinions::star},
    {Method::put, "/v1/workers/{id}/star", &Opinions::set_star},
    {Method::post, "/v1/workers/{id}/star", &Opinions::set_star},
    {Method::del, "/v1/workers/{id}/star", &Opinions::clear_star},
    {Method::get, "/v1/workers/{id}/vote", &Opinions::vote},
    {Method::put, "/v1/workers/{id}/vote", &Opinions::set_vote},
    {Method::post, "/v1/workers/{id}/vote", &Opinions::set_vote},
    {Method::del, "/v1/workers/{id}/vote", &Opinions::clear_vote},
    {Method::get, "/v1/users/me/starred", &Opinions::starred},
    {Method::get, "/v1/workers/{id}/reviews", &Opinions::list},
    {Method::post, "/v1/workers/{id}/reviews", &Opinions::put},
    {Method::del, "/v1/workers/{id}/reviews", &Opinions::withdraw},
    {Method::get, "/v1/workers/{id}/reviews/{review}", &Opinions::show},
    {Method::put, "/v1/workers/{id}/reviews/{review}/reply", &Opinions::reply},
    {Method::put, "/v1/workers/{id}/reviews/{review}/helpful", &Opinions::set_helpful},
    {Method::del, "/v1/workers/{id}/reviews/{review}/helpful", &Opinions::clear_helpful},
    {Method::post, "/v1/workers/{id}/reviews/{review}/report", &Opinions::report},
    {Method::post, "/v1/workers/{id}/reviews/{review}/hide", &Opinions::hide},
    {Method::post, "/v1/workers/{id}/reviews/{review}/show", &Opinions::unhide},
    {Method::get, "/v1/review-reports", &Opinions::reports},
}};

double rounded(double value) {
  return std::round(value * 100) / 100;
}

bj::value text_or_null(const std::string& text) {
  return text.empty() ? bj::value() : bj::value(printable(text));
}

bj::object to_json(const Review& review) {
  bj::object out{{"id", review.id},
                 {"worker", review.worker},
                 {"account", review.account},
                 {"rating", review.rating},
                 {"title", printable(review.title)},
                 {"comment", printable(review.comment)},
                 {"version", review.release},
                 {"verified_install", review.verified},
                 {"platform", text_or_null(review.platform)},
                 {"hardware_class", text_or_null(review.hardware)},
                 {"created_at", rfc3339(review.created)},
                 {"updated_at", rfc3339(review.updated)},
                 {"edits", review.edits},
                 {"helpful", review.helpful},
                 {"reply", nullptr},
                 {"hidden", review.hidden.has_value()}};
  if (review.reply)
    out["reply"] = bj::object{{"account", review.reply->account},
                              {"text", printable(review.reply->text)},
                              {"at", rfc3339(review.reply->at)}};
  if (review.hidden) out["hidden_reason"] = printable(review.hidden_reason);
  return out;
}

bj::object to_json(const community::ReviewSummary& summary) {
  bj::object histogram;
  for (std::size_t i = 0; i < summary.histogram.size(); ++i)
    histogram[std::to_string(i + 1)] = summary.histogram[i];
  bj::array groups;
  for (const auto& group : summary.by_accelerator)
    groups.push_back(bj::object{
        {"accelerator", group.name},
        {"count", group.count},
        {"mean", rounded(static_cast<double>(group.sum) / static_cast<double>(group.count))}});
  const std::int64_t count = summary.count();
  return {
      {"count", count},
      {"mean", count == 0 ? bj::value()
                          : bj::value(rounded(static_cast<double>(summary.sum()) /
                                              static_cast<double>(count)))},
      {"rating", count == 0 ? bj::value()
                            : bj::value(rounded(community::bayesian_mean(count, summary.sum())))},
      {"verified", summary.verified},
      {"histogram", std::move(histogram)},
      {"by_accelerator", std::move(groups)}};
}

/// "KEY.ID" of the last one seen.
Result<std::pair<std::int64_t, std::int64_t>> parse_review_cursor(std::string_view value) {
  std::pair<std::int64_t, std::int64_t> cursor;
  const char* const end = value.data() + value.size();
  const auto key = std::from_chars(value.data(), end, cursor.first);
  if (key.ec == std::errc() && key.ptr != end && *key.ptr == '.') {
    const auto id = std::from_chars(key.ptr + 1, end, cursor.second);
    if (id.ec == std::errc() && id.ptr == end) return cursor;
  }
  return invalid_parameter("cursor", value, "it is not one that this server gave out");
}

}  // namespace

bool Opinions::serves(std::string_view path) const {
  return http::has_route(kOpinionsRoutes, path);
}

std::vector<http::RouteName> Opinions::routes() const {
  return http::names_of(kOpinionsRoutes);
}

Response Opinions::respond(const Request& request, std::string_view base) const {
  Request with_base = request;
  with_base.headers.set("X-Rbee-Base", std::string(base));  // For the routes that show an address.
  Response response = http::route(*this, kOpinionsRoutes, with_base);
  if (response.status == 401) response.headers.add("WWW-Authenticate", "Bearer realm=\"rbee\"");
  return response;
}

Result<std::shared_ptr<const catalog::Entry>> Opinions::worker(const Params& params) const {
  return find_worker(catalog_(), params["id"]);
}

Result<Review> Opinions::review(const Params& params) const {
  TRY_ASSIGN(const WorkerId id, WorkerId::parse(params["id"]));
  TRY_ASSIGN(const std::int64_t number, api::number(params["review"]));
  TRY_ASSIGN(Review found, reviews_.get(number));
  if (found.worker != id.str())
    return fail(Errc::not_found, "review-not-found",
                fmt::format("review {} is not about {}", number, id.str()));
  return found;
}

Result<Response> Opinions::mark(const Request& request, const Params& params,
                                community::Marks& marks, Wish wish) const {
  TRY_ASSIGN(const Identity identity, identify(request, tokens_, Scope::community));
  TRY_ASSIGN(const WorkerId id, WorkerId::parse(params["id"]));
  if (wish == Wish::set) {
    TRY(worker(params));  // What is gone can be forgotten, and not be marked anew.
    TRY(marks.set(id, identity.account));
  } else {
    TRY(marks.clear(id, identity.account));
  }
  return marked(request, params, marks);
}

Result<Response> Opinions::marked(const Request& request, const Params& params,
                                  const community::Marks& marks) const {
  TRY_ASSIGN(const WorkerId id, WorkerId::parse(params["id"]));
  TRY_ASSIGN(const std::int64_t count, marks.count(id));
  bj::object answer{{"worker", id.str()}, {"count", count}};
  if (!request.headers.get("Authorization").empty()) {
    TRY_ASSIGN(const Identity identity, identify(request, tokens_));
    TRY_ASSIGN(const bool mine, marks.has(id, identity.account));
    answer["mine"] = mine;
  }
  return json(200, answer);
}

Result<Response> Opinions::star(const Request& request, const Params& params) const {
  TRY(no_parameters(request));
  TRY(worker(params));
  return marked(request, params, stars_);
}

Result<Response> Opinions::set_star(const Request& request, const Params& params) const {
  return mark(request, params, stars_, Wish::set);
}

Result<Response> Opinions::clear_star(const Request& request, const Params& params) const {
  return mark(request, params, stars_, Wish::clear);
}

Result<Response> Opinions::vote(const Request& request, const Params& params) const {
  TRY(no_parameters(request));
  TRY(worker(params));
  return marked(request, params, votes_);
}

Result<Response> Opinions::set_vote(const Request& request, const Params& params) const {
  return mark(request, params, votes_, Wish::set);
}

Result<Response> Opinions::clear_vote(const Request& request, const Params& params) const {
  return mark(request, params, votes_, Wish::clear);
}

Result<Response> Opinions::starred(const Request& request, const Params&) const {
  TRY(no_parameters(request, {"limit", "cursor"}));
  TRY_ASSIGN(const Identity identity, identify(request, tokens_, Scope::read));
  TRY_ASSIGN(const int limit, page_limit(request));
  std::optional<community::Mark> after;
  if (const auto value = request.parameter("cursor"); !value.empty()) {
    // "SECONDS.ID"
    std::int64_t created = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), created);
    const std::string_view rest(end, static_cast<std::size_t>(value.data() + value.size() - end));
    if (error != std::errc() || !rest.starts_with('.') || !WorkerId::parse(rest.substr(1)))
      return invalid_parameter("cursor", value, "it is not one that this server gave out");
    after = community::Mark{std::string(rest.substr(1)), Time(std::chrono::seconds(created))};
  }
  TRY_ASSIGN(const auto marks, stars_.of(identity.account, after, limit + 1));
  const auto snapshot = catalog_();
  const std::string base(request.headers.get("X-Rbee-Base"));
  bj::array workers;
  for (const community::Mark& mark : marks) {
    if (workers.size() == static_cast<std::size_t>(limit)) break;
    const auto entry = snapshot == nullptr ? nullptr : snapshot->find(mark.worker);
    // One that is gone keeps its place: people want to know what they had.
    bj::object one = entry == nullptr ? bj::object{{"id", mark.worker}}
                                      : wire::to_json(summarise(*entry, base)).as_object();
    one["offered"] = entry != nullptr;
    one["starred_at"] = rfc3339(mark.created);
    workers.push_back(std::move(one));
  }
  bj::object body{{"workers", std::move(workers)}};
  std::string cursor;
  if (marks.size() > static_cast<std::size_t>(limit)) {
    const community::Mark& last = marks[static_cast<std::size_t>(limit) - 1];
    cursor = fmt::format("{}.{}", last.created.time_since_epoch().count(), last.worker);
  }
  return page_of(request, std::move(body), cursor);
}

Result<Response> Opinions::list(const Request& request, const Params& params) const {
  TRY(no_parameters(request, {"sort", "rating", "verified", "accelerator", "limit", "cursor"}));
  TRY_ASSIGN(const auto entry, worker(params));
  community::ReviewQuery query;
  if (const auto value = request.parameter("sort"); !value.empty()) {
    const auto order = community::parse_review_order(value);
    if (!order) return invalid_parameter("sort", value, "it is newest, helpful, highest or lowest");
    query.order = *order;
  }
  if (const auto value = request.parameter("rating"); !value.empty()) {
    TRY_ASSIGN(query.rating, whole_number("rating", value, 1, 5));
  }
  TRY_ASSIGN(query.limit, page_limit(request));
  if (const auto value = request.parameter("verified"); !value.empty()) {
    if (value != "0" && value != "1") return invalid_parameter("verified", value, "it is 0 or 1");
    query.verified_only = value == "1";
  }
  if (const auto value = request.parameter("accelerator"); !value.empty()) {
    const auto accelerator = parse_accelerator(value);
    if (!accelerator) return invalid_parameter("accelerator", value, accelerator.error().message);
    query.accelerator = to_string(*accelerator);
  }
  if (const auto value = request.parameter("cursor"); !value.empty()) {
    TRY_ASSIGN(query.after, parse_review_cursor(value));
  }
  std::optional<Review> mine;
  const bool asks_somebody = !request.headers.get("Authorization").empty();
  if (asks_somebody) {
    TRY_ASSIGN(const Identity identity, identify(request, tokens_));
    query.with_hidden = identity.scopes.contains(Scope::review);
    TRY_ASSIGN(mine, reviews_.of(entry->id, identity.account));
  }
  TRY_ASSIGN(const auto page, reviews_.list(entry->id, query));
  TRY_ASSIGN(const auto summary, reviews_.summary(entry->id));
  bj::array all;
  for (const Review& each : page.reviews) all.push_back(to_json(each));
  bj::object body{{"reviews", std::move(all)}, {"summary", to_json(summary)}};
  if (asks_somebody) body["mine"] = mine ? bj::value(to_json(*mine)) : bj::value();
  return page_of(
      request, std::move(body),
      page.next ? fmt::format("{}.{}", page.next->first, page.next->second) : std::string());
}

Result<Response> Opinions::put(const Request& request, const Params& params) const {
  TRY_ASSIGN(const Identity identity, identify(request, tokens_, Scope::community));
  TRY_ASSIGN(const auto entry, worker(params));
  // The seed's clients say `verified_install`, and cannot know it.
  TRY_ASSIGN(const Body body,
             Body::parse(request, {"rating", "title", "comment", "verified_install"}));
  community::NewReview said;
  TRY_ASSIGN(const std::int64_t rating, body.integer("rating"));
  said.rating = static_cast<int>(std::clamp<std::int64_t>(rating, 0, 6));
  TRY_ASSIGN(said.title, body.text("title"));
  TRY_ASSIGN(said.comment, body.text("comment"));
  TRY(body.boolean("verified_install"));
  said.release = entry->version;
  TRY_ASSIGN(const auto maintainers, ownership_.maintainers(entry->id));
  TRY_ASSIGN(const Review made, reviews_.put(entry->id, identity.account, said, maintainers));
  return json(made.edits == 0 ? 201 : 200, to_json(made));
}

Result<Response> Opinions::withdraw(const Request& request, const Params& params) const {
  TRY_ASSIGN(const Identity identity, identify(request, tokens_, Scope::community));
  TRY_ASSIGN(const WorkerId id, WorkerId::parse(params["id"]));
  TRY(reviews_.withdraw(id, identity.account));
  return http::reply(204, "application/json", "");
}

Result<Response> Opinions::show(const Request& request, const Params& params) const {
  TRY(no_parameters(request));
  TRY_ASSIGN(const Review found, review(params));
  if (found.hidden) TRY(identify(request, tokens_, Scope::review));
  bj::object answer = to_json(found);
  TRY_ASSIGN(const auto history, reviews_.history(found.id));
  bj::array versions;
  for (const community::ReviewVersion& each : history)
    versions.push_back(bj::object{{"rating", each.rating},
                                  {"title", printable(each.title)},
                                  {"comment", printable(each.comment)},
                                  {"version", each.release},
                                  {"until", rfc3339(each.until)}});
  answer["history"] = std::move(versions);
  return json(200, answer);
}

Result<Response> Opinions::reply(const Request& request, const Params& params) const {
  TRY_ASSIGN(const Identity identity, identify(request, tokens_, Scope::community));
  TRY_ASSIGN(const Review found, review(params));
  TRY_ASSIGN(const Body body, Body::parse(request, {"text"}));
  TRY_ASSIGN(const std::string text, body.text("text"));
  TRY_ASSIGN(const WorkerId id, WorkerId::parse(params["id"]));
  TRY_ASSIGN(const auto maintainers, ownership_.maintainers(id));
  TRY_ASSIGN(const Review now, reviews_.reply(found.id, identity.account, maintainers, text));
  return json(200, to_json(now));
}

Result<Response> Opinions::set_helpful(const Request& request, const Params& params) const {
  TRY_ASSIGN(const Identity identity, identify(request, tokens_, Scope::community));
  TRY_ASSIGN(const Review found, review(params));
  TRY_ASSIGN(const Review now, reviews_.set_helpful(found.id, identity.account, true));
  return json(200, to_json(now));
}

Result<Response> Opinions::clear_helpful(const Request& request, const Params& params) const {
  TRY_ASSIGN(const Identity identity, identify(request, tokens_, Scope::community));
  TRY_ASSIGN(const Review found, review(params));
  TRY_ASSIGN(const Review now, reviews_.set_helpful(found.id, identity.account, false));
  return json(200, to_json(now));
}

Result<Response> Opinions::report(const Request& request, const Params& params) const {
  TRY_ASSIGN(const Identity identity, identify(request, tokens_, Scope::community));
  TRY_ASSIGN(const Review found, review(params));
  TRY_ASSIGN(const Body body, Body::parse(request, {"reason"}));
  TRY_ASSIGN(const std::string reason, body.text("reason", true));
  TRY(reviews_.report(found.id, identity.account, reason));
  return http::reply(204, "application/json", "");
}

Result<Response> Opinions::moderate(const Request& request, const Params& params, bool hide) const {
  TRY_ASSIGN(const Identity identity, identify(request, tokens_, Scope::review));
  TRY_ASSIGN(const Review found, review(params));
  TRY_ASSIGN(const Body body, Body::parse(request, {"reason"}));
  TRY_ASSIGN(const std::string reason, body.text("reason"));
  TRY_ASSIGN(const Review now, reviews_.moderate(found.id, identity.account, hide, reason));
  return json(200, to_json(now));
}

Result<Response> Opinions::hide(const Request& request, const Params& params) const {
  return moderate(request, params, true);
}

Result<Response> Opinions::unhide(const Request& request, const Params& params) const {
  return moderate(request, params, false);
}

Result<Response> Opinions::reports(const Request& request, const Params&) const {
  TRY(no_parameters(request));
  TRY(identify(request, tokens_, Scope::review));
  TRY_ASSIGN(const auto open, reviews_.open_reports());
  bj::array all;
  for (const community::Report& each : open) all.push_back(report_json(each, "review"));
  return json(200, bj::object{{"reports", std::move(all)}});
}

}  // namespace rbee::api
