#include "ops/idempotency.hpp"

#include <fmt/format.h>

#include <array>

#include "base/digest.hpp"
#include "base/text.hpp"
#include "http/problem.hpp"

namespace rbee::ops {

namespace {

using http::Refusal;
using http::Request;
using http::Response;

constexpr std::size_t kKeyBytesMax = 255, kBodyBytesMax = 256 * 1024;
constexpr std::int64_t kKeysMax = 1'000;  ///< Of one account; the oldest go first.
/// An answer that is not there by then was lost with its process.
constexpr std::chrono::seconds kAnswering{60};

constexpr platform::Migration kMigrations[] = {
    {1, R"sql(
CREATE TABLE idempotency_keys (
  id INTEGER PRIMARY KEY,
  account TEXT NOT NULL,
  key_hash TEXT NOT NULL,  -- SHA-256
  digest TEXT NOT NULL,    -- of the request: method, target, type, body
  created INTEGER NOT NULL,
  status INTEGER,          -- NULL: being answered
  content_type TEXT,
  location TEXT,
  body TEXT
) STRICT;
CREATE UNIQUE INDEX idempotency_keys_key ON idempotency_keys (account, key_hash);
CREATE INDEX idempotency_keys_created ON idempotency_keys (created);
)sql"},
};

/// The key without the quotes of a structured field's string; empty when it is none.
std::string key_in(std::string_view field) {
  field = trim(field);
  if (field.size() >= 2 && field.front() == '"' && field.back() == '"')
    field = field.substr(1, field.size() - 2);
  if (field.empty() || field.size() > kKeyBytesMax) return {};
  for (const char c : field)
    if (c <= 0x20 || c >= 0x7F || c == '"' || c == '\\') return {};
  return std::string(field);
}

/// Every field with its length before it: no two requests have the same text.
std::string digest_of_request(const Request& request) {
  std::string text;
  for (const std::string_view part :
       {std::string_view(request.method_text), std::string_view(request.target),
        request.headers.get("Content-Type"), std::string_view(request.body)})
    text += fmt::format("{}:{}", part.size(), part);
  return Sha256::of(text).hex();
}

bool is_kept(const Response& response) {
  return response.status < 500 && response.status != 401 && response.status != 403 &&
         response.status != 429 && response.body.size() <= kBodyBytesMax &&
         is_utf8(response.body) && response.headers.get("Set-Cookie").empty();
}

}  // namespace

Result<void> prepare_idempotency(platform::Database& database) {
  return database.migrate("idempotency", kMigrations);
}

bool Idempotency::is_secret(std::string_view path) {
  for (const std::string_view part :
       {"/token", "/login", "/license", "/webhook", "/secret", "/session", "/key"})
    if (path.find(part) != std::string_view::npos) return true;
  return false;
}

Response Idempotency::respond(const Request& request, const Inner& inner) {
  const std::string_view field = request.headers.get("Idempotency-Key");
  if (field.empty() || request.method != http::Method::post || !request.path.starts_with("/v1/") ||
      is_secret(request.path))
    return inner(request);
  const std::string key = key_in(field);
  if (key.empty())
    return http::problem(
        request, Refusal{400, "idempotency-key-invalid",
                         fmt::format("Idempotency-Key is 1 to {} printable characters without "
                                     "spaces, for example a UUID",
                                     kKeyBytesMax)});
  const std::optional<std::string> account = account_of_(request);
  if (!account) return inner(request);
  const std::string key_hash = Sha256::of(key).hex();
  auto begun = begin(request, *account, key_hash, digest_of_request(request));
  if (!begun) return http::problem(request, begun.error());
  if (begun->answer) return std::move(*begun->answer);
  struct Forget {
    Idempotency& store;
    const std::string& account;
    const std::string& key;
    bool armed = true;
    ~Forget() {
      if (armed) (void)store.finish(account, key, nullptr);
    }
  } forget{*this, *account, key_hash};
  Response response = inner(request);
  if (!is_kept(response)) return response;
  forget.armed = false;
  // What was done is done: that it could not be kept is no reason to say otherwise.
  (void)finish(*account, key_hash, &response);
  return response;
}

Result<Idempotency::Begun> Idempotency::begin(const Request& request, const std::string& account,
                                              const std::string& key, const std::string& digest) {
  const std::int64_t now = clock_.now().time_since_epoch().count();
  TRY_ASSIGN(auto transaction, database_.begin());
  TRY(transaction.execute("DELETE FROM idempotency_keys WHERE created <= ?",
                          {now - lasts_.count()}));
  TRY_ASSIGN(const auto rows,
             transaction.query("SELECT digest, created, status, content_type, location, body FROM "
                               "idempotency_keys WHERE account = ? AND key_hash = ?",
                               {account, key}));
  if (!rows.empty()) {
    const auto& row = rows[0];
    const bool answered = !row[2].is_null();
    if (row[0].text() != digest)
      return Begun{http::problem(
          request, Refusal{422, "idempotency-key-reused",
                           "another request was sent with this Idempotency-Key; send a new key "
                           "with a new request"})};
    if (answered) {
      Response response =
          http::reply(static_cast<int>(row[2].integer()), row[3].text(), row[5].text());
      if (!row[4].is_null()) response.headers.set("Location", row[4].text());
      response.headers.set("Cache-Control", "no-store");
      response.headers.set("X-Content-Type-Options", "nosniff");
      response.headers.set("Idempotency-Replayed", "true");
      return Begun{std::move(response)};
    }
    if (now - row[1].integer() < kAnswering.count()) {
      Response response = http::problem(
          request, Refusal{409, "idempotency-in-progress",
                           "the first request with this Idempotency-Key is still being answered"});
      response.headers.add("Retry-After", "1");
      return Begun{std::move(response)};
    }
    TRY(
        transaction.execute("UPDATE idempotency_keys SET created = ? WHERE account = ? AND "
                            "key_hash = ?",
                            {now, account, key}));
  } else {
    TRY(transaction.execute(
        "DELETE FROM idempotency_keys WHERE account = ? AND id <= (SELECT id FROM "
        "idempotency_keys WHERE account = ? ORDER BY id DESC LIMIT 1 OFFSET ?)",
        {account, account, kKeysMax - 1}));
    TRY(
        transaction.insert("INSERT INTO idempotency_keys (account, key_hash, digest, created) "
                           "VALUES (?, ?, ?, ?)",
                           {account, key, digest, now}));
  }
  TRY(transaction.commit());
  return Begun{};
}

Result<void> Idempotency::finish(const std::string& account, const std::string& key,
                                 const Response* response) {
  TRY_ASSIGN(auto transaction, database_.begin());
  if (response == nullptr) {
    TRY(
        transaction.execute("DELETE FROM idempotency_keys WHERE account = ? AND key_hash = ? AND "
                            "status IS NULL",
                            {account, key}));
  } else {
    const std::string_view location = response->headers.get("Location");
    TRY(transaction.execute(
        "UPDATE idempotency_keys SET status = ?, content_type = ?, location = ?, body = ? WHERE "
        "account = ? AND key_hash = ?",
        {response->status, response->headers.get("Content-Type"),
         location.empty() ? platform::SqlValue() : platform::SqlValue(location), response->body,
         account, key}));
  }
  return transaction.commit();
}

}  // namespace rbee::ops
