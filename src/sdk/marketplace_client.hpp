// A marketplace as a client sees it: search, details, recipes and files, over /v1.
//
// Reads the network through the function that it is given; writes nothing. The server is not
// trusted: its words are made printable, its recipes are checked against the digest it promised,
// and every address is built from the marketplace's own URL, so that an answer cannot send this
// client elsewhere.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/ids.hpp"
#include "base/result.hpp"
#include "base/url.hpp"
#include "platform/http_client.hpp"
#include "wire/search.hpp"
#include "wire/worker.hpp"

namespace rbee::sdk {

using HttpHeaders = std::vector<std::pair<std::string, std::string>>;

/// One GET: `platform::HttpClient::get`, or a fake marketplace in tests.
using Get = std::function<Result<platform::HttpAnswer>(const Url& url, std::uint64_t body_bytes_max,
                                                       const HttpHeaders& headers)>;

struct SearchQuery {
  std::string words;              ///< Empty: every worker.
  std::vector<std::string> tags;  ///< A worker must have all of them.
  std::uint64_t limit = 0;        ///< Most workers wanted; 0: all.
};

/// Every call that fails says which marketplace it asked. Errors of all of them:
///   Errc::unreachable   "marketplace-unreachable": nobody answers at that URL.
///   Errc::bad_response  "not-a-marketplace", "marketplace-error", or a shape that /v1 does not
///   allow. and what the server's problem details say (404: Errc::not_found, 401, 403, 409, 413,
///   429 …).
class MarketplaceClient {
 public:
  /// `base` is the marketplace's root, http or https; a slash at its end does not matter.
  MarketplaceClient(const Url& base, Get get);

  /// The marketplace's root without a final slash.
  const std::string& base() const { return base_; }

  /// Follows the cursors until `query.limit` workers are there. `total` is the server's count of
  /// matches.
  Result<wire::WorkerList> search(const SearchQuery& query);

  /// The same ranked, with typos mended (/v1/search). An older marketplace answers as `search`
  /// does.
  Result<wire::SearchAnswer> find(const SearchQuery& query);

  /// A piece of the list for searching offline (/v1/index).
  struct IndexPage {
    bool unchanged = false;  ///< `etag` still names it; the rest is empty.
    std::string etag;
    std::string lines;                 ///< JSON, a worker a line.
    std::optional<std::string> after;  ///< Ask for the next piece with this id.
  };
  /// `etag`: of the first piece as it was kept. Errors: Errc::not_found when the marketplace is too
  /// old for it.
  Result<IndexPage> index(const std::string& after, const std::string& etag);

  /// Errors: Errc::not_found "worker-not-found", with the nearest id when there is one.
  /// `version`: that release instead of the present one; the next three likewise. Errors:
  /// Errc::not_found "release-not-found".
  Result<wire::WorkerDetail> detail(const WorkerId& id, const std::string& version = {});

  /// All releases, newest first; none when this marketplace cannot say.
  Result<std::vector<wire::Release>> releases(const WorkerId& id);

  /// The summaries of those of `ids` that the marketplace has, in the order of their ids: one
  /// question for each 200.
  Result<std::vector<wire::WorkerSummary>> summaries(const std::vector<std::string>& ids);

  /// Who stands behind the worker's release; nothing when this marketplace does not say (a catalog
  /// without people).
  Result<std::optional<wire::Trust>> trust(const WorkerId& id);

  /// The text of a recipe. Errors: Errc::integrity "recipe-digest-mismatch" when it is not the text
  /// that the detail named; Errc::too_large beyond 64 KiB.
  Result<std::string> recipe(const WorkerId& id, const wire::RecipeInfo& recipe,
                             const std::string& version = {});

  /// The bytes of a file beside the recipe. Errors: Errc::integrity "file-size-mismatch";
  /// Errc::too_large beyond 256 KiB; Errc::bad_response "path-invalid".
  Result<std::string> file(const WorkerId& id, const wire::FileInfo& file,
                           const std::string& version = {});

 private:
  enum class Expect { json, text };
  Result<std::string> get_body(const std::string& path_and_query, std::uint64_t body_bytes_max,
                               Expect expect);
  Error unreachable(const Error& cause) const;
  Error refused(const platform::HttpAnswer& answer, const std::string& url) const;
  Error worker_not_found(const WorkerId& id, Error cause);

  std::string base_;
  Get get_;
};

}  // namespace rbee::sdk
