#include "api/people.hpp"

#include <fmt/format.h>

#include <array>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "api/caller.hpp"
#include "base/text.hpp"

namespace rbee::api {

namespace {

using community::Account;
using community::AdoptionRequest;
using community::Identity;
using community::Scope;
using http::Method;
using http::Params;
using http::Request;
using http::Response;
namespace bj = boost::json;

constexpr std::array<http::Route<People>, 22> kPeopleRoutes{{
    {Method::post, "/v1/users", &People::sign_up},
    {Method::get, "/v1/users/me", &People::me},
    {Method::get, "/v1/users/me/tokens", &People::my_tokens},
    {Method::post, "/v1/users/me/tokens", &People::make_token},
    {Method::del, "/v1/users/me/tokens/{token}", &People::end_token},
    {Method::get, "/v1/users/me/notices", &People::my_notices},
    {Method::post, "/v1/login/device", &People::start_login},
    {Method::post, "/v1/login/device/token", &People::poll_login},
    {Method::post, "/v1/licenses/verify", &People::verify_license},
    {Method::get, "/v1/login/device/{code}", &People::pending_login},
    {Method::post, "/v1/login/device/{code}/{decision}", &People::decide_login},
    {Method::post, "/v1/login/session", &People::log_in},
    {Method::get, "/v1/workers/{id}/owners", &People::owners},
    {Method::get, "/v1/workers/{id}/ownership", &People::ownership},
    {Method::post, "/v1/workers/{id}/disown", &People::disown},
    {Method::post, "/v1/workers/{id}/co-maintainers", &People::add_co_maintainer},
    {Method::del, "/v1/workers/{id}/co-maintainers/{account}", &People::remove_co_maintainer},
    {Method::get, "/v1/workers/{id}/adoption-requests", &People::adoption_requests},
    {Method::post, "/v1/workers/{id}/adoption-requests", &People::request_adoption},
    {Method::get, "/v1/adoption-requests", &People::all_adoption_requests},
    {Method::post, "/v1/adoption-requests/{request}/grant", &People::grant_adoption},
    {Method::post, "/v1/adoption-requests/{request}/refuse", &People::refuse_adoption},
}};

bj::value maybe_time(const std::optional<Time>& time) {
  return time ? bj::value(rfc3339(*time)) : bj::value();
}

bj::object to_json(const community::Token& token) {
  return {{"id", token.id},
          {"name", token.name},
          {"scopes", community::to_string(token.scopes)},
          {"created_at", rfc3339(token.created)},
          {"expires_at", maybe_time(token.expires)},
          {"last_used_at", maybe_time(token.last_used)},
          {"ended_at", maybe_time(token.revoked)}};
}

bj::object to_json(const AdoptionRequest& request) {
  bj::array granted;
  for (const std::string& name : request.granted_by) granted.push_back(bj::string(name));
  return {{"id", request.id},
          {"worker", request.worker},
          {"account", request.account},
          {"reason", printable(request.reason)},
          {"created_at", rfc3339(request.created)},
          {"state", std::string(community::to_string(request.state))},
          {"granted_by", std::move(granted)}};
}

bj::array to_json(const std::vector<AdoptionRequest>& requests) {
  bj::array all;
  for (const AdoptionRequest& each : requests) all.push_back(to_json(each));
  return all;
}

bj::object to_json(const Account& account) {
  return {{"name", account.name},
          {"email", account.email},
          {"role", std::string(community::to_string(account.role))},
          {"created_at", rfc3339(account.created)}};
}

}  // namespace

bool People::serves(std::string_view path) const {
  return http::has_route(kPeopleRoutes, path);
}

std::vector<http::RouteName> People::routes() const {
  return http::names_of(kPeopleRoutes);
}

Response People::respond(const Request& request, std::string_view base) const {
  Request with_base = request;
  with_base.headers.set("X-Rbee-Base", std::string(base));  // For the routes that show an address.
  Response response = http::route(*this, kPeopleRoutes, with_base);
  if (response.status == 401) response.headers.add("WWW-Authenticate", "Bearer realm=\"rbee\"");
  return response;
}

Result<std::vector<std::string>> People::workers_of(std::string_view account) const {
  const auto found = accounts_.find(account);
  if (!found && found.error().code == Errc::not_found) return std::vector<std::string>();
  if (!found) return tl::unexpected(found.error());
  return ownership_.workers_of(*found);
}

Result<Response> People::sign_up(const Request& request, const Params&) const {
  if (!options_.sign_up)
    return fail(Errc::forbidden, "sign-up-closed", "this marketplace makes accounts by invitation",
                {.fix = "ask its host"});
  TRY_ASSIGN(const Body body, Body::parse(request, {"name", "email", "password"}));
  TRY(accounts_.allow_sign_up(request.remote_address));
  community::NewAccount account;
  TRY_ASSIGN(account.name, body.text("name", true));
  TRY_ASSIGN(account.email, body.text("email", true));
  TRY_ASSIGN(account.password, body.text("password", true));
  TRY_ASSIGN(const Account made, accounts_.create(account, account.name));
  return json(201, to_json(made));
}

Result<Response> People::me(const Request& request, const Params&) const {
  TRY_ASSIGN(const Identity identity, identify(request, tokens_));
  TRY_ASSIGN(const auto workers, ownership_.workers_of(identity.account));
  bj::object answer = to_json(identity.account);
  answer["scopes"] = community::to_string(identity.scopes);
  answer["token_id"] = identity.token;
  bj::array names;
  for (const std::string& name : workers) names.push_back(bj::string(name));
  answer["workers"] = std::move(names);
  return json(200, answer);
}

Result<Response> People::my_tokens(const Request& request, const Params&) const {
  TRY_ASSIGN(const Identity identity, identify(request, tokens_, Scope::read));
  TRY_ASSIGN(const auto tokens, tokens_.list(identity.account));
  bj::array all;
  for (const community::Token& token : tokens) all.push_back(to_json(token));
  return json(200, bj::object{{"tokens", std::move(all)}});
}

Result<Response> People::make_token(const Request& request, const Params&) const {
  TRY_ASSIGN(const Identity identity, identify(request, tokens_));
  TRY_ASSIGN(const Body body, Body::parse(request, {"name", "scopes"}));
  TRY_ASSIGN(const std::string name, body.text("name", true));
  TRY_ASSIGN(const std::string wanted, body.text("scopes", true));
  TRY_ASSIGN(const community::Scopes scopes, community::parse_scopes(wanted));
  // A token makes no token that may do more than itself.
  for (const Scope scope : scopes) TRY(community::require(identity, scope));
  TRY_ASSIGN(const auto issued,
             tokens_.issue(identity.account, name, scopes, std::nullopt, identity.account.name));
  bj::object answer = to_json(issued.token);
  answer["token"] = issued.secret;
  return json(201, answer);
}

Result<Response> People::end_token(const Request& request, const Params& params) const {
  TRY_ASSIGN(const Identity identity, identify(request, tokens_));
  TRY_ASSIGN(const std::int64_t id, number(params["token"]));
  TRY(tokens_.revoke(identity.account, id, identity.account.name));
  return http::reply(204, "application/json", "");
}

Result<Response> People::my_notices(const Request& request, const Params&) const {
  TRY_ASSIGN(const Identity identity, identify(request, tokens_, Scope::read));
  TRY_ASSIGN(const auto notices, community::notices_of(database_, identity.account));
  bj::array all;
  for (const community::Notice& notice : notices)
    all.push_back({{"id", notice.id},
                   {"kind", notice.kind},
                   {"subject", notice.subject},
                   {"text", printable(notice.text)},
                   {"created_at", rfc3339(notice.created)},
                   {"read", notice.read}});
  return json(200, bj::object{{"notices", std::move(all)}});
}

Result<Response> People::start_login(const Request& request, const Params&) const {
  TRY_ASSIGN(const Body body, Body::parse(request, {"name", "scopes"}));
  TRY_ASSIGN(const std::string name, body.text("name", true));
  TRY_ASSIGN(std::string wanted, body.text("scopes"));
  if (wanted.empty()) wanted = "read,community,submit";
  TRY_ASSIGN(const community::Scopes scopes, community::parse_scopes(wanted));
  TRY_ASSIGN(const community::DeviceLogin login, logins_.start(scopes, name));
  const std::string page = std::string(request.headers.get("X-Rbee-Base")) + "/device";
  return json(200, bj::object{{"device_code", login.device_code},
                              {"user_code", login.user_code},
                              {"verification_uri", page},
                              {"verification_uri_complete", page + "?code=" + login.user_code},
                              {"expires_in", login.expires_in.count()},
                              {"interval", login.interval.count()}});
}

Result<Response> People::poll_login(const Request& request, const Params&) const {
  TRY_ASSIGN(const Body body, Body::parse(request, {"device_code"}));
  TRY_ASSIGN(const std::string code, body.text("device_code", true));
  const auto issued = logins_.poll(code);
  // RFC 8628, 3.5 wants these words in "error".
  if (!issued && issued.error().code == Errc::invalid_input)
    return json(400, bj::object{{"error", issued.error().id},
                                {"error_description", issued.error().message}});
  if (!issued) return tl::unexpected(issued.error());
  bj::object answer = to_json(issued->token);
  answer["access_token"] = issued->secret;
  answer["token_type"] = "bearer";
  return json(200, answer);
}

Result<Response> People::pending_login(const Request& request, const Params& params) const {
  TRY(identify(request, tokens_));
  TRY_ASSIGN(const auto pending, logins_.pending(params["code"]));
  return json(200, bj::object{{"name", printable_line(pending.token_name)},
                              {"scopes", community::to_string(pending.scopes)},
                              {"created_at", rfc3339(pending.created)}});
}

Result<Response> People::decide_login(const Request& request, const Params& params) const {
  TRY_ASSIGN(const Identity identity, identify(request, tokens_));
  const std::string_view code = params["code"], decision = params["decision"];
  if (decision == "deny") {
    TRY(logins_.deny(code, identity.account));
  } else if (decision == "approve") {
    TRY_ASSIGN(const auto pending, logins_.pending(code));
    // As with make_token: what comes of it may no more than the token that says yes.
    for (const Scope scope : pending.scopes) TRY(community::require(identity, scope));
    TRY(logins_.approve(code, identity.account));
  } else {
    return fail(Errc::not_found, "no-such-resource", "decisions are approve and deny");
  }
  return http::reply(204, "application/json", "");
}

Result<Response> People::log_in(const Request& request, const Params&) const {
  TRY_ASSIGN(const Body body, Body::parse(request, {"name", "password"}));
  TRY_ASSIGN(const std::string name, body.text("name", true));
  TRY_ASSIGN(const std::string password, body.text("password", true));
  TRY_ASSIGN(const Account account, accounts_.log_in(name, password, request.remote_address));
  community::Scopes scopes{Scope::read, Scope::community, Scope::submit};
  if (account.may_review()) scopes.insert(Scope::review);
  if (account.role == community::Role::admin) scopes.insert(Scope::admin);
  TRY_ASSIGN(const auto issued, tokens_.issue(account, "browser", scopes,
                                              clock_.now() + options_.session_lasts, account.name));
  bj::object answer = to_json(issued.token);
  answer["token"] = issued.secret;
  return json(201, answer);
}

Result<Response> People::verify_license(const Request& request, const Params&) const {
  TRY_ASSIGN(const Body body, Body::parse(request, {"token"}));
  TRY_ASSIGN(const std::string token, body.text("token", true));
  TRY_ASSIGN(const auto license, licenses_.find(token));
  bj::array workers;
  if (license)
    for (const std::string& worker : license->workers) workers.push_back(bj::string(worker));
  return json(200,
              bj::object{{"valid", license.has_value()},
                         {"worker_ids", std::move(workers)},
                         {"all_workers", license && license->workers.empty()},
                         {"expires_at", license ? maybe_time(license->expires) : bj::value()}});
}

Result<Response> People::owners(const Request&, const Params& params) const {
  TRY_ASSIGN(const WorkerId worker, WorkerId::parse(params["id"]));
  TRY_ASSIGN(const auto now, ownership_.maintainers(worker));
  bj::array others;
  for (const std::string& name : now.co_maintainers) others.push_back(bj::string(name));
  return json(200, bj::object{{"worker", worker.str()},
                              {"owner", now.owner.empty() ? bj::value() : bj::value(now.owner)},
                              {"co_maintainers", std::move(others)},
                              {"orphan", now.is_orphan()}});
}

Result<Response> People::ownership(const Request&, const Params& params) const {
  TRY_ASSIGN(const WorkerId worker, WorkerId::parse(params["id"]));
  TRY_ASSIGN(const auto tenures, ownership_.history(worker));
  bj::array all;
  for (const community::Tenure& each : tenures)
    all.push_back({{"account", each.account},
                   {"role", each.is_owner ? "owner" : "co-maintainer"},
                   {"since", rfc3339(each.since)},
                   {"how", each.since_how},
                   {"until", maybe_time(each.until)},
                   {"ended", each.until_how}});
  return json(200, bj::object{{"worker", worker.str()}, {"history", std::move(all)}});
}

Result<Response> People::disown(const Request& request, const Params& params) const {
  TRY_ASSIGN(const Identity identity, identify(request, tokens_, Scope::submit));
  TRY_ASSIGN(const WorkerId worker, WorkerId::parse(params["id"]));
  TRY(ownership_.disown(worker, identity.account));
  return owners(request, params);
}

Result<Response> People::add_co_maintainer(const Request& request, const Params& params) const {
  TRY_ASSIGN(const Identity identity, identify(request, tokens_, Scope::submit));
  TRY_ASSIGN(const WorkerId worker, WorkerId::parse(params["id"]));
  TRY_ASSIGN(const Body body, Body::parse(request, {"account"}));
  TRY_ASSIGN(const std::string name, body.text("account", true));
  TRY_ASSIGN(const Account other, accounts_.find(name));
  TRY(ownership_.add_co_maintainer(worker, identity.account, other));
  return owners(request, params);
}

Result<Response> People::remove_co_maintainer(const Request& request, const Params& params) const {
  TRY_ASSIGN(const Identity identity, identify(request, tokens_, Scope::submit));
  TRY_ASSIGN(const WorkerId worker, WorkerId::parse(params["id"]));
  TRY_ASSIGN(const Account other, accounts_.find(params["account"]));
  TRY(ownership_.remove_co_maintainer(worker, identity.account, other));
  return owners(request, params);
}

Result<Response> People::adoption_requests(const Request&, const Params& params) const {
  TRY_ASSIGN(const WorkerId worker, WorkerId::parse(params["id"]));
  TRY_ASSIGN(const auto requests, ownership_.open_requests(worker));
  return json(200, bj::object{{"requests", to_json(requests)}});
}

Result<Response> People::all_adoption_requests(const Request&, const Params&) const {
  TRY_ASSIGN(const auto requests, ownership_.open_requests(std::nullopt));
  return json(200, bj::object{{"requests", to_json(requests)}});
}

Result<Response> People::request_adoption(const Request& request, const Params& params) const {
  TRY_ASSIGN(const Identity identity, identify(request, tokens_, Scope::submit));
  TRY_ASSIGN(const WorkerId worker, WorkerId::parse(params["id"]));
  TRY_ASSIGN(const Body body, Body::parse(request, {"reason"}));
  TRY_ASSIGN(const std::string reason, body.text("reason", true));
  TRY_ASSIGN(const auto made,
             ownership_.request_adoption(worker, identity.account, reason, request.remote_address));
  return json(201, to_json(made));
}

Result<Response> People::grant_adoption(const Request& request, const Params& params) const {
  TRY_ASSIGN(const Identity identity, identify(request, tokens_, Scope::review));
  TRY_ASSIGN(const std::int64_t id, number(params["request"]));
  TRY_ASSIGN(const auto decided, ownership_.grant(id, identity.account));
  return json(200, to_json(decided));
}

Result<Response> People::refuse_adoption(const Request& request, const Params& params) const {
  TRY_ASSIGN(const Identity identity, identify(request, tokens_, Scope::review));
  TRY_ASSIGN(const std::int64_t id, number(params["request"]));
  TRY_ASSIGN(const Body body, Body::parse(request, {"reason"}));
  TRY_ASSIGN(const std::string reason, body.text("reason", true));
  TRY_ASSIGN(const auto decided, ownership_.refuse(id, identity.account, reason));
  return json(200, to_json(decided));
}

}  // namespace rbee::api
