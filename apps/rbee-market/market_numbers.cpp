#include "market_numbers.hpp"

namespace rbee::market {

Result<void> MarketNumbers::refresh() {
  TRY_ASSIGN(const bool changed, standings_.refresh());
  const auto installs = installs_ ? installs_() : nullptr;
  if (!changed && installs == counted_) return {};
  counted_ = installs;
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
  const std::lock_guard lock(mutex_);
  table_ = std::move(table);
  return {};
}

std::shared_ptr<const api::NumbersTable> MarketNumbers::table() const {
  const std::lock_guard lock(mutex_);
  return table_;
}

}  // namespace rbee::market
