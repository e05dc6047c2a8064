// How often one client may ask: token buckets in a table of fixed size.
//
// Thread-safe; no clock of its own. Buckets are kept by a keyed hash, and where the table is full
// the one that was quiet longest is forgotten: memory is bounded, and whoever has more networks
// than the table has rows is not held by it. Source: draft-ietf-httpapi-ratelimit-headers-10.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "http/message.hpp"

namespace rbee::http {

enum class RateClass { read, write, expensive, git, login };
inline constexpr std::size_t kRateClasses = 5;
/// "reads", "writes", "expensive", "git", "login": the policy's name in RateLimit fields.
std::string_view name_of(RateClass rate_class);
/// Of a method and a path; never of anything that the client says about itself.
RateClass classify(const Request& request);

struct Rates {
  bool enabled = false;
  bool loopback = false;  ///< Clients on this machine, too.
  std::int64_t reads_per_minute = 1200, writes_per_minute = 120, expensive_per_minute = 120,
               git_per_minute = 120, login_per_minute = 30;
};

struct RateVerdict {
  bool limited = false;  ///< This client has limits at all.
  bool allowed = true;
  RateClass rate_class = RateClass::read;
  std::int64_t quota = 0;          ///< Requests in a minute, and at once.
  std::int64_t remaining = 0;      ///< Now.
  std::int64_t reset_seconds = 0;  ///< Until all of `quota` is there again; refused: until one is.
};

class RateLimiter {
 public:
  using Clock = std::chrono::steady_clock;
  /// `rows` buckets are kept, rounded up to a power of two.
  explicit RateLimiter(Rates rates, std::size_t rows = 1 << 16);

  /// Takes one from the bucket of `request.remote_address` (IPv6: of its /64) and, when it shows a
  /// token, from that token's; refuses when either is empty.
  RateVerdict take(const Request& request, Clock::time_point now);

 private:
  struct Row {
    std::uint64_t key = 0;  ///< 0: free.
    float tokens = 0;
    std::uint32_t at_ms = 0;  ///< Since `start_`.
  };
  struct Bucket {
    bool allowed = true;
    double tokens = 0;
  };
  std::uint64_t key_of(char kind, RateClass rate_class, std::string_view who) const;
  Bucket take(std::uint64_t key, double quota, std::uint32_t now_ms);

  Rates rates_;
  Clock::time_point start_;
  std::array<std::uint64_t, 2> secret_;
  std::vector<Row> rows_;
  std::array<std::mutex, 64> locks_;
};

/// "RateLimit-Policy" and "RateLimit" of a limited client, into `headers`.
void add_rate_fields(Headers& headers, const RateVerdict& verdict);

/// 429 with Retry-After; at /rpc in that protocol's words.
Response refuse_by_rate(const Request& request, const RateVerdict& verdict);

/// SipHash-2-4 (Aumasson, Bernstein): a hash that nobody without the key can steer.
std::uint64_t siphash(const std::array<std::uint64_t, 2>& key, std::string_view bytes);

}  // namespace rbee::http
