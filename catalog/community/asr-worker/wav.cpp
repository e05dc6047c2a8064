// See wav.hpp.
#include "wav.hpp"

#include <string>

#include "server.hpp"

namespace worker {
namespace {

std::uint32_t little_endian(std::string_view bytes, std::size_t at, int count) {
  std::uint32_t value = 0;
  for (int i = count - 1; i >= 0; --i)
    value = value << 8 | static_cast<unsigned char>(bytes[at + static_cast<std::size_t>(i)]);
  return value;
}

struct Format {
  unsigned channels = 0;
  int rate_hz = 0;
};

Format read_format(std::string_view chunk) {
  if (chunk.size() < 16)
    throw Refusal(400, "invalid_audio", "the WAV's fmt chunk is too short", "file");
  std::uint32_t tag = little_endian(chunk, 0, 2);
  const std::uint32_t channels = little_endian(chunk, 2, 2);
  const std::uint32_t rate_hz = little_endian(chunk, 4, 4);
  const std::uint32_t bits = little_endian(chunk, 14, 2);
  constexpr std::uint32_t extensible = 0xFFFE;  // The real tag begins the 16-byte id at 24.
  if (tag == extensible && chunk.size() >= 40) tag = little_endian(chunk, 24, 2);
  if (tag != 1 || bits != 16)
    throw Refusal(400, "unsupported_audio", "the WAV must be PCM with 16 bits", "file");
  if (channels != 1 && channels != 2)
    throw Refusal(400, "unsupported_audio", "the WAV must have 1 or 2 channels", "file");
  if (rate_hz < 8000 || rate_hz > 48000)
    throw Refusal(400, "unsupported_audio", "the WAV's rate must be from 8000 to 48000 Hz", "file");
  return {channels, static_cast<int>(rate_hz)};
}

}  // namespace

Recording read_wav(std::string_view bytes) {
  if (bytes.size() < 12 || bytes.substr(0, 4) != "RIFF" || bytes.substr(8, 4) != "WAVE")
    throw Refusal(400, "invalid_audio", "the audio is not a WAV file", "file");
  Format format;
  for (std::size_t at = 12; at + 8 <= bytes.size();) {
    const std::string_view id = bytes.substr(at, 4);
    const std::size_t declared = little_endian(bytes, at + 4, 4);
    const std::string_view chunk = bytes.substr(at + 8, declared);
    if (id == "fmt ") format = read_format(chunk);
    if (id == "data") {
      if (format.rate_hz == 0) break;
      Recording recording;
      recording.rate_hz = format.rate_hz;
      const std::size_t frame = 2 * format.channels;
      recording.samples.reserve(chunk.size() / frame);
      for (std::size_t i = 0; i + frame <= chunk.size(); i += frame) {
        int sum = 0;
        for (std::size_t channel = 0; channel < format.channels; ++channel)
          sum += static_cast<std::int16_t>(little_endian(chunk, i + 2 * channel, 2));
        recording.samples.push_back(
            static_cast<std::int16_t>(sum / static_cast<int>(format.channels)));
      }
      if (recording.samples.empty())
        throw Refusal(400, "invalid_audio", "the WAV has no samples", "file");
      return recording;
    }
    at += 8 + declared + declared % 2;
  }
  throw Refusal(400, "invalid_audio", "the WAV has no fmt or no data chunk", "file");
}

}  // namespace worker
