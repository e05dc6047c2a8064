// See speech.hpp. Follows flite.h 2.2 and espeak-ng's speak_lib.h 1.51.
#include "speech.hpp"

#include <espeak-ng/speak_lib.h>
#include <flite/flite.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdlib>
#include <stdexcept>

#include "text.hpp"

extern "C" cst_voice* register_cmu_us_slt(const char* voice_directory);
extern "C" void unregister_cmu_us_slt(cst_voice* voice);

namespace worker {

struct Speech::Flite {
  cst_voice* slt = nullptr;
  ~Flite() {
    if (slt != nullptr) unregister_cmu_us_slt(slt);
  }
};

namespace {

constexpr int flite_rate_hz = 16000;
constexpr int words_per_minute = 175;  // espeak-ng's normal; it takes 80 to 450.

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result)
    if (static_cast<unsigned char>(c) < 128) c = static_cast<char>(std::tolower(c));
  return result;
}

/// espeak-ng hands over samples here, while espeak_Synth runs. 0 means go on.
int collect(short* samples, int count, espeak_EVENT* events) {
  if (samples != nullptr && count > 0) {
    auto* into = static_cast<std::vector<std::int16_t>*>(events->user_data);
    into->insert(into->end(), samples, samples + count);
  }
  return 0;
}

}  // namespace

Speech::Speech() : flite_(std::make_unique<Flite>()) {
  flite_init();
  flite_->slt = register_cmu_us_slt(nullptr);
  if (flite_->slt == nullptr) throw std::runtime_error("flite has no voice slt");
  voices_.push_back({"slt", "SLT, American English", "en-us", "flite"});

  // espeak-ng looks for a sound server even when it only fills memory, and PulseAudio's client
  // would make directories in the home on the way. No thread runs yet.
  setenv("PULSE_SERVER", "none:", 1);
  setenv("PULSE_COOKIE", "/dev/null", 1);
  espeak_rate_hz_ =
      espeak_Initialize(AUDIO_OUTPUT_SYNCHRONOUS, 0, nullptr, espeakINITIALIZE_DONT_EXIT);
  if (espeak_rate_hz_ <= 0) throw std::runtime_error("espeak-ng cannot find its data");
  espeak_SetSynthCallback(&collect);
  for (const espeak_VOICE** at = espeak_ListVoices(nullptr); *at != nullptr; ++at) {
    // `languages` is a list of: one byte of priority, the name, a zero byte.
    const char* language = (*at)->languages;
    if (language == nullptr || *language == 0) continue;
    const std::string id = lower(language + 1);
    const bool have = std::any_of(voices_.begin(), voices_.end(),
                                  [&](const Voice& v) { return v.language == id; });
    if (id == "variant" || have) continue;  // en-us is slt's.
    voices_.push_back({id, (*at)->name, id, "espeak-ng"});
  }
  std::sort(voices_.begin() + 1, voices_.end(),
            [](const Voice& a, const Voice& b) { return a.id < b.id; });
}

Speech::~Speech() {
  espeak_Terminate();
}

const Voice* Speech::find(std::string_view id) const {
  std::string wanted = lower(id);
  std::replace(wanted.begin(), wanted.end(), '_', '-');
  if (wanted == "en" || wanted == "en-us") wanted = "slt";
  if (wanted == "zh" || wanted == "zh-cn") wanted = "cmn";
  if (wanted == "no") wanted = "nb";
  const auto exact = [&](const std::string& language) -> const Voice* {
    for (const auto& voice : voices_)
      if (voice.id == language) return &voice;
    return nullptr;
  };
  if (const Voice* voice = exact(wanted)) return voice;
  // "de-de" is "de"; espeak-ng lists French by region, so "fr" and "fr-ca" are "fr-fr".
  const std::string language = wanted.substr(0, wanted.find('-'));
  if (language == "en") return nullptr;  // An accent of English that no voice has.
  if (const Voice* voice = exact(language)) return voice;
  return exact(language + "-" + language);
}

int Speech::rate_hz(const Voice& voice) const {
  return voice.engine == "flite" ? flite_rate_hz : espeak_rate_hz_;
}

Audio Speech::say(const Voice& voice, const std::string& sentence, double speed) {
  Audio audio;
  audio.rate_hz = rate_hz(voice);
  if (voice.engine == "flite") {
    const std::string ascii = to_ascii(sentence);
    if (std::none_of(ascii.begin(), ascii.end(), [](unsigned char c) { return std::isalnum(c); }))
      return audio;
    const std::lock_guard lock(flite_lock_);
    flite_feat_set_float(flite_->slt->features, "duration_stretch", static_cast<float>(1 / speed));
    const std::unique_ptr<cst_wave, decltype(&delete_wave)> wave(
        flite_text_to_wave(ascii.c_str(), flite_->slt), &delete_wave);
    if (!wave || wave->sample_rate != flite_rate_hz || wave->num_channels != 1)
      throw std::runtime_error("flite gave no audio");
    audio.samples.assign(wave->samples, wave->samples + wave->num_samples);
    return audio;
  }
  const std::lock_guard lock(espeak_lock_);
  if (espeak_SetVoiceByName(voice.id.c_str()) != EE_OK) {
    espeak_VOICE wanted{};
    wanted.languages = voice.id.c_str();
    if (espeak_SetVoiceByProperties(&wanted) != EE_OK)
      throw std::runtime_error("espeak-ng cannot load the voice " + voice.id);
  }
  const int rate = static_cast<int>(words_per_minute * speed);
  espeak_SetParameter(espeakRATE, std::clamp(rate, 80, 450), 0);
  if (espeak_Synth(sentence.c_str(), sentence.size() + 1, 0, POS_CHARACTER, 0,
                   espeakCHARS_UTF8 | espeakENDPAUSE, nullptr, &audio.samples) != EE_OK)
    throw std::runtime_error("espeak-ng cannot speak");
  espeak_Synchronize();
  return audio;
}

}  // namespace worker
