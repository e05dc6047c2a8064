#include "api/operations.hpp"

#include <array>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "api/answers.hpp"
#include "api/caller.hpp"
#include "base/text.hpp"
#include "community/accounts.hpp"
#include "community/audit.hpp"
#include "community/switches.hpp"
#include "http/problem.hpp"

namespace rbee::api {

namespace {

using community::Switch;
using http::Method;
using http::Params;
using http::Request;
using http::Response;
namespace bj = boost::json;

constexpr std::array<http::Route<Operations>, 6> kOperationsRoutes{{
    {Method::get, "/v1/status", &Operations::status},
    {Method::get, "/v1/admin/switches", &Operations::switches},
    {Method::put, "/v1/admin/switches/{name}", &Operations::turn},
    {Method::get, "/v1/admin/audit", &Operations::audit},
    {Method::get, "/v1/admin/users", &Operations::users},
    {Method::post, "/v1/admin/users/{name}/{action}", &Operations::set_disabled},
}};

enum class Shown { to_everybody, to_admins };

bj::object to_json(const Switch& each, Shown shown) {
  bj::object object{{"name", each.name},
                    {"stops", each.summary},
                    {"frozen", each.frozen},
                    {"reason", each.frozen ? bj::value(printable(each.reason)) : bj::value()},
                    {"since", each.since ? bj::value(rfc3339(*each.since)) : bj::value()}};
  // Who did it is for those who work here.
  if (shown == Shown::to_admins)
    object["actor"] = each.actor.empty() ? bj::value() : bj::value(printable(each.actor));
  return object;
}

bj::array to_json(const std::vector<Switch>& all, Shown shown) {
  bj::array array;
  for (const Switch& each : all) array.push_back(to_json(each, shown));
  return array;
}

Result<community::Account> require_admin(const Request& request, community::Tokens& tokens) {
  TRY_ASSIGN(const auto identity, identify(request, tokens, community::Scope::admin));
  if (identity.account.role != community::Role::admin)
    return fail(Errc::forbidden, "admin-needed", "only an administrator may do this");
  return identity.account;
}

bj::object row_of(const community::Account& account) {
  return {{"name", account.name},
          {"role", std::string(community::to_string(account.role))},
          {"created_at", rfc3339(account.created)},
          {"disabled_at", account.disabled ? bj::value(rfc3339(*account.disabled)) : bj::value()}};
}

Result<void> take_no_parameters(const Request& request) {
  if (request.query.empty()) return {};
  return fail(Errc::invalid_input, "parameter-unknown",
              "there is no parameter '" +
                  printable_line(std::string_view(request.query.front().first).substr(0, 60)) +
                  "' here");
}

}  // namespace

bool Operations::serves(std::string_view path) const {
  return http::has_route(kOperationsRoutes, path);
}

std::vector<http::RouteName> Operations::routes() const {
  return http::names_of(kOperationsRoutes);
}

Response Operations::respond(const Request& request, std::string_view) const {
  Response response = http::route(*this, kOperationsRoutes, request);
  if (response.status == 401) response.headers.add("WWW-Authenticate", "Bearer realm=\"rbee\"");
  return response;
}

std::optional<Response> Operations::refuse_frozen(const Request& request) const {
  if (request.method != Method::post && request.method != Method::put &&
      request.method != Method::patch)
    return std::nullopt;
  // Reports and moderation go on: they are what a freeze is for.
  for (const std::string_view pattern :
       {"/v1/workers/{id}/reviews", "/v1/workers/{id}/reviews/{review}",
        "/v1/workers/{id}/reviews/{review}/reply", "/v1/workers/{id}/comments",
        "/v1/workers/{id}/comments/{comment}"}) {
    Params params;
    if (!http::match_path(pattern, request.path, params)) continue;
    const auto thawed = community::require_thawed(database_, "reviews");
    if (thawed) return std::nullopt;
    return http::problem(request, thawed.error());
  }
  return std::nullopt;
}

Result<Response> Operations::status(const Request& request, const Params&) const {
  TRY(take_no_parameters(request));
  TRY_ASSIGN(const auto all, community::list_switches(database_));
  bool limited = false;
  for (const Switch& each : all) limited = limited || each.frozen;
  return json(200, bj::object{{"status", limited ? "limited" : "ok"},
                              {"switches", to_json(all, Shown::to_everybody)}});
}

Result<Response> Operations::switches(const Request& request, const Params&) const {
  TRY_ASSIGN(const auto identity, identify(request, tokens_, community::Scope::admin));
  TRY(take_no_parameters(request));
  TRY_ASSIGN(const auto all, community::list_switches(database_));
  return json(200, bj::object{{"switches", to_json(all, Shown::to_admins)}});
}

Result<Response> Operations::turn(const Request& request, const Params& params) const {
  TRY_ASSIGN(const auto admin, require_admin(request, tokens_));
  TRY(take_no_parameters(request));
  TRY_ASSIGN(const Body body, Body::parse(request, {"frozen", "reason"}));
  TRY_ASSIGN(const auto frozen, body.boolean("frozen"));
  if (!frozen) return fail(Errc::invalid_input, "body-invalid", "'frozen' is missing");
  TRY_ASSIGN(const std::string reason, body.text("reason", true));
  TRY_ASSIGN(const Switch turned, community::turn_switch(database_, clock_, params["name"], *frozen,
                                                         reason, admin.name));
  return json(200, to_json(turned, Shown::to_admins));
}

Result<Response> Operations::audit(const Request& request, const Params&) const {
  TRY(require_admin(request, tokens_));
  TRY(no_parameters(request, {"subject", "actor", "before"}));
  community::AuditQuery query{.subject = std::string(request.parameter("subject")),
                              .actor = std::string(request.parameter("actor"))};
  if (const auto before = request.parameter("before"); !before.empty()) {
    TRY_ASSIGN(query.before, number(before));
  }
  TRY_ASSIGN(const auto entries, community::list_audit(database_, query));
  bj::array all;
  for (const community::AuditEntry& each : entries)
    all.push_back(bj::object{{"id", each.id},
                             {"at", rfc3339(each.at)},
                             {"actor", printable_line(each.actor)},
                             {"action", each.action},
                             {"subject", printable_line(each.subject)},
                             {"digest", each.digest},
                             {"details", printable_line(each.details)},
                             {"hash", each.hash}});
  return json(200, bj::object{{"entries", std::move(all)}});
}

Result<Response> Operations::users(const Request& request, const Params&) const {
  TRY(require_admin(request, tokens_));
  TRY(take_no_parameters(request));
  TRY_ASSIGN(const auto accounts, community::Accounts(database_, clock_).list());
  bj::array all;
  for (const community::Account& each : accounts) all.push_back(row_of(each));
  return json(200, bj::object{{"users", std::move(all)}});
}

Result<Response> Operations::set_disabled(const Request& request, const Params& params) const {
  TRY_ASSIGN(const auto admin, require_admin(request, tokens_));
  const std::string_view action = params["action"];
  if (action != "disable" && action != "enable")
    return fail(Errc::not_found, "no-such-resource", "actions are disable and enable");
  TRY_ASSIGN(const Body body, Body::parse(request, {"reason"}));
  TRY_ASSIGN(const std::string reason, body.text("reason", true));
  community::Accounts accounts(database_, clock_);
  // Whoever locks themselves out needs the host to come back in.
  if (params["name"] == admin.name)
    return fail(Errc::policy, "account-own", "nobody disables their own account here");
  TRY(accounts.set_disabled(params["name"], action == "disable", reason, admin.name));
  TRY_ASSIGN(const auto now, accounts.find(params["name"]));
  return json(200, row_of(now));
}

}  // namespace rbee::api
