// rbee worker submission, withdraw, adopt, disown, audit: what the marketplace's office says.
#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <set>

#include "base/text.hpp"
#include "cli/account.hpp"
#include "cli/commands.hpp"
#include "cli/json.hpp"
#include "install/installer.hpp"

namespace rbee::cli {

namespace {

namespace json = boost::json;

const json::array* array_of(const json::value& value, std::string_view key) {
  const json::value* field = value.is_object() ? value.get_object().if_contains(key) : nullptr;
  return field != nullptr && field->is_array() ? &field->get_array() : nullptr;
}

std::string row_of(const json::object& s) {
  return fmt::format("{:>5}  {:<18} tier {}  {:<32} {:<14} {}\n", shown_text(s, "id"),
                     shown_text(s, "state"), shown_text(s, "tier"), shown_text(s, "worker"),
                     shown_text(s, "version"), shown_text(s, "title"));
}

Result<std::string> number(const std::string& typed) {
  if (typed.empty() || typed.size() > 18 ||
      typed.find_first_not_of("0123456789") != std::string::npos)
    return fail(Errc::usage, "number-invalid",
                fmt::format("'{}' is no submission's number", printable_line(typed)),
                {.fix = "rbee worker submission lists yours"});
  return typed;
}

}  // namespace

Result<int> worker_submission(const Arguments& arguments, Context& context) {
  if (arguments.id.empty()) {
    TRY_ASSIGN(const json::value me, call(context, "", "/v1/users/me"));
    TRY_ASSIGN(const json::value all, call(context, "",
                                           fmt::format("/v1/submissions?account={}",
                                                       shown_text(me.get_object(), "name"))));
    if (context.settings.json) {
      context.print(all);
      return 0;
    }
    const json::array* list = array_of(all, "submissions");
    if (list == nullptr || list->empty()) context.note("you have no submissions");
    for (std::size_t i = 0; list != nullptr && i < list->size(); ++i)
      if ((*list)[i].is_object()) context.print(row_of((*list)[i].get_object()));
    return 0;
  }
  TRY_ASSIGN(const std::string id, number(arguments.id));
  TRY_ASSIGN(const json::value answer, call_anonymous(context, "", "/v1/submissions/" + id));
  if (context.settings.json) {
    context.print(answer);
    return 0;
  }
  if (!answer.is_object())
    return fail(Errc::bad_response, "response-json", "the answer is no object");
  const json::object& s = answer.get_object();
  context.print(row_of(s));
  if (const json::array* risk = array_of(answer, "risk"))
    for (const json::value& reason : *risk)
      if (reason.is_string())
        context.print(fmt::format("  {}\n", printable_line(std::string_view(reason.get_string()))));
  if (const std::string reason = shown_text(s, "reason"); !reason.empty())
    context.print(fmt::format("  reason: {}\n", reason));
  if (const std::string when = shown_text(s, "not_before"); !when.empty())
    context.print(fmt::format("  merges no sooner than {}\n", when));
  if (const json::value* queue = s.if_contains("queue"); queue != nullptr && queue->is_object()) {
    const std::string position = shown_text(queue->get_object(), "position");
    if (position != "0") {
      const std::string seconds = shown_text(queue->get_object(), "expected_seconds");
      context.print(fmt::format(
          "  {} of {} in the queue{}\n", position, shown_text(queue->get_object(), "length"),
          seconds.empty() ? "" : fmt::format("; decisions took {} s in the middle", seconds)));
    }
  }
  if (const json::array* findings = array_of(answer, "findings"))
    for (const json::value& each : *findings)
      if (each.is_object())
        context.print(fmt::format("  {} {}: {}\n", shown_text(each.get_object(), "severity"),
                                  shown_text(each.get_object(), "rule"),
                                  shown_text(each.get_object(), "message")));
  if (const json::array* comments = array_of(answer, "comments"))
    for (const json::value& each : *comments)
      if (each.is_object())
        context.print(fmt::format("  {} {}:{} {}\n", shown_text(each.get_object(), "author"),
                                  shown_text(each.get_object(), "file"),
                                  shown_text(each.get_object(), "line"),
                                  shown_text(each.get_object(), "text")));
  return 0;
}

Result<int> worker_withdraw(const Arguments& arguments, Context& context) {
  TRY_ASSIGN(const std::string id, number(arguments.id));
  TRY_ASSIGN(const json::value answer,
             call(context, "POST", fmt::format("/v1/submissions/{}/withdraw", id)));
  if (context.settings.json) context.print(answer);
  context.note(fmt::format("submission {} is withdrawn", id));
  return 0;
}

Result<int> worker_adopt(const Arguments& arguments, Context& context) {
  TRY_ASSIGN(const WorkerId worker, worker_id(arguments.id));
  if (arguments.reason.empty())
    return fail(Errc::usage, "argument-missing",
                "--reason is missing: why you should have the worker",
                {.fix = fmt::format("rbee worker adopt {} --reason '…'", worker.str())});
  TRY_ASSIGN(const json::value answer,
             call(context, "POST", fmt::format("/v1/workers/{}/adoption-requests", worker.str()),
                  {{"reason", arguments.reason}}));
  if (context.settings.json) context.print(answer);
  context.note(fmt::format("asked for '{}'; two reviewers must agree", worker.str()));
  return 0;
}

Result<int> worker_disown(const Arguments& arguments, Context& context) {
  TRY_ASSIGN(const WorkerId worker, worker_id(arguments.id));
  TRY_ASSIGN(const json::value answer,
             call(context, "POST", fmt::format("/v1/workers/{}/disown", worker.str())));
  if (context.settings.json) context.print(answer);
  context.note(fmt::format("'{}' is an orphan now", worker.str()));
  return 0;
}

Result<int> worker_audit(const Arguments&, Context& context) {
  TRY_ASSIGN(const install::Directories where, directories(context.world.environment));
  TRY_ASSIGN(const auto installed, install::list_installed(where));
  TRY_ASSIGN(const json::value answer, call_anonymous(context, "", "/v1/advisories"));
  json::array hits;
  bool is_taken_back = false;
  if (const json::array* all = array_of(answer, "advisories"))
    for (const json::value& each : *all) {
      if (!each.is_object()) continue;
      const json::object& advisory = each.get_object();
      for (const auto& worker : installed) {
        if (worker.id != shown_text(advisory, "worker")) continue;
        const std::string version = shown_text(advisory, "version");
        if (!version.empty() && version != worker.version) continue;
        // Who installs from a new owner knows; who installed before may not. Both are RFC 3339,
        // UTC.
        const bool is_news = shown_text(advisory, "kind") == "new-owner";
        if (is_news && shown_text(advisory, "since") <= worker.installed_at) continue;
        is_taken_back |= !is_news;
        hits.push_back(each);
        if (!context.settings.json)
          context.print(fmt::format("{} {}: {} since {}: {}\n", worker.id, worker.version,
                                    shown_text(advisory, "kind"), shown_text(advisory, "since"),
                                    shown_text(advisory, "reason")));
      }
    }
  if (context.settings.json)
    context.print(json::object{{"advisories", std::move(hits)}, {"installed", installed.size()}});
  else if (!is_taken_back)
    context.note(fmt::format("{} installed, none of them was taken back", installed.size()));
  return is_taken_back ? exit_code(Errc::policy) : 0;
}

}  // namespace rbee::cli
