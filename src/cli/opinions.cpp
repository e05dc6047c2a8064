// rbee worker star, unstar, vote, unvote, rate, reviews and list --starred: what people think of a
// worker.
#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "base/text.hpp"
#include "base/url.hpp"
#include "cli/account.hpp"
#include "cli/commands.hpp"
#include "cli/json.hpp"
#include "cli/opinions.hpp"
#include "cli/table.hpp"
#include "install/installer.hpp"

namespace rbee::cli {

namespace {

namespace json = boost::json;

Result<int> mark(const Arguments& arguments, Context& context, std::string_view method,
                 std::string_view kind, std::string_view said) {
  TRY_ASSIGN(const WorkerId id, worker_id(arguments.id));
  TRY_ASSIGN(const json::object answer,
             object_of(call(context, method, fmt::format("/v1/workers/{}/{}", id.str(), kind))));
  if (context.settings.json)
    context.print(answer);
  else if (!context.settings.quiet)
    context.print(
        fmt::format("{} {}; it has {} now\n", said, id.str(), shown_text(answer, "count")));
  return 0;
}

std::string stars_of(const json::object& review) {
  const json::value* rating = review.if_contains("rating");
  const std::int64_t points = rating != nullptr && rating->is_int64() ? rating->get_int64() : 0;
  std::string text;
  for (std::int64_t i = 1; i <= 5; ++i) text += i <= points ? "*" : ".";
  return text;
}

}  // namespace

Result<int> worker_star(const Arguments& arguments, Context& context) {
  return mark(arguments, context, "PUT", "star", "starred");
}

Result<int> worker_unstar(const Arguments& arguments, Context& context) {
  return mark(arguments, context, "DELETE", "star", "took the star from");
}

Result<int> worker_vote(const Arguments& arguments, Context& context) {
  return mark(arguments, context, "PUT", "vote", "voted for");
}

Result<int> worker_unvote(const Arguments& arguments, Context& context) {
  return mark(arguments, context, "DELETE", "vote", "took the vote from");
}

Result<int> list_starred(Context& context) {
  json::array all;
  std::string cursor;
  do {
    const std::string path = "/v1/users/me/starred?limit=100" +
                             (cursor.empty() ? std::string() : "&cursor=" + percent_encode(cursor));
    TRY_ASSIGN(const json::object page, object_of(call(context, "", path)));
    const json::value* workers = page.if_contains("workers");
    if (workers == nullptr || !workers->is_array())
      return fail(Errc::bad_response, "response-json", "the marketplace's answer has no workers");
    for (const json::value& worker : workers->get_array()) all.push_back(worker);
    const json::value* next = page.if_contains("next");
    const bool more = next != nullptr && next->is_string() && !workers->get_array().empty();
    cursor = more ? std::string(next->get_string()) : std::string();
  } while (!cursor.empty());
  if (context.settings.json) {
    context.print(json::object{{"workers", std::move(all)}});
    return 0;
  }
  if (all.empty()) {
    context.note("you starred no worker; rbee worker star ID does");
    return 0;
  }
  Table table({"ID", "VERSION", "STARRED", "DESCRIPTION"});
  for (const json::value& each : all) {
    if (!each.is_object()) continue;
    const json::object& worker = each.get_object();
    const json::value* offered = worker.if_contains("offered");
    const bool is_gone = offered != nullptr && offered->is_bool() && !offered->get_bool();
    table.add({shown_text(worker, "id"), is_gone ? "gone" : shown_text(worker, "version"),
               shown_text(worker, "starred_at"), shown_text(worker, "description")});
  }
  context.print(table);
  return 0;
}

Result<int> worker_rate(const Arguments& arguments, Context& context) {
  TRY_ASSIGN(const WorkerId id, worker_id(arguments.id));
  if (arguments.value.size() != 1 || arguments.value[0] < '1' || arguments.value[0] > '5')
    return fail(Errc::usage, "rating-invalid",
                fmt::format("'{}' is no rating", printable_line(arguments.value)),
                {.fix = fmt::format("rbee worker rate {} 4 -m 'what you found'", id.str())});
  json::object body{{"rating", arguments.value[0] - '0'}};
  if (!arguments.title.empty()) body["title"] = arguments.title;
  if (!arguments.reason.empty()) body["comment"] = arguments.reason;
  TRY_ASSIGN(
      const json::object answer,
      object_of(call(context, "POST", fmt::format("/v1/workers/{}/reviews", id.str()), body)));
  if (context.settings.json) {
    context.print(answer);
  } else if (!context.settings.quiet) {
    const json::value* verified = answer.if_contains("verified_install");
    const bool is_verified = verified != nullptr && verified->is_bool() && verified->get_bool();
    context.print(fmt::format("rated {} {} with {} of 5{}\n", id.str(),
                              shown_text(answer, "version"), arguments.value,
                              is_verified ? ", as somebody who installed it" : ""));
  }
  return 0;
}

Result<int> worker_reviews(const Arguments& arguments, Context& context) {
  TRY_ASSIGN(const WorkerId id, worker_id(arguments.id));
  const std::uint64_t limit = std::clamp<std::uint64_t>(arguments.limit, 1, 100);
  TRY_ASSIGN(const json::object answer,
             object_of(call_anonymous(
                 context, "", fmt::format("/v1/workers/{}/reviews?limit={}", id.str(), limit))));
  if (context.settings.json) {
    context.print(answer);
    return 0;
  }
  const json::value* summary = answer.if_contains("summary");
  const json::value* reviews = answer.if_contains("reviews");
  if (summary == nullptr || !summary->is_object() || reviews == nullptr || !reviews->is_array())
    return fail(Errc::bad_response, "response-json", "the marketplace's answer has no reviews");
  if (reviews->get_array().empty()) {
    context.note(fmt::format("nobody rated {} yet", id.str()));
    return 0;
  }
  context.print(fmt::format(
      "{} of 5 in {} ratings, {} of installed workers\n", shown_text(summary->get_object(), "mean"),
      shown_text(summary->get_object(), "count"), shown_text(summary->get_object(), "verified")));
  for (const json::value& each : reviews->get_array()) {
    if (!each.is_object()) continue;
    const json::object& review = each.get_object();
    context.print(fmt::format("\n{}  {}  {} {}  {}\n", stars_of(review),
                              shown_text(review, "account"), shown_text(review, "version"),
                              shown_text(review, "platform"), shown_text(review, "updated_at")));
    for (const char* key : {"title", "comment"})
      if (const std::string text = shown_text(review, key); !text.empty())
        context.print(fmt::format("  {}\n", text));
    if (const json::value* reply = review.if_contains("reply");
        reply != nullptr && reply->is_object())
      context.print(fmt::format("  > {}: {}\n", shown_text(reply->get_object(), "account"),
                                shown_text(reply->get_object(), "text")));
  }
  return 0;
}

}  // namespace rbee::cli
