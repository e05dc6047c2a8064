// Intel, everybody else, and Vulkan for all: what needs no maker's own kernel interface.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.hpp"
#include "platform/gpu_probes.hpp"

namespace rbee::platform {

namespace {

/// Where its GPU can be opened, and by which PCI vendor's Vulkan driver.
struct Outlet {
  std::string render_node;
  std::uint64_t vendor = 0;  ///< 0: not on PCI, or not known.
  std::string pci_address;
  std::string driver;
};

/// The render nodes that no PCI device of `pci` has: those of ARM boards, and of what hides its
/// bus from a container.
std::vector<Outlet> unlisted_nodes(const GpuScene& scene) {
  std::vector<Outlet> out;
  for (const std::string& name : scene.files.names("/dev/dri")) {
    if (!name.starts_with("renderD")) continue;
    const std::string node = "/dev/dri/" + printable_line(name);
    const bool listed =
        std::any_of(scene.pci.begin(), scene.pci.end(),
                    [&](const PciDevice& device) { return device.render_node == node; });
    if (listed) continue;
    const std::string folder = fmt::format("/sys/class/drm/{}/device", name);
    out.push_back({node,
                   scene.files.number(folder + "/vendor"),
                   {},
                   printable_line(value_of(scene.files.text(folder + "/uevent"), "DRIVER", '='))});
  }
  return out;
}

Gpu other_gpu(const GpuScene& scene, const PciDevice& device) {
  Gpu gpu;
  gpu.vendor = vendor_name(device.vendor);
  gpu.name = device_name(scene.files, device);
  gpu.pci_address = device.address;
  gpu.driver = device.driver;
  gpu.vram_bytes = device.vram_bytes;
  gpu.evidence.push_back(device.evidence);
  if (device.driver.empty()) {
    gpu.problem = fmt::format("{} GPU without a driver", gpu.vendor.empty() ? "a" : gpu.vendor);
    gpu.fix = "a newer kernel may have one";
  }
  return gpu;
}

/// Intel's driver of Level Zero, which SYCL programs need.
void probe_sycl(const GpuScene& scene, Machine& machine) {
  const std::string library = system_library(scene.files, "libze_intel_gpu.so.1");
  if (library.empty()) return;
  for (const PciDevice& device : scene.pci) {
    if (device.vendor != kIntel || device.render_node.empty()) continue;
    const auto gpu = std::find_if(machine.gpus.begin(), machine.gpus.end(), [&](const Gpu& each) {
      return each.pci_address == device.address;
    });
    const std::string evidence = fmt::format("{} with {}", device.render_node, library);
    if (gpu != machine.gpus.end()) {
      gpu->accelerator = Accelerator::sycl;
      gpu->evidence.push_back(evidence);
    }
    if (machine.find(Accelerator::sycl) == nullptr)
      machine.accelerators.push_back({Accelerator::sycl, evidence, {}, {}, 0});
  }
}

/// The GPU of an outlet; a new one where nobody listed it.
Gpu& gpu_of(const Outlet& outlet, Machine& machine) {
  const auto found = std::find_if(machine.gpus.begin(), machine.gpus.end(), [&](const Gpu& gpu) {
    return !outlet.pci_address.empty() && gpu.pci_address == outlet.pci_address;
  });
  if (found != machine.gpus.end()) return *found;
  // Without PCI there is one GPU of a vendor: AMD's list names it by the bus, the node does not.
  const std::string vendor = vendor_name(outlet.vendor);
  if (outlet.pci_address.empty() && machine.gpus.size() == 1 &&
      (vendor.empty() || machine.gpus.front().vendor == vendor))
    return machine.gpus.front();
  Gpu gpu;
  gpu.vendor = vendor;
  gpu.driver = outlet.driver;
  gpu.name = fmt::format("{} GPU at {}", gpu.vendor.empty() ? "a" : gpu.vendor, outlet.render_node);
  gpu.evidence.push_back(outlet.render_node);
  return machine.gpus.emplace_back(std::move(gpu));
}

/// Vulkan: a driver's description beside a GPU's render node: either alone runs nothing.
void probe_vulkan(const GpuScene& scene, Machine& machine) {
  std::vector<Outlet> outlets;
  for (const PciDevice& device : scene.pci)
    if (!device.render_node.empty())
      outlets.push_back({device.render_node, device.vendor, device.address, device.driver});
  for (Outlet& outlet : unlisted_nodes(scene)) outlets.push_back(std::move(outlet));
  // NVIDIA's own driver does without a render node.
  for (const Gpu& gpu : machine.gpus)
    if (gpu.accelerator == Accelerator::cuda &&
        std::none_of(outlets.begin(), outlets.end(),
                     [&](const Outlet& outlet) { return outlet.pci_address == gpu.pci_address; }))
      outlets.push_back({"NVIDIA's driver", kNvidia, gpu.pci_address, gpu.driver});

  FoundAccelerator vulkan{Accelerator::vulkan, {}, {}, {}, 0};
  for (const Outlet& outlet : outlets) {
    const std::string icd = vulkan_driver_for(scene.vulkan, outlet.vendor);
    Gpu& gpu = gpu_of(outlet, machine);
    if (icd.empty()) {
      if (gpu.problem.empty() && gpu.accelerator == Accelerator::cpu) {
        gpu.problem = "no Vulkan driver for this GPU";
        gpu.fix = "install one (Debian, Ubuntu: apt-get install mesa-vulkan-drivers)";
      }
      continue;
    }
    const std::string evidence = fmt::format("{} with {}", outlet.render_node, icd);
    gpu.evidence.push_back(evidence);
    if (gpu.accelerator == Accelerator::cpu) gpu.accelerator = Accelerator::vulkan;
    if (vulkan.evidence.empty()) vulkan.evidence = evidence;
    vulkan.vram_bytes = std::max(vulkan.vram_bytes, gpu.vram_bytes);
  }
  if (!vulkan.evidence.empty()) machine.accelerators.push_back(std::move(vulkan));
  for (const std::string& name : scene.vulkan.software)
    machine.notes.push_back(fmt::format("{} draws with the processor: it counts as no GPU", name));
}

}  // namespace

std::string system_library(const ProbeFiles& files, std::string_view file_name) {
  constexpr std::array kFolders = {"/usr/lib/wsl/lib",
                                   "/usr/lib/x86_64-linux-gnu",
                                   "/usr/lib/aarch64-linux-gnu",
                                   "/usr/lib/x86_64-linux-gnu/nvidia/current",
                                   "/usr/lib64",
                                   "/usr/lib",
                                   "/usr/local/lib",
                                   "/usr/local/nvidia/lib64",
                                   "/run/opengl-driver/lib"};
  for (const char* folder : kFolders) {
    std::string path = fmt::format("{}/{}", folder, file_name);
    if (files.exists(path)) return path;
  }
  return {};
}

void probe_others(const GpuScene& scene, Machine& machine) {
  for (const PciDevice& device : scene.pci)
    if (device.vendor != kNvidia && device.vendor != kAmd)
      machine.gpus.push_back(other_gpu(scene, device));
  probe_sycl(scene, machine);
  probe_vulkan(scene, machine);
}

}  // namespace rbee::platform
