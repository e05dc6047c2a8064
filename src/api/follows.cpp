#include "api/follows.hpp"

#include <fmt/format.h>

#include <array>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "api/answers.hpp"
#include "api/caller.hpp"
#include "api/views.hpp"
#include "base/text.hpp"

namespace rbee::api {

namespace {

using community::FollowKind;
using community::Identity;
using community::Scope;
using http::Method;
using http::Params;
using http::Request;
using http::Response;
namespace bj = boost::json;

constexpr std::array<http::Route<Follows>, 3> kFollowRoutes{{
    {Method::get, "/v1/users/me/follows", &Follows::list},
    {Method::put, "/v1/users/me/follows/{kind}/{name}", &Follows::follow},
    {Method::del, "/v1/users/me/follows/{kind}/{name}", &Follows::unfollow},
}};

Result<FollowKind> follow_kind(const Params& params) {
  const auto kind = community::parse_follow_kind(params["kind"]);
  if (!kind)
    return fail(Errc::not_found, "no-such-resource",
                fmt::format("nobody can follow a '{}'",
                            printable_line(std::string_view(params["kind"]).substr(0, 60))),
                {.fix = "worker, tag and owner can be followed"});
  return *kind;
}

/// A name in the form in which it is kept.
Result<std::string> follow_name(FollowKind kind, std::string_view name) {
  if (kind == FollowKind::tag) return community::clean_tag(name);
  if (kind == FollowKind::owner) {
    TRY(community::check_account_name(name));
    return std::string(name);
  }
  TRY_ASSIGN(const WorkerId id, WorkerId::parse(name));
  return id.str();
}

}  // namespace

bool Follows::serves(std::string_view path) const {
  return http::has_route(kFollowRoutes, path);
}

std::vector<http::RouteName> Follows::routes() const {
  return http::names_of(kFollowRoutes);
}

Response Follows::respond(const Request& request, std::string_view) const {
  Response response = http::route(*this, kFollowRoutes, request);
  if (response.status == 401) response.headers.add("WWW-Authenticate", "Bearer realm=\"rbee\"");
  return response;
}

Result<Response> Follows::list(const Request& request, const Params&) const {
  TRY_ASSIGN(const Identity identity, identify(request, tokens_, Scope::read));
  TRY(no_parameters(request));
  TRY_ASSIGN(const auto follows, follows_.of(identity.account));
  bj::array all;
  for (const community::Follow& each : follows)
    all.push_back(bj::object{{"kind", to_string(each.kind)},
                             {"name", each.name},
                             {"comments", each.with_comments},
                             {"since", rfc3339(each.created)}});
  return json(200, bj::object{{"follows", std::move(all)}});
}

Result<Response> Follows::follow(const Request& request, const Params& params) const {
  TRY_ASSIGN(const Identity identity, identify(request, tokens_, Scope::community));
  TRY_ASSIGN(const FollowKind kind, follow_kind(params));
  TRY_ASSIGN(const std::string name, follow_name(kind, params["name"]));
  TRY_ASSIGN(const Body body, Body::parse(request, {"comments"}));
  TRY_ASSIGN(const auto comments, body.boolean("comments"));
  if (comments && kind != FollowKind::worker)
    return fail(Errc::invalid_input, "body-invalid", "only a worker has comments");
  // A tag may come one day; a worker and an owner are there or a slip of the pen.
  if (kind == FollowKind::worker) TRY(find_worker(catalog_(), name));
  if (kind == FollowKind::owner) {
    TRY_ASSIGN(const community::Account owner, accounts_.find(name));
    if (owner.disabled)
      return fail(Errc::not_found, "account-not-found",
                  fmt::format("no account is called '{}'", name));
  }
  TRY_ASSIGN(const bool is_new,
             follows_.set(identity.account, kind, name, comments.value_or(false)));
  return json(is_new ? 201 : 200, bj::object{{"kind", to_string(kind)},
                                             {"name", name},
                                             {"comments", comments.value_or(false)}});
}

Result<Response> Follows::unfollow(const Request& request, const Params& params) const {
  TRY_ASSIGN(const Identity identity, identify(request, tokens_, Scope::community));
  TRY_ASSIGN(const FollowKind kind, follow_kind(params));
  TRY_ASSIGN(const std::string name, follow_name(kind, params["name"]));
  TRY(follows_.clear(identity.account, kind, name));
  return http::reply(204, kJson, "");
}

}  // namespace rbee::api
