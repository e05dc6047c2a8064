// The workers' pure parts: resampling, WAV, pauses, sentences, folding, base64.
#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numbers>
#include <optional>
#include <string>
#include <vector>

#include "asr-worker/pauses.hpp"
#include "asr-worker/resample.hpp"
#include "asr-worker/server.hpp"
#include "asr-worker/wav.hpp"
#include "ocr-worker/base64.hpp"
#include "tts-worker/text.hpp"

namespace worker {
namespace {

using testing::ElementsAre;
using testing::Optional;

using Samples = std::vector<std::int16_t>;

Samples tone(double hz, int rate_hz, double seconds, double amplitude) {
  Samples samples(static_cast<std::size_t>(seconds * rate_hz));
  for (std::size_t i = 0; i < samples.size(); ++i)
    samples[i] = static_cast<std::int16_t>(std::lround(
        amplitude * std::sin(2 * std::numbers::pi * hz * static_cast<double>(i) / rate_hz)));
  return samples;
}

/// The largest difference, away from the edges where the filter sees silence.
int largest_difference(const Samples& a, const Samples& b) {
  int largest = 0;
  for (std::size_t i = 500; i + 500 < a.size() && i + 500 < b.size(); ++i)
    largest = std::max(largest, std::abs(a[i] - b[i]));
  return largest;
}

struct Rates {
  int from, to;
};
class Resample : public testing::TestWithParam<Rates> {};

TEST_P(Resample, KeepsAToneInPlaceAndAmplitude) {
  const auto [from, to] = GetParam();
  const auto result = resample(tone(1000, from, 0.5, 10000), from, to);
  EXPECT_NEAR(static_cast<double>(result.size()), 0.5 * to, 1);
  EXPECT_LE(largest_difference(result, tone(1000, to, 0.5, 10000)), 10);
}

INSTANTIATE_TEST_SUITE_P(RealRates, Resample,
                         testing::Values(Rates{8000, 16000}, Rates{11025, 16000},
                                         Rates{16000, 24000}, Rates{22050, 16000},
                                         Rates{22050, 24000}, Rates{24000, 16000},
                                         Rates{32000, 16000}, Rates{44100, 16000},
                                         Rates{44099, 16000}, Rates{48000, 16000},
                                         Rates{16000, 8000}));

TEST(Resample, StopsWhatWouldFoldBack) {
  // 11 kHz cannot be at a rate of 16 kHz; a naive resampler turns it into a loud 5 kHz.
  const auto result = resample(tone(11000, 48000, 0.5, 20000), 48000, 16000);
  EXPECT_LE(largest_difference(result, Samples(result.size(), 0)), 8);
}

TEST(Resample, ClipsInsteadOfWrapping) {
  Samples square(4000);
  for (std::size_t i = 0; i < square.size(); ++i) square[i] = i / 100 % 2 == 0 ? 32767 : -32768;
  for (const auto sample : resample(square, 16000, 48000)) ASSERT_TRUE(sample >= -32768);
  EXPECT_GT(resample(square, 16000, 48000)[150], 20000);
  EXPECT_LT(resample(square, 16000, 48000)[450], -20000);
}

TEST(Resample, HandlesTheSmallest) {
  EXPECT_TRUE(resample({}, 8000, 16000).empty());
  EXPECT_EQ(resample({7}, 16000, 16000), Samples{7});
  EXPECT_EQ(resample({1000}, 8000, 16000).size(), 2U);
  EXPECT_EQ(resample({1000}, 48000, 8000).size(), 0U);
}

std::string le(std::uint32_t value, int bytes) {
  std::string text;
  for (int i = 0; i < bytes; ++i) text += static_cast<char>(value >> (8 * i) & 0xFF);
  return text;
}

std::string fmt_chunk(int tag, int channels, int rate_hz, int bits) {
  return "fmt " + le(16, 4) + le(static_cast<std::uint32_t>(tag), 2) +
         le(static_cast<std::uint32_t>(channels), 2) + le(static_cast<std::uint32_t>(rate_hz), 4) +
         le(0, 4) + le(0, 2) + le(static_cast<std::uint32_t>(bits), 2);
}

std::string riff(const std::string& chunks) {
  return "RIFF" + le(static_cast<std::uint32_t>(4 + chunks.size()), 4) + "WAVE" + chunks;
}

TEST(Wav, ReadsMonoAndAveragesStereo) {
  const auto mono =
      read_wav(riff(fmt_chunk(1, 1, 16000, 16) + "data" + le(4, 4) + le(1, 2) + le(0xFFFF, 2)));
  EXPECT_EQ(mono.rate_hz, 16000);
  EXPECT_THAT(mono.samples, ElementsAre(1, -1));
  const std::string stereo_data = le(100, 2) + le(300, 2) + le(0xFFFF, 2) + le(0xFFFD, 2);
  const auto stereo = read_wav(riff(fmt_chunk(1, 2, 44100, 16) + "data" + le(8, 4) + stereo_data));
  EXPECT_THAT(stereo.samples, ElementsAre(200, -2));
}

TEST(Wav, SkipsOtherChunksWithTheirPadding) {
  const auto recording = read_wav(riff("LIST" + le(3, 4) + "abc" + le(0, 1) +
                                       fmt_chunk(1, 1, 8000, 16) + "data" + le(2, 4) + le(42, 2)));
  EXPECT_THAT(recording.samples, ElementsAre(42));
}

TEST(Wav, TakesAStreamOfUnknownLength) {
  const auto recording = read_wav("RIFF" + le(0xFFFFFFFF, 4) + "WAVE" + fmt_chunk(1, 1, 16000, 16) +
                                  "data" + le(0xFFFFFFFF, 4) + le(1, 2) + le(2, 2) + "x");
  EXPECT_THAT(recording.samples, ElementsAre(1, 2));
}

TEST(Wav, ReadsTheExtensibleFormat) {
  const std::string guid_rest = std::string("\0\0\0\0\x10\0\x80\0\0\xAA\0\x38\x9B\x71", 14);
  const std::string fmt = "fmt " + le(40, 4) + le(0xFFFE, 2) + le(1, 2) + le(48000, 4) +
                          le(96000, 4) + le(2, 2) + le(16, 2) + le(22, 2) + le(16, 2) + le(4, 4) +
                          le(1, 2) + guid_rest;
  EXPECT_THAT(read_wav(riff(fmt + "data" + le(2, 4) + le(9, 2))).samples, ElementsAre(9));
}

std::string refusal_of(const std::string& bytes) {
  try {
    read_wav(bytes);
    return "none";
  } catch (const Refusal& refusal) {
    return std::to_string(refusal.status) + " " + refusal.code;
  }
}

TEST(Wav, RefusesWhatItCannotRead) {
  const std::string data = "data" + le(2, 4) + le(1, 2);
  const std::string good = riff(fmt_chunk(1, 1, 16000, 16) + data);
  EXPECT_EQ(refusal_of(good), "none");
  EXPECT_EQ(refusal_of(""), "400 invalid_audio");
  EXPECT_EQ(refusal_of("RIFF"), "400 invalid_audio");
  EXPECT_EQ(refusal_of("OggS" + good.substr(4)), "400 invalid_audio");
  EXPECT_EQ(refusal_of(riff(data + fmt_chunk(1, 1, 16000, 16))), "400 invalid_audio");
  EXPECT_EQ(refusal_of(riff("fmt " + le(4, 4) + "abcd" + data)), "400 invalid_audio");
  EXPECT_EQ(refusal_of(riff(fmt_chunk(1, 1, 16000, 16) + "data" + le(0, 4))), "400 invalid_audio");
  EXPECT_EQ(refusal_of(riff("LIST" + le(0xFFFFFFFE, 4))), "400 invalid_audio");
  EXPECT_EQ(refusal_of(riff(fmt_chunk(3, 1, 16000, 32) + data)), "400 unsupported_audio");
  EXPECT_EQ(refusal_of(riff(fmt_chunk(1, 1, 16000, 8) + data)), "400 unsupported_audio");
  EXPECT_EQ(refusal_of(riff(fmt_chunk(1, 6, 16000, 16) + data)), "400 unsupported_audio");
  EXPECT_EQ(refusal_of(riff(fmt_chunk(1, 0, 16000, 16) + data)), "400 unsupported_audio");
  EXPECT_EQ(refusal_of(riff(fmt_chunk(1, 1, 96000, 16) + data)), "400 unsupported_audio");
  EXPECT_EQ(refusal_of(riff(fmt_chunk(1, 1, 0, 16) + data)), "400 unsupported_audio");
  for (std::size_t size = 0; size < good.size(); ++size)
    refusal_of(good.substr(0, size));  // Under ASan.
}

Samples join(std::initializer_list<Samples> parts) {
  Samples all;
  for (const auto& part : parts) all.insert(all.end(), part.begin(), part.end());
  return all;
}

TEST(FindSpeech, FindsSoundBetweenPauses) {
  const Samples quiet(16000, 0);
  const auto loud = tone(300, 16000, 1, 8000);
  const auto ranges = find_speech(join({quiet, loud, quiet, loud, quiet}), 16000);
  ASSERT_EQ(ranges.size(), 2U);
  EXPECT_NEAR(static_cast<double>(ranges[0].begin) / 16000, 0.7, 0.02);
  EXPECT_NEAR(static_cast<double>(ranges[0].end) / 16000, 2.3, 0.02);
  EXPECT_NEAR(static_cast<double>(ranges[1].begin) / 16000, 2.7, 0.02);
}

TEST(FindSpeech, CutsLongSpeechAndLosesNothing) {
  const auto ranges = find_speech(tone(300, 16000, 100, 8000), 16000);
  ASSERT_GE(ranges.size(), 4U);
  EXPECT_EQ(ranges.back().end, 1'600'000U);
  for (std::size_t i = 0; i < ranges.size(); ++i) {
    EXPECT_LE(ranges[i].end - ranges[i].begin, 30U * 16000);
    EXPECT_EQ(ranges[i].begin, i == 0 ? 0 : ranges[i - 1].end);
  }
}

TEST(FindSpeech, IgnoresSilenceAndNoise) {
  EXPECT_TRUE(find_speech({}, 16000).empty());
  EXPECT_TRUE(find_speech(Samples(48000, 0), 16000).empty());
  EXPECT_TRUE(find_speech(tone(300, 16000, 1, 20), 16000).empty());  // -64 dB
  EXPECT_EQ(find_speech(Samples(1, 20000), 16000).size(), 1U);
}

TEST(SplitSentences, CutsAtTheEndsOfSentences) {
  EXPECT_THAT(split_sentences("One two. Three four! Five?  Six"),
              ElementsAre("One two.", "Three four!", "Five?", "Six"));
  EXPECT_THAT(split_sentences("Dr. Smith paid 3.50 to J. Doe, e.g. yesterday. Then he left."),
              ElementsAre("Dr. Smith paid 3.50 to J. Doe, e.g. yesterday.", "Then he left."));
  EXPECT_THAT(split_sentences("He said \"Stop!\" Then (really?) \"Go.\""),
              ElementsAre("He said \"Stop!\"", "Then (really?)", "\"Go.\""));
  EXPECT_THAT(split_sentences("A title\n\nA text\nin two lines"),
              ElementsAre("A title", "A text\nin two lines"));
  EXPECT_THAT(split_sentences("你好。再见！"), ElementsAre("你好。", "再见！"));
  EXPECT_TRUE(split_sentences("").empty());
  EXPECT_TRUE(split_sentences(" \n\n\t ").empty());
}

TEST(SplitSentences, BoundsEveryPieceAndKeepsEveryLetter) {
  for (const std::string& word : {std::string("word "), std::string("öäü"), std::string("a,")}) {
    std::string text;
    for (int i = 0; i < 1000; ++i) text += word;
    std::string joined;
    for (const auto& piece : split_sentences(text)) {
      EXPECT_LE(piece.size(), 300U);
      EXPECT_TRUE((static_cast<unsigned char>(piece.front()) & 0xC0) != 0x80)
          << "cut inside a letter";
      joined += piece;
    }
    std::erase(joined, ' ');
    std::erase(text, ' ');
    EXPECT_EQ(joined, text);
  }
}

TEST(ToAscii, FoldsAccentsAndPunctuation) {
  EXPECT_EQ(to_ascii("Café, naïve, Ångström, Łódź, Œuvre, straße"),
            "Cafe, naive, Angstrom, Lodz, OEuvre, strasse");
  EXPECT_EQ(to_ascii("“It’s” — done…"), "\"It's\" ,  done...");
  EXPECT_EQ(to_ascii("a\x01\x1b[31m"), "a  [31m");
  EXPECT_EQ(to_ascii("日本 ok 🎉"), "   ok  ");
}

TEST(Base64, DecodesAndRefuses) {
  EXPECT_THAT(decode_base64(""), Optional(std::string("")));
  EXPECT_THAT(decode_base64("Zg=="), Optional(std::string("f")));
  EXPECT_THAT(decode_base64("Zm8="), Optional(std::string("fo")));
  EXPECT_THAT(decode_base64("Zm9v"), Optional(std::string("foo")));
  EXPECT_THAT(decode_base64("Zm9vYg"), Optional(std::string("foob")));
  EXPECT_THAT(decode_base64("Zm9v\r\nYmFy"), Optional(std::string("foobar")));
  EXPECT_THAT(decode_base64("////"), Optional(std::string("\xFF\xFF\xFF")));
  for (const char* bad : {"Z", "Zg=", "Zg===", "Z===", "Zm9v=", "Zm-v", "Zg==Zg==", "Zm9\x01"})
    EXPECT_EQ(decode_base64(bad), std::nullopt) << bad;
}

}  // namespace
}  // namespace worker
