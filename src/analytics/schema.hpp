// The tables of statistics: raw events, what they were rolled up to, verified installs.
//
// Only this layer's files name these tables.
#pragma once

#include "base/result.hpp"
#include "platform/database.hpp"

namespace rbee::analytics {

/// Make the tables, or bring them up to date. Call once, before anything else of this layer.
Result<void> prepare(platform::Database& database);

}  // namespace rbee::analytics
