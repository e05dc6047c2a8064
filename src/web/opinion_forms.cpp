#include "web/opinion_forms.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/object.hpp>
#include <charconv>

#include "base/text.hpp"
#include "web/pages.hpp"
#include "web/session.hpp"
#include "web/shown.hpp"
#include "web/site.hpp"

namespace rbee::web {

using http::Method;
using http::Response;
namespace bj = boost::json;

namespace {

std::string worker_path(const Visit& visit) {
  return "/v1/workers/" + url_encode(visit.params["id"]);
}

std::string review_path(const Visit& visit) {
  return worker_path(visit) + "/reviews/" + url_encode(visit.params["review"]);
}

/// Browsers send "\r\n" for a line's end in a text.
std::string lines_of(const Visit& visit, std::string_view field) {
  std::string text = visit.form(field);
  std::erase(text, '\r');
  return text;
}

/// PUT or DELETE `target` as the form's "on" says.
Result<Response> mark(Visit& visit, const std::string& target, std::string_view set,
                      std::string_view cleared) {
  TRY(require_login(visit));
  const bool on = visit.form("on") == "1";
  TRY(visit.send(on ? Method::put : Method::del, target, nullptr));
  return done(visit, on ? set : cleared);
}

/// Whether the visitor owns or co-maintains the worker.
Result<bool> maintains(Visit& visit, std::string_view worker) {
  if (visit.context.account.empty()) return false;
  TRY_ASSIGN(const auto owners, visit.get("/v1/workers/" + url_encode(worker) + "/owners"));
  if (owners.at("owner") == bj::string(visit.context.account)) return true;
  const auto& others = owners.at("co_maintainers").as_array();
  return std::any_of(others.begin(), others.end(), [&](const bj::value& each) {
    return each == bj::string(visit.context.account);
  });
}

}  // namespace

Result<void> add_mark_forms(Visit& visit, std::string_view worker, View& view) {
  if (visit.site().options().secret.empty()) return {};
  view.set("worker_id", worker);
  for (const std::string_view kind : {"star", "vote"}) {
    // Nobody's page costs no question: the button leads to the log-in.
    View one{View::Members()};
    if (!visit.context.account.empty()) {
      TRY_ASSIGN(const auto marked,
                 visit.get(fmt::format("/v1/workers/{}/{}", url_encode(worker), kind)));
      one = View::of(marked);
    }
    one.set("offered", true);
    view.set(kind, std::move(one));
  }
  return {};
}

Result<bool> add_rate_form(Visit& visit, std::string_view worker, const bj::value& reviews,
                           View& view) {
  view.set("worker_id", worker);
  TRY_ASSIGN(const bool own, maintains(visit, worker));
  view.set("maintains", own);
  std::int64_t rated = 0;
  const auto* mine = reviews.is_object() ? reviews.get_object().if_contains("mine") : nullptr;
  if (mine != nullptr && mine->is_object()) {
    view.set("my_review", shown(*mine));
    rated = mine->at("rating").as_int64();
  }
  constexpr std::string_view kWords[] = {"poor", "weak", "fair", "good", "excellent"};
  Views ratings;
  for (std::int64_t stars = 1; stars <= 5; ++stars) {
    View one;
    one.set("stars", stars);
    one.set("word", kWords[stars - 1]);
    one.set("chosen", stars == rated);
    ratings.push_back(std::move(one));
  }
  view.set("ratings", std::move(ratings));
  return own;
}

void add_review_forms(const Visit& visit, bool own_worker, const bj::value& review, View& view) {
  const bool logged_in = !visit.context.account.empty();
  const bool own = review.at("account") == bj::string(visit.context.account);
  view.set("may_help", logged_in && !own);
  view.set("may_report", logged_in && !own);
  view.set("may_reply", own_worker && !own);
  view.set("may_moderate", visit.context.may_review() && !own);
}

Result<Response> set_star(Visit& visit) {
  return mark(visit, worker_path(visit) + "/star", "starred", "unstarred");
}

Result<Response> set_vote(Visit& visit) {
  return mark(visit, worker_path(visit) + "/vote", "voted", "unvoted");
}

Result<Response> set_helpful(Visit& visit) {
  return mark(visit, review_path(visit) + "/helpful", "helpful", "not-helpful");
}

Result<Response> rate(Visit& visit) {
  TRY(require_login(visit));
  const std::string wanted = visit.form("rating");
  std::int64_t rating = 0;
  std::from_chars(wanted.data(), wanted.data() + wanted.size(), rating);
  TRY(visit.send(Method::post, worker_path(visit) + "/reviews",
                 bj::object{{"rating", rating},
                            {"title", std::string(trim(visit.form("title")))},
                            {"comment", std::string(trim(lines_of(visit, "comment")))}}));
  return done(visit, "rated");
}

Result<Response> withdraw_rating(Visit& visit) {
  TRY(require_login(visit));
  TRY(visit.send(Method::del, worker_path(visit) + "/reviews", nullptr));
  return done(visit, "rating-withdrawn");
}

Result<Response> report_review(Visit& visit) {
  TRY(require_login(visit));
  TRY(visit.send(Method::post, review_path(visit) + "/report",
                 bj::object{{"reason", std::string(trim(lines_of(visit, "reason")))}}));
  return done(visit, "reported");
}

Result<Response> reply_to_review(Visit& visit) {
  TRY(require_login(visit));
  const std::string text(trim(lines_of(visit, "text")));
  TRY(visit.send(Method::put, review_path(visit) + "/reply", bj::object{{"text", text}}));
  return done(visit, text.empty() ? "reply-withdrawn" : "replied");
}

Result<Response> moderate_review(Visit& visit) {
  TRY(require_login(visit));
  const bool hides = visit.form("action") != "show";
  TRY(visit.send(Method::post, review_path(visit) + (hides ? "/hide" : "/show"),
                 bj::object{{"reason", std::string(trim(lines_of(visit, "reason")))}}));
  return done(visit, "moderated");
}

}  // namespace rbee::web
