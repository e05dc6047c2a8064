// Stars and votes: one mark of an account on a worker.
//
// A star is a bookmark that others can count; a vote is the AUR's, whose worth fades by 0.98 a day
// (standing.hpp). Reads and writes the database.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/ids.hpp"
#include "base/result.hpp"
#include "community/accounts.hpp"
#include "platform/database.hpp"

namespace rbee::community {

enum class MarkKind { star, vote };

struct Mark {
  std::string worker;
  Time created{};
};

class Marks {
 public:
  Marks(platform::Database& database, const Clock& clock, MarkKind kind)
      : database_(database), clock_(clock), kind_(kind) {}

  /// True when it is new; setting it again changes nothing. Errors: Errc::policy "too-many-today".
  Result<bool> set(const WorkerId& worker, const Account& account);
  /// True when it was there.
  Result<bool> clear(const WorkerId& worker, const Account& account);
  Result<bool> has(const WorkerId& worker, const Account& account) const;
  /// Of enabled accounts.
  Result<std::int64_t> count(const WorkerId& worker) const;
  /// The account's, newest first, then by id; at most `limit` after `after`.
  Result<std::vector<Mark>> of(const Account& account, const std::optional<Mark>& after,
                               int limit) const;
  /// Ids of the enabled accounts that marked it: who must hear about a change of owner.
  Result<std::vector<std::int64_t>> accounts(const WorkerId& worker) const;

 private:
  std::string_view table() const { return kind_ == MarkKind::star ? "stars" : "votes"; }

  platform::Database& database_;
  const Clock& clock_;
  const MarkKind kind_;
};

}  // namespace rbee::community
