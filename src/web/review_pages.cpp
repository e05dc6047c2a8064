// For reviewers: what waits, one submission with all that an approval is about, reports of reviews.
#include <fmt/format.h>

#include <array>
#include <boost/json/object.hpp>
#include <charconv>

#include "base/text.hpp"
#include "web/diff_view.hpp"
#include "web/pages.hpp"
#include "web/session.hpp"
#include "web/shown.hpp"
#include "web/site.hpp"
#include "web/submission_view.hpp"

namespace rbee::web {

using http::Method;
using http::Response;
namespace bj = boost::json;

namespace {

Result<void> require_reviewer(const Visit& visit) {
  TRY(require_login(visit));
  if (visit.context.may_review()) return {};
  return fail(Errc::forbidden, "reviewer-needed", "this page is for reviewers");
}

struct ReviewAction {
  std::string_view name, flash;
  bool leaves;  ///< Back to the queue: this one needs nothing more from the reviewer.
};

constexpr std::array<ReviewAction, 5> kReviewActions{{
    {"claim", "claimed", false},
    {"unclaim", "unclaimed", true},
    {"approve", "approved", true},
    {"request-changes", "changes-requested", true},
    {"reject", "rejected", true},
}};

Result<Response> comment_on_line(Visit& visit) {
  std::string text = visit.form("text");
  std::erase(text, '\r');
  const std::string number = visit.form("line");
  std::int64_t line = 0;
  std::from_chars(number.data(), number.data() + number.size(), line);
  TRY(visit.send(
      Method::post, submission_target(visit) + "/comments",
      bj::object{{"text", std::string(trim(text))}, {"file", visit.form("file")}, {"line", line}}));
  return done(visit, "commented");
}

}  // namespace

Result<Response> review_queue(Visit& visit) {
  TRY(require_reviewer(visit));
  TRY_ASSIGN(const auto queue, visit.get("/v1/submissions?queue=1"));
  TRY_ASSIGN(const auto reports, visit.get("/v1/review-reports"));
  TRY_ASSIGN(const auto adoptions, visit.get("/v1/adoption-requests"));
  Views waiting;
  for (const auto& each : queue.at("submissions").as_array()) {
    View one = shown_submission(each);
    one.set("is_own", each.at("account") == bj::string(visit.context.account));
    one.set("claimed_by_me", each.at("claimed_by") == bj::string(visit.context.account));
    waiting.push_back(std::move(one));
  }
  View view;
  view.set("waiting_count", waiting.size());
  view.set("waiting", std::move(waiting));
  view.set("report_count", reports.at("reports").as_array().size());
  view.set("adoptions", shown(adoptions.at("requests")));
  view.set("review_js", visit.site().assets().path_of("review.js"));
  view.set("on_queue", true);
  return visit.page("review_queue", std::move(view),
                    {.title = "Review queue", .section = "review", .no_index = true});
}

Result<Response> review_page(Visit& visit) {
  TRY(require_reviewer(visit));
  TRY_ASSIGN(const auto detail, visit.get(submission_target(visit)));
  TRY_ASSIGN(const auto diff, visit.get(submission_target(visit) + "/diff"));
  View s = submission_view(visit, detail);
  const std::string_view state = detail.at("state").as_string();
  const bool waits = state == "held" || state == "awaiting-review";
  const bool own = detail.at("account") == bj::string(visit.context.account);
  View view;
  view.set("may_decide", waits && !own);
  view.set("s", std::move(s));
  view.set("files", diff_files(diff, detail));
  view.set("may_comment", true);
  view.set("submission_id", detail.at("id").as_int64());
  view.set("review_js", visit.site().assets().path_of("review.js"));
  return visit.page("review", std::move(view),
                    {.title = fmt::format("Review {}: {}", detail.at("id").as_int64(),
                                          std::string_view(detail.at("title").as_string())),
                     .section = "review",
                     .no_index = true});
}

Result<Response> review_action(Visit& visit) {
  TRY(require_reviewer(visit));
  const std::string_view wanted = visit.params["action"];
  if (wanted == "comment") return comment_on_line(visit);
  for (const ReviewAction& action : kReviewActions) {
    if (action.name != wanted) continue;
    std::string reason = visit.form("reason");
    std::erase(reason, '\r');
    bj::object body;
    if (!reason.empty()) body["reason"] = std::string(trim(reason));
    // What was looked at: the page's own tree, not the newest.
    if (wanted == "approve") body["tree"] = visit.form("tree");
    TRY(visit.send(Method::post, fmt::format("{}/{}", submission_target(visit), wanted), body));
    if (!action.leaves) return done(visit, action.flash);
    visit.answer_fields.add("Set-Cookie", flash_cookie(action.flash));
    return visit.see_other("/review");
  }
  return fail(Errc::not_found, "page-not-found", "there is no page at this address");
}

Result<Response> reports_page(Visit& visit) {
  TRY(require_reviewer(visit));
  TRY_ASSIGN(const auto reports, visit.get("/v1/review-reports"));
  Views all;
  for (const auto& each : reports.at("reports").as_array()) {
    View one = shown(each);
    const auto review = visit.get(fmt::format("/v1/workers/{}/reviews/{}",
                                              url_encode(each.at("worker").as_string()),
                                              each.at("review").as_int64()));
    if (review) one.set("said", shown(*review));
    all.push_back(std::move(one));
  }
  View view;
  view.set("report_count", all.size());
  view.set("reports", std::move(all));
  view.set("on_reports", true);
  return visit.page("reports", std::move(view),
                    {.title = "Reported reviews", .section = "review", .no_index = true});
}

}  // namespace rbee::web
