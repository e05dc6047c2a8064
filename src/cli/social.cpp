// rbee worker comments, comment, follow, unfollow and rbee notifications: what people say to each
// other about workers, and what one wants to hear of.
#include <fmt/format.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "base/text.hpp"
#include "cli/account.hpp"
#include "cli/commands.hpp"
#include "cli/json.hpp"
#include "install/installer.hpp"

namespace rbee::cli {

namespace {

namespace json = boost::json;

const json::array* list_in(const json::object& answer, std::string_view key) {
  const json::value* list = answer.if_contains(key);
  return list != nullptr && list->is_array() ? &list->get_array() : nullptr;
}

tl::unexpected<Error> without(std::string_view what) {
  return fail(Errc::bad_response, "response-json",
              fmt::format("the marketplace's answer has no {}", what));
}

void print_comment(const json::object& comment, std::string_view margin, Context& context) {
  const std::string state = shown_text(comment, "state");
  context.print(fmt::format("{}#{}  {}  {}{}\n", margin, shown_text(comment, "id"),
                            shown_text(comment, "account"), shown_text(comment, "created_at"),
                            state == "shown" ? std::string() : "  (" + state + ")"));
  if (const std::string text = shown_text(comment, "text"); !text.empty())
    context.print(fmt::format("{}  {}\n", margin, text));
}

Result<int> set_following(const Arguments& arguments, Context& context, std::string_view method,
                          std::string_view said) {
  TRY_ASSIGN(const WorkerId id, worker_id(arguments.id));
  json::object body;
  if (method == "PUT") body["comments"] = arguments.with_comments;
  TRY_ASSIGN(const json::value answer,
             call(context, method, fmt::format("/v1/users/me/follows/worker/{}", id.str()), body));
  if (context.settings.json)
    context.print(answer.is_object() ? answer.get_object()
                                     : json::object{{"kind", "worker"}, {"name", id.str()}});
  else if (!context.settings.quiet)
    context.print(fmt::format("{} {}\n", said, id.str()));
  return 0;
}

}  // namespace

Result<int> worker_comments(const Arguments& arguments, Context& context) {
  TRY_ASSIGN(const WorkerId id, worker_id(arguments.id));
  const std::uint64_t limit = std::clamp<std::uint64_t>(arguments.limit, 1, 100);
  TRY_ASSIGN(const json::object answer,
             object_of(call_anonymous(
                 context, "", fmt::format("/v1/workers/{}/comments?limit={}", id.str(), limit))));
  if (context.settings.json) {
    context.print(answer);
    return 0;
  }
  const json::array* comments = list_in(answer, "comments");
  if (comments == nullptr) return without("comments");
  if (comments->empty()) {
    context.note(fmt::format("nobody commented on {} yet", id.str()));
    return 0;
  }
  for (const json::value& each : *comments) {
    if (!each.is_object()) continue;
    print_comment(each.get_object(), "", context);
    if (const json::array* replies = list_in(each.get_object(), "replies"))
      for (const json::value& reply : *replies)
        if (reply.is_object()) print_comment(reply.get_object(), "    ", context);
  }
  return 0;
}

Result<int> worker_comment(const Arguments& arguments, Context& context) {
  TRY_ASSIGN(const WorkerId id, worker_id(arguments.id));
  json::object body{{"text", arguments.reason}};
  if (arguments.number != 0) body["reply_to"] = arguments.number;
  TRY_ASSIGN(
      const json::object answer,
      object_of(call(context, "POST", fmt::format("/v1/workers/{}/comments", id.str()), body)));
  if (context.settings.json)
    context.print(answer);
  else if (!context.settings.quiet)
    context.print(fmt::format("commented on {} as #{}\n", id.str(), shown_text(answer, "id")));
  return 0;
}

Result<int> worker_follow(const Arguments& arguments, Context& context) {
  return set_following(arguments, context, "PUT", "following");
}

Result<int> worker_unfollow(const Arguments& arguments, Context& context) {
  return set_following(arguments, context, "DELETE", "no longer following");
}

Result<int> notifications(const Arguments& arguments, Context& context) {
  const std::uint64_t limit = std::clamp<std::uint64_t>(arguments.limit, 1, 100);
  TRY_ASSIGN(const json::object answer,
             object_of(call(context, "",
                            fmt::format("/v1/users/me/notifications?limit={}{}", limit,
                                        arguments.all ? "" : "&unread=1"))));
  const json::array* list = list_in(answer, "notifications");
  if (list == nullptr) return without("notifications");
  if (context.settings.json)
    context.print(answer);
  else if (list->empty())
    context.note(arguments.all ? "nothing happened yet" : "nothing new");
  else
    for (const json::value& each : *list)
      if (each.is_object())
        context.print(fmt::format("{}  {}  {}\n", shown_text(each.get_object(), "created_at"),
                                  shown_text(each.get_object(), "kind"),
                                  shown_text(each.get_object(), "text")));
  if (!arguments.mark_read || list->empty() || !list->front().is_object()) return 0;
  // Newest first: what came after it stays unread.
  const json::value* newest = list->front().get_object().if_contains("id");
  if (newest == nullptr || !newest->is_int64()) return without("ids");
  TRY(call(context, "POST", "/v1/users/me/notifications/read", json::object{{"up_to", *newest}}));
  return 0;
}

}  // namespace rbee::cli
