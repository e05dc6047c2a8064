// The statistics of one marketplace, put together: database, ledger, routes.
//
// Works with accounts and without: a catalog that is only served counts, too.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "analytics/ledger.hpp"
#include "api/api.hpp"
#include "api/statistics.hpp"
#include "http/log.hpp"
#include "market_office.hpp"

namespace rbee::market {

struct MarketStatistics {
  SystemClock clock;
  std::unique_ptr<platform::Database> own;  ///< Where there is no office with one.
  std::unique_ptr<analytics::Ledger> ledger;
  std::unique_ptr<api::Statistics> part;

  /// `office` may be nullptr; it and `api` outlive what comes back. Errors: as
  /// `open_market_database`.
  static Result<std::unique_ptr<MarketStatistics>> open(const std::filesystem::path& data,
                                                        MarketOffice* office, api::Api& api);
};

/// Logs what goes wrong again and again once.
class LoggedOnce {
 public:
  LoggedOnce(std::string_view event, const http::Log& log) : event_(event), log_(log) {}
  void see(const Result<void>& result);

 private:
  std::string event_, trouble_;
  const http::Log& log_;
};

}  // namespace rbee::market
