// Group names: near-twins, borrowed fame, reserved names. Only a name that is new is judged.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.hpp"
#include "check/report.hpp"
#include "check/words.hpp"

namespace rbee::check {

namespace {

/// Programs of the field that people will look for here.
constexpr auto kWellKnown = std::to_array<std::string_view>({"ollama",
                                                             "llama-cpp",
                                                             "llamafile",
                                                             "vllm",
                                                             "text-generation-inference",
                                                             "localai",
                                                             "koboldcpp",
                                                             "exllamav2",
                                                             "tabbyapi",
                                                             "sglang",
                                                             "lmdeploy",
                                                             "mlc-llm",
                                                             "gpt4all",
                                                             "jan",
                                                             "lm-studio",
                                                             "open-webui",
                                                             "comfyui",
                                                             "invokeai",
                                                             "stable-diffusion-webui",
                                                             "fooocus",
                                                             "automatic1111",
                                                             "whisper-cpp",
                                                             "faster-whisper",
                                                             "openai-whisper",
                                                             "whisperx",
                                                             "piper-tts",
                                                             "coqui-tts",
                                                             "kokoro-tts",
                                                             "espeak-ng",
                                                             "bark",
                                                             "xtts",
                                                             "tesseract",
                                                             "paddleocr",
                                                             "easyocr",
                                                             "surya-ocr",
                                                             "rbee",
                                                             "rbee-keeper",
                                                             "rbee-hive",
                                                             "llm-worker-rbee",
                                                             "llm-worker-rbee-cpu",
                                                             "llm-worker-rbee-cuda",
                                                             "llm-worker-rbee-metal",
                                                             "sd-worker-rbee",
                                                             "huggingface",
                                                             "transformers",
                                                             "pytorch",
                                                             "tensorflow",
                                                             "onnxruntime",
                                                             "openvino",
                                                             "triton-inference-server",
                                                             "ray-serve",
                                                             "claude-code",
                                                             "codex",
                                                             "gemini-cli"});

constexpr auto kSuffixes = std::to_array<std::string_view>(
    {"fix",    "fixed",  "patch",    "patched",  "cracked", "crack",   "pro",
     "free",   "secure", "security", "official", "premium", "plus",    "unlocked",
     "latest", "update", "updated",  "original", "real",    "genuine", "verified",
     "safe",   "stable", "hotfix",   "nulled",   "full"});

constexpr auto kReserved = std::to_array<std::string_view>(
    {"official",    "community", "admin",    "catalog", "rbee",   "rbee-market",
     "marketplace", "system",    "security", "test",    "worker", "workers",
     "api",         "v1",        "latest",   "all",     "none",   "null",
     "index",       "search",    "new",      "refs",    "git",    "catalog-template"});
constexpr auto kReservedPrefixes = std::to_array<std::string_view>({"rbee-", "official-"});
constexpr auto kReservedSuffixes = std::to_array<std::string_view>({"-bin", "-official"});

/// Letters that look alike in common typefaces become one; hyphens go.
std::string skeleton(std::string_view name) {
  std::string out;
  for (std::size_t i = 0; i < name.size(); ++i) {
    const char c = name[i];
    if (c == '-') continue;
    if (c == 'r' && i + 1 < name.size() && name[i + 1] == 'n') {
      out += 'm';
      ++i;
    } else if (c == 'v' && i + 1 < name.size() && name[i + 1] == 'v') {
      out += 'w';
      ++i;
    } else if (c == '1' || c == 'i') {
      out += 'l';
    } else if (c == '0') {
      out += 'o';
    } else if (c == '5') {
      out += 's';
    } else if (c == '8') {
      out += 'b';
    } else {
      out += c;
    }
  }
  return out;
}

/// One bit of one byte differs: what a faulty memory makes of a name.
bool is_bit_flip(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  int different = 0;
  bool one_bit = false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const unsigned x = static_cast<unsigned char>(a[i]) ^ static_cast<unsigned char>(b[i]);
    if (x == 0) continue;
    ++different;
    one_bit = (x & (x - 1)) == 0;
  }
  return different == 1 && one_bit;
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// Names of one family: llm-worker-rbee-cpu and -cuda, model-2 and model-3, a and a-git.
bool is_sibling(std::string_view a, std::string_view b) {
  constexpr auto kVariants = std::to_array<std::string_view>(
      {"cpu",  "cuda", "rocm",   "metal", "vulkan", "sycl",  "openvino", "git",
       "bin",  "gpu",  "server", "cli",   "mini",   "small", "medium",   "large",
       "tiny", "base", "lite",   "turbo", "xl",     "hd"});
  const std::size_t hyphen_a = a.rfind('-'), hyphen_b = b.rfind('-');
  const std::string_view last_a = hyphen_a == a.npos ? a : a.substr(hyphen_a + 1);
  const std::string_view last_b = hyphen_b == b.npos ? b : b.substr(hyphen_b + 1);
  if (hyphen_a != a.npos && hyphen_b != b.npos && a.substr(0, hyphen_a) == b.substr(0, hyphen_b)) {
    if (contains(kVariants, last_a) && contains(kVariants, last_b)) return true;
    const auto number = [](std::string_view word) {
      return !word.empty() && std::all_of(word.begin(), word.end(), is_digit);
    };
    if (number(last_a) && number(last_b)) return true;
  }
  if (hyphen_a != a.npos && a.substr(0, hyphen_a) == b && contains(kVariants, last_a)) return true;
  if (hyphen_b != b.npos && b.substr(0, hyphen_b) == a && contains(kVariants, last_b)) return true;
  return false;
}

/// Why `name` could be taken for `other`; empty when it could not.
std::string resemblance(std::string_view name, std::string_view skeleton_of_name,
                        std::string_view other) {
  if (name == other || is_sibling(name, other)) return {};
  const std::size_t longer = std::max(name.size(), other.size());
  const std::size_t shorter = std::min(name.size(), other.size());
  if (longer - shorter > 3 || shorter < 3) return {};
  if (skeleton(other) == skeleton_of_name) return "looks like";
  if (is_bit_flip(name, other)) return "is one bit from";
  // Short names are near to everything.
  const std::size_t near = shorter >= 10 ? 2 : shorter >= 4 ? 1 : 0;
  if (near > 0 && edit_distance(name, other, near) <= near) {
    // Whole words that differ are other words: asr-worker and tts-worker.
    return near == 2 && edit_distance(name, other, 1) > 1 && name[0] != other[0] ? "" : "is nearly";
  }
  return {};
}

}  // namespace

void check_names(Report& report) {
  const Subject& subject = report.subject();
  if (subject.before) return;
  const std::string& name = subject.name;
  const auto add = [&](std::string_view rule, std::string message) {
    report.add(rule, "", std::move(message));
  };
  if (!subject.is_official) {
    bool reserved = contains(kReserved, name);
    for (const std::string_view prefix : kReservedPrefixes) reserved |= name.starts_with(prefix);
    for (const std::string_view suffix : kReservedSuffixes) reserved |= name.ends_with(suffix);
    if (reserved) add("NAME-003", fmt::format("'{}' is reserved", name));
  }
  if (subject.names)
    for (const auto& [prefix, account] : subject.names->prefixes)
      if (name.starts_with(prefix) && (!subject.owner || subject.owner->account != account))
        add("NAME-003", fmt::format("names that begin with '{}' are {}'s", prefix, account));
  if (subject.names && std::find(subject.names->burnt.begin(), subject.names->burnt.end(), name) !=
                           subject.names->burnt.end())
    add("NAME-004", fmt::format("'{}' was deleted or quarantined", name));

  // x-fixed of a known x.
  const std::size_t hyphen = name.rfind('-');
  const bool borrowed =
      hyphen != std::string::npos && contains(kSuffixes, std::string_view(name).substr(hyphen + 1));
  const std::string stem = borrowed ? name.substr(0, hyphen) : "";
  const std::string own_skeleton = skeleton(name);
  std::size_t twins = 0;
  const auto compare = [&](std::string_view other) {
    if (borrowed && (other == stem || (other.starts_with(stem) &&
                                       other[std::min(stem.size(), other.size() - 1)] == '-')))
      add("NAME-002", fmt::format("'{}' is '{}' with a promise", name, other));
    if (twins >= 5) return;
    if (const std::string how = resemblance(name, own_skeleton, other); !how.empty()) {
      ++twins;
      add("NAME-001", fmt::format("'{}' {} '{}'", name, how, other));
    }
  };
  if (!subject.is_official)
    for (const std::string_view other : kWellKnown) {
      if (subject.names && std::find(subject.names->existing.begin(), subject.names->existing.end(),
                                     other) != subject.names->existing.end())
        continue;
      compare(other);
    }
  if (subject.names)
    for (const std::string_view other : subject.names->existing) compare(other);
}

}  // namespace rbee::check
