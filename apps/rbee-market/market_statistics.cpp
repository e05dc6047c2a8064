#include "market_statistics.hpp"

namespace rbee::market {

Result<std::unique_ptr<MarketStatistics>> MarketStatistics::open(const std::filesystem::path& data,
                                                                 MarketOffice* office,
                                                                 api::Api& api) {
  auto out = std::make_unique<MarketStatistics>();
  if (office == nullptr) {
    TRY_ASSIGN(out->own, open_market_database(data, {}));
  }
  platform::Database& database = office == nullptr ? *out->own : *office->database;
  out->ledger = std::make_unique<analytics::Ledger>(database, out->clock);
  api::StatisticsSources sources;
  sources.snapshot = [&api] { return api.snapshot(); };
  sources.worker = [&api](std::string_view id, std::string_view version) {
    return api.worker(id, version);
  };
  if (office != nullptr) {
    sources.tokens = &office->people->tokens();
    sources.licenses = &office->people->licenses();
    sources.yanked = [office](const std::string& worker, const std::string& version) {
      return office->office->yank_reason(worker, version);
    };
  }
  out->part = std::make_unique<api::Statistics>(*out->ledger, std::move(sources));
  if (office != nullptr)
    office->premium->tell([part = out->part.get()](const http::Request& request,
                                                   const std::string& worker,
                                                   const std::string& file) {
      part->note_premium_file(request, worker, file);
    });
  TRY(out->part->tick());
  return out;
}

void LoggedOnce::see(const Result<void>& result) {
  const std::string now = result ? "" : result.error().message;
  if (!result && now != trouble_)
    log_.write(http::LogLevel::error, event_,
               {{"id", std::string_view(result.error().id)}, {"reason", std::string_view(now)}});
  trouble_ = now;
}

}  // namespace rbee::market
