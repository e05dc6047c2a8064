#include "corpus.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <set>
#include <string_view>

namespace rbee::bench {

namespace {

/// splitmix64: the same numbers on every machine, which std::mt19937's distributions do not
/// promise.
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next() {
    std::uint64_t z = (state_ += 0x9E3779B97F4A7C15ULL);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
    return z ^ (z >> 31);
  }
  std::size_t below(std::size_t count) { return static_cast<std::size_t>(next() % count); }
  double unit() { return static_cast<double>(next() >> 11) * 0x1p-53; }
  bool chance(double share) { return unit() < share; }
  template <typename All>
  const auto& one_of(const All& all) {
    return all[below(all.size())];
  }

 private:
  std::uint64_t state_;
};

using Words = std::vector<std::string_view>;

const Words kEnglish = {"the",  "and",   "a",     "to",    "of",      "for",    "with",  "is",
                        "on",   "in",    "it",    "as",    "be",      "can",    "your",  "you",
                        "this", "that",  "by",    "from",  "are",     "an",     "or",    "at",
                        "when", "which", "will",  "no",    "not",     "all",    "each",  "one",
                        "more", "than",  "only",  "also",  "other",   "use",    "using", "run",
                        "runs", "set",   "start", "needs", "without", "default"};

const Words kHead = {"model",
                     "inference",
                     "worker",
                     "models",
                     "server",
                     "gpu",
                     "api",
                     "text",
                     "fast",
                     "local",
                     "http",
                     "streaming",
                     "memory",
                     "quantized",
                     "cuda",
                     "openai",
                     "compatible",
                     "batch",
                     "tokens",
                     "audio",
                     "image",
                     "speech",
                     "generation",
                     "language",
                     "llm",
                     "weights",
                     "port",
                     "build",
                     "install",
                     "rust",
                     "python",
                     "support",
                     "supports",
                     "context",
                     "chat",
                     "voice",
                     "vision",
                     "embedding",
                     "embeddings",
                     "diffusion",
                     "stable",
                     "whisper",
                     "llama",
                     "gguf",
                     "safetensors",
                     "onnx",
                     "rocm",
                     "metal",
                     "vulkan",
                     "sycl",
                     "openvino",
                     "cpu",
                     "linux",
                     "windows",
                     "macos",
                     "transcription",
                     "recognition",
                     "translation",
                     "detection",
                     "segmentation",
                     "classification",
                     "ocr",
                     "captions",
                     "video",
                     "music",
                     "realtime",
                     "offline",
                     "multilingual",
                     "english",
                     "german",
                     "chinese",
                     "french",
                     "spanish",
                     "prompt",
                     "sampling",
                     "temperature",
                     "latency",
                     "throughput",
                     "request",
                     "response",
                     "health",
                     "endpoint",
                     "tokenizer",
                     "attention",
                     "transformer",
                     "decoder",
                     "encoder",
                     "kernel",
                     "precision",
                     "float16",
                     "int8",
                     "int4",
                     "quantization",
                     "adapter",
                     "lora",
                     "finetuned",
                     "checkpoint",
                     "pipeline",
                     "scheduler",
                     "cache",
                     "kv",
                     "queue",
                     "docker",
                     "sandbox",
                     "license",
                     "version",
                     "release",
                     "download",
                     "hardware",
                     "requirements",
                     "vram",
                     "ram",
                     "driver",
                     "nvidia",
                     "amd",
                     "intel",
                     "apple",
                     "arm",
                     "card",
                     "device",
                     "devices",
                     "thread",
                     "threads",
                     "core",
                     "parallel",
                     "distributed",
                     "cluster",
                     "remote",
                     "client",
                     "json",
                     "stream",
                     "events",
                     "job",
                     "jobs",
                     "queue",
                     "summarization",
                     "question",
                     "answering",
                     "retrieval",
                     "search",
                     "vector",
                     "index",
                     "rerank",
                     "reranker",
                     "code",
                     "completion",
                     "assistant",
                     "agent",
                     "tools",
                     "function",
                     "calling",
                     "structured",
                     "output",
                     "grammar",
                     "upscaling",
                     "inpainting",
                     "depth",
                     "pose",
                     "face",
                     "background",
                     "removal",
                     "style",
                     "transfer",
                     "noise",
                     "denoise",
                     "separation",
                     "wake",
                     "word",
                     "speaker",
                     "diarization",
                     "phoneme",
                     "accent",
                     "emotion",
                     "sentiment",
                     "moderation",
                     "safety",
                     "filter",
                     "toxicity",
                     "document",
                     "table",
                     "layout",
                     "invoice",
                     "handwriting",
                     "barcode",
                     "benchmark",
                     "accuracy",
                     "dataset",
                     "training",
                     "evaluation",
                     "metrics",
                     "example",
                     "examples",
                     "usage",
                     "configuration",
                     "options",
                     "flags",
                     "environment",
                     "variable",
                     "file",
                     "files",
                     "folder",
                     "path",
                     "log",
                     "logs"};

struct Kind {
  std::string_view task, noun;
  Words tags, formats;
};
const std::vector<Kind> kKinds = {
    {"text-generation",
     "llm",
     {"llm", "chat", "text-generation", "instruct", "completion"},
     {"gguf", "safetensors"}},
    {"automatic-speech-recognition",
     "asr",
     {"asr", "speech", "whisper", "transcription", "audio"},
     {"onnx", "ggml"}},
    {"text-to-speech", "tts", {"tts", "speech", "voice", "audio"}, {"onnx", "safetensors"}},
    {"text-to-image",
     "sd",
     {"image", "stable-diffusion", "diffusion", "sdxl", "text-to-image"},
     {"safetensors"}},
    {"image-to-text", "caption", {"vision", "caption", "vlm", "image"}, {"gguf", "safetensors"}},
    {"feature-extraction", "embed", {"embedding", "embeddings", "rag", "search"}, {"onnx", "gguf"}},
    {"translation", "translate", {"translation", "nmt", "multilingual"}, {"onnx", "safetensors"}},
    {"object-detection", "detect", {"vision", "detection", "yolo"}, {"onnx"}},
    {"image-segmentation", "segment", {"vision", "segmentation", "sam"}, {"onnx", "safetensors"}},
    {"summarization", "summarize", {"summarization", "text", "llm"}, {"gguf"}},
    {"image-to-text", "ocr", {"ocr", "document", "vision"}, {"onnx"}},
    {"text-to-audio", "music", {"music", "audio", "generation"}, {"safetensors"}},
    {"text-to-video", "video", {"video", "diffusion", "generation"}, {"safetensors"}},
    {"text-classification", "classify", {"classification", "moderation", "safety"}, {"onnx"}},
    {"text-ranking", "rerank", {"rerank", "rag", "search"}, {"onnx", "safetensors"}},
};
const Words kMoreTags = {
    "rust",        "python",       "cpp",     "fast",   "offline",   "openai",   "streaming",
    "quantized",   "int4",         "int8",    "fp16",   "realtime",  "edge",     "mobile",
    "server",      "batch",        "english", "german", "chinese",   "french",   "japanese",
    "korean",      "multilingual", "lora",    "candle", "ggml",      "tensorrt", "vllm",
    "onnxruntime", "pytorch",      "jax",     "mlx",    "gui",       "headless", "small",
    "large",       "experimental", "stable",  "gpu",    "low-memory"};
const Words kQualities = {"fast", "tiny", "small", "large", "turbo", "lite",
                          "open", "pico", "mega",  "hyper", "neo",   "deep"};
const Words kLicenses = {"MIT",
                         "MIT",
                         "MIT",
                         "Apache-2.0",
                         "Apache-2.0",
                         "Apache-2.0",
                         "GPL-3.0-or-later",
                         "BSD-3-Clause",
                         "MPL-2.0",
                         "AGPL-3.0-or-later",
                         "MIT OR Apache-2.0",
                         "LGPL-3.0-or-later"};
const Words kAccelerators = {"cpu", "cuda", "rocm", "metal", "vulkan", "sycl", "openvino"};
const Words kSyllables = {"ka",  "vel", "or",  "mi",  "tan", "ru",  "sol", "qua", "dex", "lin",
                          "ber", "tho", "zan", "pi",  "ne",  "gra", "ful", "sto", "wen", "har",
                          "jo",  "ly",  "mor", "cas", "ix",  "ur",  "den", "fa"};

std::string lower_first_upper(std::string_view word) {
  std::string text(word);
  if (!text.empty()) text[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(text[0])));
  return text;
}

/// A word that no dictionary has, the n-th.
std::string rare_word(std::size_t number) {
  Dice dice(number * 7919 + 13);
  std::string word;
  for (std::size_t parts = 2 + dice.below(3); parts > 0; --parts) word += dice.one_of(kSyllables);
  if (dice.chance(0.15)) word += std::to_string(dice.below(90));
  return word;
}

/// Draws words by rank: the k-th with a chance in proportion to 1 / (k + 2).
class Zipf {
 public:
  explicit Zipf(std::size_t rare) {
    for (std::size_t i = 0; i < std::max(kEnglish.size(), kHead.size()); ++i) {
      // English words come at the front, one beside each word of the trade.
      if (i < kEnglish.size()) words_.emplace_back(kEnglish[i]);
      if (i < kHead.size()) words_.emplace_back(kHead[i]);
    }
    for (std::size_t i = 0; i < rare; ++i) words_.push_back(rare_word(i));
    double sum = 0;
    for (std::size_t i = 0; i < words_.size(); ++i) {
      sum += 1 / (static_cast<double>(i) + 2);
      sums_.push_back(sum);
    }
  }
  const std::string& draw(Dice& dice) const {
    const auto at = std::lower_bound(sums_.begin(), sums_.end(), dice.unit() * sums_.back());
    return words_[static_cast<std::size_t>(std::min(at, sums_.end() - 1) - sums_.begin())];
  }

 private:
  std::vector<std::string> words_;
  std::vector<double> sums_;
};

std::string sentence(Dice& dice, const Zipf& zipf, std::size_t words) {
  std::string text;
  for (std::size_t i = 0; i < words; ++i) {
    const std::string& word = zipf.draw(dice);
    if (i == 0)
      text += lower_first_upper(word);
    else
      text += (dice.chance(0.07) ? ", " : " ") + word;
  }
  return text + ".";
}

std::string page(Dice& dice, const Zipf& zipf, const GeneratedWorker& worker) {
  std::string text = fmt::format("# {}\n\n{}\n\n", worker.name, worker.description);
  // Most pages are short, some are long.
  const double length = std::exp(3.2 + 0.7 * (dice.unit() + dice.unit() + dice.unit() - 1.5) * 1.6);
  for (double words = 0; words < length;) {
    const std::size_t some = 6 + dice.below(14);
    text += sentence(dice, zipf, some) + (dice.chance(0.3) ? "\n\n" : " ");
    words += static_cast<double>(some);
  }
  if (dice.chance(0.6))
    text += fmt::format(
        "\n\n## Usage\n\n```sh\nrbee worker install {}\nrbee worker run {} --port 8080\n```\n",
        worker.id, worker.id);
  if (dice.chance(0.4))
    text += fmt::format("\nSource: [{}]({}), licence {}.\n", worker.owner, worker.homepage,
                        worker.license);
  return text;
}

std::string joined(const std::vector<std::string>& all) {
  std::string text;
  for (const std::string& each : all)
    text += fmt::format("{}\"{}\"", text.empty() ? "" : ", ", each);
  return text;
}

std::string hex_digest(std::string_view of) {
  Dice dice(std::hash<std::string_view>()(of));
  std::string hex;
  while (hex.size() < 64) hex += fmt::format("{:016x}", dice.next());
  return hex;
}

void add_once(std::vector<std::string>& all, std::string_view value) {
  if (std::find(all.begin(), all.end(), value) == all.end()) all.emplace_back(value);
}

GeneratedWorker generate(Dice& dice, const Zipf& zipf, std::set<std::string>& ids) {
  GeneratedWorker out;
  const Kind& kind = kKinds[std::min(dice.below(kKinds.size()), dice.below(kKinds.size()))];
  const std::string family = rare_word(std::min(dice.below(3'000), dice.below(3'000)));
  const std::string_view accelerator = kAccelerators[std::min(dice.below(7), dice.below(7))];
  out.owner = rare_word(10'000 + dice.below(8'000));
  std::string id = family;
  if (dice.chance(0.25)) id = fmt::format("{}-{}", dice.one_of(kQualities), id);
  id += fmt::format("-{}", kind.noun);
  if (dice.chance(0.5)) id += "-worker";
  if (dice.chance(0.55)) id += fmt::format("-{}", accelerator);
  std::string unique = id;
  for (int i = 2; !ids.insert(unique).second; ++i) unique = fmt::format("{}-{}", id, i);
  out.id = unique;
  out.name = fmt::format(
      "{} {}", lower_first_upper(family),
      dice.chance(0.5) ? std::string(kind.noun) + " worker" : lower_first_upper(kind.noun));
  if (dice.chance(0.3)) out.name += fmt::format(" ({})", accelerator);
  out.description =
      fmt::format("{} with {}: {}", lower_first_upper(kind.task), lower_first_upper(family),
                  sentence(dice, zipf, 6 + dice.below(10)));
  out.license = dice.one_of(kLicenses);
  out.homepage = fmt::format("https://git.example.org/{}/{}", out.owner, family);
  out.implementation = dice.one_of(Words{"rust", "python", "cpp", "other"});
  out.official = false;
  for (std::size_t i = 1 + dice.below(3); i > 0; --i) add_once(out.tags, dice.one_of(kind.tags));
  for (std::size_t i = dice.below(4); i > 0; --i) add_once(out.tags, dice.one_of(kMoreTags));
  add_once(out.tags, accelerator);
  if (dice.chance(0.1)) add_once(out.tags, family);
  out.tasks = {std::string(kind.task)};
  for (const std::string_view format : kind.formats)
    if (dice.chance(0.7)) out.formats.emplace_back(format);
  out.accelerators = {std::string(accelerator)};
  if (accelerator != "cpu" && dice.chance(0.3))
    out.accelerators.insert(out.accelerators.begin(), "cpu");
  out.arches = {"x86_64"};
  if (accelerator == "cpu" && dice.chance(0.5)) out.arches.emplace_back("aarch64");
  if (accelerator == "metal") out.arches = {"aarch64"};
  out.has_binary = dice.chance(0.4);
  out.version = fmt::format("{}.{}.{}", dice.below(4), dice.below(20), dice.below(10));
  constexpr std::int64_t kFirst = 1'700'000'000, kSpan = 90'000'000;
  out.created = kFirst + static_cast<std::int64_t>(dice.below(kSpan));
  out.updated =
      out.created +
      static_cast<std::int64_t>(dice.below(static_cast<std::size_t>(kFirst + kSpan - out.created)));
  const double fame = std::exp(dice.unit() * dice.unit() * 10) - 1;
  out.stars = static_cast<std::int64_t>(fame / 10);
  out.installs_30_days = static_cast<std::int64_t>(fame);
  out.readme = page(dice, zipf, out);
  return out;
}

}  // namespace

std::string GeneratedWorker::manifest() const {
  std::string text = fmt::format(
      "[worker]\nid = \"{}\"\nname = \"{}\"\ndescription = \"{}\"\nlicense = \"{}\"\nhomepage = "
      "\"{}\"\ntags = [{}]\nimplementation = \"{}\"\n\n"
      "[capabilities]\ntasks = [{}]\nsupported_formats = [{}]\n",
      id, name, description, license, homepage, joined(tags), implementation, joined(tasks),
      joined(formats));
  for (const std::string& accelerator : accelerators)
    text += fmt::format(
        "\n[[variant]]\naccelerator = \"{}\"\nos = [\"{}\"]\narch = [{}]\nrecipe = "
        "\"PKGBUILD{}\"\n",
        accelerator, accelerators.back() == "metal" ? "macos" : "linux", joined(arches),
        has_binary ? ".bin" : "");
  return text;
}

std::string GeneratedWorker::recipe() const {
  std::string architectures, sources;
  for (const std::string& arch : arches)
    architectures += fmt::format("{}'{}'", architectures.empty() ? "" : " ", arch);
  std::string text = fmt::format(
      "pkgname={}\npkgver={}\npkgrel=1\npkgdesc='{} "
      "worker'\narch=({})\nurl='{}'\nlicense=('{}')\ndepends=('gcc-libs')\n",
      id, version, tasks.front(), architectures, homepage, license);
  if (has_binary) {
    for (const std::string& arch : arches)
      text += fmt::format(
          "source_{0}=(\"$pkgname-$pkgver-{0}.tar.gz::$url/releases/v$pkgver/"
          "{0}.tar.gz\")\nsha256sums_{0}=('{1}')\n",
          arch, hex_digest(id + arch));
    return text + "\npackage() {\n  install -Dm755 \"$srcdir/" + id + "\" \"$pkgdir/usr/bin/" + id +
           "\"\n}\n";
  }
  text += fmt::format(
      "makedepends=('cargo')\nsource=(\"$pkgname-$pkgver.tar.gz::$url/archive/"
      "v$pkgver.tar.gz\")\nsha256sums=('{}')\n",
      hex_digest(id));
  return text +
         "\nbuild() {\n  cd \"$srcdir/$pkgname-$pkgver\"\n  cargo build --frozen "
         "--release\n}\n\npackage() {\n  cd \"$srcdir/$pkgname-$pkgver\"\n"
         "  install -Dm755 \"target/release/$pkgname\" \"$pkgdir/usr/bin/$pkgname\"\n}\n";
}

std::vector<GeneratedWorker> generate_workers(std::size_t count, std::uint64_t seed) {
  constexpr std::size_t kRareWords = 60'000;
  static const Zipf zipf(kRareWords);
  Dice dice(seed);
  std::set<std::string> ids;
  std::vector<GeneratedWorker> workers;
  workers.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    workers.push_back(generate(dice, zipf, ids));
    workers.back().official = i < 50;
  }
  return workers;
}

GeneratedQueries generate_queries(const std::vector<GeneratedWorker>& workers, std::size_t each,
                                  std::uint64_t seed) {
  // What people look for stands in names, tags, tasks and pages: words are drawn out of random
  // workers' texts, so that common words are asked for as often as they are used.
  Dice dice(seed + 99);
  const auto words_in = [](const std::string& text) {
    std::vector<std::string> words;
    std::string word;
    for (const char c : text + " ") {
      if (std::isalnum(static_cast<unsigned char>(c)) != 0) {
        word += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
        continue;
      }
      const bool is_english = std::find(kEnglish.begin(), kEnglish.end(), word) != kEnglish.end();
      if (word.size() >= 3 && !is_english) words.push_back(word);
      word.clear();
    }
    return words;
  };
  const auto a_word = [&](const GeneratedWorker& worker) {
    const double where = dice.unit();
    const std::vector<std::string> words = where < 0.3   ? words_in(worker.name + " " + worker.id)
                                           : where < 0.5 ? worker.tags
                                           : where < 0.7 ? words_in(worker.description)
                                                         : words_in(worker.readme);
    std::string word = words.empty() ? "llm" : dice.one_of(words);
    std::replace(word.begin(), word.end(), '-', ' ');
    return word.substr(0, word.find(' '));
  };
  GeneratedQueries out;
  while (out.one_word.size() < each) out.one_word.push_back(a_word(dice.one_of(workers)));
  while (out.two_words.size() < each) {
    // Of one worker: there is an answer.
    const GeneratedWorker& worker = dice.one_of(workers);
    const std::string first = a_word(worker), second = a_word(worker);
    if (first != second) out.two_words.push_back(first + " " + second);
  }
  while (out.prefixes.size() < each) {
    const std::string word = a_word(dice.one_of(workers));
    if (word.size() > 1)
      out.prefixes.push_back(
          word.substr(0, 1 + dice.below(std::min<std::size_t>(word.size() - 1, 5))));
  }
  while (out.typos.size() < each) {
    std::string word = a_word(dice.one_of(workers));
    if (word.size() < 5 ||
        std::any_of(word.begin(), word.end(), [](char c) { return c >= '0' && c <= '9'; }))
      continue;
    const std::size_t at = 1 + dice.below(word.size() - 2);
    switch (dice.below(4)) {
      case 0:
        word.erase(at, 1);
        break;
      case 1:
        std::swap(word[at], word[at + 1]);
        break;
      case 2:
        word[at] = static_cast<char>('a' + dice.below(26));
        break;
      default:
        word.insert(at, 1, static_cast<char>('a' + dice.below(26)));
    }
    out.typos.push_back(word);
  }
  return out;
}

}  // namespace rbee::bench
