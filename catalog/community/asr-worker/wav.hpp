// Read a WAV file from memory. Pure; the bytes are untrusted.
// Source: Microsoft's RIFF "New Multimedia Data Types", WAVE_FORMAT_PCM and WAVE_FORMAT_EXTENSIBLE.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace worker {

struct Recording {
  std::vector<std::int16_t> samples;  ///< Mono: two channels are averaged.
  int rate_hz = 0;
};

/// Read PCM of 16 bits, 1 or 2 channels, 8 to 48 kHz. A data size of 0xFFFFFFFF (a stream whose
/// length was not known) or past the end means: up to the end. Throws Refusal 400 "invalid_audio"
/// for anything that is not such a file, and "unsupported_audio" for another kind of WAV.
Recording read_wav(std::string_view bytes);

}  // namespace worker
