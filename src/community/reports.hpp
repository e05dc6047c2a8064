// Reports: an account says that something which others wrote breaks the rules; a reviewer decides.
//
// One mechanism for reviews and comments, a table for each. Reads and writes the database.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "community/accounts.hpp"
#include "platform/database.hpp"

namespace rbee::community {

/// What can be reported.
enum class Reported { review, comment };

struct Report {
  std::int64_t id = 0;
  std::int64_t subject = 0;  ///< The review's or comment's number.
  std::string worker, author, reporter, reason;
  Time created{};
};

/// UTF-8, no control characters but newlines, at most `bytes_max` bytes. `what` is "the reason".
/// Errors: Errc::invalid_input `id`.
Result<void> check_said(std::string_view text, std::string_view what, std::size_t bytes_max,
                        std::string_view id);

/// Errors: Errc::exists "report-open"; Errc::invalid_input "reason-missing", "review-text-invalid";
/// Errc::policy "too-many-today".
Result<void> add_report(platform::Transaction& transaction, Reported what, std::int64_t subject,
                        const Account& account, std::string_view reason, Time now);
/// Close the open ones about `subject`: it was hidden, or is shown.
Result<void> close_reports(platform::Transaction& transaction, Reported what, std::int64_t subject,
                           bool is_hidden, Time now);
/// Of what is still there; oldest first, at most 200.
Result<std::vector<Report>> open_reports(const platform::Database& database, Reported what);

}  // namespace rbee::community
