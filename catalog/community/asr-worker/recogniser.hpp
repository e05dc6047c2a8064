// Samples to words: pocketsphinx with its US English model.
//
// A decoder is neither re-entrant nor small (about 100 MB), so a fixed number is loaded and lent
// out, one for a whole request. Each stretch of speech is decoded by itself with its own
// normalisation, so the result never depends on what was heard before. Reads the model directory
// once; writes nothing.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace worker {

struct Word {
  std::string text;
  double start_s = 0;  ///< From the beginning of the recording.
  double end_s = 0;
  double confidence = 0;  ///< The decoder's posterior probability, 0 to 1.
};

/// Speech between two pauses.
struct Segment {
  double start_s = 0;
  double end_s = 0;
  std::vector<Word> words;  ///< Not empty.
  std::string text() const;
};

class Recogniser {
 public:
  static constexpr int rate_hz = 16000;

  /// Load `decoders` decoders from the model directory, such as
  /// /usr/share/pocketsphinx/model/en-us. Throws std::runtime_error when the model is missing or
  /// broken.
  Recogniser(const std::string& model_directory, int decoders);
  ~Recogniser();
  Recogniser(const Recogniser&) = delete;
  Recogniser& operator=(const Recogniser&) = delete;

  /// Transcribe 16 kHz mono. Blocks while all decoders are lent out. Empty when nothing was said.
  std::vector<Segment> transcribe(const std::vector<std::int16_t>& samples);

 private:
  struct Decoder;
  std::unique_ptr<Decoder> borrow();
  void give_back(std::unique_ptr<Decoder> decoder);

  std::mutex lock_;
  std::condition_variable returned_;
  std::vector<std::unique_ptr<Decoder>> idle_;
};

}  // namespace worker
