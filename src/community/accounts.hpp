// Accounts: who may submit, review and run this marketplace.
//
// Reads and writes the database; every change is in the audit log, in the same transaction.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "platform/database.hpp"

namespace rbee::community {

/// What an account may do beside what it owns.
enum class Role { user, reviewer, admin };
std::string_view to_string(Role role);
std::optional<Role> parse_role(std::string_view text);

/// ^[a-z0-9][a-z0-9-]{1,38}$ and none of the reserved names ("admin", "server" …).
/// Errors: Errc::invalid_input "account-name-invalid".
Result<void> check_account_name(std::string_view name);

struct Account {
  std::int64_t id = 0;
  std::string name;
  std::string email;  ///< Never shown to others.
  Role role = Role::user;
  Time created{};
  std::optional<Time> disabled;
  bool has_password = false;

  bool may_review() const { return role != Role::user; }
};

struct NewAccount {
  std::string name, email;
  std::string password = {};  ///< Empty: none; the account lives by tokens.
  Role role = Role::user;
};

class Accounts {
 public:
  Accounts(platform::Database& database, const Clock& clock) : database_(database), clock_(clock) {}

  /// `actor` is who makes it, as the audit log names them.
  /// Errors: "account-name-invalid", "email-invalid", "password-weak"; Errc::exists "account-taken"
  /// for a name or an e-mail address that is another's.
  Result<Account> create(const NewAccount& account, std::string_view actor);

  /// Errors of these: Errc::not_found "account-not-found".
  Result<Account> find(std::string_view name) const;
  Result<Account> by_id(std::int64_t id) const;
  /// Nothing when nobody has that address.
  Result<std::optional<Account>> by_email(std::string_view email) const;
  /// By name.
  Result<std::vector<Account>> list() const;

  Result<void> set_role(std::string_view name, Role role, std::string_view actor);
  /// Ends all tokens too: who stole one must not keep it.
  Result<void> set_password(std::string_view name, std::string_view password,
                            std::string_view actor);
  /// A disabled account can do nothing; its tokens end. `reason` goes to the audit log.
  Result<void> set_disabled(std::string_view name, bool disabled, std::string_view reason,
                            std::string_view actor);

  /// Count a sign-up from `address`: five in 15 minutes, then no more.
  /// Errors: Errc::policy "sign-up-throttled".
  Result<void> allow_sign_up(std::string_view address);

  /// The account, when the password is right. `address` is who asks; after five wrong ones in 15
  /// minutes, for one account or from one address, the next are refused unseen.
  /// Errors: Errc::unauthenticated "login-refused" (never which of the two was wrong),
  /// Errc::policy "login-throttled".
  Result<Account> log_in(std::string_view name, std::string_view password,
                         std::string_view address);

 private:
  platform::Database& database_;
  const Clock& clock_;
};

}  // namespace rbee::community
