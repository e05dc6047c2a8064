// Submissions: the list, one with all that is known of it, and how to make one.
#include <fmt/format.h>

#include <array>
#include <boost/json/object.hpp>
#include <functional>

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

namespace {

struct PastedField {
  std::string_view field, file;
  int rows;
};
constexpr std::array<PastedField, 3> kPastedFields{{
    {"manifest", "worker.toml", 12},
    {"recipe", "PKGBUILD", 18},
    {"readme", "README.md", 8},
}};
/// A further file of the folder, by a name of the author's.
constexpr std::string_view kOtherName = "other_name", kOtherText = "other_text";

Response show_submit_form(Visit& visit, View view, int status,
                          const std::function<std::string(const PastedField&)>& text_of) {
  Views fields;
  for (const PastedField& each : kPastedFields) {
    View one;
    one.set("field", each.field);
    one.set("file", each.file);
    one.set("rows", each.rows);
    one.set("text", text_of(each));
    fields.push_back(std::move(one));
  }
  view.set("fields", std::move(fields));
  view.set("on_submit", true);
  return visit.page(
      "submit_form", std::move(view),
      {.title = "Submit a worker", .section = "submit", .status = status, .no_index = true});
}

std::string unix_lines(std::string text) {
  std::erase(text, '\r');
  // A browser leaves the last line's end out; Git and recipes want it.
  if (!text.empty() && text.back() != '\n') text += '\n';
  return text;
}

}  // namespace

Result<Response> submit_form(Visit& visit) {
  TRY(require_login(visit));
  const std::string worker(visit.request.parameter("worker"));
  View view;
  view.set("worker", worker);
  return show_submit_form(visit, std::move(view), 200, [&](const PastedField& each) {
    if (worker.empty()) return std::string();
    return visit.get_text(fmt::format("/v1/workers/{}/{}", url_encode(worker), each.file))
        .value_or(std::string());
  });
}

Result<Response> submit_worker(Visit& visit) {
  TRY(require_login(visit));
  bj::object files;
  for (const PastedField& each : kPastedFields)
    if (const std::string text = unix_lines(visit.form(each.field)); !text.empty())
      files[each.file] = text;
  const std::string other(trim(visit.form(kOtherName)));
  if (!other.empty()) files[other] = unix_lines(visit.form(kOtherText));
  const bool checks = visit.form("do") != "submit";
  const std::string worker(trim(visit.form("worker")));
  const auto answer = visit.send(Method::post, "/v1/submissions",
                                 bj::object{{"worker", worker},
                                            {"title", visit.form("title")},
                                            {"files", std::move(files)},
                                            {"check_only", checks}});
  if (!answer && answer.error().code == Errc::unauthenticated)
    return tl::unexpected(answer.error());
  if (answer && answer->at("submission").is_int64()) {
    visit.answer_fields.add("Set-Cookie", flash_cookie("submitted"));
    return visit.see_other(fmt::format("/submissions/{}", answer->at("submission").as_int64()));
  }
  View view;
  view.set("worker", worker);
  view.set("title_text", visit.form("title"));
  view.set(kOtherName, other);
  view.set(kOtherText, visit.form(kOtherText));
  int status = 422;
  if (answer) {
    const auto& findings = answer->at("findings").as_array();
    view.set("checked", true);
    view.set("blocked", answer->at("blocked").as_bool());
    view.set("findings_count", findings.size());
    view.set("findings", shown(answer->at("findings")));
    if (checks) status = 200;
  } else {
    view.set("message", answer.error().message);
    view.set("fix", answer.error().fix);
  }
  return show_submit_form(visit, std::move(view), status,
                          [&](const PastedField& each) { return visit.form(each.field); });
}

}  // namespace rbee::web
