#include "community/device_login.hpp"

#include <fmt/format.h>

#include "base/digest.hpp"
#include "base/text.hpp"
#include "community/audit.hpp"
#include "platform/random.hpp"

namespace rbee::community {

namespace {

/// RFC 8628, 6.1: no vowels, so that no word appears, and nothing that looks like another.
constexpr std::string_view kUserAlphabet = "BCDFGHJKLMNPQRSTVWXZ";
constexpr std::chrono::seconds kLifetime{600}, kInterval{5};
constexpr std::int64_t kOpenMax = 10'000;

/// As people type it: any case, with or without the hyphen.
std::string normal_code(std::string_view typed) {
  std::string code;
  for (const char c : typed) {
    const char upper = c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
    if (kUserAlphabet.find(upper) != std::string_view::npos) code += upper;
  }
  return code;
}

tl::unexpected<Error> unknown_code() {
  return fail(Errc::not_found, "user-code-unknown",
              "that code is not waiting for anybody: it is wrong, expired or was used",
              {.fix = "run rbee login again, and enter the code that it shows"});
}

}  // namespace

Result<DeviceLogin> DeviceLogins::start(const Scopes& scopes, std::string_view token_name) {
  if (token_name.empty() || token_name.size() > 60 || printable_line(token_name) != token_name)
    return fail(Errc::invalid_input, "token-name-invalid", "the log-in needs a name",
                {.fix = "1 to 60 printable characters, such as the machine's name"});
  const std::int64_t now = clock_.now().time_since_epoch().count();
  DeviceLogin login;
  login.device_code = platform::random_token(32);
  const std::string code = platform::random_word(8, kUserAlphabet);
  login.user_code = code.substr(0, 4) + "-" + code.substr(4);
  login.expires_in = kLifetime;
  login.interval = kInterval;
  TRY_ASSIGN(auto transaction, database_.begin());
  TRY(transaction.execute("DELETE FROM device_logins WHERE expires < ?", {now - 3600}));
  TRY_ASSIGN(const auto open, transaction.query("SELECT count(*) FROM device_logins"));
  if (open[0][0].integer() >= kOpenMax)
    return fail(Errc::policy, "login-throttled", "too many log-ins are waiting to be approved",
                {.fix = "try again in some minutes"});
  TRY(transaction.execute(
      "INSERT INTO device_logins (device_hash, user_code, scopes, token_name, created, expires, "
      "interval) VALUES (?, ?, ?, ?, ?, ?, ?)",
      {Sha256::of(login.device_code).hex(), code, to_string(scopes), token_name, now,
       now + kLifetime.count(), kInterval.count()}));
  TRY(transaction.commit());
  return login;
}

Result<PendingLogin> DeviceLogins::pending(std::string_view user_code) const {
  TRY_ASSIGN(const auto rows,
             database_.query("SELECT token_name, scopes, created FROM device_logins WHERE "
                             "user_code = ? AND decision IS NULL AND expires > ?",
                             {normal_code(user_code), clock_.now().time_since_epoch().count()}));
  if (rows.empty()) return unknown_code();
  return PendingLogin{rows[0][0].text(), parse_scopes(rows[0][1].text()).value_or(Scopes{}),
                      Time(std::chrono::seconds(rows[0][2].integer()))};
}

Result<void> DeviceLogins::approve(std::string_view user_code, const Account& account) {
  return decide(user_code, account, "approved");
}

Result<void> DeviceLogins::deny(std::string_view user_code, const Account& account) {
  return decide(user_code, account, "denied");
}

Result<void> DeviceLogins::decide(std::string_view user_code, const Account& account,
                                  std::string_view decision) {
  const Time now = clock_.now();
  TRY_ASSIGN(auto transaction, database_.begin());
  TRY_ASSIGN(const auto changed,
             transaction.execute(
                 "UPDATE device_logins SET decision = ?, account = ? WHERE "
                 "user_code = ? AND decision IS NULL AND expires > ?",
                 {decision, account.id, normal_code(user_code), now.time_since_epoch().count()}));
  if (changed == 0) return unknown_code();
  TRY(append_audit(transaction, {.at = now,
                                 .actor = account.name,
                                 .action = fmt::format("login.{}", decision),
                                 .subject = "account:" + account.name}));
  return transaction.commit();
}

Result<IssuedToken> DeviceLogins::poll(std::string_view device_code) {
  const std::string hash = Sha256::of(device_code).hex();
  const std::int64_t now = clock_.now().time_since_epoch().count();
  const auto expired = [] {
    return fail(Errc::invalid_input, "expired_token", "the code was not approved in time",
                {.fix = "start again: rbee login"});
  };
  std::int64_t account_id = 0;
  std::string scopes, name;
  {
    TRY_ASSIGN(auto transaction, database_.begin());
    TRY_ASSIGN(const auto rows,
               transaction.query("SELECT expires, interval, polled, decision, account, scopes, "
                                 "token_name FROM device_logins WHERE device_hash = ?",
                                 {hash}));
    if (rows.empty() || rows[0][0].integer() <= now) return expired();
    const auto& row = rows[0];
    const std::string decision = row[3].text();
    if (decision == "used") return expired();
    if (decision == "denied")
      return fail(Errc::invalid_input, "access_denied", "the log-in was denied");
    if (decision.empty()) {
      const bool too_soon = !row[2].is_null() && now - row[2].integer() < row[1].integer();
      TRY(transaction.execute(
          "UPDATE device_logins SET polled = ?, interval = interval + ? WHERE device_hash = ?",
          {now, too_soon ? 5 : 0, hash}));
      TRY(transaction.commit());
      if (too_soon)
        return fail(Errc::invalid_input, "slow_down", "asked too soon; wait 5 seconds longer");
      return fail(Errc::invalid_input, "authorization_pending", "nobody has approved the code yet");
    }
    account_id = row[4].integer();
    scopes = row[5].text();
    name = row[6].text();
    TRY(transaction.execute("UPDATE device_logins SET decision = 'used' WHERE device_hash = ?",
                            {hash}));
    TRY(transaction.commit());
  }
  TRY_ASSIGN(const Account account, Accounts(database_, clock_).by_id(account_id));
  TRY_ASSIGN(Scopes wanted, parse_scopes(scopes));
  // A program asks before it knows who will log in; the account's role has the last word.
  if (!account.may_review()) wanted.erase(Scope::review);
  if (account.role != Role::admin) wanted.erase(Scope::admin);
  if (wanted.empty()) wanted.insert(Scope::read);
  return Tokens(database_, clock_).issue(account, name, wanted, std::nullopt, account.name);
}

}  // namespace rbee::community
