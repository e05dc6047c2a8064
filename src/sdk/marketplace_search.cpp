// What of a MarketplaceClient searches: ranked answers, and the list that is kept for searching
// offline.
#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"
#include "sdk/marketplace_client.hpp"
#include "sdk/paging.hpp"

namespace rbee::sdk {

namespace {

constexpr std::uint64_t kPageBytesMax = 16 << 20;

}  // namespace

Result<wire::SearchAnswer> MarketplaceClient::find(const SearchQuery& query) {
  std::string filter;
  if (!query.words.empty()) filter += "&q=" + percent_encode(query.words);
  for (const std::string& tag : query.tags) filter += "&tag=" + percent_encode(tag);

  std::optional<wire::SearchAnswer> all;
  std::optional<std::string> cursor;
  for (int page = 0; page < kPagesMax; ++page) {
    const std::uint64_t missing =
        query.limit == 0 ? kPageSize : query.limit - (all ? all->list.workers.size() : 0);
    std::string path = fmt::format("/v1/search?limit={}{}", std::min(kPageSize, missing), filter);
    if (cursor) path += "&cursor=" + percent_encode(*cursor);
    Result<std::string> body = get_body(path, kPageBytesMax, Expect::json);
    if (!body && body.error().code == Errc::not_found && page == 0) {
      TRY_ASSIGN(wire::WorkerList list, search(query));
      return wire::SearchAnswer{std::move(list), {}, {}, {}};
    }
    if (!body) return tl::unexpected<Error>(std::move(body).error());
    TRY_ASSIGN(wire::SearchAnswer answer, wire::parse_search_answer(*body));
    const bool is_empty = answer.list.workers.empty();
    const std::optional<std::string> next = answer.list.next;
    if (!all) {
      all = std::move(answer);
    } else {
      all->list.total = answer.list.total;
      std::move(answer.list.workers.begin(), answer.list.workers.end(),
                std::back_inserter(all->list.workers));
    }
    if (query.limit != 0 && all->list.workers.size() > query.limit)
      all->list.workers.erase(all->list.workers.begin() + static_cast<std::ptrdiff_t>(query.limit),
                              all->list.workers.end());
    if (!next || is_empty || next == cursor ||
        (query.limit != 0 && all->list.workers.size() >= query.limit))
      break;
    cursor = next;
  }
  return std::move(*all);
}

Result<MarketplaceClient::IndexPage> MarketplaceClient::index(const std::string& after,
                                                              const std::string& etag) {
  const std::string path = after.empty() ? "/v1/index" : "/v1/index?after=" + percent_encode(after);
  TRY_ASSIGN(const Url url, Url::parse(base_ + path));
  HttpHeaders headers = {{"Accept", "application/x-ndjson"}};
  if (!etag.empty()) headers.emplace_back("If-None-Match", etag);
  Result<platform::HttpAnswer> answer = get_(url, kPageBytesMax, headers);
  if (!answer) {
    if (answer.error().code == Errc::unreachable)
      return tl::unexpected<Error>(unreachable(answer.error()));
    return tl::unexpected<Error>(std::move(answer).error());
  }
  IndexPage page;
  if (answer->status == 304 && !etag.empty()) {
    page.unchanged = true;
    page.etag = etag;
    return page;
  }
  if (answer->status != 200 || !answer->header("content-type").starts_with("application/x-ndjson"))
    return tl::unexpected<Error>(refused(*answer, url.str()));
  page.etag = answer->header("etag");
  page.lines = std::move(answer->body);
  // Where it goes on is in the lines themselves: an address in an answer is not followed.
  if (!answer->header("link").empty()) {
    const std::string_view lines =
        std::string_view(page.lines).substr(0, page.lines.find_last_not_of('\n') + 1);
    const std::size_t begin = lines.rfind('\n') + 1;
    TRY_ASSIGN(const wire::IndexLine last, wire::parse_index_line(lines.substr(begin)));
    TRY_ASSIGN(const WorkerId id, WorkerId::parse(last.id));
    page.after = id.str();
  }
  return page;
}

}  // namespace rbee::sdk
