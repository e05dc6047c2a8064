// See recogniser.hpp. Follows pocketsphinx.h of 0.8+5prealpha.
#include "recogniser.hpp"

#include <pocketsphinx/pocketsphinx.h>
#include <sphinxbase/err.h>

#include <algorithm>
#include <cctype>
#include <stdexcept>
#include <utility>

#include "pauses.hpp"

namespace worker {

struct Recogniser::Decoder {
  struct FreeConfig {
    void operator()(cmd_ln_t* config) const { cmd_ln_free_r(config); }
  };
  struct FreeDecoder {
    void operator()(ps_decoder_t* decoder) const { ps_free(decoder); }
  };
  std::unique_ptr<cmd_ln_t, FreeConfig> config;
  std::unique_ptr<ps_decoder_t, FreeDecoder> ps;
};

namespace {

constexpr double frames_per_second = 100;

/// "two(2)" is a second pronunciation of "two".
std::string without_variant(std::string word) {
  if (const auto paren = word.find('('); paren != std::string::npos && paren > 0) word.erase(paren);
  return word;
}

bool is_filler(const std::string& word) {
  return word.empty() || word.front() == '<' || word.front() == '[' ||
         word.rfind("++", 0) == 0;  // <sil>, [NOISE], ++COUGH++
}

std::vector<Word> decode(ps_decoder_t* ps, const std::int16_t* samples, std::size_t count,
                         double offset_s) {
  // Full utterance: the cepstral mean comes from this audio alone.
  if (ps_start_utt(ps) < 0 || ps_process_raw(ps, samples, count, FALSE, TRUE) < 0 ||
      ps_end_utt(ps) < 0)
    throw std::runtime_error("pocketsphinx cannot decode");
  std::vector<Word> words;
  for (ps_seg_t* at = ps_seg_iter(ps); at != nullptr; at = ps_seg_next(at)) {
    const std::string word = ps_seg_word(at);
    if (is_filler(word)) continue;
    int first = 0;
    int last = 0;
    ps_seg_frames(at, &first, &last);
    const double probability =
        logmath_exp(ps_get_logmath(ps), ps_seg_prob(at, nullptr, nullptr, nullptr));
    words.push_back({without_variant(word), offset_s + first / frames_per_second,
                     offset_s + (last + 1) / frames_per_second, std::clamp(probability, 0.0, 1.0)});
  }
  return words;
}

}  // namespace

std::string Segment::text() const {
  std::string text;
  for (const auto& word : words) text += (text.empty() ? "" : " ") + word.text;
  return text;
}

Recogniser::Recogniser(const std::string& model_directory, int decoders) {
  err_set_logfp(nullptr);  // Hundreds of lines; the failures come back as null.
  const std::string hmm = model_directory + "/en-us";
  const std::string lm = model_directory + "/en-us.lm.bin";
  const std::string dictionary = model_directory + "/cmudict-en-us.dict";
  for (int i = 0; i < decoders; ++i) {
    auto decoder = std::make_unique<Decoder>();
    // remove_silence would shift every time stamp; pauses.hpp finds the silence.
    decoder->config.reset(cmd_ln_init(nullptr, ps_args(), TRUE, "-hmm", hmm.c_str(), "-lm",
                                      lm.c_str(), "-dict", dictionary.c_str(), "-remove_silence",
                                      "no", "-logfn", "/dev/null", nullptr));
    if (decoder->config) decoder->ps.reset(ps_init(decoder->config.get()));
    if (!decoder->ps)
      throw std::runtime_error("cannot load the speech model in " + model_directory +
                               " (Debian: pocketsphinx-en-us)");
    idle_.push_back(std::move(decoder));
  }
}

Recogniser::~Recogniser() = default;

std::unique_ptr<Recogniser::Decoder> Recogniser::borrow() {
  std::unique_lock lock(lock_);
  returned_.wait(lock, [this] { return !idle_.empty(); });
  auto decoder = std::move(idle_.back());
  idle_.pop_back();
  return decoder;
}

void Recogniser::give_back(std::unique_ptr<Decoder> decoder) {
  {
    const std::lock_guard lock(lock_);
    idle_.push_back(std::move(decoder));
  }
  returned_.notify_one();
}

std::vector<Segment> Recogniser::transcribe(const std::vector<std::int16_t>& samples) {
  std::vector<Segment> segments;
  auto decoder = borrow();
  try {
    for (const auto& [begin, end] : find_speech(samples, rate_hz)) {
      auto words = decode(decoder->ps.get(), samples.data() + begin, end - begin,
                          static_cast<double>(begin) / rate_hz);
      if (words.empty()) continue;
      const double start_s = words.front().start_s;
      const double end_s = std::min(words.back().end_s, static_cast<double>(end) / rate_hz);
      segments.push_back({start_s, end_s, std::move(words)});
    }
  } catch (...) {
    give_back(std::move(decoder));
    throw;
  }
  give_back(std::move(decoder));
  return segments;
}

}  // namespace worker
