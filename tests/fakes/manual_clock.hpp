// A clock that stands until a test moves it.
#pragma once

#include <chrono>

#include "base/clock.hpp"

namespace rbee::fakes {

class ManualClock final : public Clock {
 public:
  Time now() const override { return now_; }
  void advance(std::chrono::seconds by) { now_ += by; }

 private:
  Time now_{std::chrono::seconds(1'800'000'000)};
};

}  // namespace rbee::fakes
