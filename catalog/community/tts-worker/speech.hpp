// Text to samples: flite's slt voice for American English, espeak-ng for every other language.
//
// Both engines keep global state, so each has one lock, taken for one sentence at a time: parallel
// requests take turns, and none waits for another's whole text. Nothing is written to disk.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace worker {

struct Audio {
  std::vector<std::int16_t> samples;  ///< Mono.
  int rate_hz = 0;
};

struct Voice {
  std::string id;        ///< What a request names: "slt", or espeak-ng's language such as "de".
  std::string name;      ///< For people: "German".
  std::string language;  ///< "en-us", "de", "pt-br".
  std::string engine;    ///< "flite" or "espeak-ng".
};

class Speech {
 public:
  /// Load both engines. Throws std::runtime_error when a voice or espeak-ng's data is missing.
  Speech();
  ~Speech();
  Speech(const Speech&) = delete;
  Speech& operator=(const Speech&) = delete;

  const std::vector<Voice>& voices() const { return voices_; }

  /// The voice with this id; also its language in other case or with a region that no voice has
  /// ("de-DE" finds "de"). Null when there is none.
  const Voice* find(std::string_view id) const;

  int rate_hz(const Voice& voice) const;

  /// Speak one sentence of well-formed UTF-8. `speed` 1 is normal; espeak-ng goes from 0.46
  /// to 2.57. Silence for a text without anything to say. Throws std::runtime_error when an engine
  /// fails.
  Audio say(const Voice& voice, const std::string& sentence, double speed);

 private:
  struct Flite;
  std::unique_ptr<Flite> flite_;
  std::vector<Voice> voices_;
  std::mutex flite_lock_;
  std::mutex espeak_lock_;
  int espeak_rate_hz_ = 0;
};

}  // namespace worker
