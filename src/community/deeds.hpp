// How much one account may do in a day: what keeps a crowd of new accounts from making opinion.
//
// In June 2026 the attackers had hundreds of fresh accounts; one of them alone shall not be able to
// star, vote for or rate a catalog. Reads and writes the database.
#pragma once

#include <string_view>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "community/accounts.hpp"
#include "platform/database.hpp"

namespace rbee::community {

/// Deeds of one kind in 24 hours.
struct Allowance {
  std::string_view kind;  ///< "star", "vote", "review" …
  int per_day = 100;
  int per_day_when_new = 10;  ///< For accounts younger than a week.
  int per_hour_when_new = 0;  ///< For those too; 0: as many as in a day.
};

/// Count one deed. Errors: Errc::policy "too-many-today", "too-many-this-hour", with when the next
/// one is possible.
Result<void> note_deed(platform::Transaction& transaction, const Account& account,
                       const Allowance& allowance, Time now);

}  // namespace rbee::community
