// Making an account, and what is one's own: workers, submissions, stars, notices, tokens.
#include <fmt/format.h>

#include <array>
#include <boost/json/object.hpp>

#include "base/text.hpp"
#include "web/pages.hpp"
#include "web/session.hpp"
#include "web/shown.hpp"

namespace rbee::web {

using http::Method;
using http::Response;
namespace bj = boost::json;

namespace {

constexpr std::array<std::string_view, 5> kScopeNames = {"read", "community", "submit", "review",
                                                         "admin"};

Response show_sign_up(Visit& visit, View view, int status) {
  view.set("next",
           local_path(status == 200 ? visit.request.parameter("next") : visit.form("next")));
  return visit.page("signup", std::move(view),
                    {.title = "Sign up", .section = "login", .status = status, .no_index = true});
}

/// `made`: the secret of a token that was made just now.
Result<Response> show_tokens(Visit& visit, View view, int status) {
  TRY_ASSIGN(const auto tokens, visit.get("/v1/users/me/tokens"));
  Views active, ended;
  for (const auto& each : tokens.at("tokens").as_array()) {
    View one = shown(each);
    one.set("is_this", each.at("id").as_int64() == visit.context.token);
    one.set("is_session", each.at("name") == "browser" && !each.at("expires_at").is_null());
    (each.at("ended_at").is_null() ? active : ended).push_back(std::move(one));
  }
  view.set("active", std::move(active));
  view.set("ended_count", ended.size());
  view.set("ended", std::move(ended));
  view.set("on_tokens", true);
  return visit.page(
      "tokens", std::move(view),
      {.title = "API tokens", .section = "account", .status = status, .no_index = true});
}

}  // namespace

Result<Response> sign_up_page(Visit& visit) {
  TRY(require_accounts(visit));
  if (!visit.context.account.empty()) return visit.see_other("/account");
  return show_sign_up(visit, View(), 200);
}

Result<Response> sign_up(Visit& visit) {
  TRY(require_accounts(visit));
  const std::string name(trim(visit.form("name"))), email(trim(visit.form("email")));
  const auto made = visit.send(
      Method::post, "/v1/users",
      bj::object{{"name", name}, {"email", email}, {"password", visit.form("password")}});
  if (!made) {
    View view;
    view.set("name", name);
    view.set("email", email);
    view.set("message", made.error().message);
    view.set("fix", made.error().fix);
    return show_sign_up(visit, std::move(view), 422);
  }
  TRY(open_session(visit, name, visit.form("password")));
  visit.answer_fields.add("Set-Cookie", flash_cookie("welcome"));
  const std::string next = local_path(visit.form("next"));
  return visit.see_other(next == "/" ? "/account" : next);
}

Result<Response> account_page(Visit& visit) {
  TRY(require_login(visit));
  TRY_ASSIGN(const auto me, visit.get("/v1/users/me"));
  TRY_ASSIGN(const auto submissions,
             visit.get("/v1/submissions?account=" + url_encode(visit.context.account)));
  TRY_ASSIGN(const auto starred, visit.get("/v1/users/me/starred?limit=100"));
  TRY_ASSIGN(const auto notices, visit.get("/v1/users/me/notices"));
  View view;
  view.set("me", shown(me));
  view.set("workers", View::of(me.at("workers")));
  view.set("worker_count", me.at("workers").as_array().size());
  Views mine = shown_submissions(submissions.at("submissions"));
  constexpr std::size_t kShownMost = 5;
  view.set("more_submissions", mine.size() > kShownMost);
  if (mine.size() > kShownMost) mine.resize(kShownMost);
  view.set("submissions", std::move(mine));
  view.set("starred", shown(starred.at("workers")));
  view.set("star_count", starred.at("workers").as_array().size());
  view.set("notices", shown(notices.at("notices")));
  view.set("on_overview", true);
  return visit.page("account", std::move(view),
                    {.title = visit.context.account, .section = "account", .no_index = true});
}

Result<Response> tokens_page(Visit& visit) {
  TRY(require_login(visit));
  return show_tokens(visit, View(), 200);
}

Result<Response> make_token(Visit& visit) {
  TRY(require_login(visit));
  std::string scopes;
  for (const std::string_view each : kScopeNames)
    if (!visit.form(fmt::format("scope_{}", each)).empty())
      scopes += fmt::format("{}{}", scopes.empty() ? "" : ",", each);
  const std::string name(trim(visit.form("name")));
  const auto made = scopes.empty() ? Result<bj::value>(fail(Errc::invalid_input, "scope-unknown",
                                                            "a token needs at least one scope"))
                                   : visit.send(Method::post, "/v1/users/me/tokens",
                                                bj::object{{"name", name}, {"scopes", scopes}});
  View view;
  if (!made) {
    view.set("message", made.error().message);
    view.set("name", name);
    return show_tokens(visit, std::move(view), 422);
  }
  // Shown this once: the answer to a post is kept by nobody.
  view.set("secret", made->at("token").as_string());
  return show_tokens(visit, std::move(view), 200);
}

Result<Response> end_token(Visit& visit) {
  TRY(require_login(visit));
  TRY(visit.send(Method::del, "/v1/users/me/tokens/" + url_encode(visit.params["token"]), nullptr));
  if (visit.params["token"] == std::to_string(visit.context.token)) visit.forget_session();
  return done(visit, "token-ended");
}

}  // namespace rbee::web
