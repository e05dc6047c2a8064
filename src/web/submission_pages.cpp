// Submissions: the list, one with all that is known of it, and how to make one.
#include <fmt/format.h>

#include <boost/json/object.hpp>

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

std::string submission_target(const Visit& visit) {
  return "/v1/submissions/" + url_encode(visit.params["number"]);
}

View submission_view(const Visit& visit, const bj::value& detail) {
  View view = shown_submission(detail);
  const bj::value& queue = detail.at("queue");
  view.set("position", queue.at("position").as_int64() > 0
                           ? std::to_string(queue.at("position").as_int64())
                           : std::string());
  view.set("queue_length", View::of(queue.at("length")));
  if (queue.at("expected_seconds").is_int64())
    view.set("expected", duration_of(queue.at("expected_seconds").as_int64()));
  const auto& approvals = detail.at("approvals").as_array();
  view.set("approvals_given", approvals.size());
  const bool own = detail.at("account") == bj::string(visit.context.account);
  view.set("is_own", own);
  bool approved_by_me = false;
  for (const auto& each : approvals)
    approved_by_me = approved_by_me || each.at("reviewer") == bj::string(visit.context.account);
  view.set("approved_by_me", approved_by_me);
  view.set("claimed_by_me", !visit.context.account.empty() &&
                                detail.at("claimed_by") == bj::string(visit.context.account));
  Views general;
  for (const auto& each : detail.at("comments").as_array())
    if (each.at("file").as_string().empty()) general.push_back(shown(each));
  view.set("discussion", std::move(general));
  Views loose;  // What no file of the diff will show.
  for (const auto& each : detail.at("findings").as_array())
    if (each.at("file").as_string().empty()) loose.push_back(shown(each));
  view.set("findings_count", detail.at("findings").as_array().size());
  view.set("loose_findings", std::move(loose));
  return view;
}

Result<Response> submissions_page(Visit& visit) {
  TRY(require_accounts(visit));
  std::string target = "/v1/submissions?";
  for (const std::string_view name : {"account", "worker", "state", "before"})
    if (const auto value = visit.request.parameter(name); !value.empty())
      target += fmt::format("{}={}&", name, url_encode(value));
  target.pop_back();
  TRY_ASSIGN(const auto found, visit.get(target));
  const auto& all = found.at("submissions").as_array();
  View view;
  view.set("submissions", shown_submissions(found.at("submissions")));
  for (const std::string_view name : {"account", "worker", "state"})
    view.set(fmt::format("of_{}", name), visit.request.parameter(name));
  const bool own =
      !visit.context.account.empty() && visit.request.parameter("account") == visit.context.account;
  view.set("is_own", own);
  view.set("on_submissions", own);
  constexpr std::size_t kPageFull = 100;  // As many as the API gives at once.
  if (all.size() == kPageFull) {
    std::string older = fmt::format("/submissions?before={}", all.back().at("id").as_int64());
    for (const std::string_view name : {"account", "worker", "state"})
      if (const auto value = visit.request.parameter(name); !value.empty())
        older += fmt::format("&{}={}", name, url_encode(value));
    view.set("older", older);
  }
  return visit.page("submissions", std::move(view),
                    {.title = own ? "My submissions" : "Submissions",
                     .section = own ? "account" : "submissions"});
}

Result<Response> submission_page(Visit& visit) {
  TRY(require_accounts(visit));
  TRY_ASSIGN(const auto detail, visit.get(submission_target(visit)));
  TRY_ASSIGN(const auto diff, visit.get(submission_target(visit) + "/diff"));
  View view;
  view.set("s", submission_view(visit, detail));
  view.set("files", diff_files(diff, detail));
  view.set("live_js", visit.site().assets().path_of("live.js"));
  return visit.page("submission", std::move(view),
                    {.title = fmt::format("Submission {}: {}", detail.at("id").as_int64(),
                                          std::string_view(detail.at("title").as_string())),
                     .section = "submissions"});
}

Result<Response> submission_live(Visit& visit) {
  TRY(require_accounts(visit));
  TRY_ASSIGN(const auto detail, visit.get(submission_target(visit)));
  View view;
  view.set("s", submission_view(visit, detail));
  return visit.page("submission_live", std::move(view), {.title = "State", .no_index = true});
}

Result<Response> comment_submission(Visit& visit) {
  TRY(require_login(visit));
  std::string text = visit.form("text");
  std::erase(text, '\r');
  TRY(visit.send(Method::post, submission_target(visit) + "/comments",
                 bj::object{{"text", std::string(trim(text))}}));
  return done(visit, "commented");
}

Result<Response> withdraw_submission(Visit& visit) {
  TRY(require_login(visit));
  TRY(visit.send(Method::post, submission_target(visit) + "/withdraw", nullptr));
  return done(visit, "withdrawn");
}

Result<Response> submit_page(Visit& visit) {
  TRY(require_accounts(visit));
  View view;
  const std::string& base = visit.base();
  const std::size_t host = base.find("://") + 3;
  // Git asks for the password alone when the name stands in the address.
  view.set("push_url", visit.context.account.empty()
                           ? base
                           : fmt::format("{}{}@{}", base.substr(0, host), visit.context.account,
                                         base.substr(host)));
  view.set("on_submit", true);
  return visit.page("submit", std::move(view),
                    {.title = "Submit a worker",
                     .description = "How to bring an AI worker into this marketplace.",
                     .section = "submit"});
}

}  // namespace rbee::web
