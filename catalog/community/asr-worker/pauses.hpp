// Where in a recording somebody speaks: loudness against the recording's own noise floor. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace worker {

struct Range {
  std::size_t begin = 0;  ///< In samples.
  std::size_t end = 0;
};

/// The stretches to decode, in order and apart from each other: sound with 0.3 s around it, joined
/// across pauses under 0.4 s, none longer than 30 s (cut at its quietest moment). Empty for
/// silence.
std::vector<Range> find_speech(const std::vector<std::int16_t>& samples, int rate_hz);

}  // namespace worker
