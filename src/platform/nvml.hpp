// What NVIDIA's management library says: drivers, CUDA, GPUs.
//
// Loads libnvidia-ml.so.1 in a child process and kills that when it takes too long: a broken
// driver can hang a caller where no signal reaches it, or crash it. The child holds none of the
// caller's descriptors, so that nobody waits for it. Source: NVML API Reference Guide; nvml.h.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace rbee::platform {

struct NvmlGpu {
  std::string name;
  std::string pci_address;         ///< "0000:01:00.0"; empty: not told.
  std::string compute_capability;  ///< "8.9".
  std::uint64_t vram_bytes = 0;
};

struct NvmlAnswer {
  enum class End {
    answered,
    refused,  ///< The library said that the driver cannot be used: `code`.
    missing,  ///< There is no library, or not one with the functions that are needed.
    timed_out,
    crashed,
  };
  End end = End::missing;
  int code = 0;                ///< nvmlReturn_t of what was refused.
  std::string detail;          ///< For people: what happened.
  std::string driver_version;  ///< What was said before a hang counts.
  std::string cuda_max;        ///< "12.4".
  std::vector<NvmlGpu> gpus;
};

/// nvmlReturn_t values that say what to do.
inline constexpr int kNvmlNoPermission = 4, kNvmlDriverNotLoaded = 9, kNvmlVersionMismatch = 18;

/// Ask the first of `libraries` that can be loaded. Takes at most `time_max` and a tenth of a
/// second. Forks: call it where no other thread holds locks, as in a program's own commands.
NvmlAnswer ask_nvml(const std::vector<std::filesystem::path>& libraries,
                    std::chrono::milliseconds time_max);

/// What the child wrote, as an answer. Pure; the text is not trusted.
NvmlAnswer parse_nvml(std::string_view text);

}  // namespace rbee::platform
