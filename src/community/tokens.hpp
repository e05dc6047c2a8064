// API tokens: what programs and Git show instead of a password.
//
// A token is shown once; the database holds its SHA-256 and nothing else of it. 256 random bits
// need no slow hash. Reads and writes the database.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "community/accounts.hpp"
#include "platform/database.hpp"

namespace rbee::community {

/// What a token may be used for. None implies another; what the account may not do, no token may.
enum class Scope {
  read,       ///< Read the account's own data.
  community,  ///< Star, vote, rate, comment, follow.
  submit,     ///< Push, withdraw, disown, ask for adoption, comment on submissions.
  review,     ///< Decide about submissions and requests (reviewers).
  admin,      ///< Quarantine, roles (admins).
};
std::string_view to_string(Scope scope);
using Scopes = std::set<Scope>;
/// "read,submit". Errors: Errc::invalid_input "scope-unknown".
Result<Scopes> parse_scopes(std::string_view text);
std::string to_string(const Scopes& scopes);

struct Token {
  std::int64_t id = 0;
  std::string name;
  Scopes scopes;
  Time created{};
  std::optional<Time> expires, last_used, revoked;
};

/// Who is asking, and what for they may.
struct Identity {
  Account account;
  Scopes scopes;
  std::int64_t token = 0;
};

struct IssuedToken {
  std::string secret;  ///< "rbee_" and 43 characters. The only time that it is seen.
  Token token;
};

class Tokens {
 public:
  Tokens(platform::Database& database, const Clock& clock) : database_(database), clock_(clock) {}

  /// Errors: Errc::forbidden "scope-not-yours" for a scope that the account's role does not allow;
  /// Errc::invalid_input "token-name-invalid" (1 to 60 printable characters).
  Result<IssuedToken> issue(const Account& account, std::string_view name, const Scopes& scopes,
                            std::optional<Time> expires, std::string_view actor);
  /// Newest first, ended ones included.
  Result<std::vector<Token>> list(const Account& account) const;
  /// Errors: Errc::not_found "token-not-found".
  Result<void> revoke(const Account& account, std::int64_t id, std::string_view actor);

  /// Who shows `secret`. Errors: Errc::unauthenticated "token-invalid" for one that is unknown,
  /// ended, expired or of a disabled account.
  Result<Identity> authenticate(std::string_view secret);

 private:
  platform::Database& database_;
  const Clock& clock_;
};

/// Errors: Errc::forbidden "scope-missing", naming it.
Result<void> require(const Identity& identity, Scope scope);

}  // namespace rbee::community
