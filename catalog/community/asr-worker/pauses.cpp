// See pauses.hpp.
#include "pauses.hpp"

#include <algorithm>
#include <cmath>

namespace worker {
namespace {

// All in frames of 10 ms.
constexpr std::size_t margin = 30;
constexpr std::size_t pause_min = 40;
constexpr std::size_t length_max = 3000;
constexpr std::size_t cut_window = 1000;  // A long stretch is cut in its last 10 s.

constexpr double silence_db = -60;     // Of full scale: never speech.
constexpr double above_floor_db = 12;  // What stands out from the noise.
constexpr double below_peak_db = 35;   // And is not negligible beside the loudest.

std::vector<double> loudness_db(const std::vector<std::int16_t>& samples, std::size_t frame) {
  std::vector<double> result;
  for (std::size_t begin = 0; begin < samples.size(); begin += frame) {
    const std::size_t end = std::min(begin + frame, samples.size());
    double sum = 0;
    for (std::size_t i = begin; i < end; ++i) sum += static_cast<double>(samples[i]) * samples[i];
    const double power = sum / static_cast<double>(end - begin) / (32768.0 * 32768.0);
    result.push_back(10 * std::log10(power + 1e-12));
  }
  return result;
}

double percentile(std::vector<double> values, double part) {
  const auto at =
      values.begin() + static_cast<std::ptrdiff_t>(part * static_cast<double>(values.size() - 1));
  std::nth_element(values.begin(), at, values.end());
  return *at;
}

}  // namespace

std::vector<Range> find_speech(const std::vector<std::int16_t>& samples, int rate_hz) {
  if (samples.empty()) return {};
  const std::size_t frame = static_cast<std::size_t>(rate_hz) / 100;
  const auto loud = loudness_db(samples, frame);
  // A recording without pauses has no quiet tenth: the floor must not rise into the speech.
  const double peak = percentile(loud, 0.98);
  const double floor = std::min(percentile(loud, 0.1), peak - below_peak_db);
  const double threshold = std::max({silence_db, floor + above_floor_db, peak - below_peak_db});

  std::vector<Range> ranges;  // In frames.
  for (std::size_t i = 0; i < loud.size(); ++i) {
    if (loud[i] < threshold) continue;
    if (!ranges.empty() && i - ranges.back().end < pause_min)
      ranges.back().end = i + 1;
    else
      ranges.push_back({i, i + 1});
  }
  std::vector<Range> result;
  for (auto [begin, end] : ranges) {
    begin = std::max(begin > margin ? begin - margin : 0, result.empty() ? 0 : result.back().end);
    end = std::min(end + margin, loud.size());
    while (end - begin > length_max) {
      const auto first =
          loud.begin() + static_cast<std::ptrdiff_t>(begin + length_max - cut_window);
      const auto quietest = std::min_element(first, first + cut_window);
      const auto cut = static_cast<std::size_t>(quietest - loud.begin()) + 1;
      result.push_back({begin, cut});
      begin = cut;
    }
    result.push_back({begin, end});
  }
  for (auto& range : result)
    range = {range.begin * frame, std::min(range.end * frame, samples.size())};
  return result;
}

}  // namespace worker
