// The tables of comments, follows and what an account wants to hear of.
//
// Only this layer's files name these tables. Times are seconds since 1970, UTC.
#pragma once

#include "base/result.hpp"
#include "platform/database.hpp"

namespace rbee::community {

/// Make the tables, or bring them up to date. `community::prepare` calls it.
Result<void> prepare_social(platform::Database& database);

}  // namespace rbee::community
