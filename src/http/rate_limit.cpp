#include "http/rate_limit.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <random>

#include "http/client_address.hpp"
#include "http/problem.hpp"

namespace rbee::http {

namespace {

constexpr std::size_t kWays = 4;  ///< Rows in which a key may stand.
constexpr double kWindowSeconds = 60;

std::int64_t quota_of(const Rates& rates, RateClass rate_class) {
  switch (rate_class) {
    case RateClass::read:
      return rates.reads_per_minute;
    case RateClass::write:
      return rates.writes_per_minute;
    case RateClass::expensive:
      return rates.expensive_per_minute;
    case RateClass::git:
      return rates.git_per_minute;
    case RateClass::login:
      return rates.login_per_minute;
  }
  return rates.reads_per_minute;
}

}  // namespace

std::string_view name_of(RateClass rate_class) {
  constexpr std::array<std::string_view, kRateClasses> kNames = {"reads", "writes", "expensive",
                                                                 "git", "login"};
  return kNames[static_cast<std::size_t>(rate_class)];
}

RateClass classify(const Request& request) {
  const std::string_view path = request.path;
  if (path.ends_with("/info/refs") || path.ends_with("/git-upload-pack") ||
      path.ends_with("/git-receive-pack"))
    return RateClass::git;
  const bool writes = request.method != Method::get && request.method != Method::head &&
                      request.method != Method::options;
  if (writes && (path.starts_with("/v1/login") || path == "/login" || path == "/device" ||
                 path == "/v1/users" || path == "/v1/licenses/verify"))
    return RateClass::login;
  // The AUR's protocol asks long questions by POST.
  const bool asks = path == "/rpc" || path.starts_with("/rpc/") || path == "/rpc.php";
  if (writes && !asks) return RateClass::write;
  // What reads the catalog's history, or answers with all of it.
  for (const std::string_view part : {"/diff", "/versions", "/history", "/similar", "/dependants"})
    if (path.starts_with("/v1/workers/") && path.find(part) != std::string_view::npos)
      return RateClass::expensive;
  if (path.starts_with("/cgit/") || path.starts_with("/packages") ||
      path.starts_with("/pkgbase.gz"))
    return RateClass::expensive;
  return RateClass::read;
}

std::uint64_t siphash(const std::array<std::uint64_t, 2>& key, std::string_view bytes) {
  std::uint64_t v0 = key[0] ^ 0x736f6d6570736575, v1 = key[1] ^ 0x646f72616e646f6d,
                v2 = key[0] ^ 0x6c7967656e657261, v3 = key[1] ^ 0x7465646279746573;
  const auto round = [&] {
    v0 += v1;
    v1 = std::rotl(v1, 13) ^ v0;
    v0 = std::rotl(v0, 32);
    v2 += v3;
    v3 = std::rotl(v3, 16) ^ v2;
    v0 += v3;
    v3 = std::rotl(v3, 21) ^ v0;
    v2 += v1;
    v1 = std::rotl(v1, 17) ^ v2;
    v2 = std::rotl(v2, 32);
  };
  const auto eat = [&](std::uint64_t word) {
    v3 ^= word;
    round();
    round();
    v0 ^= word;
  };
  std::size_t at = 0;
  for (; at + 8 <= bytes.size(); at += 8) {
    std::uint64_t word = 0;
    for (std::size_t i = 0; i < 8; ++i)
      word |= std::uint64_t{static_cast<unsigned char>(bytes[at + i])} << (8 * i);
    eat(word);
  }
  std::uint64_t last = std::uint64_t{bytes.size() & 0xff} << 56;
  for (std::size_t i = 0; at + i < bytes.size(); ++i)
    last |= std::uint64_t{static_cast<unsigned char>(bytes[at + i])} << (8 * i);
  eat(last);
  v2 ^= 0xff;
  for (int i = 0; i < 4; ++i) round();
  return v0 ^ v1 ^ v2 ^ v3;
}

RateLimiter::RateLimiter(Rates rates, std::size_t rows)
    : rates_(rates), start_(Clock::now()), rows_(std::bit_ceil(std::max(rows, kWays * 64))) {
  std::random_device random;
  for (std::uint64_t& half : secret_) half = (std::uint64_t{random()} << 32) | random();
}

std::uint64_t RateLimiter::key_of(char kind, RateClass rate_class, std::string_view who) const {
  std::string text{kind, static_cast<char>(rate_class)};
  text += who;
  return std::max<std::uint64_t>(1, siphash(secret_, text));
}

RateLimiter::Bucket RateLimiter::take(std::uint64_t key, double quota, std::uint32_t now_ms) {
  const std::size_t set = (key >> 8) & (rows_.size() / kWays - 1);
  const std::lock_guard lock(locks_[set % locks_.size()]);
  Row* const first = &rows_[set * kWays];
  Row* row = first;
  for (std::size_t i = 0; i < kWays; ++i) {
    Row& each = first[i];
    if (each.key == key) {
      row = &each;
      break;
    }
    // The free, then the one that was quiet longest, makes room.
    if (row->key != 0 && (each.key == 0 || each.at_ms < row->at_ms)) row = &each;
  }
  if (row->key != key) *row = {key, static_cast<float>(quota), now_ms};
  const double elapsed = now_ms > row->at_ms ? (now_ms - row->at_ms) / 1000.0 : 0;
  double tokens = std::min(quota, row->tokens + elapsed * quota / kWindowSeconds);
  const bool allowed = tokens >= 1;
  if (allowed) tokens -= 1;
  row->tokens = static_cast<float>(tokens);
  row->at_ms = std::max(row->at_ms, now_ms);
  return {allowed, tokens};
}

RateVerdict RateLimiter::take(const Request& request, Clock::time_point now) {
  RateVerdict verdict;
  if (!rates_.enabled) return verdict;
  const auto address = parse_address(request.remote_address);
  if (address && !rates_.loopback && is_loopback(*address)) return verdict;
  verdict.limited = true;
  verdict.rate_class = classify(request);
  verdict.quota = quota_of(rates_, verdict.rate_class);
  const auto quota = static_cast<double>(verdict.quota);
  const auto now_ms = static_cast<std::uint32_t>(
      std::chrono::duration_cast<std::chrono::milliseconds>(now - start_).count());
  std::string who = request.remote_address;
  if (address) {
    const bool is_v6 = request.remote_address.find(':') != std::string::npos &&
                       request.remote_address.find('.') == std::string::npos;
    who.assign(reinterpret_cast<const char*>(address->data()), is_v6 ? 8 : 16);
  }
  Bucket bucket = take(key_of('a', verdict.rate_class, who), quota, now_ms);
  // A token counts beside its address, not instead of it: made-up ones would be endless buckets.
  if (const std::string_view token = request.headers.get("Authorization");
      bucket.allowed && !token.empty()) {
    const Bucket own = take(key_of('t', verdict.rate_class, token), quota, now_ms);
    if (own.tokens < bucket.tokens || !own.allowed) bucket = own;
  }
  verdict.allowed = bucket.allowed;
  verdict.remaining = static_cast<std::int64_t>(bucket.tokens);
  const double missing = bucket.allowed ? quota - bucket.tokens : 1 - bucket.tokens;
  verdict.reset_seconds =
      std::max<std::int64_t>(1, std::llround(std::ceil(missing * kWindowSeconds / quota)));
  return verdict;
}

void add_rate_fields(Headers& headers, const RateVerdict& verdict) {
  if (!verdict.limited) return;
  const std::string_view name = name_of(verdict.rate_class);
  headers.set("RateLimit-Policy", fmt::format("\"{}\";q={};w=60", name, verdict.quota));
  headers.set("RateLimit",
              fmt::format("\"{}\";r={};t={}", name, verdict.remaining, verdict.reset_seconds));
}

Response refuse_by_rate(const Request& request, const RateVerdict& verdict) {
  Response response;
  if (request.path == "/rpc" || request.path == "/rpc.php" || request.path.starts_with("/rpc/")) {
    const bool says_5 =
        request.path.starts_with("/rpc/v5") || request.parameter("v") == std::string_view("5");
    response = reply(429, "application/json",
                     fmt::format(R"({{"version":{},"type":"error","resultcount":0,"results":[],)"
                                 R"("error":"Rate limit reached"}})",
                                 says_5 ? "5" : "null"));
    response.headers.add("Cache-Control", "no-store");
  } else {
    response = problem(
        request,
        Refusal{429, "rate-limited",
                fmt::format("this client has sent more than {} {} in a minute; try again in {} s",
                            verdict.quota,
                            verdict.rate_class == RateClass::expensive ? "expensive requests"
                            : verdict.rate_class == RateClass::git     ? "requests of Git"
                            : verdict.rate_class == RateClass::login   ? "log-in requests"
                                                                     : name_of(verdict.rate_class),
                            verdict.reset_seconds)});
  }
  response.headers.add("Retry-After", std::to_string(verdict.reset_seconds));
  return response;
}

}  // namespace rbee::http
