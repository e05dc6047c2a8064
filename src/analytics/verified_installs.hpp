// Which account has installed which worker: what a "verified install" on a review rests on.
//
// An account's own data: written when its client sends a receipt with its token, read for its
// reviews, gone when it says so. Reads and writes the database.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "platform/database.hpp"

namespace rbee::analytics {

struct VerifiedInstall {
  std::string worker, release, platform, hardware;
  Time day{};  ///< The last one; to the day.
};

/// Part of the transaction that takes the receipt down.
Result<void> note_verified_install(platform::Transaction& transaction, std::int64_t account,
                                   const VerifiedInstall& install);

/// The account's latest install of the worker; nothing when it told of none. `release` not empty:
/// of that release.
Result<std::optional<VerifiedInstall>> verified_install(const platform::Database& database,
                                                        std::int64_t account,
                                                        std::string_view worker,
                                                        std::string_view release = {});
/// All of the account's, by worker.
Result<std::vector<VerifiedInstall>> verified_installs(const platform::Database& database,
                                                       std::int64_t account);
/// Delete them all. Returns how many there were.
Result<std::int64_t> forget_verified_installs(platform::Database& database, std::int64_t account);

}  // namespace rbee::analytics
