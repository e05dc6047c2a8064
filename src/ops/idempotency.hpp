// A POST that is sent twice and done once: the answer to the first is kept, and given again.
//
// Reads and writes the database; thread-safe, and so are several processes on one database. A key
// belongs to an account; answers with secrets in them are never kept. Source:
// draft-ietf-httpapi-idempotency-key-header-07.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <optional>
#include <string>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "http/message.hpp"
#include "platform/database.hpp"

namespace rbee::ops {

/// Make the table.
Result<void> prepare_idempotency(platform::Database& database);

class Idempotency {
 public:
  using Inner = std::function<http::Response(const http::Request&)>;
  /// Who sends a request; nothing when nobody who is known does.
  using AccountOf = std::function<std::optional<std::string>(const http::Request&)>;

  /// Answers are kept for `lasts`. All arguments outlive this.
  Idempotency(platform::Database& database, const Clock& clock, AccountOf account_of,
              std::chrono::seconds lasts)
      : database_(database), clock_(clock), account_of_(std::move(account_of)), lasts_(lasts) {}

  /// `inner`'s answer. For a POST to /v1 with an Idempotency-Key, from an account: the kept one
  /// ("Idempotency-Replayed: true") when the same request was answered before; 422
  /// "idempotency-key-reused" for another request with the key, 409 "idempotency-in-progress" while
  /// the first is being answered, 400 "idempotency-key-invalid". What ends in a 5xx, a 401, a 403
  /// or a 429 is not kept: it may be tried again.
  http::Response respond(const http::Request& request, const Inner& inner);

  /// True when an answer at this path may hold a secret: then a key there has no effect.
  static bool is_secret(std::string_view path);

 private:
  struct Begun {
    std::optional<http::Response> answer;  ///< Of before; nothing: it is ours to make.
  };
  Result<Begun> begin(const http::Request& request, const std::string& account,
                      const std::string& key, const std::string& digest);
  Result<void> finish(const std::string& account, const std::string& key,
                      const http::Response* response);

  platform::Database& database_;
  const Clock& clock_;
  AccountOf account_of_;
  std::chrono::seconds lasts_;
};

}  // namespace rbee::ops
