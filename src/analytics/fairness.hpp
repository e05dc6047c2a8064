// How much one address may tell the statistics, so that nobody can vote a worker up from one place.
//
// In memory alone, under keys that a random secret of this process makes of addresses: nothing here
// is an address, and nothing survives the process. Thread-safe.
#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/clock.hpp"

namespace rbee::analytics {

struct FairnessLimits {
  double burst = 120;       ///< Receipts at once: a lock file of many workers, a classroom.
  double per_hour = 120;    ///< And as many an hour from then on.
  int worker_per_day = 20;  ///< Counted for one worker; more are taken and not counted.
  std::size_t addresses_max = 50'000;  ///< Who comes when all places are taken shares one.
};

class Fairness {
 public:
  /// `secret`: random bytes of this process.
  explicit Fairness(std::string secret, FairnessLimits limits = {})
      : secret_(std::move(secret)), limits_(limits) {}

  enum class Verdict { counts, ignored, too_many };
  struct Answer {
    Verdict verdict = Verdict::counts;
    int retry_after_seconds = 0;  ///< For too_many.
  };
  /// One receipt about `worker` from `address`. An IPv6 /64 is one address.
  Answer ask(std::string_view address, std::string_view worker, Time now);

  /// 16 hexadecimal digits that mean this address until the day ends: who downloads, for
  /// `Event::visitor`. Nobody can tell the address from them once the day is over: the key of each
  /// day is random and is not kept.
  std::string visitor_of(std::string_view address, Time now);

 private:
  struct Bucket {
    double tokens = 0;
    Time at{};
  };
  void begin_day(std::int64_t day);

  std::string secret_;
  FairnessLimits limits_;
  std::mutex mutex_;
  std::int64_t day_ = -1;  ///< Guarded, as all below.
  std::string day_secret_;
  Time swept_{};
  std::unordered_map<std::string, Bucket> buckets_;
  std::unordered_map<std::string, int> counted_;  ///< By address and worker, of today.
};

/// "192.0.2.7" as it is; an IPv6 address as its /64. What is no address stays as it is.
std::string address_group(std::string_view address);

}  // namespace rbee::analytics
