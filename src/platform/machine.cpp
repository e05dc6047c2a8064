// The probe: a few files whose presence is the evidence.
#include "platform/machine.hpp"

#include <fmt/format.h>
#include <sys/utsname.h>

#include <charconv>
#include <cstdlib>

#include "base/text.hpp"
#include "platform/files.hpp"

namespace rbee::platform {

namespace {

namespace fs = std::filesystem;

/// First line of a small file under `root`; empty when it is not there.
std::string first_line(const fs::path& root, std::string_view path) {
  const auto text = read_file(root / fs::path(path).relative_path(), 1 << 20);
  return text ? std::string(trim(text->substr(0, text->find('\n')))) : std::string();
}

bool exists(const fs::path& root, std::string_view path) {
  std::error_code ignored;
  return fs::exists(root / fs::path(path).relative_path(), ignored);
}

std::uint64_t ram_bytes(const fs::path& root) {
  constexpr std::string_view key = "MemTotal:";
  const auto text = read_file(root / "proc/meminfo", 1 << 20);
  if (!text) return 0;
  const auto at = text->find(key);
  if (at == std::string::npos) return 0;
  const std::string_view rest = trim(std::string_view(*text).substr(at + key.size()));
  std::uint64_t kilobytes = 0;
  std::from_chars(rest.data(), rest.data() + rest.size(), kilobytes);
  return kilobytes * 1024;
}

/// A Vulkan driver's description beside a GPU's render node: either alone runs nothing.
std::string vulkan_evidence(const fs::path& root) {
  std::error_code ignored;
  std::string node;
  for (const auto& entry : fs::directory_iterator(root / "dev/dri", ignored))
    if (entry.path().filename().string().starts_with("renderD"))
      node = entry.path().filename().string();
  if (node.empty()) return {};
  for (const char* directory : {"usr/share/vulkan/icd.d", "etc/vulkan/icd.d"})
    for (const auto& entry : fs::directory_iterator(root / directory, ignored)) {
      const std::string name = entry.path().filename().string();
      if (name.ends_with(".json") && name.find("lvp") == std::string::npos)
        return fmt::format("/dev/dri/{} with {}", node, name);
    }
  return {};
}

Result<Arch> arch_of(std::string_view machine) {
  if (machine == "x86_64" || machine == "amd64") return Arch::x86_64;
  if (machine == "aarch64" || machine == "arm64") return Arch::aarch64;
  if (machine == "armv7l") return Arch::armv7h;
  return fail(Errc::unsupported, "machine-unknown",
              fmt::format("machines of the kind '{}' are not known here", printable_line(machine)));
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

Result<Machine> probe_machine(const fs::path& root, std::string_view platform_override) {
  Machine machine;
  machine.ram_bytes = ram_bytes(root);
  if (!platform_override.empty()) {
    TRY_ASSIGN(const Platform platform, parse_platform(platform_override));
    machine.os = platform.os;
    machine.arch = platform.arch;
    if (platform.accelerator != Accelerator::cpu)
      machine.accelerators.push_back({platform.accelerator, "RBEE_PLATFORM says so"});
    machine.accelerators.push_back({Accelerator::cpu, "RBEE_PLATFORM says so"});
    return machine;
  }
  utsname name{};
  if (::uname(&name) != 0 || std::string_view(name.sysname) != "Linux")
    return fail(Errc::unsupported, "machine-unknown", "this is not a Linux machine");
  TRY_ASSIGN(machine.arch, arch_of(name.machine));
  if (const auto line = first_line(root, "/proc/driver/nvidia/version"); !line.empty())
    machine.accelerators.push_back(
        {Accelerator::cuda, "/proc/driver/nvidia/version: " + printable_line(line)});
  if (exists(root, "/sys/class/kfd/kfd") && exists(root, "/dev/kfd"))
    machine.accelerators.push_back({Accelerator::rocm, "/dev/kfd"});
  if (const auto evidence = vulkan_evidence(root); !evidence.empty())
    machine.accelerators.push_back({Accelerator::vulkan, printable_line(evidence)});
  machine.accelerators.push_back({Accelerator::cpu, "every machine has one"});
  return machine;
}

Result<Machine> this_machine() {
  const char* override = std::getenv("RBEE_PLATFORM");
  return probe_machine("/", override == nullptr ? "" : override);
}

}  // namespace rbee::platform
