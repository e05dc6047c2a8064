// What a machine is, coarsely: "cpu-avx2-16g", "cuda-sm89-24g". Coarse enough that it is nobody's
// mark: some hundred classes in all.
//
// Touches nothing. docs/statistics.md has the table.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/platform.hpp"

namespace rbee {

/// What `hardware_class` looks at; who has a machine fills it in.
struct HardwareFacts {
  Accelerator accelerator = Accelerator::cpu;
  Arch arch = Arch::x86_64;
  /// cpu: the psABI level, "x86-64-v3"; cuda: the compute capability, "8.9"; rocm: "gfx1100".
  /// Empty: unknown.
  std::string target;
  /// Of the machine for cpu, of its largest GPU for the others. 0: unknown.
  std::uint64_t memory_bytes = 0;
};

/// "ACCELERATOR-TARGET-MEMORYg". Memory is rounded down to one of 1 2 4 8 12 16 24 32 48 64 96 128
/// 192 256 512 1024 GiB, 0 when unknown; firmware keeps some of it, so 15.4 GiB count as 16.
std::string hardware_class(const HardwareFacts& facts);

/// True for what `hardware_class` can say, and for "unknown".
bool is_hardware_class(std::string_view text);

}  // namespace rbee
