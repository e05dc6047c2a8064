#include "search/standing.hpp"

#include <algorithm>
#include <cmath>

namespace rbee::search {

namespace {

std::int16_t points(double value, double least, double most) {
  if (!(value >= least)) return static_cast<std::int16_t>(least);  // NaN, too.
  return static_cast<std::int16_t>(std::lround(std::min(value, most)));
}

double days_between(Time from, Time to) {
  return static_cast<double>((to - from).count()) / 86'400;
}

}  // namespace

std::int32_t Standing::total() const {
  return popularity + freshness + trust + (dead ? kDeadPoints : 0);
}

Standing standing(const Facts& facts, bool is_official, Time created, Time updated, Time now) {
  Standing out;
  const double used = std::max(0.0, facts.popularity) +
                      static_cast<double>(std::max<std::int64_t>(0, facts.stars)) +
                      static_cast<double>(std::max<std::int64_t>(0, facts.installs_30_days)) / 10;
  double popularity = std::min(1000.0, 100 * std::log2(1 + used));
  if (facts.ratings > 0) {
    const double weight =
        static_cast<double>(facts.ratings) / (static_cast<double>(facts.ratings) + 5);
    popularity += std::clamp(50 * (facts.rating - 3) * weight, -100.0, 100.0);
    out.rating_cents =
        static_cast<std::uint16_t>(std::lround(std::clamp(facts.rating, 1.0, 5.0) * 100));
  }
  popularity += std::clamp(25 * std::log2(1 + std::max(0.0, facts.trend)), 0.0, 150.0);
  out.popularity = points(popularity, 0, 1250);
  const double age = std::max(0.0, days_between(updated, now));
  out.freshness = points(300 * std::exp2(-age / 180), 0, 300);
  const double known = std::clamp(days_between(created, now), 0.0, 365.0);
  out.trust =
      points((is_official ? 250 : 0) + (facts.reviewed ? 150 : 0) + 100 * known / 365, 0, 500);
  out.dead = facts.dead;
  return out;
}

}  // namespace rbee::search
