// See resample.hpp. Output sample n stands at input time n * from / to, which falls on one of to /
// gcd phases between two input samples; each phase has its own row of filter taps, computed once.
#include "resample.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numbers>
#include <numeric>

namespace worker {
namespace {

constexpr double zero_crossings =
    24;                             // Of the sinc, on each side: the width of the transition band.
constexpr double pass_band = 0.94;  // The -6 dB point, as a part of the lower Nyquist frequency.

/// The filter at `x` input samples from its middle; `cutoff` 1 is the input's Nyquist frequency.
double tap(double x, double cutoff, double half_width) {
  if (std::abs(x) >= half_width) return 0;
  const double turn = std::numbers::pi * x * cutoff;
  const double sinc = std::abs(turn) < 1e-9 ? 1 : std::sin(turn) / turn;
  const double phase = std::numbers::pi * x / half_width;
  return cutoff * sinc * (0.42 + 0.5 * std::cos(phase) + 0.08 * std::cos(2 * phase));  // Blackman.
}

}  // namespace

std::vector<std::int16_t> resample(const std::vector<std::int16_t>& samples, int from_hz,
                                   int to_hz) {
  if (from_hz == to_hz || samples.empty()) return samples;
  const std::int64_t divisor = std::gcd(from_hz, to_hz);
  const std::int64_t from = from_hz / divisor;
  const std::int64_t to = to_hz / divisor;
  const double cutoff =
      pass_band * std::min(1.0, static_cast<double>(to) / static_cast<double>(from));
  const double half_width = zero_crossings / cutoff;
  const auto reach = static_cast<std::int64_t>(std::ceil(half_width));
  const auto row_size = static_cast<std::size_t>(2 * reach);

  std::vector<float> taps(static_cast<std::size_t>(to) * row_size);
  for (std::size_t phase = 0; phase < static_cast<std::size_t>(to); ++phase) {
    const double fraction = static_cast<double>(phase) / static_cast<double>(to);
    double sum = 0;
    for (std::size_t k = 0; k < row_size; ++k)
      sum += tap(static_cast<double>(k) + 1 - static_cast<double>(reach) - fraction, cutoff,
                 half_width);
    for (std::size_t k = 0; k < row_size; ++k)  // Every phase passes direct current unchanged.
      taps[phase * row_size + k] =
          static_cast<float>(tap(static_cast<double>(k) + 1 - static_cast<double>(reach) - fraction,
                                 cutoff, half_width) /
                             sum);
  }

  const auto count = static_cast<std::int64_t>(samples.size());
  std::vector<std::int16_t> result(static_cast<std::size_t>((count * to + from / 2) / from));
  for (std::size_t n = 0; n < result.size(); ++n) {
    const std::int64_t position = static_cast<std::int64_t>(n) * from;
    const float* row = taps.data() + static_cast<std::size_t>(position % to) * row_size;
    const std::int64_t first = position / to - reach + 1;
    const std::int64_t begin = std::max<std::int64_t>(0, -first);
    const std::int64_t end = std::min(2 * reach, count - first);
    float sum = 0;
    for (std::int64_t k = begin; k < end; ++k)
      sum += row[k] * static_cast<float>(samples[static_cast<std::size_t>(first + k)]);
    result[n] = static_cast<std::int16_t>(std::lround(std::clamp(sum, -32768.0F, 32767.0F)));
  }
  return result;
}

}  // namespace worker
