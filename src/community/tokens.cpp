#include "community/tokens.hpp"

#include <fmt/format.h>

#include <array>

#include "base/digest.hpp"
#include "base/text.hpp"
#include "community/audit.hpp"
#include "platform/random.hpp"

namespace rbee::community {

namespace {

using platform::SqlRow;
using platform::SqlValue;

constexpr std::string_view kPrefix = "rbee_";
constexpr std::size_t kRandomBytes = 32, kNameBytesMax = 60;
/// `last_used` is for people: once a minute is exact enough, and spares a durable write a request.
constexpr std::chrono::minutes kUseInterval{1};

constexpr std::array<std::pair<Scope, std::string_view>, 5> kScopes{
    {{Scope::read, "read"},
     {Scope::community, "community"},
     {Scope::submit, "submit"},
     {Scope::review, "review"},
     {Scope::admin, "admin"}}};

std::optional<Time> maybe_time(const SqlValue& value) {
  if (value.is_null()) return std::nullopt;
  return Time(std::chrono::seconds(value.integer()));
}

SqlValue seconds_of(const std::optional<Time>& time) {
  return time ? SqlValue(time->time_since_epoch().count()) : SqlValue();
}

Token token_of(const SqlRow& row) {
  Token token;
  token.id = row[0].integer();
  token.name = row[1].text();
  token.scopes = parse_scopes(row[2].text()).value_or(Scopes{});
  token.created = Time(std::chrono::seconds(row[3].integer()));
  token.expires = maybe_time(row[4]);
  token.last_used = maybe_time(row[5]);
  token.revoked = maybe_time(row[6]);
  return token;
}

constexpr std::string_view kTokenColumns = "id, name, scopes, created, expires, last_used, revoked";

std::string hash_of(std::string_view secret) {
  return Sha256::of(secret).hex();
}

}  // namespace

std::string_view to_string(Scope scope) {
  for (const auto& [each, name] : kScopes)
    if (each == scope) return name;
  return "";
}

Result<Scopes> parse_scopes(std::string_view text) {
  Scopes scopes;
  while (!text.empty()) {
    const std::string_view word = text.substr(0, text.find(','));
    text.remove_prefix(std::min(text.size(), word.size() + 1));
    bool known = false;
    for (const auto& [scope, name] : kScopes) {
      if (name != word) continue;
      scopes.insert(scope);
      known = true;
    }
    if (!known)
      return fail(
          Errc::invalid_input, "scope-unknown",
          fmt::format("there is no scope '{}'", printable_line(word.substr(0, 40))),
          {.fix =
               "scopes are read, community, submit, review and admin, with commas between them"});
  }
  return scopes;
}

std::string to_string(const Scopes& scopes) {
  std::string text;
  for (const Scope scope : scopes)
    text += fmt::format("{}{}", text.empty() ? "" : ",", to_string(scope));
  return text;
}

Result<void> require(const Identity& identity, Scope scope) {
  if (identity.scopes.contains(scope)) return {};
  return fail(Errc::forbidden, "scope-missing",
              fmt::format("this token lacks the scope '{}'", to_string(scope)),
              {.evidence = {"its scopes: " + to_string(identity.scopes)},
               .fix = fmt::format("make one that has it: rbee login --scopes {},{}",
                                  to_string(identity.scopes), to_string(scope))});
}

Result<IssuedToken> Tokens::issue(const Account& account, std::string_view name,
                                  const Scopes& scopes, std::optional<Time> expires,
                                  std::string_view actor) {
  if (name.empty() || name.size() > kNameBytesMax || printable_line(name) != name)
    return fail(
        Errc::invalid_input, "token-name-invalid", "a token needs a name",
        {.fix = fmt::format("1 to {} printable characters, such as 'laptop'", kNameBytesMax)});
  if (scopes.empty())
    return fail(Errc::invalid_input, "scope-unknown", "a token needs at least one scope",
                {.fix = "scopes are read, community, submit, review and admin"});
  const bool beyond = (scopes.contains(Scope::review) && !account.may_review()) ||
                      (scopes.contains(Scope::admin) && account.role != Role::admin);
  if (beyond)
    return fail(
        Errc::forbidden, "scope-not-yours",
        fmt::format("the account '{}' may not have a token with these scopes", account.name),
        {.evidence = {fmt::format("its role: {}", to_string(account.role)),
                      "asked for: " + to_string(scopes)}});
  const Time now = clock_.now();
  IssuedToken issued;
  issued.secret = std::string(kPrefix) + platform::random_token(kRandomBytes);
  TRY_ASSIGN(auto transaction, database_.begin());
  TRY_ASSIGN(issued.token.id,
             transaction.insert("INSERT INTO tokens (account, name, hash, scopes, created, "
                                "expires) VALUES (?, ?, ?, ?, ?, ?)",
                                {account.id, name, hash_of(issued.secret), to_string(scopes),
                                 now.time_since_epoch().count(), seconds_of(expires)}));
  TRY(append_audit(transaction, {.at = now,
                                 .actor = std::string(actor),
                                 .action = "token.create",
                                 .subject = "account:" + account.name,
                                 .details = fmt::format("token {} '{}' for {}", issued.token.id,
                                                        name, to_string(scopes))}));
  TRY(transaction.commit());
  issued.token.name = name;
  issued.token.scopes = scopes;
  issued.token.created = now;
  issued.token.expires = expires;
  return issued;
}

Result<std::vector<Token>> Tokens::list(const Account& account) const {
  TRY_ASSIGN(const auto rows,
             database_.query(fmt::format("SELECT {} FROM tokens WHERE account = ? ORDER BY id DESC",
                                         kTokenColumns),
                             {account.id}));
  std::vector<Token> tokens;
  for (const SqlRow& row : rows) tokens.push_back(token_of(row));
  return tokens;
}

Result<void> Tokens::revoke(const Account& account, std::int64_t id, std::string_view actor) {
  const Time now = clock_.now();
  TRY_ASSIGN(auto transaction, database_.begin());
  TRY_ASSIGN(const auto changed,
             transaction.execute(
                 "UPDATE tokens SET revoked = ? WHERE id = ? AND account = ? AND revoked IS NULL",
                 {now.time_since_epoch().count(), id, account.id}));
  if (changed == 0)
    return fail(
        Errc::not_found, "token-not-found",
        fmt::format("'{}' has no token {} that is in use", account.name, id),
        {.fix = fmt::format("list them: rbee-market token list {} --data DIR", account.name)});
  TRY(append_audit(transaction, {.at = now,
                                 .actor = std::string(actor),
                                 .action = "token.revoke",
                                 .subject = "account:" + account.name,
                                 .details = fmt::format("token {}", id)}));
  return transaction.commit();
}

Result<Identity> Tokens::authenticate(std::string_view secret) {
  const auto refuse = [] {
    return fail(Errc::unauthenticated, "token-invalid",
                "the token is unknown, expired or was ended", {.fix = "log in again: rbee login"});
  };
  if (!secret.starts_with(kPrefix) || secret.size() != kPrefix.size() + 43) return refuse();
  // The lookup compares hashes, whose digits an attacker cannot choose: its time tells nothing.
  TRY_ASSIGN(const auto rows,
             database_.query("SELECT tokens.id, tokens.scopes, tokens.expires, tokens.revoked, "
                             "tokens.last_used, tokens.account FROM tokens WHERE hash = ?",
                             {hash_of(secret)}));
  if (rows.empty()) return refuse();
  const SqlRow& row = rows[0];
  const Time now = clock_.now();
  const auto expires = maybe_time(row[2]);
  if (!row[3].is_null() || (expires && *expires <= now)) return refuse();
  TRY_ASSIGN(Account account, Accounts(database_, clock_).by_id(row[5].integer()));
  if (account.disabled) return refuse();
  Identity identity{std::move(account), parse_scopes(row[1].text()).value_or(Scopes{}),
                    row[0].integer()};
  // A role that was taken away takes its scopes from every token.
  if (!identity.account.may_review()) identity.scopes.erase(Scope::review);
  if (identity.account.role != Role::admin) identity.scopes.erase(Scope::admin);
  const auto last_used = maybe_time(row[4]);
  if (!last_used || now - *last_used >= kUseInterval) {
    TRY_ASSIGN(auto transaction, database_.begin());
    TRY(transaction.execute("UPDATE tokens SET last_used = ? WHERE id = ?",
                            {now.time_since_epoch().count(), identity.token}));
    TRY(transaction.commit());
  }
  return identity;
}

}  // namespace rbee::community
