// AMD: the kernel's list of compute nodes. Source: Linux,
// drivers/gpu/drm/amd/amdkfd/kfd_topology.c.
#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"
#include "platform/gpu_probes.hpp"

namespace rbee::platform {

namespace {

constexpr std::string_view kKfd = "/sys/class/kfd/kfd";
constexpr std::string_view kRocmFix =
    "for ROCm, install AMD's driver (https://rocm.docs.amd.com); Vulkan works without it";

struct Node {
  std::string path, gfx_target, pci_address;
  std::uint64_t vram_bytes = 0;
};

std::uint64_t property(std::string_view text, std::string_view key) {
  return leading_number(value_of(text, key, ' '));
}

/// The memory banks that are on the card: KFD_HEAP_TYPE_FB_PUBLIC and _PRIVATE.
std::uint64_t vram_of(const ProbeFiles& files, const std::string& node) {
  std::uint64_t bytes = 0;
  const std::string banks = node + "/mem_banks";
  for (const std::string& bank : files.names(banks)) {
    const std::string text = files.text(fmt::format("{}/{}/properties", banks, bank));
    const std::uint64_t heap = property(text, "heap_type");
    if (heap == 1 || heap == 2) bytes += property(text, "size_in_bytes");
  }
  return bytes;
}

std::vector<Node> nodes(const ProbeFiles& files) {
  std::vector<Node> out;
  const std::string folder = fmt::format("{}/topology/nodes", kKfd);
  for (const std::string& name : files.names(folder)) {
    Node node;
    node.path = fmt::format("{}/{}", folder, name);
    const std::string text = files.text(node.path + "/properties");
    node.gfx_target = gfx_name(property(text, "gfx_target_version"));
    if (node.gfx_target.empty()) continue;  // A processor.
    // Bus in the upper eight bits, device in the next five, function in the last three.
    const std::uint64_t location = property(text, "location_id");
    node.pci_address = fmt::format("{:04x}:{:02x}:{:02x}.{}", property(text, "domain") & 0xffff,
                                   location >> 8 & 0xff, location >> 3 & 0x1f, location & 7);
    node.vram_bytes = vram_of(files, node.path);
    out.push_back(std::move(node));
  }
  return out;
}

Gpu amd_gpu(const GpuScene& scene, const PciDevice& device) {
  Gpu gpu;
  gpu.vendor = "AMD";
  gpu.name = device_name(scene.files, device);
  gpu.pci_address = device.address;
  gpu.driver = device.driver;
  if (device.driver == "amdgpu")
    gpu.driver_version = printable_line(scene.files.first_line("/sys/module/amdgpu/version"));
  gpu.vram_bytes = device.vram_bytes;
  gpu.evidence.push_back(device.evidence);
  return gpu;
}

}  // namespace

std::string gfx_name(std::uint64_t target_version) {
  if (target_version == 0) return {};
  // Major in decimal, minor and stepping as one hexadecimal digit each: 90010 is gfx90a.
  return fmt::format("gfx{}{:x}{:x}", target_version / 10'000, target_version / 100 % 100,
                     target_version % 100);
}

void probe_amd(const GpuScene& scene, Machine& machine) {
  const ProbeFiles& files = scene.files;
  std::vector<Gpu> gpus;
  for (const PciDevice& device : scene.pci)
    if (device.vendor == kAmd) gpus.push_back(amd_gpu(scene, device));

  const bool has_kfd = files.exists(kKfd) && files.exists("/dev/kfd");
  std::vector<Node> found = has_kfd ? nodes(files) : std::vector<Node>{};
  for (const Node& node : found) {
    auto gpu = std::find_if(gpus.begin(), gpus.end(),
                            [&](const Gpu& each) { return each.pci_address == node.pci_address; });
    if (gpu == gpus.end()) {
      Gpu made;
      made.vendor = "AMD";
      made.name = fmt::format("AMD GPU {}", node.gfx_target);
      made.pci_address = node.pci_address;
      gpu = gpus.insert(gpus.end(), std::move(made));
    }
    gpu->gfx_target = node.gfx_target;
    if (gpu->vram_bytes == 0) gpu->vram_bytes = node.vram_bytes;
    gpu->evidence.push_back(fmt::format("{}: {}", printable_line(node.path), node.gfx_target));
  }
  // A container may be given the device and not the list: then it is all that is known.
  const bool unlisted = has_kfd && !files.exists(fmt::format("{}/topology/nodes", kKfd));
  if (unlisted && gpus.empty()) {
    Gpu gpu;
    gpu.vendor = "AMD";
    gpu.name = "AMD GPU";
    gpu.evidence.emplace_back("/dev/kfd");
    gpus.push_back(std::move(gpu));
  }

  FoundAccelerator rocm{Accelerator::rocm, "/dev/kfd", {}, {}, 0};
  bool any = false;
  for (Gpu& gpu : gpus) {
    if (gpu.driver.empty() && gpu.gfx_target.empty() && !unlisted) {
      gpu.problem = "AMD GPU without a driver";
      gpu.fix =
          "load the kernel's amdgpu driver, with the firmware it wants (Debian: apt-get "
          "install firmware-amd-graphics)";
    } else if (!has_kfd) {
      gpu.problem = "AMD GPU without /dev/kfd: no ROCm";
      gpu.fix = kRocmFix;
    } else if (gpu.gfx_target.empty() && !unlisted) {
      gpu.problem = "the kernel does not offer this AMD GPU for computing: no ROCm";
      gpu.fix = kRocmFix;
    } else if (!files.usable("/dev/kfd")) {
      gpu.problem = "this user may not use /dev/kfd: no ROCm";
      gpu.fix = "sudo usermod -aG render,video \"$USER\", then log in again";
    } else {
      any = true;
      gpu.accelerator = Accelerator::rocm;
      rocm.vram_bytes = std::max(rocm.vram_bytes, gpu.vram_bytes);
      if (!gpu.gfx_target.empty() &&
          std::find(rocm.targets.begin(), rocm.targets.end(), gpu.gfx_target) == rocm.targets.end())
        rocm.targets.push_back(gpu.gfx_target);
    }
  }
  if (any && !rocm.targets.empty())
    rocm.evidence += fmt::format(" with {}", fmt::join(rocm.targets, ", "));
  machine.gpus.insert(machine.gpus.end(), gpus.begin(), gpus.end());
  if (any) machine.accelerators.push_back(std::move(rocm));
}

}  // namespace rbee::platform
