// Change the rate of mono samples without aliasing: a windowed-sinc polyphase filter. Pure.
//
// The same file stands beside tts-worker and asr-worker; a test keeps the two equal.
#pragma once

#include <cstdint>
#include <vector>

namespace worker {

/// `samples` at `to_hz`; round(n * to / from) of them. Passes up to 0.9 of the lower Nyquist
/// frequency, and stops what would fold back. Both rates are positive.
std::vector<std::int16_t> resample(const std::vector<std::int16_t>& samples, int from_hz,
                                   int to_hz);

}  // namespace worker
