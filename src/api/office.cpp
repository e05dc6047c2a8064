#include "api/office.hpp"

#include <fmt/format.h>

#include <array>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "api/caller.hpp"
#include "base/text.hpp"
#include "wire/worker.hpp"

namespace rbee::api {

namespace {

using community::Identity;
using community::Scope;
using http::Method;
using http::Params;
using http::Request;
using http::Response;
using submission::Submission;
namespace bj = boost::json;

constexpr std::array<http::Route<Office>, 15> kOfficeRoutes{{
    {Method::get, "/v1/submissions", &Office::list},
    {Method::post, "/v1/submissions", &Office::submit},
    {Method::get, "/v1/submissions/{number}", &Office::show},
    {Method::get, "/v1/submissions/{number}/diff", &Office::diff},
    {Method::post, "/v1/submissions/{number}/comments", &Office::comment},
    {Method::post, "/v1/submissions/{number}/{action}", &Office::act},
    {Method::post, "/v1/workers/{id}/quarantine", &Office::quarantine},
    {Method::post, "/v1/workers/{id}/release", &Office::release},
    {Method::post, "/v1/workers/{id}/yank", &Office::yank},
    {Method::post, "/v1/workers/{id}/unyank", &Office::unyank},
    {Method::post, "/v1/workers/{id}/requests", &Office::ask},
    {Method::get, "/v1/requests", &Office::requests},
    {Method::post, "/v1/requests/{number}/close", &Office::close_request},
    {Method::get, "/v1/advisories", &Office::advisories},
    {Method::get, "/v1/workers/{id}/trust", &Office::trust},
}};

std::string safe(const std::string& text) {
  return printable(text);
}

bj::object to_json(const Submission& s) {
  bj::array risk;
  for (const std::string& reason : s.risk) risk.push_back(bj::string(safe(reason)));
  return {{"id", s.id},
          {"worker", s.worker},
          {"version", s.version},
          {"title", safe(s.title)},
          {"topic", s.topic},
          {"account", s.account},
          {"state", std::string(submission::to_string(s.state))},
          {"tier", s.tier},
          {"risk", std::move(risk)},
          {"approvals_needed", s.approvals_needed},
          {"revision", s.revision},
          {"head", s.head},
          {"tree", s.tree.empty() ? s.head : s.tree},
          {"created_at", rfc3339(s.created)},
          {"updated_at", rfc3339(s.updated)},
          {"not_before", s.cooling_until ? bj::value(rfc3339(*s.cooling_until)) : bj::value()},
          {"claimed_by", s.claimed_by.empty() ? bj::value() : bj::value(s.claimed_by)},
          {"merged", s.merged.empty() ? bj::value() : bj::value(s.merged)},
          {"reason", safe(s.reason)}};
}

bj::array to_json(const std::vector<Finding>& findings) {
  bj::array all;
  for (const Finding& finding : findings)
    all.push_back({{"rule", finding.rule},
                   {"severity", std::string(to_string(finding.severity))},
                   {"file", safe(finding.file)},
                   {"line", finding.position.line},
                   {"column", finding.position.column},
                   {"message", safe(finding.message)},
                   {"excerpt", safe(finding.excerpt)},
                   {"why", safe(finding.why)},
                   {"fix", safe(finding.fix)}});
  return all;
}

}  // namespace

bool Office::serves(std::string_view path) const {
  return http::has_route(kOfficeRoutes, path);
}

std::vector<http::RouteName> Office::routes() const {
  return http::names_of(kOfficeRoutes);
}

Response Office::respond(const Request& request, std::string_view) const {
  Response response = http::route(*this, kOfficeRoutes, request);
  if (response.status == 401) response.headers.add("WWW-Authenticate", "Bearer realm=\"rbee\"");
  return response;
}

Result<Response> Office::list(const Request& request, const Params&) const {
  submission::Filter filter;
  bool queue = false;
  for (const auto& [name, value] : request.query) {
    if (name == "account")
      filter.account = value;
    else if (name == "worker")
      filter.worker = value;
    else if (name == "state")
      filter.state = value;
    else if (name == "queue")
      queue = value != "0";
    else if (name == "open")
      filter.open_only = value != "0";
    else if (name == "before") {
      TRY_ASSIGN(filter.before, number(value));
    } else {
      return fail(
          Errc::invalid_input, "parameter-unknown",
          fmt::format("there is no parameter '{}' here", printable_line(name.substr(0, 60))));
    }
  }
  if (!filter.state.empty() && !submission::parse_state(filter.state))
    return fail(Errc::invalid_input, "parameter-invalid",
                fmt::format("there is no state '{}'", printable_line(filter.state.substr(0, 60))));
  bj::array all;
  if (queue) {
    TRY_ASSIGN(const auto waiting, service_.queue());
    for (std::size_t i = 0; i < waiting.size() && i < 500; ++i) {
      bj::object one = to_json(waiting[i]);
      one["position"] = i + 1;
      all.push_back(std::move(one));
    }
  } else {
    TRY_ASSIGN(const auto found, submission::list(service_.database(), filter));
    for (const Submission& each : found) all.push_back(to_json(each));
  }
  return json(200, bj::object{{"submissions", std::move(all)}});
}

Result<Response> Office::submit(const Request& request, const Params&) const {
  TRY_ASSIGN(const Identity identity, identify(request, tokens_, Scope::submit));
  TRY_ASSIGN(const Body body, Body::parse(request, {"worker", "title", "files", "check_only"}));
  TRY_ASSIGN(const std::string name, body.text("worker", true));
  TRY_ASSIGN(const WorkerId worker, WorkerId::parse(name));
  TRY_ASSIGN(const std::string title, body.text("title"));
  TRY_ASSIGN(const auto check_only, body.boolean("check_only"));
  TRY_ASSIGN(const auto files, body.texts("files"));
  TRY_ASSIGN(const auto answer,
             service_.submit({identity.account.name, request.remote_address, worker, title, files,
                              check_only.value_or(false)}));
  return json(
      answer.submission ? 201 : 200,
      bj::object{{"submission", answer.submission ? bj::value(*answer.submission) : bj::value()},
                 {"blocked", answer.blocked},
                 {"findings", to_json(answer.findings)}});
}

Result<Response> Office::show(const Request&, const Params& params) const {
  TRY_ASSIGN(const std::int64_t id, number(params["number"]));
  const platform::Database& database = service_.database();
  TRY_ASSIGN(const Submission found, submission::get(database, id));
  bj::object answer = to_json(found);
  TRY_ASSIGN(const auto findings, submission::findings_of(database, id, found.revision));
  answer["findings"] = to_json(findings);
  TRY_ASSIGN(const auto events, submission::events_of(database, id));
  bj::array log;
  for (const submission::LogEvent& event : events)
    log.push_back({{"at", rfc3339(event.at)},
                   {"actor", event.actor},
                   {"event", event.kind},
                   {"from", event.from},
                   {"to", event.to},
                   {"revision", event.revision},
                   {"text", safe(event.text)}});
  answer["events"] = std::move(log);
  TRY_ASSIGN(const auto comments, submission::comments_of(database, id));
  bj::array said;
  for (const submission::Comment& each : comments)
    said.push_back({{"id", each.id},
                    {"at", rfc3339(each.at)},
                    {"author", each.author},
                    {"revision", each.revision},
                    {"file", safe(each.file)},
                    {"line", each.line},
                    {"text", safe(each.text)}});
  answer["comments"] = std::move(said);
  TRY_ASSIGN(const auto approvals, submission::approvals_of(database, id, found.revision));
  bj::array given;
  for (const submission::Approval& each : approvals)
    given.push_back({{"reviewer", each.reviewer}, {"tree", each.tree}, {"at", rfc3339(each.at)}});
  answer["approvals"] = std::move(given);
  TRY_ASSIGN(const auto where, service_.place(found));
  answer["queue"] = bj::object{
      {"position", where.position},
      {"length", where.length},
      {"expected_seconds", where.expected ? bj::value(where.expected->count()) : bj::value()}};
  return json(200, answer);
}

Result<Response> Office::diff(const Request&, const Params& params) const {
  TRY_ASSIGN(const std::int64_t id, number(params["number"]));
  TRY_ASSIGN(const Submission found, submission::get(service_.database(), id));
  TRY_ASSIGN(const auto changes, service_.changes(found));
  bj::array files;
  for (const submission::FileChange& each : changes) {
    bj::object file{{"path", printable_line(each.path)},
                    {"status", each.status},
                    {"executable", each.executable}};
    if (each.size_before) file["size_before"] = *each.size_before;
    if (each.size_after) file["size_after"] = *each.size_after;
    if (each.left_out.empty())
      file["diff"] = printable(each.diff);
    else
      file["left_out"] = each.left_out;
    files.push_back(std::move(file));
  }
  return json(200, bj::object{{"id", found.id},
                              {"worker", found.worker},
                              {"revision", found.revision},
                              {"tree", found.tree.empty() ? found.head : found.tree},
                              {"files", std::move(files)}});
}

Result<Response> Office::act(const Request& request, const Params& params) const {
  TRY_ASSIGN(const std::int64_t id, number(params["number"]));
  const std::string_view action = params["action"];
  const Scope scope = action == "withdraw" ? Scope::submit : Scope::review;
  TRY_ASSIGN(const Identity identity, identify(request, tokens_, scope));
  TRY_ASSIGN(const Body body, Body::parse(request, {"reason", "tree"}));
  TRY_ASSIGN(const std::string reason, body.text("reason"));
  TRY_ASSIGN(const std::string tree, body.text("tree"));
  const community::Account& account = identity.account;
  Result<Submission> done =
      fail(Errc::not_found, "no-such-resource",
           "actions are claim, unclaim, approve, request-changes, reject, withdraw");
  if (action == "claim")
    done = service_.claim(id, account);
  else if (action == "unclaim")
    done = service_.unclaim(id, account);
  else if (action == "approve")
    done = service_.approve(id, account, tree);
  else if (action == "request-changes")
    done = service_.request_changes(id, account, reason);
  else if (action == "reject")
    done = service_.reject(id, account, reason);
  else if (action == "withdraw")
    done = service_.withdraw(id, account);
  if (!done) return tl::unexpected(done.error());
  return json(200, to_json(*done));
}

Result<Response> Office::comment(const Request& request, const Params& params) const {
  TRY_ASSIGN(const Identity identity, identify(request, tokens_, Scope::submit));
  TRY_ASSIGN(const std::int64_t id, number(params["number"]));
  TRY_ASSIGN(const Body body, Body::parse(request, {"file", "line", "text"}));
  TRY_ASSIGN(const std::string text, body.text("text", true));
  TRY_ASSIGN(const std::string file, body.text("file"));
  TRY_ASSIGN(const std::int64_t line, body.integer("line"));
  TRY(service_.comment(id, identity.account, file,
                       static_cast<std::uint32_t>(std::clamp<std::int64_t>(line, 0, 1'000'000)),
                       text));
  return show(request, params);
}

Result<Response> Office::quarantine(const Request& request, const Params& params) const {
  TRY_ASSIGN(const Identity identity, identify(request, tokens_, Scope::admin));
  TRY_ASSIGN(const WorkerId worker, WorkerId::parse(params["id"]));
  TRY_ASSIGN(const Body body, Body::parse(request, {"reason"}));
  TRY_ASSIGN(const std::string reason, body.text("reason", true));
  TRY(service_.quarantine(worker, identity.account, reason));
  return advisories(request, params);
}

Result<Response> Office::release(const Request& request, const Params& params) const {
  TRY_ASSIGN(const Identity identity, identify(request, tokens_, Scope::admin));
  TRY_ASSIGN(const WorkerId worker, WorkerId::parse(params["id"]));
  TRY(service_.release(worker, identity.account));
  return advisories(request, params);
}

Result<Response> Office::yank(const Request& request, const Params& params) const {
  TRY_ASSIGN(const Identity identity, identify(request, tokens_, Scope::submit));
  TRY_ASSIGN(const WorkerId worker, WorkerId::parse(params["id"]));
  TRY_ASSIGN(const Body body, Body::parse(request, {"version", "reason"}));
  TRY_ASSIGN(const std::string version, body.text("version", true));
  TRY_ASSIGN(const std::string reason, body.text("reason", true));
  TRY(service_.yank(worker, version, identity.account, reason));
  return advisories(request, params);
}

Result<Response> Office::unyank(const Request& request, const Params& params) const {
  TRY_ASSIGN(const Identity identity, identify(request, tokens_, Scope::submit));
  TRY_ASSIGN(const WorkerId worker, WorkerId::parse(params["id"]));
  TRY_ASSIGN(const Body body, Body::parse(request, {"version"}));
  TRY_ASSIGN(const std::string version, body.text("version", true));
  TRY(service_.unyank(worker, version, identity.account));
  return advisories(request, params);
}

Result<Response> Office::ask(const Request& request, const Params& params) const {
  TRY_ASSIGN(const Identity identity, identify(request, tokens_, Scope::submit));
  TRY_ASSIGN(const WorkerId worker, WorkerId::parse(params["id"]));
  TRY_ASSIGN(const Body body, Body::parse(request, {"kind", "text", "target"}));
  TRY_ASSIGN(const std::string kind, body.text("kind", true));
  TRY_ASSIGN(const std::string text, body.text("text", true));
  TRY_ASSIGN(const std::string target, body.text("target"));
  TRY_ASSIGN(const std::int64_t id, service_.ask(worker, kind, identity.account, text, target));
  return json(201, bj::object{{"id", id}});
}

Result<Response> Office::requests(const Request&, const Params&) const {
  TRY_ASSIGN(const auto open, service_.open_requests());
  bj::array all;
  for (const submission::WorkerRequest& each : open)
    all.push_back({{"id", each.id},
                   {"worker", each.worker},
                   {"kind", each.kind},
                   {"account", each.account},
                   {"text", safe(each.text)},
                   {"target", safe(each.target)},
                   {"created_at", rfc3339(each.created)}});
  return json(200, bj::object{{"requests", std::move(all)}});
}

Result<Response> Office::close_request(const Request& request, const Params& params) const {
  TRY_ASSIGN(const Identity identity, identify(request, tokens_, Scope::review));
  TRY_ASSIGN(const std::int64_t id, number(params["number"]));
  TRY_ASSIGN(const Body body, Body::parse(request, {"answer"}));
  TRY_ASSIGN(const std::string answer, body.text("answer", true));
  TRY(service_.close_request(id, identity.account, answer));
  return requests(request, params);
}

namespace {

/// The submission by which the worker's folder became this tree. Not simply the newest one: a lower
/// number may have been merged later.
Result<std::optional<Submission>> merged_as(const platform::Database& database,
                                            const std::string& worker, const std::string& tree) {
  submission::Filter filter{.worker = worker, .state = "merged"};
  for (;;) {
    TRY_ASSIGN(const auto page, submission::list(database, filter));
    std::optional<Submission> latest;
    for (const Submission& each : page)
      if (each.tree == tree && (!latest || each.updated > latest->updated)) latest = each;
    if (latest || page.empty()) return latest;
    filter.before = page.back().id;
  }
}

}  // namespace

Result<Response> Office::trust(const Request&, const Params& params) const {
  TRY_ASSIGN(const WorkerId id, WorkerId::parse(params["id"]));
  const auto snapshot = service_.snapshot();
  const auto worker = snapshot == nullptr ? nullptr : snapshot->find(id.str());
  if (worker == nullptr)
    return fail(Errc::not_found, "worker-not-found",
                fmt::format("there is no worker '{}'", id.str()));
  wire::Trust out;
  out.version = worker->version;
  out.released_at = rfc3339(worker->updated);
  TRY_ASSIGN(const community::Maintainers maintainers, service_.maintainers(id));
  out.owner = maintainers.owner;
  if (maintainers.owner_since) out.owner_since = rfc3339(*maintainers.owner_since);
  out.owner_is_first = maintainers.owner_is_first;
  const platform::Database& database = service_.database();
  TRY_ASSIGN(const auto merged, merged_as(database, id.str(), worker->tree.str()));
  if (merged) {
    out.by_submission = true;
    out.released_at = rfc3339(merged->updated);
    TRY_ASSIGN(const auto approvals,
               submission::approvals_of(database, merged->id, merged->revision));
    for (const submission::Approval& approval : approvals)
      if (approval.tree == merged->tree) out.reviewers.push_back(approval.reviewer);
  }
  out.yanked = yank_reason(id.str(), worker->version);
  return json(200, wire::to_json(out));
}

std::string Office::yank_reason(const std::string& worker, const std::string& version) const {
  const auto yanks = service_.yanks();
  if (!yanks) return "whether it was taken back cannot be said now";
  for (const submission::Yank& yank : *yanks)
    if (yank.worker == worker && yank.version == version)
      return yank.reason.empty() ? "no reason was given" : safe(yank.reason);
  return {};
}

Result<Response> Office::advisories(const Request&, const Params&) const {
  bj::array all;
  TRY_ASSIGN(const auto quarantines, service_.quarantines());
  for (const submission::Quarantine& each : quarantines)
    all.push_back({{"kind", "quarantine"},
                   {"worker", each.worker},
                   {"version", nullptr},
                   {"reason", safe(each.reason)},
                   {"since", rfc3339(each.since)}});
  TRY_ASSIGN(const auto yanks, service_.yanks());
  for (const submission::Yank& each : yanks)
    all.push_back({{"kind", "yank"},
                   {"worker", each.worker},
                   {"version", each.version},
                   {"reason", safe(each.reason)},
                   {"since", rfc3339(each.since)}});
  TRY_ASSIGN(const auto takeovers, service_.takeovers());
  for (const community::Takeover& each : takeovers)
    all.push_back({{"kind", "new-owner"},
                   {"worker", each.worker},
                   {"version", nullptr},
                   {"reason", fmt::format("it belongs to {} now ({})", each.owner, each.how)},
                   {"since", rfc3339(each.since)}});
  return json(200, bj::object{{"advisories", std::move(all)}});
}

}  // namespace rbee::api
