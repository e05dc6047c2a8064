// Follows: an account wants to hear about a worker, a tag or an owner.
//
// And what tells them: new releases and workers, each exactly once however often servers start and
// however many there are, since what was announced is written in the transaction that tells.
// Reads and writes the database.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "community/accounts.hpp"
#include "platform/database.hpp"

namespace rbee::community {

inline constexpr int kFollowsMax = 1'000;  ///< Of one account.

enum class FollowKind { worker, tag, owner };
std::string_view to_string(FollowKind kind);
std::optional<FollowKind> parse_follow_kind(std::string_view text);

struct Follow {
  FollowKind kind = FollowKind::worker;
  std::string name;
  bool with_comments = false;  ///< Of a worker: tell of its comments too.
  Time created{};
};

/// A tag as it is compared: lower case. Errors: Errc::invalid_input "tag-invalid" unless it is 1 to
/// 50 of a-z, 0-9, '-', '_', '.' and '+', and begins with a letter or digit.
Result<std::string> clean_tag(std::string_view tag);

class Follows {
 public:
  Follows(platform::Database& database, const Clock& clock) : database_(database), clock_(clock) {}

  /// True when it is new; following again changes `with_comments` alone. The caller has looked
  /// whether `name` exists. Errors: Errc::policy "too-many-follows".
  Result<bool> set(const Account& account, FollowKind kind, std::string_view name,
                   bool with_comments);
  /// True when it was there.
  Result<bool> clear(const Account& account, FollowKind kind, std::string_view name);
  /// By kind and name.
  Result<std::vector<Follow>> of(const Account& account) const;

 private:
  platform::Database& database_;
  const Clock& clock_;
};

/// A worker as it is offered now.
struct Offered {
  std::string worker, version;
  std::vector<std::string> tags;
};

/// What followers were told. One caller at a time: hold a DatabaseLock.
class Announcements {
 public:
  Announcements(platform::Database& database, const Clock& clock)
      : database_(database), clock_(clock) {}

  /// The commit of the catalog that was announced last; empty: none was.
  Result<std::string> last_commit() const;
  /// Every worker that was ever announced, and its release.
  Result<std::unordered_map<std::string, std::string>> known() const;

  /// Take note of `changed` and of `commit`. With `tells`, followers hear of a release that is not
  /// the known one, and of workers that were not known; without, nobody does: the first time, when
  /// everything is new. A catalog older than the one that was announced tells nothing: a server
  /// that lags behind. All or nothing. Returns how many workers were new or newer.
  Result<int> announce(const std::string& commit, Time committed,
                       const std::vector<Offered>& changed, bool tells);

  /// Tell followers of what the audit log has since the last time: quarantines, withdrawn releases,
  /// changes of owner. At most 500 entries at once. Returns how many it looked at.
  Result<int> announce_deeds();

 private:
  platform::Database& database_;
  const Clock& clock_;
};

}  // namespace rbee::community
