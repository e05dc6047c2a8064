#include "base/hardware_class.hpp"

#include <algorithm>
#include <array>

#include "base/text.hpp"

namespace rbee {

namespace {

constexpr std::array kMemoryGib = {0,  1,  2,  4,   8,   12,  16,  24,  32,
                                   48, 64, 96, 128, 192, 256, 512, 1024};
constexpr std::uint64_t kGib = 1ULL << 30;

constexpr std::array<std::pair<std::string_view, std::string_view>, 4> kLevels = {{
    {"x86-64-v1", "sse2"},
    {"x86-64-v2", "sse4"},
    {"x86-64-v3", "avx2"},
    {"x86-64-v4", "avx512"},
}};

constexpr std::string_view kAny = "any";

bool all_of(std::string_view text, std::string_view allowed) {
  return text.find_first_not_of(allowed) == std::string_view::npos;
}

/// "8.9" is "sm89"; nothing that is no compute capability.
std::string cuda_target(std::string_view capability) {
  std::string digits;
  for (const char c : capability)
    if (c != '.') digits += c;
  const bool plain = digits.size() >= 2 && digits.size() <= 3 && all_of(digits, "0123456789");
  return plain ? "sm" + digits : std::string(kAny);
}

bool is_gfx(std::string_view text) {
  return text.starts_with("gfx") && text.size() >= 6 && text.size() <= 8 &&
         all_of(text.substr(3), "0123456789abcdef");
}

std::string target_of(const HardwareFacts& facts) {
  switch (facts.accelerator) {
    case Accelerator::cpu:
      if (facts.arch == Arch::aarch64) return "neon";
      if (facts.arch == Arch::armv7h) return "vfp";
      for (const auto& [level, word] : kLevels)
        if (level == facts.target) return std::string(word);
      return std::string(kAny);
    case Accelerator::cuda:
      return cuda_target(facts.target);
    case Accelerator::rocm:
      return is_gfx(facts.target) ? facts.target : std::string(kAny);
    default:
      return std::string(kAny);
  }
}

bool is_target(Accelerator accelerator, std::string_view text) {
  if (text == kAny) return true;
  switch (accelerator) {
    case Accelerator::cpu:
      return text == "neon" || text == "vfp" ||
             std::any_of(kLevels.begin(), kLevels.end(),
                         [&](const auto& level) { return level.second == text; });
    case Accelerator::cuda:
      return text.starts_with("sm") && text.size() >= 4 && text.size() <= 5 &&
             all_of(text.substr(2), "0123456789");
    case Accelerator::rocm:
      return is_gfx(text);
    default:
      return false;
  }
}

}  // namespace

std::string hardware_class(const HardwareFacts& facts) {
  const std::uint64_t rounded = (facts.memory_bytes + kGib * 3 / 4) / kGib;
  int memory = 0;
  for (const int gib : kMemoryGib)
    if (static_cast<std::uint64_t>(gib) <= rounded) memory = gib;
  return std::string(to_string(facts.accelerator)) + "-" + target_of(facts) + "-" +
         std::to_string(memory) + "g";
}

bool is_hardware_class(std::string_view text) {
  if (text == "unknown") return true;
  const auto parts = split(text, '-');
  if (parts.size() != 3 || !parts[2].ends_with('g')) return false;
  const auto accelerator = parse_accelerator(parts[0]);
  if (!accelerator || !is_target(*accelerator, parts[1])) return false;
  const std::string_view digits = parts[2].substr(0, parts[2].size() - 1);
  return std::any_of(kMemoryGib.begin(), kMemoryGib.end(),
                     [&](int gib) { return std::to_string(gib) == digits; });
}

}  // namespace rbee
