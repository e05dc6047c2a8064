// Tells followers of what changed: new releases and workers of the catalog, and deeds of people.
//
// Once a second, by one server at a time; costs what changed. Reads the snapshot, reads and writes
// the database.
#pragma once

#include <memory>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "catalog/snapshot.hpp"
#include "community/follows.hpp"
#include "platform/database.hpp"

namespace rbee::market {

/// Workers of `now` that are not in `before` with the same release. Both are sorted; what they
/// share is not looked at.
std::vector<community::Offered> changed_workers(const catalog::Snapshot& before,
                                                const catalog::Snapshot& now);

class Announcer {
 public:
  Announcer(platform::Database& database, const Clock& clock)
      : database_(database), announcements_(database, clock) {}

  /// `now` is the catalog as it is served. What another server is announcing meanwhile is looked at
  /// the next time.
  Result<void> tick(const std::shared_ptr<const catalog::Snapshot>& now);

 private:
  platform::Database& database_;
  community::Announcements announcements_;
  std::shared_ptr<const catalog::Snapshot> seen_;  ///< nullptr until the first time.
};

}  // namespace rbee::market
