// asr-worker: OpenAI's POST /v1/audio/transcriptions over pocketsphinx. See README.md for the API.
#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "recogniser.hpp"
#include "resample.hpp"
#include "server.hpp"
#include "wav.hpp"

namespace worker {
namespace {

using nlohmann::json;

constexpr double seconds_max = 900;

const Program program = {
    .name = "asr-worker",
    .version = VERSION,
    .summary = "Speech to text over HTTP, as OpenAI's /v1/audio/transcriptions.",
    .port = 8085,
    .body_bytes_max = 32u << 20,
    .flags = {{"--model-dir DIR", "Default /usr/share/pocketsphinx/model/en-us"},
              {"--decoders N",
               "Requests heard at once, 1 to 16, 100 MB each (default: cores, at most 2)"}}};

const std::vector<std::string> models = {"asr-worker", "whisper-1", "gpt-4o-transcribe",
                                         "gpt-4o-mini-transcribe"};

double rounded(double value) {
  return std::round(value * 1000) / 1000;
}

std::string text_of(const std::vector<Segment>& segments) {
  std::string text;
  for (const auto& segment : segments) text += (text.empty() ? "" : " ") + segment.text();
  return text;
}

json verbose(const std::vector<Segment>& segments, double duration_s) {
  json result = {
      {"task", "transcribe"},      {"language", "english"},     {"duration", rounded(duration_s)},
      {"text", text_of(segments)}, {"segments", json::array()}, {"words", json::array()}};
  for (const auto& segment : segments) {
    double log_sum = 0;
    for (const auto& word : segment.words) {
      log_sum += std::log(std::max(word.confidence, 1e-9));
      result["words"].push_back({{"word", word.text},
                                 {"start", rounded(word.start_s)},
                                 {"end", rounded(word.end_s)},
                                 {"confidence", rounded(word.confidence)}});
    }
    result["segments"].push_back(
        {{"id", result["segments"].size()},
         {"start", rounded(segment.start_s)},
         {"end", rounded(segment.end_s)},
         {"text", segment.text()},
         {"avg_logprob", rounded(log_sum / static_cast<double>(segment.words.size()))}});
  }
  return result;
}

/// 00:00:01,250 for SubRip, with '.' for WebVTT.
std::string clock_time(double seconds, char point) {
  const auto ms = std::lround(seconds * 1000);
  char text[32];
  std::snprintf(text, sizeof text, "%02ld:%02ld:%02ld%c%03ld", ms / 3'600'000, ms / 60'000 % 60,
                ms / 1000 % 60, point, ms % 1000);
  return text;
}

std::string subtitles(const std::vector<Segment>& segments, bool vtt) {
  std::string text = vtt ? "WEBVTT\n\n" : "";
  for (std::size_t i = 0; i < segments.size(); ++i) {
    const char point = vtt ? '.' : ',';
    if (!vtt) text += std::to_string(i + 1) + "\n";
    text += clock_time(segments[i].start_s, point) + " --> " +
            clock_time(segments[i].end_s, point) + "\n" + segments[i].text() + "\n\n";
  }
  return text;
}

/// The audio's bytes: the field "file" of a form, or the whole body.
const std::string& audio_of(const Call& call) {
  if (call.content_type == "multipart/form-data") {
    const auto file = call.parts.find("file");
    if (file == call.parts.end())
      throw Refusal(400, "missing_required_parameter", "'file' is missing: the audio", "file");
    return file->second.content;
  }
  if (call.content_type == "audio/wav" || call.content_type == "audio/x-wav" ||
      call.content_type == "audio/wave" || call.content_type == "audio/vnd.wave")
    return call.body;
  throw Refusal(415, "unsupported_media_type",
                "send multipart/form-data with a field 'file', or the WAV itself as audio/wav");
}

Reply handle_transcription(Recogniser& recogniser, const Call& call) {
  const std::string& audio = audio_of(call);
  const std::string model = call.option("model");
  if (!model.empty() && std::find(models.begin(), models.end(), model) == models.end())
    throw Refusal(404, "model_not_found", "there is no such model; GET /v1/models lists them",
                  "model");
  const std::string language = call.option("language");
  if (!language.empty() && language != "en" && language != "en-US" && language != "english")
    throw Refusal(400, "unsupported_language", "the only language is English: 'en'", "language");
  std::string format = call.option("response_format");
  if (format.empty()) format = "json";
  const std::vector<std::string> formats = {"json", "text", "verbose_json", "srt", "vtt"};
  if (std::find(formats.begin(), formats.end(), format) == formats.end())
    throw Refusal(400, "unsupported_value",
                  "'response_format' must be json, text, verbose_json, srt or vtt",
                  "response_format");

  const Recording recording = read_wav(audio);
  const double duration_s = static_cast<double>(recording.samples.size()) / recording.rate_hz;
  if (duration_s > seconds_max)
    throw Refusal(413, "audio_too_long", "the recording is longer than 15 minutes", "file");
  const auto segments =
      recogniser.transcribe(resample(recording.samples, recording.rate_hz, Recogniser::rate_hz));

  if (format == "json") return json_reply({{"text", text_of(segments)}});
  if (format == "verbose_json") return json_reply(verbose(segments, duration_s));
  Reply reply;
  reply.content_type = format == "vtt" ? "text/vtt; charset=utf-8" : "text/plain; charset=utf-8";
  reply.body = format == "text" ? text_of(segments) + "\n" : subtitles(segments, format == "vtt");
  return reply;
}

json model_list() {
  json list = {{"object", "list"}, {"data", json::array()}};
  for (const auto& id : models)
    list["data"].push_back(
        {{"id", id}, {"object", "model"}, {"created", 0}, {"owned_by", program.name}});
  return list;
}

/// The model loads, silence has no words, and a second of tone goes through the decoder.
int self_test(Recogniser& recogniser) {
  std::vector<std::int16_t> samples(Recogniser::rate_hz, 0);
  if (!recogniser.transcribe(samples).empty()) return 1;
  for (std::size_t i = 0; i < samples.size(); ++i)
    samples[i] = static_cast<std::int16_t>(8000 * std::sin(static_cast<double>(i) * 0.2));
  const auto segments = recogniser.transcribe(samples);
  std::printf("model loaded; a tone is %zu segments of speech: ok\n", segments.size());
  return 0;
}

int decoder_count(const Options& options) {
  const auto given = options.values.find("--decoders");
  if (given == options.values.end())
    return std::clamp(static_cast<int>(std::thread::hardware_concurrency()), 1, 2);
  int count = 0;
  const char* end = given->second.data() + given->second.size();
  const auto [at, error] = std::from_chars(given->second.data(), end, count);
  if (error == std::errc() && at == end && count >= 1 && count <= 16) return count;
  std::fprintf(stderr, "asr-worker: --decoders takes a number from 1 to 16\n");
  std::exit(2);
}

int run(int argc, char** argv) {
  const Options options = parse_options(program, argc, argv);
  const auto directory = options.values.find("--model-dir");
  Recogniser recogniser(
      directory == options.values.end() ? "/usr/share/pocketsphinx/model/en-us" : directory->second,
      options.self_test ? 1 : decoder_count(options));
  if (options.self_test) return self_test(recogniser);
  const auto health = [](const Call&) {
    return json_reply({{"status", "ok"}, {"worker", program.name}, {"version", program.version}});
  };
  return serve(program, options,
               {{"GET", "/", health},
                {"GET", "/health", health},
                {"GET", "/v1/models", [](const Call&) { return json_reply(model_list()); }},
                {"POST", "/v1/audio/transcriptions",
                 [&](const Call& call) { return handle_transcription(recogniser, call); },
                 /*heavy=*/true}});
}

}  // namespace
}  // namespace worker

int main(int argc, char** argv) {
  try {
    return worker::run(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "asr-worker: %s\n", error.what());
    return 1;
  }
}
