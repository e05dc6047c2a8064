// tts-worker: OpenAI's POST /v1/audio/speech over flite and espeak-ng. See README.md for the API.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "resample.hpp"
#include "server.hpp"
#include "speech.hpp"
#include "text.hpp"

namespace worker {
namespace {

using nlohmann::json;

constexpr std::size_t input_bytes_max = 32'768;
constexpr int pcm_rate_hz = 24'000;  // What OpenAI's "pcm" is.

const Program program = {.name = "tts-worker",
                         .version = VERSION,
                         .summary = "Text to speech over HTTP, as OpenAI's /v1/audio/speech.",
                         .port = 8083,
                         .body_bytes_max = 256 * 1024,
                         .flags = {}};

/// OpenAI's names, so that its clients work unchanged. All of them are slt.
const std::vector<std::string> openai_voices = {"alloy", "ash",     "ballad", "cedar", "coral",
                                                "echo",  "fable",   "marin",  "nova",  "onyx",
                                                "sage",  "shimmer", "verse"};
const std::vector<std::string> models = {"tts-worker", "tts-1", "tts-1-hd", "gpt-4o-mini-tts"};

bool contains(const std::vector<std::string>& list, const std::string& item) {
  return std::find(list.begin(), list.end(), item) != list.end();
}

enum class Format { wav, pcm };

/// A validated request.
struct Order {
  std::string text;
  const Voice* voice = nullptr;
  Format format = Format::wav;
  double speed = 1;
  bool stream = true;
};

/// The string field `name`; `fallback` when it is missing or null. Throws Refusal for another type.
std::string text_field(const json& body, const char* name, const std::string& fallback) {
  const auto at = body.find(name);
  if (at == body.end() || at->is_null()) return fallback;
  if (!at->is_string())
    throw Refusal(400, "invalid_type", std::string("'") + name + "' must be a string", name);
  return at->get<std::string>();
}

const Voice* choose_voice(const Speech& speech, const json& body) {
  std::string language = text_field(body, "language", "");
  const std::string wanted = text_field(body, "voice", language.empty() ? "slt" : "");
  const bool any_voice = wanted.empty() || contains(openai_voices, wanted);
  if (any_voice && language.empty()) language = "en-us";
  const Voice* voice = speech.find(any_voice ? language : wanted);
  if (voice == nullptr)
    throw Refusal(400, "voice_not_found", "there is no such voice; GET /v1/voices lists them",
                  any_voice ? "language" : "voice");
  if (!any_voice && !language.empty()) {
    const Voice* other = speech.find(language);
    if (other == nullptr || other->language.substr(0, 2) != voice->language.substr(0, 2))
      throw Refusal(400, "voice_language_mismatch", "that voice does not speak that language",
                    "language");
  }
  return voice;
}

Order read_order(const Speech& speech, const Call& call) {
  if (call.content_type != "application/json")
    throw Refusal(415, "unsupported_media_type", "send Content-Type: application/json");
  const json body = parse_json(call.body);
  if (!body.is_object()) throw Refusal(400, "invalid_type", "the body must be a JSON object");
  Order order;
  if (!contains(models, text_field(body, "model", "tts-worker")))
    throw Refusal(404, "model_not_found", "there is no such model; GET /v1/models lists them",
                  "model");
  if (!body.contains("input"))
    throw Refusal(400, "missing_required_parameter", "'input' is missing: the text to speak",
                  "input");
  order.text = text_field(body, "input", "");
  if (order.text.size() > input_bytes_max)
    throw Refusal(400, "string_above_max_length", "'input' is longer than 32768 bytes", "input");
  order.voice = choose_voice(speech, body);

  const std::string format = text_field(body, "response_format", "wav");
  if (format != "wav" && format != "pcm")
    throw Refusal(400, "unsupported_value", "'response_format' must be \"wav\" or \"pcm\"",
                  "response_format");
  order.format = format == "wav" ? Format::wav : Format::pcm;
  if (const auto speed = body.find("speed"); speed != body.end() && !speed->is_null()) {
    if (!speed->is_number())
      throw Refusal(400, "invalid_type", "'speed' must be a number", "speed");
    order.speed = speed->get<double>();
    if (!(order.speed >= 0.25 && order.speed <= 4))
      throw Refusal(400, "decimal_out_of_range", "'speed' must be from 0.25 to 4", "speed");
  }
  if (const auto stream = body.find("stream"); stream != body.end() && !stream->is_null()) {
    if (!stream->is_boolean())
      throw Refusal(400, "invalid_type", "'stream' must be a boolean", "stream");
    order.stream = stream->get<bool>();
  }
  if (text_field(body, "stream_format", "audio") != "audio")
    throw Refusal(400, "unsupported_value", "'stream_format' must be \"audio\"", "stream_format");
  return order;
}

void append_le(std::string& bytes, std::uint32_t value, int count) {
  for (int i = 0; i < count; ++i) bytes += static_cast<char>(value >> (8 * i) & 0xFF);
}

/// A header for 16-bit mono. `data_bytes` 0xFFFFFFFF: not known yet, the data goes on to the end.
std::string wav_header(int rate_hz, std::uint32_t data_bytes) {
  const auto rate = static_cast<std::uint32_t>(rate_hz);
  std::string header = "RIFF";
  append_le(header, data_bytes == 0xFFFFFFFF ? data_bytes : data_bytes + 36, 4);
  header += "WAVEfmt ";
  append_le(header, 16, 4);
  append_le(header, 1, 2);  // PCM
  append_le(header, 1, 2);  // channels
  append_le(header, rate, 4);
  append_le(header, rate * 2, 4);
  append_le(header, 2, 2);  // bytes of one frame
  append_le(header, 16, 2);
  header += "data";
  append_le(header, data_bytes, 4);
  return header;
}

/// One sentence as the bytes that are sent: little-endian samples, at 24 kHz for pcm.
std::string speak(Speech& speech, const Order& order, const std::string& sentence) {
  Audio audio = speech.say(*order.voice, sentence, order.speed);
  if (order.format == Format::pcm)
    audio.samples = resample(audio.samples, audio.rate_hz, pcm_rate_hz);
  std::string bytes;
  bytes.reserve(audio.samples.size() * 2);
  for (const std::int16_t sample : audio.samples)
    append_le(bytes, static_cast<std::uint16_t>(sample), 2);
  return bytes;
}

Reply handle_speech(Speech& speech, const Call& call) {
  const Order order = read_order(speech, call);
  auto sentences = split_sentences(order.text);
  if (sentences.empty())
    throw Refusal(400, "missing_required_parameter", "'input' has nothing to speak", "input");
  const bool wav = order.format == Format::wav;
  const int rate_hz = wav ? speech.rate_hz(*order.voice) : pcm_rate_hz;
  Reply reply;
  reply.content_type = wav ? "audio/wav" : "audio/pcm";
  reply.headers["X-Sample-Rate"] = std::to_string(rate_hz);
  if (sentences.size() == 1 || !order.stream || !call.can_stream) {
    std::string data;
    for (const auto& sentence : sentences) data += speak(speech, order, sentence);
    if (wav) reply.body = wav_header(rate_hz, static_cast<std::uint32_t>(data.size()));
    reply.body += data;
    return reply;
  }
  // Spoken before the headers leave, so that an engine's failure is still a 500 and not a cut
  // stream.
  std::string first =
      (wav ? wav_header(rate_hz, 0xFFFFFFFF) : "") + speak(speech, order, sentences[0]);
  reply.next_piece = [&speech, order, sentences = std::move(sentences), first = std::move(first),
                      next = std::size_t{0}](const Sink& sink) mutable {
    const std::string bytes = next == 0 ? std::move(first) : speak(speech, order, sentences[next]);
    ++next;
    return (bytes.empty() || sink(bytes)) && next < sentences.size();
  };
  return reply;
}

json model_list() {
  json list = {{"object", "list"}, {"data", json::array()}};
  for (const auto& id : models)
    list["data"].push_back(
        {{"id", id}, {"object", "model"}, {"created", 0}, {"owned_by", program.name}});
  return list;
}

json voice_list(const Speech& speech) {
  json list = {{"object", "list"}, {"data", json::array()}};
  for (const auto& voice : speech.voices())
    list["data"].push_back({{"id", voice.id},
                            {"object", "voice"},
                            {"name", voice.name},
                            {"language", voice.language},
                            {"engine", voice.engine},
                            {"sample_rate", speech.rate_hz(voice)}});
  return list;
}

/// Every engine speaks, at a plausible length, and resampling keeps the duration.
int self_test(Speech& speech) {
  for (const char* id : {"slt", "de"}) {
    const Voice* voice = speech.find(id);
    if (voice == nullptr) return 1;
    const Audio audio = speech.say(*voice, "one two three four", 1);
    const double seconds = static_cast<double>(audio.samples.size()) / audio.rate_hz;
    const auto pcm = resample(audio.samples, audio.rate_hz, pcm_rate_hz);
    const bool ok = seconds > 0.8 && seconds < 4 &&
                    std::abs(static_cast<double>(pcm.size()) / pcm_rate_hz - seconds) < 0.001;
    std::printf("%s: %.2f s of audio %s\n", id, seconds, ok ? "ok" : "FAILED");
    if (!ok) return 1;
  }
  return 0;
}

int run(int argc, char** argv) {
  const Options options = parse_options(program, argc, argv);
  Speech speech;
  if (options.self_test) return self_test(speech);
  const auto health = [](const Call&) {
    return json_reply({{"status", "ok"}, {"worker", program.name}, {"version", program.version}});
  };
  return serve(program, options,
               {{"GET", "/", health},
                {"GET", "/health", health},
                {"GET", "/v1/models", [](const Call&) { return json_reply(model_list()); }},
                {"GET", "/v1/voices", [&](const Call&) { return json_reply(voice_list(speech)); }},
                {"POST", "/v1/audio/speech",
                 [&](const Call& call) { return handle_speech(speech, call); }, /*heavy=*/true}});
}

}  // namespace
}  // namespace worker

int main(int argc, char** argv) {
  try {
    return worker::run(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "tts-worker: %s\n", error.what());
    return 1;
  }
}
