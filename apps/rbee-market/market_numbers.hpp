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

  /// Look what changed, here or in another process; about once a second. `installs` has installs
  /// and trends; nullptr: nobody counts them. Errors: the database's.
  Result<void> refresh(const std::shared_ptr<const api::NumbersTable>& installs);
  std::shared_ptr<const api::NumbersTable> table() const;

 private:
  community::Standings standings_;
  std::shared_ptr<const api::NumbersTable> installs_;  ///< That `table_` has. Of `refresh` alone.
  mutable std::mutex mutex_;
  std::shared_ptr<const api::NumbersTable> table_;  ///< Guarded.
};

}  // namespace rbee::market
