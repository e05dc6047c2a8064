// The tables of people: accounts, tokens, log-ins, ownership, notices and the audit log.
//
// Only this layer's files name these tables.
#pragma once

#include "base/result.hpp"
#include "platform/database.hpp"

namespace rbee::community {

/// Make the tables, or bring them up to date. Call once, before anything else of this layer.
Result<void> prepare(platform::Database& database);

}  // namespace rbee::community
