// For administrators: switches, quarantine, accounts, the audit log.
#include <fmt/format.h>

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

Result<void> require_admin(const Visit& visit) {
  TRY(require_login(visit));
  if (visit.context.is_admin()) return {};
  return fail(Errc::forbidden, "admin-needed", "this page is for administrators");
}

std::string reason_of(const Visit& visit) {
  return std::string(trim(visit.form("reason")));
}

}  // namespace

Result<Response> admin_page(Visit& visit) {
  TRY(require_admin(visit));
  TRY_ASSIGN(const auto switches, visit.get("/v1/admin/switches"));
  TRY_ASSIGN(const auto advisories, visit.get("/v1/advisories"));
  TRY_ASSIGN(const auto reports, visit.get("/v1/review-reports"));
  TRY_ASSIGN(const auto requests, visit.get("/v1/requests"));
  Views quarantined;
  for (const auto& each : advisories.at("advisories").as_array())
    if (each.at("kind") == "quarantine") quarantined.push_back(shown(each));
  View view;
  view.set("switches", shown(switches.at("switches")));
  view.set("quarantined", std::move(quarantined));
  view.set("report_count", reports.at("reports").as_array().size());
  view.set("requests", shown(requests.at("requests")));
  view.set("worker", visit.request.parameter("worker"));
  view.set("on_admin", true);
  return visit.page("admin", std::move(view),
                    {.title = "Administration", .section = "admin", .no_index = true});
}

Result<Response> users_page(Visit& visit) {
  TRY(require_admin(visit));
  TRY_ASSIGN(const auto users, visit.get("/v1/admin/users"));
  Views all;
  for (const auto& each : users.at("users").as_array()) {
    View one = shown(each);
    one.set("is_me", each.at("name") == bj::string(visit.context.account));
    all.push_back(std::move(one));
  }
  View view;
  view.set("user_count", all.size());
  view.set("users", std::move(all));
  view.set("on_users", true);
  return visit.page("users", std::move(view),
                    {.title = "Accounts", .section = "admin", .no_index = true});
}

Result<Response> audit_page(Visit& visit) {
  TRY(require_admin(visit));
  std::string target = "/v1/admin/audit?", older = "/admin/audit?";
  for (const std::string_view name : {"subject", "actor"}) {
    const auto value = visit.request.parameter(name);
    if (value.empty()) continue;
    target += fmt::format("{}={}&", name, url_encode(value));
    older += fmt::format("{}={}&", name, url_encode(value));
  }
  if (const auto before = visit.request.parameter("before"); !before.empty())
    target += fmt::format("before={}&", url_encode(before));
  target.pop_back();
  TRY_ASSIGN(const auto found, visit.get(target));
  const auto& entries = found.at("entries").as_array();
  View view;
  view.set("entries", shown(found.at("entries")));
  view.set("subject", visit.request.parameter("subject"));
  view.set("actor", visit.request.parameter("actor"));
  constexpr std::size_t kPageFull = 100;  // As many as the API gives at once.
  if (entries.size() == kPageFull)
    view.set("older", fmt::format("{}before={}", older, entries.back().at("id").as_int64()));
  view.set("on_audit", true);
  return visit.page("audit", std::move(view),
                    {.title = "Audit log", .section = "admin", .no_index = true});
}

Result<Response> turn_switch(Visit& visit) {
  TRY(require_admin(visit));
  TRY(visit.send(
      Method::put, "/v1/admin/switches/" + url_encode(visit.params["name"]),
      bj::object{{"frozen", visit.form("frozen") == "1"}, {"reason", reason_of(visit)}}));
  return done(visit, "changed");
}

Result<Response> set_quarantine(Visit& visit) {
  TRY(require_admin(visit));
  const bool releases = visit.form("action") == "release";
  bj::object body;
  if (!releases) body["reason"] = reason_of(visit);
  TRY(visit.send(Method::post,
                 fmt::format("/v1/workers/{}/{}", url_encode(trim(visit.form("worker"))),
                             releases ? "release" : "quarantine"),
                 body));
  return done(visit, "changed");
}

Result<Response> set_user_disabled(Visit& visit) {
  TRY(require_admin(visit));
  TRY(visit.send(Method::post,
                 fmt::format("/v1/admin/users/{}/{}", url_encode(visit.params["name"]),
                             visit.form("action") == "enable" ? "enable" : "disable"),
                 bj::object{{"reason", reason_of(visit)}}));
  return done(visit, "changed");
}

}  // namespace rbee::web
