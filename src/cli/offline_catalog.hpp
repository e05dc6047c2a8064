// The marketplace's list of workers as this machine keeps it, for searching without a network.
//
// One file for each marketplace under the cache directory (~/.cache/rbee/search/): a line about the
// list, then GET /v1/index as it came. Safe to delete. The lines are a stranger's: read strictly,
// shown printable.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "cli/context.hpp"
#include "sdk/marketplace_client.hpp"
#include "wire/search.hpp"

namespace rbee::cli {

struct KeptCatalog {
  std::string marketplace, etag;
  Time fetched{};
  bool complete = false;  ///< One piece was all of it.
  std::vector<wire::IndexLine> workers;
};

/// Errors: Errc::not_found "offline-list-missing"; Errc::integrity "offline-list-damaged".
Result<KeptCatalog> read_kept_catalog(const std::string& marketplace, Context& context);

/// When the list was fetched and how, without reading the workers; nothing when there is none.
std::optional<KeptCatalog> peek_kept_catalog(const std::string& marketplace, Context& context);

struct Refreshed {
  bool unchanged = false;
  std::size_t workers = 0;  ///< 0 when unchanged.
};
/// Ask whether the list is another by now, and keep it. With `one_piece_only`, a list of several
/// pieces is left alone. Errors: as the client's; Errc::io.
Result<Refreshed> refresh_kept_catalog(sdk::MarketplaceClient& client, Context& context,
                                       bool one_piece_only);

/// Search the kept list with the marketplace's own index. Errors: Errc::usage "query-invalid".
Result<wire::SearchAnswer> search_kept_catalog(const KeptCatalog& kept,
                                               const sdk::SearchQuery& query, Time now);

}  // namespace rbee::cli
