// What people did with each worker, put together from those who count it.
//
// Thread-safe. Reads the database when told to; readers get a finished table.
#pragma once

#include <memory>
#include <mutex>

#include "api/numbers.hpp"
#include "base/clock.hpp"
#include "community/standing.hpp"
#include "platform/database.hpp"

namespace rbee::market {

class MarketNumbers {
 public:
  MarketNumbers(const platform::Database& database, const Clock& clock)
      : standings_(database, clock), table_(std::make_shared<const api::NumbersTable>()) {}

  /// Before the first request: who counts installs (`api::Statistics::numbers`).
  void count_installs(api::ReadNumbers installs) { installs_ = std::move(installs); }

  /// Look what changed, here or in another process; about once a second. Errors: the database's.
  Result<void> refresh();
  std::shared_ptr<const api::NumbersTable> table() const;

 private:
  community::Standings standings_;
  api::ReadNumbers installs_;
  std::shared_ptr<const api::NumbersTable> counted_;  ///< What `installs_` said the last time.
  mutable std::mutex mutex_;
  std::shared_ptr<const api::NumbersTable> table_;  ///< Guarded.
};

}  // namespace rbee::market
