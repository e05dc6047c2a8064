// Log in a program on a machine without a browser: the device authorization grant.
//
// The program gets a secret to poll with and a short code to show; a person enters the code where
// they are logged in, and the program gets a token. Reads and writes the database.
// Source: RFC 8628.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "community/tokens.hpp"
#include "platform/database.hpp"

namespace rbee::community {

struct DeviceLogin {
  std::string device_code;  ///< For the program alone.
  std::string user_code;    ///< "BCDF-GHJK", for the person.
  std::chrono::seconds expires_in{600};
  std::chrono::seconds interval{5};  ///< Between two polls.
};

/// What stands behind a user code, for the person who is to approve it.
struct PendingLogin {
  std::string token_name;
  Scopes scopes;
  Time created{};
};

class DeviceLogins {
 public:
  DeviceLogins(platform::Database& database, const Clock& clock)
      : database_(database), clock_(clock) {}

  /// Errors: Errc::invalid_input "token-name-invalid".
  Result<DeviceLogin> start(const Scopes& scopes, std::string_view token_name);

  /// Errors of these: Errc::not_found "user-code-unknown" for one that is wrong, expired or
  /// decided.
  Result<PendingLogin> pending(std::string_view user_code) const;
  Result<void> approve(std::string_view user_code, const Account& account);
  Result<void> deny(std::string_view user_code, const Account& account);

  /// The token, once, when it was approved. Errors, ids as RFC 8628, 3.5 spells them:
  /// Errc::invalid_input "authorization_pending", "slow_down", "access_denied", "expired_token".
  Result<IssuedToken> poll(std::string_view device_code);

 private:
  Result<void> decide(std::string_view user_code, const Account& account,
                      std::string_view decision);

  platform::Database& database_;
  const Clock& clock_;
};

}  // namespace rbee::community
