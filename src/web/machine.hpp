// The visitor's machine as they told it once, kept in a cookie; and what a worker's manifest and
// variants say to it.
//
// Pure. The same questions in the same order as rbee's own plan (src/install/plan.cpp): system,
// processor, accelerator, GPU memory, memory.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/platform.hpp"
#include "base/result.hpp"
#include "web/read.hpp"

namespace rbee::web {

struct MachineProfile {
  Os os = Os::linux;
  Arch arch = Arch::x86_64;
  std::vector<Accelerator> accelerators = {Accelerator::cpu};  ///< Best first.
  std::int64_t ram_mb = 0, vram_mb = 0;                        ///< 0: not told.
};

/// "linux.x86_64.cuda-cpu.32000.24000", the cookie's value; and back. Nothing for another text.
std::string to_cookie(const MachineProfile& machine);
std::optional<MachineProfile> parse_machine_cookie(std::string_view text);
/// What `rbee doctor --json` prints. Errors: Errc::invalid_input "machine-invalid".
Result<MachineProfile> parse_doctor(std::string_view json);
/// "Linux x86_64, cuda, 32 GB"
std::string describe(const MachineProfile& machine);

struct Verdict {
  enum class Kind { fits, slow, no };
  Kind kind = Kind::no;
  std::string headline;              ///< "Runs here on cuda"
  std::vector<std::string> reasons;  ///< One line each.
};
/// Of one variant: why not; empty: it fits.
std::string why_not(const Json& variant, const Json& detail, const MachineProfile& machine);
Verdict judge(const Json& detail, const MachineProfile& machine);

}  // namespace rbee::web
