// What somebody may try only so often: passwords, making accounts. Counted for all servers
// together.
//
// Reads and writes the database, where a key is its SHA-256: no address and no name stands there.
// Who starts the server anew, or asks another one, has no more attempts.
#pragma once

#include <string_view>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "platform/database.hpp"

namespace rbee::community {

Result<void> prepare_attempts(platform::Database& database);

/// Five in 15 minutes are enough.
Result<bool> is_throttled(const platform::Database& database, const Clock& clock,
                          std::string_view key);
/// Count one for each of `keys`.
Result<void> note_attempts(platform::Database& database, const Clock& clock,
                           std::initializer_list<std::string_view> keys);

}  // namespace rbee::community
