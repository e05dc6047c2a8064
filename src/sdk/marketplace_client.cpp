#include "sdk/marketplace_client.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/digest.hpp"
#include "base/text.hpp"
#include "sdk/paging.hpp"

namespace rbee::sdk {

namespace {

constexpr std::uint64_t kListBytesMax = 16 << 20;
constexpr std::uint64_t kDetailBytesMax = 4 << 20;
constexpr std::uint64_t kRecipeBytesMax = 64 << 10;
constexpr std::uint64_t kFileBytesMax = 256 << 10;
/// Of all pages of a list together.
constexpr std::uint64_t kListsBytesMax = 64 << 20;
/// How many ids are looked through for a did-you-mean.
constexpr std::uint64_t kSuggestionsMax = 2'000;

/// One line of a stranger's text, short enough for a terminal.
std::string words_of(std::string_view text) {
  constexpr std::size_t length_max = 400;
  std::string line = printable_line(text.substr(0, length_max));
  if (text.size() > length_max) line += "...";
  return line;
}

Errc errc_of_status(int status) {
  switch (status) {
    case 400:
    case 422:
      return Errc::usage;
    case 401:
      return Errc::unauthenticated;
    case 403:
      return Errc::forbidden;
    case 404:
    case 410:
      return Errc::not_found;
    case 409:
      return Errc::exists;
    case 413:
      return Errc::too_large;
    case 429:
    case 502:
    case 503:
    case 504:
      return Errc::unreachable;
    case 451:
      return Errc::policy;
    default:
      return Errc::bad_response;
  }
}

const char* id_of_status(int status) {
  switch (status) {
    case 404:
    case 410:
      return "marketplace-not-found";
    case 429:
      return "marketplace-busy";
    case 502:
    case 503:
    case 504:
      return "marketplace-unavailable";
    default:
      return status >= 500 ? "marketplace-error" : "marketplace-refused";
  }
}

bool is_problem(const platform::HttpAnswer& answer) {
  return answer.header("content-type").starts_with("application/problem+json");
}

/// A relative path that stays where it is: no empty, "." or ".." segment, no control character.
bool is_plain_path(std::string_view path) {
  if (path.empty() || path.size() > 512) return false;
  for (std::string_view segment : split(path, '/'))
    if (segment.empty() || segment == "." || segment == "..") return false;
  return std::none_of(path.begin(), path.end(),
                      [](unsigned char c) { return c < 0x20 || c == 0x7F || c == '\\'; });
}

std::string encode_path(std::string_view path) {
  std::string out;
  for (std::string_view segment : split(path, '/')) {
    if (!out.empty()) out += '/';
    out += percent_encode(segment);
  }
  return out;
}

std::string query_of(const std::string& version) {
  return version.empty() ? std::string() : "?version=" + percent_encode(version);
}

}  // namespace

MarketplaceClient::MarketplaceClient(const Url& base, Get get)
    : base_(base.str()), get_(std::move(get)) {
  base_.resize(std::min(base_.size(), base_.find_first_of("?#")));
  while (base_.ends_with('/')) base_.pop_back();
}

Error MarketplaceClient::unreachable(const Error& cause) const {
  Error error;
  error.code = Errc::unreachable;
  error.id = "marketplace-unreachable";
  error.message = fmt::format("no marketplace answers at {}", base_);
  error.evidence.push_back(words_of(cause.message));
  for (const std::string& fact : cause.evidence) error.evidence.push_back(words_of(fact));
  error.fix = "start one with `rbee-market serve --data DIR`, or name another with `--catalog URL`";
  return error;
}

Error MarketplaceClient::refused(const platform::HttpAnswer& answer, const std::string& url) const {
  Error error;
  error.evidence.push_back(fmt::format("GET {}", url));
  if (is_problem(answer)) {
    if (const auto problem = wire::parse_problem(answer.body)) {
      error.code = errc_of_status(answer.status);
      error.id = id_of_status(answer.status);
      const std::string& said = problem->detail.empty() ? problem->title : problem->detail;
      error.message = fmt::format("the marketplace answered {}: {}", answer.status, words_of(said));
      if (answer.status == 429 || answer.status == 503) {
        const std::string_view wait = answer.header("retry-after");
        error.fix = wait.empty() ? "try again in a minute"
                                 : fmt::format("try again in {} seconds", words_of(wait));
      }
      return error;
    }
  }
  // A proxy in front of a marketplace answers like this; so does anything that is no marketplace.
  error.evidence.push_back(fmt::format("status {}, {}", answer.status,
                                       answer.header("content-type").empty()
                                           ? std::string("no content type")
                                           : words_of(answer.header("content-type"))));
  if (answer.status >= 500) {
    error.code = errc_of_status(answer.status);
    error.id = id_of_status(answer.status);
    error.message =
        fmt::format("the marketplace at {} failed with status {}", base_, answer.status);
    error.fix = "try again later, or ask whoever runs it to look at its log";
  } else {
    error.code = Errc::bad_response;
    error.id = "not-a-marketplace";
    error.message = fmt::format("what answers at {} is not an rbee marketplace", base_);
    error.fix =
        "check the address: `rbee config get catalog` shows the one in use, `--catalog URL` names "
        "another";
  }
  return error;
}

Result<std::string> MarketplaceClient::get_body(const std::string& path_and_query,
                                                std::uint64_t body_bytes_max, Expect expect) {
  TRY_ASSIGN(const Url url, Url::parse(base_ + path_and_query));
  Result<platform::HttpAnswer> answer =
      get_(url, body_bytes_max, {{"Accept", expect == Expect::json ? "application/json" : "*/*"}});
  if (!answer) {
    if (answer.error().code == Errc::unreachable)
      return tl::unexpected<Error>(unreachable(answer.error()));
    return tl::unexpected<Error>(std::move(answer).error());
  }
  if (answer->status != 200) return tl::unexpected<Error>(refused(*answer, url.str()));
  // What is not JSON where JSON was asked for is somebody's web page.
  if (expect == Expect::json && !answer->header("content-type").starts_with("application/json"))
    return tl::unexpected<Error>(refused(*answer, url.str()));
  return std::move(answer->body);
}

Result<wire::WorkerList> MarketplaceClient::search(const SearchQuery& query) {
  std::string filter;
  if (!query.words.empty()) filter += "&q=" + percent_encode(query.words);
  for (const std::string& tag : query.tags) filter += "&tag=" + percent_encode(tag);

  wire::WorkerList all;
  std::uint64_t read_bytes = 0;
  std::optional<std::string> cursor;
  for (int page = 0; page < kPagesMax; ++page) {
    const std::uint64_t missing = query.limit == 0 ? kPageSize : query.limit - all.workers.size();
    std::string path = fmt::format("/v1/workers?limit={}{}", std::min(kPageSize, missing), filter);
    if (cursor) path += "&cursor=" + percent_encode(*cursor);
    TRY_ASSIGN(const std::string body, get_body(path, kListBytesMax, Expect::json));
    read_bytes += body.size();
    if (read_bytes > kListsBytesMax)
      return fail(Errc::too_large, "list-too-large",
                  fmt::format("the list of workers of {} is larger than {}", base_,
                              human_size(kListsBytesMax)),
                  {.fix = "search for words or tags, or ask for fewer with --limit"});
    TRY_ASSIGN(wire::WorkerList list, wire::parse_worker_list(body));
    all.total = list.total;
    const bool empty_page = list.workers.empty();
    std::move(list.workers.begin(), list.workers.end(), std::back_inserter(all.workers));
    if (query.limit != 0 && all.workers.size() >= query.limit) {
      if (all.workers.size() > query.limit)
        all.workers.erase(all.workers.begin() + static_cast<std::ptrdiff_t>(query.limit),
                          all.workers.end());
      all.next = std::move(list.next);
      return all;
    }
    if (!list.next || empty_page || list.next == cursor) return all;
    cursor = std::move(list.next);
  }
  return all;
}

Error MarketplaceClient::worker_not_found(const WorkerId& id, Error cause) {
  Error error;
  error.code = Errc::not_found;
  error.id = "worker-not-found";
  error.message = fmt::format("no worker is called '{}'", id.str());
  error.evidence = std::move(cause.evidence);
  error.fix = fmt::format("`rbee worker search` lists the workers of {}", base_);
  if (const auto list = search({.words = {}, .tags = {}, .limit = kSuggestionsMax})) {
    std::vector<std::string> ids;
    for (const wire::WorkerSummary& worker : list->workers)
      if (WorkerId::parse(worker.id)) ids.push_back(worker.id);
    if (const auto nearest = did_you_mean(id.str(), ids))
      error.fix = fmt::format("did you mean '{}'? {}", *nearest, error.fix);
  }
  return error;
}

Result<std::vector<wire::WorkerSummary>> MarketplaceClient::summaries(
    const std::vector<std::string>& ids) {
  constexpr std::size_t kIdsMax = 200;  // What one question may name.
  std::vector<wire::WorkerSummary> all;
  for (std::size_t begin = 0; begin < ids.size(); begin += kIdsMax) {
    std::string path = fmt::format("/v1/workers?limit={}", kIdsMax);
    for (std::size_t i = begin; i < std::min(ids.size(), begin + kIdsMax); ++i)
      path += "&id=" + percent_encode(ids[i]);
    TRY_ASSIGN(const std::string body, get_body(path, kListBytesMax, Expect::json));
    TRY_ASSIGN(wire::WorkerList list, wire::parse_worker_list(body));
    std::move(list.workers.begin(), list.workers.end(), std::back_inserter(all));
  }
  return all;
}

Result<std::optional<wire::Trust>> MarketplaceClient::trust(const WorkerId& id) {
  Result<std::string> body =
      get_body(fmt::format("/v1/workers/{}/trust", id.str()), kDetailBytesMax, Expect::json);
  if (!body) {
    if (body.error().code == Errc::not_found) return std::optional<wire::Trust>();
    return tl::unexpected<Error>(std::move(body).error());
  }
  TRY_ASSIGN(wire::Trust trust, wire::parse_trust(*body));
  return std::optional(std::move(trust));
}

Result<std::vector<wire::Release>> MarketplaceClient::releases(const WorkerId& id) {
  const Result<std::string> body =
      get_body(fmt::format("/v1/workers/{}/versions", id.str()), kDetailBytesMax, Expect::json);
  if (!body && body.error().code == Errc::not_found) return std::vector<wire::Release>();
  if (!body) return tl::unexpected<Error>(body.error());
  return wire::parse_releases(*body);
}

Result<wire::WorkerDetail> MarketplaceClient::detail(const WorkerId& id,
                                                     const std::string& version) {
  Result<std::string> body =
      get_body("/v1/workers/" + id.str() + query_of(version), kDetailBytesMax, Expect::json);
  if (!body) {
    if (body.error().code == Errc::not_found && !version.empty()) {
      Error error = std::move(body).error();
      error.id = "release-not-found";
      return tl::unexpected<Error>(std::move(error));
    }
    if (body.error().code == Errc::not_found)
      return tl::unexpected<Error>(worker_not_found(id, std::move(body).error()));
    return tl::unexpected<Error>(std::move(body).error());
  }
  TRY_ASSIGN(wire::WorkerDetail detail, wire::parse_worker_detail(*body));
  if (detail.summary.id != id.str())
    return fail(Errc::bad_response, "response-other-worker",
                fmt::format("the marketplace was asked for '{}' and answered with another worker",
                            id.str()),
                {.evidence = {"answered: " + words_of(detail.summary.id)}});
  return detail;
}

Result<std::string> MarketplaceClient::recipe(const WorkerId& id, const wire::RecipeInfo& recipe,
                                              const std::string& version) {
  if (recipe.file != "PKGBUILD" && recipe.file != "PKGBUILD.bin")
    return fail(Errc::bad_response, "recipe-name-invalid",
                "the marketplace names a recipe that cannot exist",
                {.evidence = {"recipe: " + words_of(recipe.file)},
                 .why = "a recipe is called PKGBUILD or PKGBUILD.bin"});
  TRY_ASSIGN(std::string text,
             get_body(fmt::format("/v1/workers/{}/{}{}", id.str(), recipe.file, query_of(version)),
                      kRecipeBytesMax, Expect::text));
  const Sha256 digest = Sha256::of(text);
  if (digest.hex() != recipe.sha256)
    return fail(
        Errc::integrity, "recipe-digest-mismatch",
        fmt::format("the recipe {} of {} is not the one that the marketplace promised", recipe.file,
                    id.str()),
        {.evidence = {"expected sha256 " + words_of(recipe.sha256),
                      "received sha256 " + digest.hex()},
         .why = "it changed between two requests, or something between here and there altered it",
         .fix = "try again; if it stays so, tell whoever runs " + base_});
  return text;
}

Result<std::string> MarketplaceClient::file(const WorkerId& id, const wire::FileInfo& file,
                                            const std::string& version) {
  if (!is_plain_path(file.path))
    return fail(Errc::bad_response, "path-invalid",
                "the marketplace names a file outside the worker's folder",
                {.evidence = {"path: " + words_of(file.path)}});
  if (file.size_bytes > kFileBytesMax)
    return fail(Errc::too_large, "file-too-large",
                fmt::format("'{}' of {} is larger than a file beside a recipe may be",
                            words_of(file.path), id.str()),
                {.evidence = {fmt::format("{} of at most {}", human_size(file.size_bytes),
                                          human_size(kFileBytesMax))},
                 .fix = "its author should make it a source of the recipe, with a checksum"});
  TRY_ASSIGN(std::string bytes, get_body(fmt::format("/v1/workers/{}/files/{}{}", id.str(),
                                                     encode_path(file.path), query_of(version)),
                                         kFileBytesMax, Expect::text));
  if (bytes.size() != file.size_bytes)
    return fail(
        Errc::integrity, "file-size-mismatch",
        fmt::format("'{}' of {} is not the file that the marketplace promised", words_of(file.path),
                    id.str()),
        {.evidence = {fmt::format("expected {} bytes, received {}", file.size_bytes, bytes.size())},
         .fix = "try again; if it stays so, tell whoever runs " + base_});
  return bytes;
}

}  // namespace rbee::sdk
