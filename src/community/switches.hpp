// What an administrator may stop for a while: sign-up, adoption, submissions, publishing, reviews.
//
// Kept in the database and asked there each time, so that a switch holds at once in every process
// that works on it. Each change is an audit event.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "platform/database.hpp"

namespace rbee::community {

struct Switch {
  std::string name;     ///< "sign-up"
  std::string summary;  ///< What stands still while it is frozen.
  bool frozen = false;
  std::string reason = {};  ///< Shown to everybody; empty while it is not frozen.
  std::string actor = {};   ///< Who froze or thawed it last; empty: nobody ever did.
  std::optional<Time> since = {};
};

/// Make the table. `community::prepare` calls it.
Result<void> prepare_switches(platform::Database& database);

/// Every switch there is, in a fixed order.
Result<std::vector<Switch>> list_switches(const platform::Database& database);

/// Freeze or thaw one. Errors: Errc::not_found "switch-unknown" with a did-you-mean; Errc::policy
/// "reason-missing" (more than 500 bytes is "reason-long").
Result<Switch> turn_switch(platform::Database& database, const Clock& clock, std::string_view name,
                           bool frozen, std::string_view reason, std::string_view actor);

/// Errors: Errc::policy "frozen", with the reason that was given.
Result<void> require_thawed(const platform::Database& database, std::string_view name);

}  // namespace rbee::community
