#include "analytics/fairness.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "analytics/event.hpp"
#include "platform/random.hpp"

namespace rbee::analytics {

namespace {
constexpr std::size_t kKeyLength = 16;
constexpr double kHourSecondsAsDouble = 3600;
}  // namespace

std::string address_group(std::string_view address) {
  std::array<unsigned char, 16> bytes{};
  const std::string text(address.substr(0, address.find('%')));
  if (::inet_pton(AF_INET6, text.c_str(), bytes.data()) != 1) return std::string(address);
  constexpr std::array<unsigned char, 12> kMapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  std::array<char, INET6_ADDRSTRLEN> out{};
  if (std::equal(kMapped.begin(), kMapped.end(), bytes.begin())) {
    ::inet_ntop(AF_INET, bytes.data() + kMapped.size(), out.data(), out.size());
    return out.data();
  }
  std::fill(bytes.begin() + 8, bytes.end(), static_cast<unsigned char>(0));
  ::inet_ntop(AF_INET6, bytes.data(), out.data(), out.size());
  return std::string(out.data()) + "/64";
}

void Fairness::begin_day(std::int64_t day) {
  if (day == day_) return;
  day_ = day;
  day_secret_ = platform::random_bytes(32);
  counted_.clear();
}

std::string Fairness::visitor_of(std::string_view address, Time now) {
  const std::lock_guard lock(mutex_);
  begin_day(day_of(now));
  return platform::hmac_sha256(day_secret_, address_group(address)).substr(0, kKeyLength);
}

Fairness::Answer Fairness::ask(std::string_view address, std::string_view worker, Time now) {
  const std::lock_guard lock(mutex_);
  begin_day(day_of(now));
  std::string key = platform::hmac_sha256(secret_, address_group(address)).substr(0, kKeyLength);
  const double refill = limits_.per_hour / kHourSecondsAsDouble;
  const auto filled = [&](const Bucket& bucket) {
    const double waited = static_cast<double>(std::max<std::int64_t>((now - bucket.at).count(), 0));
    return std::min(limits_.burst, bucket.tokens + refill * waited);
  };
  auto found = buckets_.find(key);
  if (found == buckets_.end()) {
    if (buckets_.size() >= limits_.addresses_max && now - swept_ >= std::chrono::minutes(1)) {
      swept_ = now;
      std::erase_if(buckets_, [&](const auto& each) {
        return filled(each.second) >= limits_.burst;  // As good as a new one.
      });
    }
    // A flood of addresses costs each other's share, not those that were here before.
    if (buckets_.size() >= limits_.addresses_max) key = "others";
    found = buckets_.try_emplace(key, Bucket{limits_.burst, now}).first;
  }
  Bucket& bucket = found->second;
  bucket.tokens = filled(bucket);
  bucket.at = now;
  if (bucket.tokens < 1)
    return {Verdict::too_many, static_cast<int>(std::ceil((1 - bucket.tokens) / refill))};
  bucket.tokens -= 1;
  // Whoever can fill this table has addresses enough to need no trick.
  if (counted_.size() >= limits_.addresses_max * 4) return {};
  int& counted = counted_[key + std::string(worker)];
  if (counted >= limits_.worker_per_day) return {Verdict::ignored, 0};
  ++counted;
  return {};
}

}  // namespace rbee::analytics
