#include "api/aur_answers.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <unordered_set>

#include "base/digest.hpp"
#include "http/etag.hpp"
#include "http/problem.hpp"

namespace rbee::api {

namespace {

using http::Request;
using http::Response;
using Rows = std::vector<const AurRow*>;

constexpr std::size_t kSuggestionsMax = 20;

constexpr std::array<std::pair<std::string_view, AurRelation>, 9> kRelationNames{{
    {"depends", AurRelation::depends},
    {"makedepends", AurRelation::make_depends},
    {"optdepends", AurRelation::opt_depends},
    {"checkdepends", AurRelation::check_depends},
    {"provides", AurRelation::provides},
    {"conflicts", AurRelation::conflicts},
    {"replaces", AurRelation::replaces},
    {"groups", AurRelation::groups},
    {"keywords", AurRelation::keywords},
}};

/// The body, wrapped for a callback when one is wanted; with its entity tag.
Response finish(const Request& request, const AurQuery& query, std::string body,
                bool callback_is_valid, std::string_view content_type = "application/json") {
  const bool is_wrapped = callback_is_valid && !query.callback.empty();
  if (is_wrapped) body = fmt::format("/**/{}({})", query.callback, body);
  const std::string etag = fmt::format("\"{}\"", digest_of(HashAlgorithm::md5, body));
  Response response =
      http::reply(200, is_wrapped ? "text/javascript" : content_type, std::move(body));
  response.headers.add("X-Content-Type-Options", "nosniff");
  if (request.method == http::Method::post) return response;
  return http::with_etag(request, std::move(response), etag);
}

Response complain(const Request& request, const AurQuery& query, std::string_view what) {
  std::string body = "{\"error\":";
  append_json_string(body, what);
  body += fmt::format(R"(,"resultcount":0,"results":[],"type":"error","version":{}}})",
                      query.version ? std::to_string(*query.version) : "null");
  return finish(request, query, std::move(body), is_callback(query.callback));
}

Rows find_info(const AurView& view, const AurQuery& query) {
  Rows rows;
  std::unordered_set<const AurRow*> seen;
  for (const std::string& arg : query.args)
    if (const AurRow* row = view.find(arg); row != nullptr && seen.insert(row).second)
      rows.push_back(row);
  return rows;
}

/// Packages of the workers for which `wants` says so.
template <typename Wants>
Rows find_people(const AurState& state, const Wants& wants) {
  Rows rows;
  for (const auto& [worker, person] : *state.people) {
    if (!wants(person)) continue;
    for (const AurRow* row : state.view->of_worker(worker)) rows.push_back(row);
    if (rows.size() > kAurResultsMax) break;
  }
  std::sort(rows.begin(), rows.end(),
            [](const AurRow* a, const AurRow* b) { return a->name < b->name; });
  return rows;
}

/// Packages that no account maintains.
Rows find_orphans(const AurState& state) {
  return state.view->where(
      [&](const AurRow& row) {
        const AurPerson* person = person_of(state, row);
        return person == nullptr || person->maintainer.empty();
      },
      kAurResultsMax + 1);
}

Rows find_search(const AurState& state, const AurQuery& query) {
  const AurView& view = *state.view;
  const std::size_t limit = kAurResultsMax + 1;
  const std::string arg = query.args.empty() ? std::string() : query.args.front();
  const std::string_view by = query.type == "msearch" ? "maintainer" : std::string_view(query.by);
  for (const auto& [name, relation] : kRelationNames)
    if (by == name) return view.related(relation, arg, limit);
  if (by == "maintainer" && arg.empty()) return find_orphans(state);
  const auto is_arg = [&](const std::string& account) { return ascii_lower(account) == arg; };
  if (by == "maintainer")
    return find_people(state, [&](const AurPerson& each) { return is_arg(each.maintainer); });
  if (by == "submitter")
    return find_people(state, [&](const AurPerson& each) { return is_arg(each.submitter); });
  if (by == "comaintainers")
    return find_people(state, [&](const AurPerson& each) {
      return std::any_of(each.co_maintainers.begin(), each.co_maintainers.end(), is_arg);
    });
  return view.containing(arg, by == "name" ? AurView::In::name : AurView::In::name_and_description,
                         limit);
}

Response suggest(const Request& request, const AurState& state, const AurQuery& query) {
  const std::string& arg = query.args.front();
  const auto names = query.type.ends_with("pkgbase") ? state.view->bases_with(arg, kSuggestionsMax)
                                                     : state.view->names_with(arg, kSuggestionsMax);
  std::string list = "[";
  for (const std::string& name : names) {
    if (list.size() > 1) list += ',';
    append_json_string(list, name);
  }
  list += ']';
  if (!query.type.starts_with("opensearch")) return finish(request, query, std::move(list), true);
  std::string body = "[";
  append_json_string(body, arg);
  body += "," + list + "]";
  return finish(request, query, std::move(body), true, "application/x-suggestions+json");
}

}  // namespace

void append_row(std::string& out, const AurState& state, const AurRow& row, AurShape shape) {
  const catalog::Entry& worker = *row.worker;
  const std::string_view id = worker.id.str();
  const std::string base = row.base();
  AurFields fields{.id = row.id,
                   .base_id = row.base_id,
                   .name = row.name,
                   .base = base,
                   .details = row.details,
                   .relations = row.relations,
                   .numbers = {},
                   .person = person_of(state, row),
                   .first_submitted = worker.created.time_since_epoch().count(),
                   .last_modified = worker.updated.time_since_epoch().count()};
  if (const auto at = state.numbers->find(id); at != state.numbers->end())
    fields.numbers = at->second;
  append_record(out, fields, shape);
}

const AurPerson* person_of(const AurState& state, const AurRow& row) {
  const auto at = state.people->find(std::string_view(row.worker->id.str()));
  return at == state.people->end() ? nullptr : &at->second;
}

Response answer_rpc(const Request& request, const AurState& state) {
  const AurQuery query = parse_aur_query(request);
  if (!query.malformed.empty()) {
    Response response = complain(request, query, query.malformed);
    if (response.status == 200) response.status = 400;
    return response;
  }
  if (const std::string what = aur_complaint(query); !what.empty())
    return complain(request, query, what);
  if (query.type.find("suggest") != std::string::npos) return suggest(request, state, query);
  const bool is_info = query.type == "info" || query.type == "multiinfo";
  const Rows rows = is_info ? find_info(*state.view, query) : find_search(state, query);
  if (rows.size() > kAurResultsMax) return complain(request, query, "Too many package results.");
  constexpr std::size_t kUsualRecordBytes = 800;
  std::string body;
  body.reserve(100 + rows.size() * kUsualRecordBytes);
  body += fmt::format(R"({{"resultcount":{},"results":[)", rows.size());
  for (const AurRow* row : rows) {
    if (row != rows.front()) body += ',';
    append_row(body, state, *row, is_info ? AurShape::info : AurShape::search);
  }
  body += fmt::format(R"(],"type":"{}","version":5}})", is_info ? "multiinfo" : query.type);
  return finish(request, query, std::move(body), true);
}

}  // namespace rbee::api
