// What a worker brings to every search, whatever the words: popularity, freshness, trust, and
// whether it is dead.
//
// Pure. Points are thousandths, whole numbers, so that the parts that an answer explains add up to
// the score exactly. Apart from the words' index: new numbers are a new table of these, and no text
// is read again.
#pragma once

#include <cstdint>

#include "base/clock.hpp"

namespace rbee::search {

/// What others did with a worker and say of it.
struct Facts {
  double popularity = 0;  ///< Votes, decayed.
  std::int64_t stars = 0, ratings = 0, installs_30_days = 0;
  double rating = 0;  ///< Mean, 1 to 5; meaningful when there are ratings.
  double trend = 0;
  bool reviewed = false;  ///< Somebody but its author approved the present release.
  bool dead = false;      ///< Broken, unmaintained, taken back: it stands last.
};

struct Standing {
  std::int16_t popularity = 0;     ///< 0 to 1,250.
  std::int16_t freshness = 0;      ///< 0 to 300.
  std::int16_t trust = 0;          ///< 0 to 500.
  std::uint16_t rating_cents = 0;  ///< 100 to 500; 0: nobody rated it.
  bool dead = false;

  /// All of it in points.
  std::int32_t total() const;
  friend bool operator==(const Standing&, const Standing&) = default;
};

/// Above everything that words and standing can give.
inline constexpr std::int32_t kExactPoints = 1'000'000;
/// Below everything: dead workers are last, the one that was named exactly excepted.
inline constexpr std::int32_t kDeadPoints = -500'000;

/// popularity: 100 log2(1 + stars + decayed votes + installs of 30 days / 10), at most 1,000, and
/// 50 a star of rating above (or below) 3 with few ratings counting less, -100 to 100, and 25
/// log2(1 + trend), at most 150; not below 0. freshness: 300, half of it after 180 days. trust: 250
/// official, 150 reviewed, up to 100 for age.
Standing standing(const Facts& facts, bool is_official, Time created, Time updated, Time now);

}  // namespace rbee::search
