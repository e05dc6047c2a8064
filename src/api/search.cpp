#include "api/search.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <charconv>

#include "api/answers.hpp"
#include "api/views.hpp"
#include "base/text.hpp"
#include "base/url.hpp"
#include "search/highlight.hpp"
#include "search/words.hpp"

namespace rbee::api {

using http::Method;
using http::Params;
using http::Request;
using http::Response;
namespace bj = boost::json;

namespace {

constexpr std::array<http::Route<Search>, 4> kSearchRoutes{{
    {Method::get, "/v1/search", &Search::search},
    {Method::get, "/v1/search/suggest", &Search::suggest},
    {Method::get, "/v1/tags", &Search::tags},
    {Method::get, "/v1/index", &Search::index},
}};

constexpr std::size_t kSuggestionsMax = 20;
constexpr std::size_t kTagsMax = 1'000;
/// Workers in one answer of /v1/index: about 2 MB.
constexpr std::size_t kIndexPage = 5'000;

/// What the answer depends on beside the state.
std::string key_of(const Request& request) {
  std::string key;
  for (const auto& [name, value] : request.query)
    key += fmt::format("{}:{}={}:{};", name.size(), name, value.size(), value);
  return key;
}

bj::array spans(const std::vector<Span>& all) {
  bj::array out;
  for (const Span& span : all) out.push_back(bj::array{span.begin, span.end});
  return out;
}

/// Bytes of name and description that matched.
bj::object highlights(const catalog::Entry& worker, const std::vector<search::Matched>& matched) {
  bj::object out;
  if (auto in = search::highlights(worker.name, matched); !in.empty()) out["name"] = spans(in);
  if (auto in = search::highlights(worker.description, matched); !in.empty())
    out["description"] = spans(in);
  return out;
}

bj::object to_json(const search::Explanation& why) {
  bj::array words;
  for (const auto& part : why.words)
    words.push_back(bj::object{
        {"word", printable_line(part.word)}, {"points", part.points}, {"workers", part.workers}});
  return {{"exact", why.exact},         {"text", why.text},   {"popularity", why.popularity},
          {"freshness", why.freshness}, {"trust", why.trust}, {"dead", why.dead},
          {"words", std::move(words)}};
}

bj::array to_json(const std::vector<search::FacetValue>& values, std::string_view name) {
  bj::array out;
  for (const search::FacetValue& each : values)
    out.push_back(bj::object{{name, each.value}, {"count", each.count}});
  return out;
}

bj::array to_json(const std::vector<std::string>& texts) {
  bj::array out;
  for (const std::string& each : texts) out.push_back(bj::string(each));
  return out;
}

bj::array notes_of(const std::vector<Finding>& findings) {
  bj::array out;
  for (const Finding& finding : findings)
    out.push_back(bj::object{{"id", finding.rule},
                             {"message", finding.message},
                             {"fix", finding.fix},
                             {"begin", finding.span.begin},
                             {"end", finding.span.end}});
  return out;
}

std::string mended_query(std::string_view text,
                         const std::vector<search::Correction>& corrections) {
  std::string out;
  std::size_t copied = 0;
  search::WordReader reader(text);
  for (search::Word word; reader.next(word);)
    for (const search::Correction& each : corrections)
      if (each.typed == word.text) {
        out += text.substr(copied, word.begin - copied);
        out += each.used.front();
        copied = word.end;
        break;
      }
  out += text.substr(copied);
  return printable_line(out);
}

}  // namespace

bool Search::serves(std::string_view path) const {
  return http::has_route(kSearchRoutes, path);
}

std::vector<http::RouteName> Search::routes() const {
  return http::names_of(kSearchRoutes);
}

Response Search::respond(const Request& request, std::string_view base) const {
  Request with_base = request;
  with_base.headers.set("X-Rbee-Base", std::string(base));
  return http::route(*this, kSearchRoutes, with_base);
}

Result<std::shared_ptr<const SearchState>> Search::state() const {
  auto state = read_();
  if (state == nullptr)
    return fail(Errc::unreachable, "search-not-ready",
                "the index of this marketplace is being made",
                {.fix = "try again in a few seconds"});
  return state;
}

Result<Response> Search::search(const Request& request, const Params&) const {
  TRY_ASSIGN(const SearchParameters parameters, parse_search_parameters(request.query));
  TRY_ASSIGN(const auto state, this->state());
  const std::string base(request.headers.get("X-Rbee-Base"));
  const std::string etag = http::strong_etag({"search", state->version, base, key_of(request)});
  if (http::is_not_modified(request, etag))
    return fresh(request, kJson, etag, [] { return std::string(); });

  const search::SearchAnswer answer = state->index->search(parameters.request);
  bj::array workers;
  for (std::size_t i = 0; i < answer.hits.size(); ++i) {
    const auto entry = state->snapshot->find(answer.hits[i].id);
    if (entry == nullptr) continue;  // Cannot be: the state has both from one moment.
    bj::value shown = wire::to_json(summarise(*entry, base));
    bj::object& worker = shown.as_object();
    const auto numbers = state->numbers->find(answer.hits[i].id);
    worker["numbers"] =
        api::to_json(numbers == state->numbers->end() ? Numbers{} : numbers->second);
    worker["score"] = answer.hits[i].score;
    bj::object marks = highlights(*entry, answer.matched);
    if (parameters.snippets && marks.empty() && !answer.matched.empty())
      if (const auto whole = state->snapshot->load(*entry)) {
        const search::Snippet piece =
            search::snippet((*whole)->readme, answer.matched, search::Markup::markdown);
        if (!piece.text.empty())
          worker["snippet"] = bj::object{{"text", piece.text}, {"marks", spans(piece.marks)}};
      }
    worker["highlights"] = std::move(marks);
    if (parameters.request.explain) worker["explain"] = to_json(answer.explanations[i]);
    workers.push_back(std::move(shown));
  }
  bj::object body{{"workers", std::move(workers)}, {"total", answer.total}};
  std::string next_url;
  if (answer.more && !answer.hits.empty()) {
    const std::string cursor =
        fmt::format("{}.{}", answer.hits.back().score, answer.hits.back().id);
    body["next"] = cursor;
    next_url = base + "/v1/search?";
    for (const auto& [name, value] : request.query)
      if (name != "cursor")
        next_url += fmt::format("{}={}&", percent_encode(name), percent_encode(value));
    next_url += "cursor=" + percent_encode(cursor);
  }
  if (!answer.corrections.empty()) {
    bj::array corrections;
    for (const search::Correction& each : answer.corrections)
      corrections.push_back(bj::object{{"typed", each.typed}, {"used", to_json(each.used)}});
    body["corrections"] = std::move(corrections);
    body["did_you_mean"] = mended_query(request.parameter("q"), answer.corrections);
  } else if (answer.total == 0) {
    if (const auto better = state->index->suggest(request.parameter("q")).did_you_mean)
      body["did_you_mean"] = printable_line(*better);
  }
  if (!parameters.notes.empty()) body["notes"] = notes_of(parameters.notes);
  if (parameters.request.facets) {
    bj::object facets;
    for (const search::Facet& facet : answer.facets)
      facets[search::to_string(facet.field)] = to_json(facet.values, "value");
    body["facets"] = std::move(facets);
  }
  Response response = fresh(request, kJson, etag, [&] { return bj::serialize(body) + "\n"; });
  if (!next_url.empty()) response.headers.add("Link", fmt::format("<{}>; rel=\"next\"", next_url));
  return response;
}

Result<Response> Search::suggest(const Request& request, const Params&) const {
  TRY(no_parameters(request, {"q", "limit"}));
  TRY_ASSIGN(const auto state, this->state());
  std::size_t limit = 10;
  if (const std::string_view text = request.parameter("limit"); !text.empty()) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), limit);
    if (error != std::errc() || end != text.data() + text.size() || limit < 1 ||
        limit > kSuggestionsMax)
      return fail(Errc::invalid_input, "parameter-invalid",
                  fmt::format("the parameter 'limit' is a number from 1 to {}", kSuggestionsMax));
  }
  const std::string_view text = request.parameter("q");
  if (text.size() > search::kQueryBytesMax)
    return fail(Errc::invalid_input, "query-invalid",
                fmt::format("a query is at most {} bytes", search::kQueryBytesMax));
  const std::string etag = http::strong_etag({"suggest", state->version, key_of(request)});
  return fresh(request, kJson, etag, [&] {
    const search::Suggestions found = state->index->suggest(text, limit);
    bj::array workers;
    for (const search::Hit& hit : found.workers)
      if (const auto entry = state->snapshot->find(hit.id))
        workers.push_back(bj::object{{"id", hit.id}, {"name", entry->name}});
    bj::array words;
    for (const std::string& each : found.words) words.push_back(bj::string(printable_line(each)));
    const bj::object body{
        {"words", std::move(words)},
        {"workers", std::move(workers)},
        {"tags", to_json(found.tags, "tag")},
        {"did_you_mean",
         found.did_you_mean ? bj::value(printable_line(*found.did_you_mean)) : bj::value()}};
    return bj::serialize(body) + "\n";
  });
}

Result<Response> Search::tags(const Request& request, const Params&) const {
  TRY(no_parameters(request, {"prefix", "limit"}));
  TRY_ASSIGN(const auto state, this->state());
  std::size_t limit = 100;
  if (const std::string_view text = request.parameter("limit"); !text.empty()) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), limit);
    if (error != std::errc() || end != text.data() + text.size() || limit < 1 || limit > kTagsMax)
      return fail(Errc::invalid_input, "parameter-invalid",
                  fmt::format("the parameter 'limit' is a number from 1 to {}", kTagsMax));
  }
  const std::string etag = http::strong_etag({"tags", state->version, key_of(request)});
  return fresh(request, kJson, etag, [&] {
    auto values = state->index->values(search::Field::tag, request.parameter("prefix"));
    const std::size_t total = values.size();
    if (values.size() > limit) values.resize(limit);
    return bj::serialize(bj::object{{"tags", to_json(values, "tag")}, {"total", total}}) + "\n";
  });
}

Result<Response> Search::index(const Request& request, const Params&) const {
  TRY(no_parameters(request, {"after"}));
  TRY_ASSIGN(const auto state, this->state());
  const std::string base(request.headers.get("X-Rbee-Base"));
  const auto& workers = state->snapshot->workers();
  std::size_t begin = 0;
  if (const std::string_view after = request.parameter("after"); !after.empty()) {
    TRY_ASSIGN(const WorkerId id, WorkerId::parse(after));
    begin =
        static_cast<std::size_t>(std::upper_bound(workers.begin(), workers.end(), id.str(),
                                                  [](const std::string& key, const auto& entry) {
                                                    return key < entry->id.str();
                                                  }) -
                                 workers.begin());
  }
  const std::size_t end = std::min(workers.size(), begin + kIndexPage);
  // Of the catalog alone: numbers change all the time, and what is asked here is kept.
  const std::string etag = http::strong_etag({"index", state->catalog, key_of(request)});
  Response response = fresh(request, "application/x-ndjson", etag, [&] {
    std::string body;
    for (std::size_t i = begin; i < end; ++i) {
      const catalog::Entry& entry = *workers[i];
      bj::array platforms;
      for (const Os os : kOses)
        for (const Arch arch : kArches)
          for (const Accelerator accelerator : kAccelerators)
            if (const Platform platform{os, arch, accelerator}; entry.platforms.contains(platform))
              platforms.push_back(bj::string(to_string(platform)));
      body += bj::serialize(bj::object{{"id", entry.id.str()},
                                       {"name", entry.name},
                                       {"description", entry.description},
                                       {"version", entry.version},
                                       {"source", catalog::to_string(entry.origin)},
                                       {"license", entry.license},
                                       {"author", entry.author},
                                       {"tags", to_json(entry.tags)},
                                       {"tasks", to_json(entry.tasks)},
                                       {"formats", to_json(entry.formats)},
                                       {"platforms", std::move(platforms)},
                                       {"premium", entry.is_premium},
                                       {"created_at", rfc3339(entry.created)},
                                       {"updated_at", rfc3339(entry.updated)}});
      body += '\n';
    }
    return body;
  });
  if (end < workers.size())
    response.headers.add("Link", fmt::format("<{}/v1/index?after={}>; rel=\"next\"", base,
                                             workers[end - 1]->id.str()));
  return response;
}

}  // namespace rbee::api
