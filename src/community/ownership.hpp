// Who maintains a worker, who did, and how that changed: owners, co-maintainers, orphans, adoption.
//
// In June 2026 attackers adopted 1,500 orphaned AUR packages in one click each. Here adoption is a
// request that two reviewers grant, everybody concerned is told, nobody can push to an orphan
// meanwhile, and reputation starts again with the new owner. Reads and writes the database.
#pragma once

#include <cstdint>
#include <functional>
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

/// One stretch of time in which an account maintained a worker.
struct Tenure {
  std::string account;
  bool is_owner = true;  ///< Else co-maintainer.
  Time since{};
  std::string since_how;  ///< "first merge", "adoption", "transfer", "invited", "assigned".
  std::optional<Time> until;
  std::string until_how;  ///< "disowned", "transfer", "removed".
};

/// A worker's maintainers now.
struct Maintainers {
  std::string owner;  ///< Empty: nobody owns it.
  std::vector<std::string> co_maintainers;
  bool had_owner = false;  ///< False and no owner: never owned (bundled, imported).
  std::optional<Time> owner_since;
  bool owner_is_first = true;  ///< Nobody owned it before the present owner.

  bool is_orphan() const { return owner.empty() && had_owner; }
  bool includes(std::string_view account) const;
};

/// A worker that belongs to somebody else than it did at first.
struct Takeover {
  std::string worker, owner, how;
  Time since{};
};

enum class AdoptionState { open, granted, refused, withdrawn };
std::string_view to_string(AdoptionState state);

struct AdoptionRequest {
  std::int64_t id = 0;
  std::string worker, account, reason;
  Time created{};
  AdoptionState state = AdoptionState::open;
  std::vector<std::string> granted_by;
};

/// Accounts that must hear about a worker: who installed it, who starred it.
using Audience = std::function<std::vector<std::int64_t>(const WorkerId&)>;

class Ownership {
 public:
  Ownership(platform::Database& database, const Clock& clock, Audience audience = {})
      : database_(database), clock_(clock), audience_(std::move(audience)) {}

  Result<Maintainers> maintainers(const WorkerId& worker) const;
  /// Oldest first.
  Result<std::vector<Tenure>> history(const WorkerId& worker) const;
  /// All whose present owner adopted them or was given them, newest first: whoever installed one
  /// before should know. At most 10,000.
  Result<std::vector<Takeover>> takeovers() const;
  /// Workers that the account owns or co-maintains, sorted.
  Result<std::vector<std::string>> workers_of(const Account& account) const;

  /// Make `account` the owner of a worker that nobody owns, within a merge's transaction.
  Result<void> make_owner(platform::Transaction& transaction, const WorkerId& worker,
                          const Account& account, std::string_view how, std::string_view actor);

  /// Errors of these: Errc::forbidden "not-the-owner"; Errc::exists "already-a-maintainer";
  /// Errc::not_found "not-a-maintainer".
  Result<void> add_co_maintainer(const WorkerId& worker, const Account& owner,
                                 const Account& other);
  Result<void> remove_co_maintainer(const WorkerId& worker, const Account& owner,
                                    const Account& other);
  /// The worker becomes an orphan; co-maintainers lose it too: they were the owner's choice.
  Result<void> disown(const WorkerId& worker, const Account& owner);

  /// Errors: Errc::policy "not-an-orphan", "adoption-reason-missing"; Errc::exists
  /// "adoption-open".
  Result<AdoptionRequest> request_adoption(const WorkerId& worker, const Account& account,
                                           std::string_view reason, std::string_view address);
  /// The second different reviewer's word makes the requester the owner. Errors: Errc::forbidden
  /// "reviewer-needed", "own-request"; Errc::exists "already-granted", "adoption-decided";
  /// Errc::not_found
  /// "adoption-not-found".
  Result<AdoptionRequest> grant(std::int64_t request, const Account& reviewer);
  Result<AdoptionRequest> refuse(std::int64_t request, const Account& reviewer,
                                 std::string_view reason);
  Result<AdoptionRequest> request(std::int64_t id) const;
  /// Open ones of one worker, or of all; oldest first.
  Result<std::vector<AdoptionRequest>> open_requests(const std::optional<WorkerId>& worker) const;

  /// How many requests the account made in the last 24 hours, or its address if that is more
  /// (OWN-004).
  Result<int> requests_lately(const Account& account, std::string_view address) const;

 private:
  Result<void> tell(platform::Transaction& transaction, const WorkerId& worker,
                    std::string_view kind, std::string_view text);

  platform::Database& database_;
  const Clock& clock_;
  Audience audience_;
};

/// One worker's maintainers, as a list of all workers has them.
struct WorkerMaintainers {
  std::string worker;
  std::string owner;        ///< Empty: nobody owns it.
  std::string first_owner;  ///< Whoever owned it first; empty: nobody ever did.
  std::vector<std::string> co_maintainers;
  int open_adoption_requests = 0;
};

/// Of every worker that was ever owned or asked for, sorted by worker.
Result<std::vector<WorkerMaintainers>> all_maintainers(const platform::Database& database);

struct Notice {
  std::int64_t id = 0;
  std::string kind, subject, text;
  Time created{};
  bool read = false;
};

/// Tell `account` something; it is there when the transaction is committed.
Result<void> add_notice(platform::Transaction& transaction, std::int64_t account,
                        std::string_view kind, std::string_view subject, std::string_view text,
                        Time now);
/// Newest first, at most 200.
Result<std::vector<Notice>> notices_of(const platform::Database& database, const Account& account);

}  // namespace rbee::community
