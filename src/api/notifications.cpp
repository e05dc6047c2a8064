#include "api/notifications.hpp"

#include <fmt/format.h>

#include <array>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "api/answers.hpp"
#include "api/caller.hpp"
#include "api/paging.hpp"
#include "base/text.hpp"

namespace rbee::api {

namespace {

using community::Identity;
using community::NoticePreference;
using community::Scope;
using http::Method;
using http::Params;
using http::Request;
using http::Response;
namespace bj = boost::json;

constexpr std::array<http::Route<Notifications>, 5> kNotificationRoutes{{
    {Method::get, "/v1/users/me/notifications", &Notifications::list},
    {Method::post, "/v1/users/me/notifications/read", &Notifications::mark_all},
    {Method::post, "/v1/users/me/notifications/{notification}/read", &Notifications::mark},
    {Method::get, "/v1/users/me/notification-preferences", &Notifications::preferences},
    {Method::put, "/v1/users/me/notification-preferences", &Notifications::set_preferences},
}};

tl::unexpected<Error> bad_preferences(std::string why) {
  return fail(Errc::invalid_input, "body-invalid", "these are no preferences",
              {.why = std::move(why)});
}

/// {"preferences": [{"kind", "api", "mail"}]}
Result<std::vector<NoticePreference>> parse_preferences(const Body& body) {
  TRY_ASSIGN(const bj::array list, body.list("preferences"));
  if (list.size() > 100) return bad_preferences("at most 100 are set at once");
  std::vector<NoticePreference> all;
  for (const bj::value& each : list) {
    if (!each.is_object()) return bad_preferences("each is an object: kind, api, mail");
    NoticePreference one;
    for (const auto& [key, value] : each.get_object()) {
      if (key == "kind" && value.is_string())
        one.kind = std::string(value.get_string());
      else if (key == "api" && value.is_bool())
        one.in_api = value.get_bool();
      else if (key == "mail" && value.is_bool())
        one.by_mail = value.get_bool();
      else
        return bad_preferences("each has kind, a text, and api and mail, true or false");
    }
    if (each.get_object().size() != 3) return bad_preferences("each has kind, api and mail");
    all.push_back(std::move(one));
  }
  return all;
}

}  // namespace

bool Notifications::serves(std::string_view path) const {
  return http::has_route(kNotificationRoutes, path);
}

std::vector<http::RouteName> Notifications::routes() const {
  return http::names_of(kNotificationRoutes);
}

Response Notifications::respond(const Request& request, std::string_view base) const {
  Request with_base = request;
  with_base.headers.set("X-Rbee-Base", std::string(base));
  Response response = http::route(*this, kNotificationRoutes, with_base);
  if (response.status == 401) response.headers.add("WWW-Authenticate", "Bearer realm=\"rbee\"");
  return response;
}

Result<Response> Notifications::list(const Request& request, const Params&) const {
  TRY_ASSIGN(const Identity identity, identify(request, tokens_, Scope::read));
  TRY(no_parameters(request, {"unread", "limit", "cursor"}));
  community::NoticeQuery query;
  if (const auto value = request.parameter("unread"); !value.empty()) {
    if (value != "0" && value != "1") return invalid_parameter("unread", value, "it is 0 or 1");
    query.unread_only = value == "1";
  }
  TRY_ASSIGN(query.limit, page_limit(request));
  TRY_ASSIGN(query.before, id_cursor(request));
  TRY_ASSIGN(const auto page, notifications_.list(identity.account, query));
  TRY_ASSIGN(const std::int64_t unread, notifications_.unread(identity.account));
  bj::array all;
  for (const community::Notice& each : page.notices)
    all.push_back(bj::object{{"id", each.id},
                             {"kind", each.kind},
                             {"subject", printable(each.subject)},
                             {"text", printable(each.text)},
                             {"created_at", rfc3339(each.created)},
                             {"read", each.read}});
  return page_of(request, {{"notifications", std::move(all)}, {"unread", unread}},
                 page.next == 0 ? std::string() : std::to_string(page.next));
}

Result<Response> Notifications::mark_all(const Request& request, const Params&) const {
  TRY_ASSIGN(const Identity identity, identify(request, tokens_, Scope::community));
  TRY_ASSIGN(const Body body, Body::parse(request, {"up_to"}));
  TRY_ASSIGN(const std::int64_t last, body.integer("up_to"));
  if (last < 1)
    return fail(Errc::invalid_input, "body-invalid", "up_to is missing",
                {.why = "it is the id of the newest notification that was seen: one that came "
                        "meanwhile stays unread"});
  TRY_ASSIGN(const std::int64_t count, notifications_.mark_read_up_to(identity.account, last));
  TRY_ASSIGN(const std::int64_t unread, notifications_.unread(identity.account));
  return json(200, bj::object{{"marked", count}, {"unread", unread}});
}

Result<Response> Notifications::mark(const Request& request, const Params& params) const {
  TRY_ASSIGN(const Identity identity, identify(request, tokens_, Scope::community));
  TRY_ASSIGN(const std::int64_t id, number(params["notification"]));
  TRY(notifications_.mark_read(identity.account, id));
  return http::reply(204, kJson, "");
}

Result<Response> Notifications::preferences(const Request& request, const Params&) const {
  TRY_ASSIGN(const Identity identity, identify(request, tokens_, Scope::read));
  TRY(no_parameters(request));
  TRY_ASSIGN(const auto wanted, notifications_.preferences(identity.account));
  bj::array all;
  for (const NoticePreference& each : wanted)
    all.push_back(bj::object{{"kind", each.kind},
                             {"summary", each.summary},
                             {"api", each.in_api},
                             {"mail", each.by_mail}});
  return json(200, bj::object{{"preferences", std::move(all)}});
}

Result<Response> Notifications::set_preferences(const Request& request,
                                                const Params& params) const {
  TRY_ASSIGN(const Identity identity, identify(request, tokens_, Scope::community));
  TRY_ASSIGN(const Body body, Body::parse(request, {"preferences"}));
  TRY_ASSIGN(const auto wanted, parse_preferences(body));
  TRY(notifications_.set_preferences(identity.account, wanted));
  return preferences(request, params);
}

}  // namespace rbee::api
