#include "api/feeds.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "api/answers.hpp"
#include "api/aur_feeds.hpp"
#include "api/search.hpp"
#include "api/views.hpp"
#include "base/text.hpp"
#include "base/url.hpp"
#include "community/follows.hpp"
#include "http/etag.hpp"

namespace rbee::api {

namespace {

using http::Method;
using http::Params;
using http::Request;
using http::Response;
using Entries = std::vector<std::shared_ptr<const catalog::Entry>>;

constexpr std::size_t kFeedEntriesMax = 50;

constexpr std::array<http::Route<Feeds>, 5> kFeedRoutes{{
    {Method::get, "/v1/feed", &Feeds::all},
    {Method::get, "/v1/search/feed", &Feeds::of_search},
    {Method::get, "/v1/workers/{id}/feed", &Feeds::of_worker},
    {Method::get, "/v1/tags/{tag}/feed", &Feeds::of_tag},
    {Method::get, "/v1/users/{name}/feed", &Feeds::of_owner},
}};

/// Newest first, equal ones by id; at most as many as a feed has.
void keep_newest(Entries& entries) {
  const auto is_newer = [](const auto& a, const auto& b) {
    return a->updated != b->updated ? a->updated > b->updated : a->id.str() < b->id.str();
  };
  const std::size_t count = std::min(entries.size(), kFeedEntriesMax);
  std::partial_sort(entries.begin(), entries.begin() + static_cast<std::ptrdiff_t>(count),
                    entries.end(), is_newer);
  entries.resize(count);
}

/// "market.example" of "https://market.example:8443/x": what RFC 4151 calls the authority.
std::string_view authority_of(std::string_view base) {
  if (const auto scheme = base.find("://"); scheme != std::string_view::npos)
    base.remove_prefix(scheme + 3);
  return base.substr(0, base.find_first_of(":/", base.starts_with('[') ? base.find(']') : 0));
}

Response atom(const Request& request, const SearchState& state, Entries entries,
              std::string_view title) {
  keep_newest(entries);
  const std::string base(request.headers.get("X-Rbee-Base"));
  // The year is a part of the name, and stays what it is.
  const std::string tag = fmt::format("tag:{},2026:", authority_of(base));
  std::string self = request.path, query;
  for (const auto& [name, value] : request.query)
    query += fmt::format("{}{}={}", query.empty() ? "?" : "&", percent_encode(name),
                         percent_encode(value));
  self = encode_path(self.substr(1)) + query;
  std::string body = fmt::format(
      "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<feed "
      "xmlns=\"http://www.w3.org/2005/Atom\">\n<id>{0}</id>\n<title>{1}</title>\n"
      "<link rel=\"self\" type=\"application/atom+xml\" href=\"{2}\"/>\n<updated>{3}</updated>\n"
      "<author><name>{4}</name></author>\n",
      xml_text(tag + self), xml_text(title), xml_text(fmt::format("{}/{}", base, self)),
      rfc3339(entries.empty() ? state.snapshot->committed() : entries.front()->updated),
      xml_text(authority_of(base)));
  for (const auto& entry : entries) {
    body += fmt::format(
        "<entry>\n<id>{0}</id>\n<title>{1}</title>\n<updated>{2}</updated>\n<link "
        "rel=\"alternate\" "
        "href=\"{3}\"/>\n<summary>{4}</summary>\n",
        xml_text(
            fmt::format("{}workers/{}/{}", tag, entry->id.str(), percent_encode(entry->version))),
        xml_text(fmt::format("{} {}", entry->id.str(), entry->version)), rfc3339(entry->updated),
        xml_text(fmt::format("{}/v1/workers/{}", base, entry->id.str())),
        xml_text(entry->description));
    if (!entry->author.empty())
      body += fmt::format("<author><name>{}</name></author>\n", xml_text(entry->author));
    for (const std::string& each : entry->tags)
      body += fmt::format("<category term=\"{}\"/>\n", xml_text(each));
    body += "</entry>\n";
  }
  body += "</feed>\n";
  const std::string etag = http::strong_etag({"atom", body});
  return fresh(request, "application/atom+xml; charset=utf-8", etag, [&] { return body; });
}

}  // namespace

bool Feeds::serves(std::string_view path) const {
  return http::has_route(kFeedRoutes, path);
}

std::vector<http::RouteName> Feeds::routes() const {
  return http::names_of(kFeedRoutes);
}

Response Feeds::respond(const Request& request, std::string_view base) const {
  Request with_base = request;
  with_base.headers.set("X-Rbee-Base", std::string(base));
  return http::route(*this, kFeedRoutes, with_base);
}

Result<std::shared_ptr<const SearchState>> Feeds::state() const {
  auto state = read_();
  if (state == nullptr)
    return fail(Errc::unreachable, "search-not-ready",
                "the index of this marketplace is being made",
                {.fix = "try again in a few seconds"});
  return state;
}

Result<Response> Feeds::all(const Request& request, const Params&) const {
  TRY(no_parameters(request));
  TRY_ASSIGN(const auto now, state());
  return atom(request, *now, now->snapshot->workers(), "New releases");
}

Result<Response> Feeds::of_worker(const Request& request, const Params& params) const {
  TRY(no_parameters(request));
  TRY_ASSIGN(const auto now, state());
  TRY_ASSIGN(const auto entry, find_worker(now->snapshot, params["id"]));
  return atom(request, *now, {entry}, fmt::format("Releases of {}", entry->id.str()));
}

Result<Response> Feeds::of_tag(const Request& request, const Params& params) const {
  TRY(no_parameters(request));
  TRY_ASSIGN(const std::string tag, community::clean_tag(params["tag"]));
  TRY_ASSIGN(const auto now, state());
  Entries found;
  for (const auto& each : now->snapshot->workers())
    if (std::any_of(each->tags.begin(), each->tags.end(), [&](const std::string& one) {
          const auto clean = community::clean_tag(one);
          return clean && *clean == tag;
        }))
      found.push_back(each);
  return atom(request, *now, std::move(found), fmt::format("Releases with the tag {}", tag));
}

Result<Response> Feeds::of_owner(const Request& request, const Params& params) const {
  TRY(no_parameters(request));
  TRY(community::check_account_name(params["name"]));
  TRY_ASSIGN(const auto now, state());
  Entries found;
  if (workers_of_) {
    TRY_ASSIGN(const auto workers, workers_of_(params["name"]));
    for (const std::string& id : workers)
      if (auto entry = now->snapshot->find(id)) found.push_back(std::move(entry));
  }
  return atom(request, *now, std::move(found), fmt::format("Releases by {}", params["name"]));
}

Result<Response> Feeds::of_search(const Request& request, const Params&) const {
  TRY_ASSIGN(const SearchParameters parameters, parse_search_parameters(request.query));
  TRY_ASSIGN(const auto now, state());
  Entries found;
  for (const RankedWorker& each : ranked_workers(*now, parameters.request))
    found.push_back(now->snapshot->workers()[each.index]);
  return atom(request, *now, std::move(found),
              fmt::format("Search: {}", printable_line(request.parameter("q").substr(0, 200))));
}

}  // namespace rbee::api
