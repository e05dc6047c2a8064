#include "community/accounts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.hpp"
#include "community/attempts.hpp"
#include "community/audit.hpp"
#include "community/standing.hpp"
#include "community/switches.hpp"
#include "platform/password.hpp"

namespace rbee::community {

namespace {

using platform::SqlRow;

constexpr std::array<std::pair<Role, std::string_view>, 3> kRoles{
    {{Role::user, "user"}, {Role::reviewer, "reviewer"}, {Role::admin, "admin"}}};

/// Names that would speak for the marketplace, or that stand in its addresses.
constexpr auto kReserved = std::to_array<std::string_view>(
    {"admin",     "administrator", "anonymous", "api",     "community",   "local",    "me",
     "moderator", "nobody",        "official",  "rbee",    "rbee-market", "reviewer", "root",
     "security",  "server",        "staff",     "support", "system",      "token"});

constexpr std::size_t kPasswordBytesMin = 10, kPasswordBytesMax = 1024, kEmailBytesMax = 254;

constexpr std::string_view kAccountColumns =
    "id, name, email, role, created, disabled, length(password) > 0";

Account account_of(const SqlRow& row) {
  Account account;
  account.id = row[0].integer();
  account.name = row[1].text();
  account.email = row[2].text();
  account.role = parse_role(row[3].text()).value_or(Role::user);
  account.created = Time(std::chrono::seconds(row[4].integer()));
  if (!row[5].is_null()) account.disabled = Time(std::chrono::seconds(row[5].integer()));
  account.has_password = row[6].integer() != 0;
  return account;
}

Result<void> check_email(std::string_view email) {
  const std::size_t at = email.find('@');
  const bool ok = email.size() <= kEmailBytesMax && at != std::string_view::npos && at > 0 &&
                  email.find('@', at + 1) == std::string_view::npos &&
                  email.find('.', at) != std::string_view::npos && !email.ends_with('.') &&
                  std::all_of(email.begin(), email.end(), [](char c) {
                    return c > ' ' && c < 0x7f && c != '<' && c != '>' && c != '"' && c != ',';
                  });
  if (ok) return {};
  return fail(Errc::invalid_input, "email-invalid",
              fmt::format("'{}' is not an e-mail address", printable_line(email.substr(0, 100))),
              {.fix = "write it as name@example.org"});
}

/// ASCII, as `check_email` has it.
std::string to_lower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  return lower;
}

Result<void> check_password(std::string_view password, std::string_view name) {
  if (password.size() < kPasswordBytesMin || password == name)
    return fail(Errc::invalid_input, "password-weak", "the password is too easy to guess",
                {.fix = fmt::format("take at least {} characters, not the account's name",
                                    kPasswordBytesMin)});
  if (password.size() > kPasswordBytesMax)
    return fail(Errc::invalid_input, "password-long",
                fmt::format("the password is longer than {} bytes", kPasswordBytesMax));
  return {};
}

tl::unexpected<Error> not_found(std::string_view name) {
  return fail(Errc::not_found, "account-not-found",
              fmt::format("no account is called '{}'", printable_line(name.substr(0, 60))));
}

}  // namespace

std::string_view to_string(Role role) {
  for (const auto& [each, name] : kRoles)
    if (each == role) return name;
  return "";
}

std::optional<Role> parse_role(std::string_view text) {
  for (const auto& [role, name] : kRoles)
    if (name == text) return role;
  return std::nullopt;
}

Result<void> check_account_name(std::string_view name) {
  const auto refuse = [&](std::string why) {
    return fail(Errc::invalid_input, "account-name-invalid",
                fmt::format("'{}' cannot be an account's name", printable_line(name.substr(0, 60))),
                {.why = std::move(why),
                 .fix = "take 2 to 39 of a-z, 0-9 and '-', the first a letter or a digit"});
  };
  const auto plain = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  if (name.size() < 2 || name.size() > 39 || !plain(name[0]) ||
      !std::all_of(name.begin(), name.end(), [&](char c) { return plain(c) || c == '-'; }))
    return refuse("");
  if (std::find(kReserved.begin(), kReserved.end(), name) != kReserved.end())
    return refuse("the name is reserved");
  return {};
}

Result<Account> Accounts::create(const NewAccount& account, std::string_view actor) {
  TRY(check_account_name(account.name));
  TRY(check_email(account.email));
  std::string hash;
  if (!account.password.empty()) {
    TRY(check_password(account.password, account.name));
    hash = platform::hash_password(account.password);  // Slow: before the lock.
  }
  const Time now = clock_.now();
  TRY_ASSIGN(auto transaction, database_.begin());
  const auto id = transaction.insert(
      "INSERT INTO accounts (name, email, password, role, created) VALUES (?, ?, ?, ?, ?)",
      {account.name, account.email, hash, to_string(account.role), now.time_since_epoch().count()});
  if (!id && id.error().code == Errc::exists)
    return fail(Errc::exists, "account-taken",
                fmt::format("the name '{}' or its e-mail address is taken", account.name),
                {.fix = "choose another name, or log in to the account that you have"});
  if (!id) return tl::unexpected(id.error());
  TRY(append_audit(transaction, {.at = now,
                                 .actor = std::string(actor),
                                 .action = "account.create",
                                 .subject = "account:" + account.name,
                                 .details = fmt::format("role {}", to_string(account.role))}));
  TRY(transaction.commit());
  return by_id(*id);
}

Result<Account> Accounts::find(std::string_view name) const {
  TRY_ASSIGN(const auto rows,
             database_.query(fmt::format("SELECT {} FROM accounts WHERE name = ?", kAccountColumns),
                             {name}));
  if (rows.empty()) return not_found(name);
  return account_of(rows[0]);
}

Result<Account> Accounts::by_id(std::int64_t id) const {
  TRY_ASSIGN(
      const auto rows,
      database_.query(fmt::format("SELECT {} FROM accounts WHERE id = ?", kAccountColumns), {id}));
  if (rows.empty()) return not_found(std::to_string(id));
  return account_of(rows[0]);
}

Result<std::optional<Account>> Accounts::by_email(std::string_view email) const {
  TRY_ASSIGN(const auto rows,
             database_.query(
                 fmt::format("SELECT {} FROM accounts WHERE lower(email) = ?", kAccountColumns),
                 {to_lower(email)}));
  if (rows.empty()) return std::optional<Account>();
  return std::optional(account_of(rows[0]));
}

Result<std::vector<Account>> Accounts::list() const {
  TRY_ASSIGN(const auto rows, database_.query(fmt::format("SELECT {} FROM accounts ORDER BY name",
                                                          kAccountColumns)));
  std::vector<Account> accounts;
  for (const SqlRow& row : rows) accounts.push_back(account_of(row));
  return accounts;
}

Result<void> Accounts::set_role(std::string_view name, Role role, std::string_view actor) {
  TRY_ASSIGN(auto transaction, database_.begin());
  TRY_ASSIGN(const auto changed, transaction.execute("UPDATE accounts SET role = ? WHERE name = ?",
                                                     {to_string(role), name}));
  if (changed == 0) return not_found(name);
  TRY(append_audit(transaction, {.at = clock_.now(),
                                 .actor = std::string(actor),
                                 .action = "account.role",
                                 .subject = fmt::format("account:{}", name),
                                 .details = std::string(to_string(role))}));
  return transaction.commit();
}

Result<void> Accounts::set_password(std::string_view name, std::string_view password,
                                    std::string_view actor) {
  TRY(check_password(password, name));
  const std::string hash = platform::hash_password(password);
  const auto now = clock_.now();
  TRY_ASSIGN(auto transaction, database_.begin());
  TRY_ASSIGN(const auto changed,
             transaction.execute("UPDATE accounts SET password = ? WHERE name = ?", {hash, name}));
  if (changed == 0) return not_found(name);
  TRY(transaction.execute(
      "UPDATE tokens SET revoked = ? WHERE revoked IS NULL AND account = (SELECT id FROM accounts "
      "WHERE name = ?)",
      {now.time_since_epoch().count(), name}));
  TRY(append_audit(transaction, {.at = now,
                                 .actor = std::string(actor),
                                 .action = "account.password",
                                 .subject = fmt::format("account:{}", name),
                                 .details = "all tokens ended"}));
  return transaction.commit();
}

Result<void> Accounts::set_disabled(std::string_view name, bool disabled, std::string_view reason,
                                    std::string_view actor) {
  const auto now = clock_.now();
  const std::int64_t seconds = now.time_since_epoch().count();
  TRY_ASSIGN(auto transaction, database_.begin());
  TRY_ASSIGN(const auto changed,
             transaction.execute("UPDATE accounts SET disabled = ? WHERE name = ?",
                                 {disabled ? platform::SqlValue(seconds) : nullptr, name}));
  if (changed == 0) return not_found(name);
  if (disabled)
    TRY(
        transaction.execute("UPDATE tokens SET revoked = ? WHERE revoked IS NULL AND account = "
                            "(SELECT id FROM accounts WHERE name = ?)",
                            {seconds, name}));
  // What it starred, voted for and rated counts no more, or again.
  TRY_ASSIGN(const auto rows, transaction.query("SELECT id FROM accounts WHERE name = ?", {name}));
  TRY(note_standing_of(transaction, rows.front()[0].integer()));
  TRY(append_audit(transaction, {.at = now,
                                 .actor = std::string(actor),
                                 .action = disabled ? "account.disable" : "account.enable",
                                 .subject = fmt::format("account:{}", name),
                                 .details = std::string(reason)}));
  return transaction.commit();
}

Result<void> Accounts::allow_sign_up(std::string_view address) {
  TRY(require_thawed(database_, "sign-up"));
  const std::string key = fmt::format("sign-up {}", address);
  TRY_ASSIGN(const bool is_enough, is_throttled(database_, clock_, key));
  if (is_enough)
    return fail(Errc::policy, "sign-up-throttled", "too many accounts were made from your address",
                {.fix = "wait 15 minutes, or ask the host for an account"});
  return note_attempts(database_, clock_, {key});
}

Result<Account> Accounts::log_in(std::string_view name, std::string_view password,
                                 std::string_view address) {
  const std::string by_name = fmt::format("name {}", name);
  const std::string by_address = fmt::format("address {}", address);
  TRY_ASSIGN(const bool enough_for_name, is_throttled(database_, clock_, by_name));
  TRY_ASSIGN(const bool enough_from_there, is_throttled(database_, clock_, by_address));
  if (enough_for_name || enough_from_there)
    return fail(Errc::policy, "login-throttled", "too many wrong passwords",
                {.fix = "wait 15 minutes, or use an API token"});
  TRY_ASSIGN(const auto rows,
             database_.query(
                 fmt::format("SELECT {}, password FROM accounts WHERE name = ?", kAccountColumns),
                 {name}));
  // The same work whether there is such an account or not.
  const std::string hash = rows.empty() ? "" : rows[0][7].text();
  const bool right = password.size() <= kPasswordBytesMax &&
                     platform::verify_password(hash, password) && !rows.empty();
  if (!right || !rows[0][5].is_null()) {
    TRY(note_attempts(database_, clock_, {by_name, by_address}));
    return fail(Errc::unauthenticated, "login-refused",
                "the account's name or the password is wrong");
  }
  if (platform::needs_rehash(hash)) {
    TRY_ASSIGN(auto transaction, database_.begin());
    TRY(transaction.execute("UPDATE accounts SET password = ? WHERE name = ?",
                            {platform::hash_password(password), name}));
    TRY(transaction.commit());
  }
  return account_of(rows[0]);
}

}  // namespace rbee::community
