// Hardware classes: every one that is made is one that is accepted, and they are few.
#include "base/hardware_class.hpp"

#include <gtest/gtest.h>

#include <set>

namespace rbee {
namespace {

constexpr std::uint64_t kGib = 1ULL << 30;

TEST(HardwareClass, SaysAcceleratorTargetAndMemory) {
  const struct {
    HardwareFacts facts;
    std::string text;
  } rows[] = {
      {{Accelerator::cpu, Arch::x86_64, "x86-64-v3", kGib * 154 / 10}, "cpu-avx2-16g"},
      {{Accelerator::cpu, Arch::x86_64, "x86-64-v4", kGib * 62}, "cpu-avx512-48g"},
      {{Accelerator::cpu, Arch::x86_64, "", 0}, "cpu-any-0g"},
      {{Accelerator::cpu, Arch::aarch64, "", kGib * 8}, "cpu-neon-8g"},
      {{Accelerator::cpu, Arch::armv7h, "", kGib}, "cpu-vfp-1g"},
      {{Accelerator::cuda, Arch::x86_64, "8.9", kGib * 24 - 300'000'000}, "cuda-sm89-24g"},
      {{Accelerator::cuda, Arch::x86_64, "12.0", kGib * 31}, "cuda-sm120-24g"},
      {{Accelerator::cuda, Arch::x86_64, "eight", kGib * 2000}, "cuda-any-1024g"},
      {{Accelerator::rocm, Arch::x86_64, "gfx1100", kGib * 24}, "rocm-gfx1100-24g"},
      {{Accelerator::rocm, Arch::x86_64, "gfx1100; rm", kGib * 24}, "rocm-any-24g"},
      {{Accelerator::vulkan, Arch::x86_64, "anything", kGib * 4}, "vulkan-any-4g"},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(hardware_class(row.facts), row.text);
    EXPECT_TRUE(is_hardware_class(row.text)) << row.text;
  }
}

TEST(HardwareClass, NothingElseIsAccepted) {
  EXPECT_TRUE(is_hardware_class("unknown"));
  for (const std::string& text : std::vector<std::string>{
           "", "cpu", "cpu-avx2", "cpu-avx2-16", "cpu-avx2-17g", "cpu-avx2-16g-x", "CPU-avx2-16g",
           "gpu-avx2-16g", "cpu-sm89-16g", "cuda-avx2-16g", "cuda-sm-16g", "cuda-sm1234-16g",
           "rocm-gfx11001100-16g", "vulkan-mine-16g", "cpu-avx2-016g", "cpu-avx2--16g", "=cmd()"})
    EXPECT_FALSE(is_hardware_class(text)) << text;
}

// The more memory, the higher the class: never a class that a larger machine would not have.
TEST(HardwareClass, MemoryOnlyRises) {
  std::set<std::string> seen;
  std::string before;
  for (std::uint64_t gib = 0; gib < 3000; ++gib) {
    const std::string now = hardware_class({Accelerator::cpu, Arch::x86_64, "", gib * kGib});
    EXPECT_TRUE(now == before || seen.insert(now).second) << now;
    before = now;
  }
  EXPECT_EQ(seen.size(), 17u);
}

}  // namespace
}  // namespace rbee
