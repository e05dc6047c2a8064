// See reader.hpp. Follows tesseract 5.3's baseapi.h and leptonica 1.82's allheaders.h.
#include "reader.hpp"

#include <leptonica/allheaders.h>
#include <omp.h>
#include <tesseract/baseapi.h>
#include <tesseract/ocrclass.h>
#include <tesseract/resultiterator.h>

#include <stdexcept>
#include <utility>

#include "server.hpp"

namespace worker {
namespace {

constexpr long long pixels_max = 40'000'000;
constexpr int side_max = 32'000;
constexpr int time_max_ms = 60'000;

struct DestroyPix {
  void operator()(Pix* pix) const { pixDestroy(&pix); }
};
using PixPtr = std::unique_ptr<Pix, DestroyPix>;

/// Decode, having looked at the size that the header declares: a small file can unfold to
/// gigabytes.
PixPtr decode(std::string_view image) {
  const auto* bytes = reinterpret_cast<const l_uint8*>(image.data());
  l_int32 format = IFF_UNKNOWN;
  l_int32 width = 0;
  l_int32 height = 0;
  if (image.size() < 16 ||
      pixReadHeaderMem(bytes, image.size(), &format, &width, &height, nullptr, nullptr, nullptr) !=
          0 ||
      width <= 0 || height <= 0)
    throw Refusal(400, "invalid_image", "the bytes are not an image that this worker can read",
                  "image");
  if (width > side_max || height > side_max || static_cast<long long>(width) * height > pixels_max)
    throw Refusal(413, "image_too_large", "the image has more than 40 megapixels", "image");
  PixPtr pix(pixReadMem(bytes, image.size()));
  if (!pix) throw Refusal(400, "invalid_image", "the image is damaged", "image");
  if (pixGetWidth(pix.get()) != width || pixGetHeight(pix.get()) != height)
    throw Refusal(400, "invalid_image", "the image is not of the size that its header says",
                  "image");
  if (pixGetSpp(pix.get()) == 4) pix.reset(pixRemoveAlpha(pix.get()));  // Transparent is white.
  if (!pix) throw Refusal(400, "invalid_image", "the image is damaged", "image");
  return pix;
}

std::string trimmed(const char* text) {
  std::string result = text == nullptr ? "" : text;
  delete[] text;  // tesseract gives the string away.
  while (!result.empty() && (result.back() == '\n' || result.back() == ' ')) result.pop_back();
  return result;
}

/// Every element of one level, as Word or Line, which have the same fields.
template <typename Item>
std::vector<Item> items(tesseract::TessBaseAPI& api, tesseract::PageIteratorLevel level) {
  std::vector<Item> result;
  const std::unique_ptr<tesseract::ResultIterator> at(api.GetIterator());
  if (!at) return result;
  do {
    int left = 0;
    int top = 0;
    int right = 0;
    int bottom = 0;
    std::string text = trimmed(at->GetUTF8Text(level));
    if (text.empty() || !at->BoundingBox(level, &left, &top, &right, &bottom)) continue;
    result.push_back({std::move(text),
                      static_cast<double>(at->Confidence(level)) / 100,
                      {left, top, right - left, bottom - top}});
  } while (at->Next(level));
  return result;
}

}  // namespace

Reader::Reader(const std::string& language, int instances) {
  setMsgSeverity(L_SEVERITY_NONE);  // Damaged images are answered, not logged.
  for (int i = 0; i < instances; ++i) {
    auto api = std::make_unique<tesseract::TessBaseAPI>();
    if (api->Init(nullptr, language.c_str(), tesseract::OEM_LSTM_ONLY) != 0)
      throw std::runtime_error("tesseract has no data for '" + language +
                               "' (Debian: tesseract-ocr-eng and its sisters)");
    api->SetVariable("debug_file", "/dev/null");
    api->SetPageSegMode(tesseract::PSM_AUTO);
    idle_.push_back(std::move(api));
  }
}

Reader::~Reader() = default;

Reader::Instance Reader::borrow() {
  std::unique_lock lock(lock_);
  returned_.wait(lock, [this] { return !idle_.empty(); });
  Instance instance = std::move(idle_.back());
  idle_.pop_back();
  return instance;
}

void Reader::give_back(Instance instance) {
  instance->Clear();
  instance->ClearAdaptiveClassifier();  // No page may change how the next one is read.
  {
    const std::lock_guard lock(lock_);
    idle_.push_back(std::move(instance));
  }
  returned_.notify_one();
}

Page Reader::read(std::string_view image) {
  const PixPtr pix = decode(image);
  return read(pix.get());
}

Page Reader::read(Pix* pix) {
  omp_set_max_active_levels(
      0);  // Tesseract asks for 4 threads a page; the instances are parallel enough.
  Instance api = borrow();
  Page page;
  try {
    page.width = pixGetWidth(pix);
    page.height = pixGetHeight(pix);
    api->SetImage(pix);
    if (pixGetXRes(pix) < 70)
      api->SetSourceResolution(70);  // Unknown: tesseract estimates from here.
    tesseract::ETEXT_DESC monitor;
    monitor.set_deadline_msecs(time_max_ms);
    if (api->Recognize(&monitor) != 0)
      throw Refusal(503, "timeout", "reading the image took longer than 60 s", "image");
    page.text = trimmed(api->GetUTF8Text());
    page.words = items<Word>(*api, tesseract::RIL_WORD);
    page.lines = items<Line>(*api, tesseract::RIL_TEXTLINE);
  } catch (...) {
    give_back(std::move(api));
    throw;
  }
  give_back(std::move(api));
  return page;
}

}  // namespace worker
