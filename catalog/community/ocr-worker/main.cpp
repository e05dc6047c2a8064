// ocr-worker: POST /v1/ocr over tesseract. See README.md for the API.
#include <leptonica/allheaders.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base64.hpp"
#include "reader.hpp"
#include "server.hpp"

namespace worker {
namespace {

using nlohmann::json;

const Program program = {
    .name = "ocr-worker",
    .version = VERSION,
    .summary = "Text in images over HTTP: POST /v1/ocr, an image in, text and boxes out.",
    .port = 8084,
    .body_bytes_max = 20u << 20,
    .flags = {{"--language CODE", "tesseract's code, as eng or eng+deu (default eng)"},
              {"--readers N", "Images read at once, 1 to 16 (default: cores, at most 4)"}}};

const json& string_field(const json& body, const char* name) {
  const auto at = body.find(name);
  if (at == body.end())
    throw Refusal(400, "missing_required_parameter", std::string("'") + name + "' is missing",
                  name);
  if (!at->is_string())
    throw Refusal(400, "invalid_type", std::string("'") + name + "' must be a string", name);
  return *at;
}

/// The image's bytes: the body itself, the field "image" of a form, or base64 in JSON. `format`
/// becomes the JSON's "format" when it has one.
std::string image_of(const Call& call, std::string& format) {
  if (call.content_type == "multipart/form-data") {
    const auto image = call.parts.find("image");
    if (image == call.parts.end())
      throw Refusal(400, "missing_required_parameter", "'image' is missing", "image");
    return image->second.content;
  }
  if (call.content_type == "application/json") {
    const json body = parse_json(call.body);
    if (!body.is_object()) throw Refusal(400, "invalid_type", "the body must be a JSON object");
    if (body.contains("format")) format = string_field(body, "format").get<std::string>();
    const std::string url = string_field(body, "image").get<std::string>();
    const auto comma = url.rfind("data:", 0) == 0 ? url.find(";base64,") : std::string::npos;
    if (comma == std::string::npos)
      throw Refusal(400, "invalid_image", "'image' must be a data URL: data:image/png;base64,…",
                    "image");
    const auto bytes = decode_base64(std::string_view(url).substr(comma + 8));
    if (!bytes) throw Refusal(400, "invalid_base64", "'image' is not base64", "image");
    return *bytes;
  }
  if (call.content_type.rfind("image/", 0) == 0 || call.content_type == "application/octet-stream")
    return call.body;
  throw Refusal(
      415, "unsupported_media_type",
      "send the image as image/png (or its own type), as multipart/form-data with a field "
      "'image', or as JSON {\"image\":\"data:image/png;base64,…\"}");
}

template <typename Item>
json as_json(const std::vector<Item>& items) {
  json list = json::array();
  for (const auto& item : items)
    list.push_back({{"text", item.text},
                    {"confidence", std::round(item.confidence * 1000) / 1000},
                    {"box",
                     {{"x", item.box.x},
                      {"y", item.box.y},
                      {"width", item.box.width},
                      {"height", item.box.height}}}});
  return list;
}

Reply handle_ocr(Reader& reader, const std::string& language, const Call& call) {
  std::string format = call.option("format");
  const std::string image = image_of(call, format);
  if (!format.empty() && format != "json" && format != "text")
    throw Refusal(400, "unsupported_value", "'format' must be json or text", "format");
  const std::string wanted = call.option("language");
  if (!wanted.empty() && wanted != language && !(wanted == "en" && language == "eng"))
    throw Refusal(400, "unsupported_language", "this worker was started for '" + language + "'",
                  "language");
  const Page page = reader.read(image);
  if (format == "text") {
    Reply reply;
    reply.content_type = "text/plain; charset=utf-8";
    reply.body = page.text + "\n";
    return reply;
  }
  return json_reply({{"text", page.text},
                     {"language", language},
                     {"width", page.width},
                     {"height", page.height},
                     {"words", as_json(page.words)},
                     {"lines", as_json(page.lines)}});
}

/// Render a sentence with leptonica's own font, and read it back.
int self_test(Reader& reader) {
  const std::string sentence = "The quick brown fox reads 12 words";
  Pix* page = pixCreate(800, 80, 1);
  L_BMF* font = bmfCreate(nullptr, 10);
  l_int32 width = 0;
  pixSetTextline(page, font, sentence.c_str(), 1, 20, 50, &width, nullptr);
  const std::string text = reader.read(page).text;
  bmfDestroy(&font);
  pixDestroy(&page);
  std::printf("read back: %s: %s\n", text.c_str(), text == sentence ? "ok" : "FAILED");
  return text == sentence ? 0 : 1;
}

std::string language_code(const Options& options) {
  const auto given = options.values.find("--language");
  if (given == options.values.end()) return "eng";
  const bool plain = !given->second.empty() &&
                     std::all_of(given->second.begin(), given->second.end(), [](unsigned char c) {
                       return std::isalnum(c) || c == '_' || c == '+';
                     });
  if (plain) return given->second;
  std::fprintf(stderr, "ocr-worker: --language takes a code such as eng or eng+deu\n");
  std::exit(2);
}

int reader_count(const Options& options) {
  const auto given = options.values.find("--readers");
  if (given == options.values.end())
    return std::clamp(static_cast<int>(std::thread::hardware_concurrency()), 1, 4);
  int count = 0;
  const char* end = given->second.data() + given->second.size();
  const auto [at, error] = std::from_chars(given->second.data(), end, count);
  if (error == std::errc() && at == end && count >= 1 && count <= 16) return count;
  std::fprintf(stderr, "ocr-worker: --readers takes a number from 1 to 16\n");
  std::exit(2);
}

int run(int argc, char** argv) {
  const Options options = parse_options(program, argc, argv);
  const std::string language = language_code(options);
  Reader reader(language, options.self_test ? 1 : reader_count(options));
  if (options.self_test) return self_test(reader);
  const auto health = [&](const Call&) {
    return json_reply({{"status", "ok"},
                       {"worker", program.name},
                       {"version", program.version},
                       {"language", language}});
  };
  return serve(
      program, options,
      {{"GET", "/", health},
       {"GET", "/health", health},
       {"POST", "/v1/ocr", [&](const Call& call) { return handle_ocr(reader, language, call); },
        /*heavy=*/true}});
}

}  // namespace
}  // namespace worker

int main(int argc, char** argv) {
  try {
    return worker::run(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "ocr-worker: %s\n", error.what());
    return 1;
  }
}
