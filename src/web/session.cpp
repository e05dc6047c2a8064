#include "web/session.hpp"

#include <fmt/format.h>

#include <array>
#include <boost/json/object.hpp>
#include <utility>

#include "base/text.hpp"
#include "platform/random.hpp"
#include "web/pages.hpp"
#include "web/site.hpp"

namespace rbee::web {

using http::Method;
using http::Response;
namespace bj = boost::json;

namespace {

constexpr int kSessionSeconds = 30 * 24 * 3600;  ///< As long as the API's token.
constexpr std::size_t kNonceBytes = 12;

constexpr std::array<std::pair<std::string_view, std::string_view>, 25> kFlashes{{
    {"logged-in", "You are logged in."},
    {"logged-out", "You are logged out."},
    {"welcome", "Your account is made, and you are logged in."},
    {"starred", "Starred. You find it on your account's page."},
    {"unstarred", "The star is taken back."},
    {"voted", "Your vote counts."},
    {"unvoted", "Your vote is taken back."},
    {"rated", "Your review is published."},
    {"rating-withdrawn", "Your review is taken back."},
    {"helpful", "Noted that this review helped you."},
    {"not-helpful", "Taken back."},
    {"reported", "Thank you. The reviewers will look at it."},
    {"replied", "Your answer is published."},
    {"reply-withdrawn", "Your answer is taken back."},
    {"submitted", "Submitted. Here you see how it goes on."},
    {"commented", "Your comment is there."},
    {"withdrawn", "The submission is withdrawn."},
    {"claimed", "You hold this submission for two hours."},
    {"unclaimed", "Others can take it now."},
    {"approved", "Your approval is on the record."},
    {"changes-requested", "The author is asked for changes."},
    {"rejected", "The submission is rejected."},
    {"token-ended", "The token is ended."},
    {"moderated", "Done, and its author is told."},
    {"changed", "Done."},
}};

/// Browsers keep "Secure" cookies over plain HTTP for their own machine alone.
bool keeps_sessions(std::string_view base) {
  if (!base.starts_with("http://")) return true;
  std::string_view host = base.substr(7);
  if (host.starts_with("[::1]")) return true;
  host = host.substr(0, host.find(':'));
  return host == "localhost" || host.ends_with(".localhost") || host.starts_with("127.");
}

View log_in_view(const Visit& visit, std::string_view next) {
  View view;
  view.set("next", local_path(next));
  view.set("next_query", url_encode(local_path(next)));
  view.set("cookies_lost", !keeps_sessions(visit.base()));
  return view;
}

}  // namespace

std::string session_cookie(std::string_view token) {
  return fmt::format("{}={}; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age={}", kSessionCookie,
                     token, token.empty() ? 0 : kSessionSeconds);
}

std::string flash_cookie(std::string_view name) {
  return fmt::format("{}={}; Path=/; HttpOnly; SameSite=Lax; Max-Age={}", kFlashCookie, name,
                     name.empty() ? 0 : 60);
}

std::string_view flash_text(std::string_view name) {
  for (const auto& [each, text] : kFlashes)
    if (each == name) return text;
  return {};
}

std::string make_csrf(std::string_view secret, std::string_view session) {
  const std::string nonce = platform::random_token(kNonceBytes);
  return nonce + "." + platform::hmac_sha256(secret, fmt::format("form {} {}", nonce, session));
}

bool csrf_fits(std::string_view secret, std::string_view session, std::string_view shown) {
  const std::size_t dot = shown.find('.');
  if (secret.empty() || dot == std::string_view::npos) return false;
  return platform::equal_secrets(
      platform::hmac_sha256(secret, fmt::format("form {} {}", shown.substr(0, dot), session)),
      shown.substr(dot + 1));
}

void recognise(Visit& visit) {
  if (visit.session().empty()) return;
  const auto me = visit.get("/v1/users/me");
  if (!me) {
    // A database that is away for a moment ends no session.
    if (me.error().code == Errc::unauthenticated) visit.forget_session();
    return;
  }
  visit.context.account = std::string(me->at("name").as_string());
  visit.context.role = std::string(me->at("role").as_string());
  visit.context.token = me->at("token_id").as_int64();
  visit.context.csrf = make_csrf(visit.site().options().secret, visit.session());
}

Result<void> require_accounts(const Visit& visit) {
  if (!visit.site().options().secret.empty()) return {};
  return fail(Errc::not_found, "no-accounts", "this marketplace has no accounts",
              {.why = "its catalog is kept elsewhere, and served here"});
}

Result<void> require_login(const Visit& visit) {
  TRY(require_accounts(visit));
  if (!visit.context.account.empty()) return {};
  return fail(Errc::unauthenticated, "log-in-needed", "log in first");
}

Response done(Visit& visit, std::string_view flash) {
  if (!flash.empty()) visit.answer_fields.add("Set-Cookie", flash_cookie(flash));
  return visit.see_other(visit.form("return"));
}

Result<void> open_session(Visit& visit, std::string_view name, std::string_view password) {
  const std::int64_t before = visit.context.token;
  TRY_ASSIGN(const auto token, visit.send(Method::post, "/v1/login/session",
                                          bj::object{{"name", name}, {"password", password}}));
  // Who had this browser before has it no more.
  if (before != 0) visit.ask(Method::del, fmt::format("/v1/users/me/tokens/{}", before));
  visit.answer_fields.add("Set-Cookie", session_cookie(token.at("token").as_string()));
  visit.take_session(std::string(token.at("token").as_string()));
  recognise(visit);
  return {};
}

Result<Response> log_in_page(Visit& visit) {
  TRY(require_accounts(visit));
  const std::string next = local_path(visit.request.parameter("next"));
  if (!visit.context.account.empty()) return visit.see_other(next);
  return visit.page("login", log_in_view(visit, next),
                    {.title = "Log in", .section = "login", .no_index = true});
}

Result<Response> log_in(Visit& visit) {
  const std::string name(trim(visit.form("name")));
  const auto opened = open_session(visit, name, visit.form("password"));
  if (!opened) {
    View view = log_in_view(visit, visit.form("next"));
    view.set("name", name);
    view.set("message", opened.error().message);
    view.set("fix", opened.error().fix);
    return visit.page("login", std::move(view),
                      {.title = "Log in", .section = "login", .status = 422, .no_index = true});
  }
  visit.answer_fields.add("Set-Cookie", flash_cookie("logged-in"));
  return visit.see_other(visit.form("next"));
}

Result<Response> log_out(Visit& visit) {
  if (visit.context.token != 0)
    TRY(visit.send(Method::del, fmt::format("/v1/users/me/tokens/{}", visit.context.token),
                   nullptr));
  visit.forget_session();
  visit.answer_fields.add("Set-Cookie", flash_cookie("logged-out"));
  return visit.see_other("/");
}

namespace {

Response show_device(Visit& visit, const std::string& code, std::string_view message, bool done) {
  View view;
  view.set("code", code);
  view.set("message", message);
  view.set("done", done);
  if (!done && !code.empty() && !visit.context.account.empty())
    if (const auto pending = visit.get("/v1/login/device/" + url_encode(code)))
      view.set("pending", View::of(*pending));
  return visit.page("device", std::move(view), {.title = "Log in a program", .no_index = true});
}

}  // namespace

Result<Response> device_page(Visit& visit) {
  TRY(require_accounts(visit));
  return show_device(visit, std::string(visit.request.parameter("code")), {}, false);
}

Result<Response> decide_device(Visit& visit) {
  const std::string code = visit.form("code");
  if (visit.form("account").empty()) {
    TRY(require_login(visit));
    if (!csrf_fits(visit.site().options().secret, visit.session(), visit.form("csrf")))
      return fail(Errc::forbidden, "form-stale", "this form is not of your session");
  } else if (const auto opened = open_session(visit, visit.form("account"), visit.form("password"));
             !opened) {
    return show_device(visit, code, opened.error().message, false);
  }
  const bool approves = visit.form("decision") == "approve";
  const auto decided = visit.send(
      Method::post,
      fmt::format("/v1/login/device/{}/{}", url_encode(code), approves ? "approve" : "deny"),
      nullptr);
  if (!decided) return show_device(visit, code, decided.error().message, false);
  return show_device(
      visit, code,
      approves ? "Approved. The program is logged in; you can close this page." : "Denied.", true);
}

}  // namespace rbee::web
