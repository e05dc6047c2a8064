// An image to words: leptonica decodes, tesseract reads.
//
// A tesseract instance serves one thread at a time, so a fixed number is lent out. Reads the
// language data once; writes nothing.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace tesseract {
class TessBaseAPI;
}
struct Pix;

namespace worker {

/// In pixels from the top left corner of the image as it was sent.
struct Box {
  int x = 0, y = 0, width = 0, height = 0;
};

struct Word {
  std::string text;
  double confidence = 0;  ///< 0 to 1.
  Box box;
};

struct Line {
  std::string text;
  double confidence = 0;
  Box box;
};

struct Page {
  std::string
      text;  ///< Lines end in '\n', paragraphs in an empty line; nothing after the last word.
  int width = 0, height = 0;
  std::vector<Word> words;  ///< In reading order, like lines.
  std::vector<Line> lines;
};

class Reader {
 public:
  /// Load `instances` readers of `language`, a tesseract code such as "eng" or "eng+deu". Throws
  /// std::runtime_error when its data is not installed.
  Reader(const std::string& language, int instances);
  ~Reader();
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  /// Read untrusted bytes: PNG, JPEG, TIFF (first page), GIF, BMP, PNM or WebP of at most 40
  /// megapixels. Blocks while all instances are lent out. Throws Refusal 400 "invalid_image", 413
  /// "image_too_large", 503 "timeout" when reading takes longer than 60 s.
  Page read(std::string_view image);

  /// The same for an image that is already decoded.
  Page read(Pix* pix);

 private:
  using Instance = std::unique_ptr<tesseract::TessBaseAPI>;
  Instance borrow();
  void give_back(Instance instance);

  std::mutex lock_;
  std::condition_variable returned_;
  std::vector<Instance> idle_;
};

}  // namespace worker
