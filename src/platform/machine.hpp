// What this machine is and has: enough to choose a variant and to refuse what cannot run.
//
// Reads /proc, /sys and the disk's free space; starts nothing. RBEE_PLATFORM ("linux-x86_64-cuda")
// overrides what is found, for tests and for preparing another machine's install.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/platform.hpp"
#include "base/result.hpp"

namespace rbee::platform {

/// One accelerator that is there, and how we know.
struct FoundAccelerator {
  Accelerator accelerator = Accelerator::cpu;
  std::string evidence;  ///< "/proc/driver/nvidia/version: NVRM version: …".
};

struct Machine {
  Os os = Os::linux;
  Arch arch = Arch::x86_64;
  std::uint64_t ram_bytes = 0;                 ///< 0: unknown.
  std::vector<FoundAccelerator> accelerators;  ///< Best first; cpu last, always there.

  /// os and arch, with the best accelerator.
  Platform platform() const;
  std::vector<Accelerator> present() const;
};

/// `root` is where /proc and /sys are looked for ("/"); `platform_override` is RBEE_PLATFORM's
/// value or empty. Errors: Errc::invalid_input "platform-invalid" for the override;
/// Errc::unsupported "machine-unknown".
Result<Machine> probe_machine(const std::filesystem::path& root,
                              std::string_view platform_override);

/// `probe_machine` of this machine, with RBEE_PLATFORM from the environment.
Result<Machine> this_machine();

}  // namespace rbee::platform
