// Makes the inputs of the worker tests.
//
//   worker_fixture text SIZE OUT LINE…            an image of the lines; the format is OUT's suffix
//   worker_fixture blank WIDTH HEIGHT OUT          a white image
//   worker_fixture wav RATE CHANNELS IN.wav OUT.wav   the recording at another rate
#include <leptonica/allheaders.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "resample.hpp"
#include "server.hpp"
#include "wav.hpp"

namespace {

int write_image(const std::string& path, Pix* pix) {
  const std::string suffix = path.substr(path.rfind('.') + 1);
  const int format = suffix == "png"    ? IFF_PNG
                     : suffix == "jpg"  ? IFF_JFIF_JPEG
                     : suffix == "tif"  ? IFF_TIFF_G4
                     : suffix == "bmp"  ? IFF_BMP
                     : suffix == "gif"  ? IFF_GIF
                     : suffix == "webp" ? IFF_WEBP
                                        : IFF_UNKNOWN;
  Pix* deep = format == IFF_JFIF_JPEG || format == IFF_WEBP ? pixConvertTo32(pix) : pixClone(pix);
  const int failed = pixWrite(path.c_str(), deep, format);
  pixDestroy(&deep);
  pixDestroy(&pix);
  return failed;
}

int text(int size, const std::string& path, const std::vector<std::string>& lines) {
  L_BMF* font = bmfCreate(nullptr, size);
  const int line_height = size * 5;
  Pix* page = pixCreate(2400, line_height * (static_cast<int>(lines.size()) + 1), 1);
  int widest = 0;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    int width = 0;
    pixSetTextline(page, font, lines[i].c_str(), 1, 20, line_height * (static_cast<int>(i) + 1),
                   &width, nullptr);
    widest = width > widest ? width : widest;
  }
  Box* used = boxCreate(0, 0, widest + 40, pixGetHeight(page));
  Pix* cut = pixClipRectangle(page, used, nullptr);
  boxDestroy(&used);
  pixDestroy(&page);
  bmfDestroy(&font);
  return write_image(path, cut);
}

void put(std::ofstream& out, std::uint32_t value, int bytes) {
  for (int i = 0; i < bytes; ++i) out.put(static_cast<char>(value >> (8 * i) & 0xFF));
}

int wav(int rate_hz, int channels, const char* in_path, const char* out_path) {
  std::ifstream in(in_path, std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(in), {}};
  const auto recording = worker::read_wav(bytes);
  const auto samples = worker::resample(recording.samples, recording.rate_hz, rate_hz);
  const auto frame = static_cast<std::uint32_t>(2 * channels);
  const auto size = static_cast<std::uint32_t>(samples.size()) * frame;
  std::ofstream out(out_path, std::ios::binary);
  out << "RIFF";
  put(out, size + 36, 4);
  out << "WAVEfmt ";
  put(out, 16, 4);
  put(out, 1, 2);
  put(out, static_cast<std::uint32_t>(channels), 2);
  put(out, static_cast<std::uint32_t>(rate_hz), 4);
  put(out, static_cast<std::uint32_t>(rate_hz) * frame, 4);
  put(out, frame, 2);
  put(out, 16, 2);
  out << "data";
  put(out, size, 4);
  for (const auto sample : samples)
    for (int i = 0; i < channels; ++i) put(out, static_cast<std::uint16_t>(sample), 2);
  return out ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> words(argv + 1, argv + argc);
  if (words.size() >= 4 && words[0] == "text")
    return text(std::atoi(argv[2]), words[2], {words.begin() + 3, words.end()});
  if (words.size() == 4 && words[0] == "blank")
    return write_image(words[3], pixCreate(std::atoi(argv[2]), std::atoi(argv[3]), 1));
  if (words.size() == 5 && words[0] == "wav")
    return wav(std::atoi(argv[2]), std::atoi(argv[3]), argv[4], argv[5]);
  std::fprintf(stderr, "worker_fixture: see its source for the usage\n");
  return 2;
}
