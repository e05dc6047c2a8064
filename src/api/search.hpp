// /v1/search, /v1/search/suggest, /v1/tags, /v1/index: finding workers (docs/search.md).
//
// Reads the present search state; a README only for `snippets=1`.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "api/part.hpp"
#include "api/search_catalog.hpp"
#include "http/message.hpp"
#include "http/router.hpp"

namespace rbee::api {

/// A request's conditions, read out of its parameters.
struct SearchParameters {
  search::SearchRequest request;
  std::vector<Finding> notes;  ///< What was not understood and taken for words.
  bool snippets = false;
  bool whole_words = false;
};

/// The parameters of GET /v1/search; others are refused. `known_too` are the caller's own, which
/// are skipped. Errors: Errc::invalid_input "parameter-unknown", "parameter-invalid",
/// "query-invalid".
Result<SearchParameters> parse_search_parameters(
    const std::vector<std::pair<std::string, std::string>>& parameters,
    const std::vector<std::string_view>& known_too = {});

/// One match: where it stands in the snapshot's list of workers, and its points.
struct RankedWorker {
  std::size_t index = 0;
  std::int32_t score = 0;
};
/// All matches, best first: for a list with pages and orders of its own.
std::vector<RankedWorker> ranked_workers(const SearchState& state,
                                         const search::SearchRequest& request);

class Search : public Part {
 public:
  explicit Search(ReadSearch read) : read_(std::move(read)) {}
  bool serves(std::string_view path) const override;
  http::Response respond(const http::Request& request, std::string_view base) const override;
  std::vector<http::RouteName> routes() const override;

  Result<http::Response> search(const http::Request&, const http::Params&) const;
  Result<http::Response> suggest(const http::Request&, const http::Params&) const;
  Result<http::Response> tags(const http::Request&, const http::Params&) const;
  Result<http::Response> index(const http::Request&, const http::Params&) const;

 private:
  Result<std::shared_ptr<const SearchState>> state() const;
  ReadSearch read_;
};

}  // namespace rbee::api
