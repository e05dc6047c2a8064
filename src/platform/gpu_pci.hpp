// GPUs as the PCI bus and the kernel's graphics layer list them, and the Vulkan drivers for them.
//
// Reads /sys/bus/pci, /sys/class/drm, /dev/dri, pci.ids and Vulkan's icd.d folders. Source: PCI
// Code and ID Assignment, class 03 and 12; Vulkan loader, LoaderDriverInterface.md.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "platform/probe_files.hpp"

namespace rbee::platform {

inline constexpr std::uint64_t kNvidia = 0x10de, kAmd = 0x1002, kIntel = 0x8086;

/// A display controller or processing accelerator.
struct PciDevice {
  std::string address;  ///< "0000:01:00.0".
  std::uint64_t vendor = 0, device = 0;
  std::string driver;            ///< Of the kernel; empty when none is bound.
  std::string render_node;       ///< "/dev/dri/renderD128"; empty when there is none.
  std::uint64_t vram_bytes = 0;  ///< amdgpu tells it; 0: unknown.
  std::string evidence;          ///< "/sys/bus/pci/devices/0000:01:00.0: 10de:2684, driver nvidia".
};

/// By address. Not the adapters of servers and virtual machines that only draw a console.
std::vector<PciDevice> pci_gpus(const ProbeFiles& files);

/// "NVIDIA", "AMD", "Intel"; empty for others.
std::string vendor_name(std::uint64_t vendor);

/// What pci.ids calls it ("NVIDIA AD102 [GeForce RTX 4090]"), or "NVIDIA GPU 10de:2684".
std::string device_name(const ProbeFiles& files, const PciDevice& device);

/// Vulkan's drivers as files of icd.d name them.
struct VulkanDrivers {
  std::vector<std::string> hardware;  ///< "radeon_icd.x86_64.json".
  std::vector<std::string> software;  ///< "lvp_icd.x86_64.json": the processor draws.
};
VulkanDrivers vulkan_drivers(const ProbeFiles& files);

/// The driver that can serve a GPU of this vendor (0: any); empty when none can.
std::string vulkan_driver_for(const VulkanDrivers& drivers, std::uint64_t vendor);

}  // namespace rbee::platform
