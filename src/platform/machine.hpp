// What this machine is and has: enough to choose a variant and to refuse what cannot run.
//
// Reads /proc, /sys, /dev and a few folders below a root; where there is NVIDIA's driver, asks its
// library in a process of its own, for at most two seconds. RBEE_PLATFORM ("linux-x86_64-cuda")
// overrides what is found, for tests and for preparing another machine's install.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/platform.hpp"
#include "base/result.hpp"

namespace rbee::platform {

/// One accelerator that a program started now could use, and how we know.
struct FoundAccelerator {
  Accelerator accelerator = Accelerator::cpu;
  std::string evidence;     ///< "/proc/driver/nvidia/version: NVRM version: …".
  std::string runtime_max;  ///< cuda: the newest CUDA its driver can run, "12.4". Empty: unknown.
  /// cuda: compute capabilities ("8.9"); rocm: "gfx1100". Each once; empty: unknown.
  std::vector<std::string> targets;
  std::uint64_t vram_bytes = 0;  ///< Of its largest GPU; 0: unknown.
};

/// One GPU that is in the machine, whether or not it can be used.
struct Gpu {
  Accelerator accelerator = Accelerator::cpu;  ///< The best that works on it now; cpu: nothing.
  std::string vendor;                          ///< "NVIDIA", "AMD", "Intel"; empty: unknown.
  std::string name;
  std::string pci_address;         ///< "0000:01:00.0"; empty for one that is not on PCI.
  std::string driver;              ///< The kernel's: "nvidia", "nouveau", "amdgpu", "xe".
  std::string driver_version;      ///< "550.54.14".
  std::string cuda_max;            ///< NVIDIA: the newest CUDA that the driver can run, "12.4".
  std::string compute_capability;  ///< NVIDIA: "8.9".
  std::string gfx_target;          ///< AMD: "gfx1100".
  std::uint64_t vram_bytes = 0;    ///< 0: unknown.
  std::vector<std::string> evidence;
  std::string problem;  ///< Why it cannot be used as it should; empty: nothing is wrong.
  std::string fix;
};

struct Cpu {
  std::string model;
  std::string level;  ///< "x86-64-v3"; empty on other architectures.
  std::vector<std::string>
      features;        ///< As /proc/cpuinfo names them, those that programs choose by.
  unsigned cores = 0;  ///< That threads can run on at once; 0: unknown.
  bool has(std::string_view feature) const;
};

enum class LibcKind { unknown, glibc, musl };
std::string_view to_string(LibcKind kind);

struct Libc {
  LibcKind kind = LibcKind::unknown;
  std::string version;  ///< "2.36"; empty: unknown.
};

/// Free space where workers are kept. Not probed: who knows the place fills it in.
struct Disk {
  std::string path;
  std::uint64_t free_bytes = 0;
};

struct Machine {
  Os os = Os::linux;
  Arch arch = Arch::x86_64;
  std::uint64_t ram_bytes = 0;            ///< What a container allows counts. 0: unknown.
  std::uint64_t available_ram_bytes = 0;  ///< Without swapping, now. 0: unknown.
  Cpu cpu;
  Libc libc;
  std::optional<Disk> disk;
  std::vector<FoundAccelerator> accelerators;  ///< Best first; cpu last, always there.
  std::vector<Gpu> gpus;           ///< All of them; none with RBEE_PLATFORM, which knows no GPU.
  std::vector<std::string> notes;  ///< What was seen and does not count, such as lavapipe.

  /// os and arch, with the best accelerator.
  Platform platform() const;
  std::vector<Accelerator> present() const;
  /// Null when the machine has none such.
  const FoundAccelerator* find(Accelerator accelerator) const;
};

struct ProbeOptions {
  std::filesystem::path root = "/";  ///< Where /proc, /sys, /dev, /usr are looked for.
  std::string platform_override;     ///< RBEE_PLATFORM's value, or empty.
  /// A library to ask instead of the system's libnvidia-ml.so.1. With another root than "/" only
  /// what is below it is asked.
  std::filesystem::path nvml_library;
  std::chrono::milliseconds nvml_time_max{2000};
};

/// Errors: Errc::invalid_input "platform-invalid" for the override; Errc::unsupported
/// "machine-unknown".
Result<Machine> probe_machine(const ProbeOptions& options);
Result<Machine> probe_machine(const std::filesystem::path& root,
                              std::string_view platform_override);

/// `probe_machine` of this machine, with RBEE_PLATFORM from the environment.
Result<Machine> this_machine();

/// Operating system and architecture alone (cpu), at no cost. Errors: as `probe_machine`.
Result<Platform> host_platform(std::string_view platform_override);

}  // namespace rbee::platform
