// A database file as it stands at one moment, while others write to it; and whether one is whole.
//
// Reads and writes SQLite files. Source: sqlite.org/backup.html,
// pragma.html#pragma_integrity_check.
#pragma once

#include <filesystem>

#include "base/result.hpp"

namespace rbee::platform {

/// Write what `from` holds at one moment to the new file `to` (mode 0600), synced. Writers go on.
/// Errors: Errc::io "database-unopenable", "database-busy", "database-failed", "database-corrupt".
Result<void> copy_database(const std::filesystem::path& from, const std::filesystem::path& to);

/// Walk every page and every reference. Errors: Errc::integrity "database-corrupt" with the first
/// findings; Errc::io as above.
Result<void> check_database(const std::filesystem::path& path);

}  // namespace rbee::platform
