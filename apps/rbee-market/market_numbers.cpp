#include "market_numbers.hpp"

namespace rbee::market {

Result<void> MarketNumbers::refresh(const std::shared_ptr<const api::NumbersTable>& installs) {
  TRY_ASSIGN(const bool changed, standings_.refresh());
  if (!changed && installs == installs_) return {};
  auto table = installs == nullptr ? std::make_shared<api::NumbersTable>()
                                   : std::make_shared<api::NumbersTable>(*installs);
  const auto standings = standings_.table();
  for (const auto& [worker, standing] : standings->workers) {
    api::Numbers& numbers = (*table)[worker];
    numbers.stars = standing.stars;
    numbers.votes = standing.votes;
    numbers.popularity = standing.popularity;
    numbers.ratings = standing.ratings;
    numbers.rating = standing.rating;
  }
  installs_ = installs;
  const std::lock_guard lock(mutex_);
  table_ = std::move(table);
  return {};
}

std::shared_ptr<const api::NumbersTable> MarketNumbers::table() const {
  const std::lock_guard lock(mutex_);
  return table_;
}

}  // namespace rbee::market
