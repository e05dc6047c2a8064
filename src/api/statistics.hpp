// Receipts, statistics and downloads over HTTP, as one table of routes (docs/statistics.md).
//
// Reads and writes through the analytics layer; of the catalog it sees what it is handed. Keeps and
// logs no address.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "analytics/ledger.hpp"
#include "api/numbers.hpp"
#include "api/part.hpp"
#include "api/statistics_views.hpp"
#include "api/v1.hpp"
#include "community/licenses.hpp"
#include "community/tokens.hpp"
#include "http/message.hpp"
#include "http/router.hpp"

namespace rbee::api {

/// What the statistics ask of the rest of the marketplace.
struct StatisticsSources {
  std::function<std::shared_ptr<const catalog::Snapshot>()> snapshot;
  /// `Api::worker`.
  std::function<Result<std::shared_ptr<const catalog::Worker>>(std::string_view id,
                                                               std::string_view version)>
      worker;
  community::Tokens* tokens = nullptr;      ///< nullptr: this marketplace has no accounts.
  community::Licenses* licenses = nullptr;  ///< nullptr: it sells none.
  ReadNumbers people = {};                  ///< For stars; empty: nobody counts them.
  YankReason yanked = {};
};

class Statistics : public Part {
 public:
  Statistics(analytics::Ledger& ledger, StatisticsSources sources)
      : ledger_(ledger), sources_(std::move(sources)) {}

  bool serves(std::string_view path) const override;
  http::Response respond(const http::Request& request, std::string_view base) const override;
  std::vector<http::RouteName> routes() const override;

  /// Before the first request: who counts stars.
  void ask_for_people(ReadNumbers people) { sources_.people = std::move(people); }
  /// Once a second, by one thread: `Ledger::tick`, and what follows from it.
  Result<void> tick();
  /// Installs, of 30 days, and the trend; people's numbers are others'. Never nullptr.
  std::shared_ptr<const NumbersTable> numbers() const;
  /// Called when a file for holders of a licence was sent from its beginning: `file` is its name
  /// below /premium/WORKER/. rbee's own requests are left out: its receipts tell of them.
  void note_premium_file(const http::Request& request, const std::string& worker,
                         const std::string& file) const;

  Result<http::Response> receive(const http::Request&, const http::Params&) const;
  Result<http::Response> worker_stats(const http::Request&, const http::Params&) const;
  Result<http::Response> overview(const http::Request&, const http::Params&) const;
  Result<http::Response> download(const http::Request&, const http::Params&) const;
  Result<http::Response> my_installs(const http::Request&, const http::Params&) const;
  Result<http::Response> forget_my_installs(const http::Request&, const http::Params&) const;

 private:
  Result<bool> is_release(const catalog::Entry& entry, const std::string& version) const;
  /// Errors: "license-needed", "license-refused", as for the file itself.
  Result<void> check_license(const http::Request& request, const catalog::Worker& worker) const;
  void count_download(const http::Request& request, analytics::Event event) const;

  /// The lists of the overview, at their longest; made once for a catalog and its standings.
  Overview ranks(const std::shared_ptr<const catalog::Snapshot>& snapshot) const;

  analytics::Ledger& ledger_;
  StatisticsSources sources_;
  mutable std::mutex mutex_;
  struct Ranks {
    std::weak_ptr<const catalog::Snapshot> snapshot;
    std::weak_ptr<const analytics::Standings> standings;
    Overview overview;
  };
  mutable Ranks ranks_;  ///< Guarded.
  std::shared_ptr<const NumbersTable> numbers_ =
      std::make_shared<const NumbersTable>();  ///< Guarded.
};

/// True for paths whose callers' addresses no log may hold: receipts and downloads.
bool hides_address(std::string_view path);

}  // namespace rbee::api
