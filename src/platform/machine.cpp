// The probe: what the parts found, in one value.
#include "platform/machine.hpp"

#include <fmt/format.h>
#include <sys/utsname.h>

#include <algorithm>
#include <cstdlib>

#include "base/text.hpp"
#include "platform/cpu.hpp"
#include "platform/gpu_probes.hpp"
#include "platform/probe_files.hpp"

namespace rbee::platform {

namespace {

Result<Arch> arch_of(std::string_view machine) {
  if (machine == "x86_64" || machine == "amd64") return Arch::x86_64;
  if (machine == "aarch64" || machine == "arm64") return Arch::aarch64;
  if (machine == "armv7l") return Arch::armv7h;
  return fail(Errc::unsupported, "machine-unknown",
              fmt::format("machines of the kind '{}' are not known here", printable_line(machine)));
}

Result<Arch> this_arch() {
  utsname name{};
  if (::uname(&name) != 0 || std::string_view(name.sysname) != "Linux")
    return fail(Errc::unsupported, "machine-unknown", "this is not a Linux machine");
  return arch_of(name.machine);
}

}  // namespace

Platform Machine::platform() const {
  return {os, arch, accelerators.empty() ? Accelerator::cpu : accelerators.front().accelerator};
}

std::vector<Accelerator> Machine::present() const {
  std::vector<Accelerator> out;
  for (const FoundAccelerator& found : accelerators) out.push_back(found.accelerator);
  return out;
}

const FoundAccelerator* Machine::find(Accelerator accelerator) const {
  const auto found =
      std::find_if(accelerators.begin(), accelerators.end(),
                   [&](const FoundAccelerator& each) { return each.accelerator == accelerator; });
  return found == accelerators.end() ? nullptr : &*found;
}

Result<Machine> probe_machine(const ProbeOptions& options) {
  const ProbeFiles files(options.root);
  Machine machine;
  probe_memory(files, machine);
  const auto add = [&](Accelerator accelerator, std::string_view evidence) {
    machine.accelerators.push_back({accelerator, std::string(evidence), {}, {}, 0});
  };
  if (!options.platform_override.empty()) {
    TRY_ASSIGN(const Platform platform, parse_platform(options.platform_override));
    machine.os = platform.os;
    machine.arch = platform.arch;
    // The processor of a machine of another kind is not this one's.
    if (const auto here = this_arch(); here && *here == platform.arch && platform.os == Os::linux) {
      machine.cpu = probe_cpu(files, machine.arch);
      machine.libc = probe_libc(files, machine.arch);
    }
    if (platform.accelerator != Accelerator::cpu)
      add(platform.accelerator, "RBEE_PLATFORM says so");
    add(Accelerator::cpu, "RBEE_PLATFORM says so");
    return machine;
  }
  TRY_ASSIGN(machine.arch, this_arch());
  machine.cpu = probe_cpu(files, machine.arch);
  machine.libc = probe_libc(files, machine.arch);
  const GpuScene scene{files, options, pci_gpus(files), vulkan_drivers(files)};
  probe_nvidia(scene, machine);
  probe_amd(scene, machine);
  probe_others(scene, machine);
  add(Accelerator::cpu, "every machine has one");
  return machine;
}

Result<Machine> probe_machine(const std::filesystem::path& root,
                              std::string_view platform_override) {
  ProbeOptions options;
  options.root = root;
  options.platform_override = platform_override;
  return probe_machine(options);
}

Result<Machine> this_machine() {
  const char* override = std::getenv("RBEE_PLATFORM");
  return probe_machine("/", override == nullptr ? "" : override);
}

Result<Platform> host_platform(std::string_view platform_override) {
  Platform platform;
  if (!platform_override.empty()) {
    TRY_ASSIGN(platform, parse_platform(platform_override));
  } else {
    TRY_ASSIGN(platform.arch, this_arch());
  }
  platform.accelerator = Accelerator::cpu;
  return platform;
}

}  // namespace rbee::platform
