#include "api/comments.hpp"

#include <fmt/format.h>

#include <array>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "api/answers.hpp"
#include "api/caller.hpp"
#include "api/paging.hpp"
#include "api/views.hpp"
#include "base/text.hpp"

namespace rbee::api {

namespace {

using community::Comment;
using community::Identity;
using community::Scope;
using http::Method;
using http::Params;
using http::Request;
using http::Response;
namespace bj = boost::json;

constexpr std::array<http::Route<Comments>, 11> kCommentRoutes{{
    {Method::get, "/v1/workers/{id}/comments", &Comments::list},
    {Method::post, "/v1/workers/{id}/comments", &Comments::add},
    {Method::get, "/v1/workers/{id}/comments/{comment}", &Comments::show},
    {Method::put, "/v1/workers/{id}/comments/{comment}", &Comments::edit},
    {Method::del, "/v1/workers/{id}/comments/{comment}", &Comments::remove},
    {Method::put, "/v1/workers/{id}/comments/{comment}/pin", &Comments::pin},
    {Method::del, "/v1/workers/{id}/comments/{comment}/pin", &Comments::unpin},
    {Method::post, "/v1/workers/{id}/comments/{comment}/report", &Comments::report},
    {Method::post, "/v1/workers/{id}/comments/{comment}/hide", &Comments::hide},
    {Method::post, "/v1/workers/{id}/comments/{comment}/show", &Comments::unhide},
    {Method::get, "/v1/comment-reports", &Comments::reports},
}};

/// What is hidden has its text and reason for `sees_hidden` alone; what is gone has no author.
bj::object comment_json(const Comment& comment, bool sees_hidden) {
  const bool is_readable = comment.is_shown() || (!comment.is_gone && sees_hidden);
  bj::object out{{"id", comment.id},
                 {"worker", comment.worker},
                 {"reply_to", comment.reply_to == 0 ? bj::value() : bj::value(comment.reply_to)},
                 {"state", comment.is_gone  ? "deleted"
                           : comment.hidden ? "hidden"
                                            : "shown"},
                 {"account", comment.is_gone ? bj::value() : bj::value(comment.account)},
                 {"text", is_readable ? bj::value(printable(comment.text)) : bj::value()},
                 {"created_at", rfc3339(comment.created)},
                 {"updated_at", rfc3339(comment.updated)},
                 {"edits", comment.edits},
                 {"pinned", comment.pinned.has_value() && comment.is_shown()}};
  if (comment.hidden && is_readable) out["hidden_reason"] = printable(comment.hidden_reason);
  return out;
}

}  // namespace

bool Comments::serves(std::string_view path) const {
  return http::has_route(kCommentRoutes, path);
}

std::vector<http::RouteName> Comments::routes() const {
  return http::names_of(kCommentRoutes);
}

Response Comments::respond(const Request& request, std::string_view base) const {
  Request with_base = request;
  with_base.headers.set("X-Rbee-Base", std::string(base));
  Response response = http::route(*this, kCommentRoutes, with_base);
  if (response.status == 401) response.headers.add("WWW-Authenticate", "Bearer realm=\"rbee\"");
  return response;
}

Result<Comment> Comments::comment(const Params& params) const {
  TRY_ASSIGN(const WorkerId id, WorkerId::parse(params["id"]));
  TRY_ASSIGN(const std::int64_t number, api::number(params["comment"]));
  TRY_ASSIGN(Comment found, comments_.get(number));
  if (found.worker != id.str())
    return fail(Errc::not_found, "comment-not-found",
                fmt::format("comment {} is not about {}", number, id.str()));
  return found;
}

Result<bool> Comments::sees_hidden(const Request& request) const {
  if (request.headers.get("Authorization").empty()) return false;
  TRY_ASSIGN(const Identity identity, identify(request, tokens_));
  return identity.scopes.contains(Scope::review);
}

Result<Response> Comments::list(const Request& request, const Params& params) const {
  TRY(no_parameters(request, {"limit", "cursor"}));
  TRY_ASSIGN(const auto entry, find_worker(catalog_(), params["id"]));
  TRY_ASSIGN(const int limit, page_limit(request));
  TRY_ASSIGN(const std::int64_t before, id_cursor(request));
  TRY_ASSIGN(const bool sees, sees_hidden(request));
  TRY_ASSIGN(const auto page, comments_.list(entry->id, before, limit));
  TRY_ASSIGN(const auto pinned, comments_.pinned(entry->id));
  bj::array pins, threads;
  for (const Comment& each : pinned) pins.push_back(comment_json(each, sees));
  for (const community::CommentThread& thread : page.threads) {
    bj::object first = comment_json(thread.first, sees);
    bj::array replies;
    for (const Comment& each : thread.replies) replies.push_back(comment_json(each, sees));
    first["replies"] = std::move(replies);
    threads.push_back(std::move(first));
  }
  return page_of(request, {{"pinned", std::move(pins)}, {"comments", std::move(threads)}},
                 page.next == 0 ? std::string() : std::to_string(page.next));
}

Result<Response> Comments::add(const Request& request, const Params& params) const {
  TRY_ASSIGN(const Identity identity, identify(request, tokens_, Scope::community));
  TRY_ASSIGN(const auto entry, find_worker(catalog_(), params["id"]));
  TRY_ASSIGN(const Body body, Body::parse(request, {"text", "reply_to"}));
  TRY_ASSIGN(const std::string text, body.text("text", true));
  TRY_ASSIGN(const std::int64_t reply_to, body.integer("reply_to"));
  TRY_ASSIGN(const Comment made, comments_.add(entry->id, identity.account, text, reply_to));
  return json(201, comment_json(made, false));
}

Result<Response> Comments::show(const Request& request, const Params& params) const {
  TRY(no_parameters(request));
  TRY_ASSIGN(const Comment found, comment(params));
  TRY_ASSIGN(const bool sees, sees_hidden(request));
  bj::object answer = comment_json(found, sees);
  bj::array versions;
  if (found.is_shown() || (sees && !found.is_gone)) {
    TRY_ASSIGN(const auto history, comments_.history(found.id));
    for (const community::CommentVersion& each : history)
      versions.push_back(
          bj::object{{"text", printable(each.text)}, {"until", rfc3339(each.until)}});
  }
  answer["history"] = std::move(versions);
  return json(200, answer);
}

Result<Response> Comments::edit(const Request& request, const Params& params) const {
  TRY_ASSIGN(const Identity identity, identify(request, tokens_, Scope::community));
  TRY_ASSIGN(const Comment found, comment(params));
  TRY_ASSIGN(const Body body, Body::parse(request, {"text"}));
  TRY_ASSIGN(const std::string text, body.text("text"));
  TRY_ASSIGN(const Comment now, comments_.edit(found.id, identity.account, text));
  return json(200, comment_json(now, false));
}

Result<Response> Comments::remove(const Request& request, const Params& params) const {
  TRY_ASSIGN(const Identity identity, identify(request, tokens_, Scope::community));
  TRY_ASSIGN(const Comment found, comment(params));
  TRY(comments_.remove(found.id, identity.account));
  return http::reply(204, kJson, "");
}

Result<Response> Comments::set_pinned(const Request& request, const Params& params,
                                      bool is_pinned) const {
  TRY_ASSIGN(const Identity identity, identify(request, tokens_, Scope::community));
  TRY_ASSIGN(const Comment found, comment(params));
  TRY_ASSIGN(const WorkerId id, WorkerId::parse(params["id"]));
  TRY_ASSIGN(const auto maintainers, ownership_.maintainers(id));
  TRY_ASSIGN(const Comment now,
             comments_.set_pinned(found.id, identity.account, maintainers, is_pinned));
  return json(200, comment_json(now, false));
}

Result<Response> Comments::pin(const Request& request, const Params& params) const {
  return set_pinned(request, params, true);
}

Result<Response> Comments::unpin(const Request& request, const Params& params) const {
  return set_pinned(request, params, false);
}

Result<Response> Comments::report(const Request& request, const Params& params) const {
  TRY_ASSIGN(const Identity identity, identify(request, tokens_, Scope::community));
  TRY_ASSIGN(const Comment found, comment(params));
  TRY_ASSIGN(const Body body, Body::parse(request, {"reason"}));
  TRY_ASSIGN(const std::string reason, body.text("reason", true));
  TRY(comments_.report(found.id, identity.account, reason));
  return http::reply(204, kJson, "");
}

Result<Response> Comments::moderate(const Request& request, const Params& params, bool hide) const {
  TRY_ASSIGN(const Identity identity, identify(request, tokens_, Scope::review));
  TRY_ASSIGN(const Comment found, comment(params));
  TRY_ASSIGN(const Body body, Body::parse(request, {"reason"}));
  TRY_ASSIGN(const std::string reason, body.text("reason"));
  TRY_ASSIGN(const Comment now, comments_.moderate(found.id, identity.account, hide, reason));
  return json(200, comment_json(now, true));
}

Result<Response> Comments::hide(const Request& request, const Params& params) const {
  return moderate(request, params, true);
}

Result<Response> Comments::unhide(const Request& request, const Params& params) const {
  return moderate(request, params, false);
}

Result<Response> Comments::reports(const Request& request, const Params&) const {
  TRY(identify(request, tokens_, Scope::review));
  TRY(no_parameters(request));
  TRY_ASSIGN(const auto open, community::open_reports(database_, community::Reported::comment));
  bj::array all;
  for (const community::Report& each : open) all.push_back(report_json(each, "comment"));
  return json(200, bj::object{{"reports", std::move(all)}});
}

}  // namespace rbee::api
