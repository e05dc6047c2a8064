// What an account is told, what it has read, and which kinds it wants to hear of, and how.
//
// Each notification is a row of `notices`, written by add_notice (ownership.hpp) with whatever
// caused it. Ids rise and a row never changes but for `read`, so that whoever sends mail or
// webhooks follows the table by id. A preference hides a kind; it takes nothing out of the table.
// Reads and writes the database.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "community/accounts.hpp"
#include "community/ownership.hpp"
#include "platform/database.hpp"

namespace rbee::community {

/// How one kind reaches one account.
struct NoticePreference {
  std::string kind;     ///< "release", "comment" …
  std::string summary;  ///< What it tells of.
  bool in_api = true;   ///< It is in the list of notifications.
  bool by_mail = false;
};

struct NoticeQuery {
  bool unread_only = false;
  std::int64_t before = 0;  ///< Ids below this one; 0: from the newest.
  int limit = 20;           ///< 1 to 100.
};

struct NoticePage {
  std::vector<Notice> notices;  ///< Newest first.
  std::int64_t next = 0;        ///< `before` of the next page; 0: this is the last one.
};

class Notifications {
 public:
  Notifications(platform::Database& database, const Clock& clock)
      : database_(database), clock_(clock) {}

  /// Of the kinds that the account wants in the list.
  Result<NoticePage> list(const Account& account, const NoticeQuery& query) const;
  /// How many of those are unread.
  Result<std::int64_t> unread(const Account& account) const;
  /// Errors: Errc::not_found "notice-not-found", also for somebody else's.
  Result<void> mark_read(const Account& account, std::int64_t id);
  /// All up to `id`, itself included. Returns how many were unread.
  Result<std::int64_t> mark_read_up_to(const Account& account, std::int64_t id);

  /// Every kind, in a fixed order.
  Result<std::vector<NoticePreference>> preferences(const Account& account) const;
  /// Only `kind`, `in_api` and `by_mail` count; kinds that are not named stay as they are. All or
  /// none. Errors: Errc::invalid_input "notice-kind-unknown" with a did-you-mean.
  Result<void> set_preferences(const Account& account, const std::vector<NoticePreference>& wanted);

 private:
  platform::Database& database_;
  const Clock& clock_;
};

/// Whether the account wants mail about this kind; false for a disabled account.
Result<bool> wants_mail(const platform::Database& database, std::int64_t account,
                        std::string_view kind);

}  // namespace rbee::community
