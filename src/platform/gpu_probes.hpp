// One probe for each maker: from what the machine shows to GPUs and accelerators.
//
// Each appends to `machine` what it found; the order in which they are called is "best first".
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "platform/gpu_pci.hpp"
#include "platform/machine.hpp"
#include "platform/probe_files.hpp"

namespace rbee::platform {

/// What the probes share.
struct GpuScene {
  const ProbeFiles& files;
  const ProbeOptions& options;
  std::vector<PciDevice> pci;
  VulkanDrivers vulkan;
};

/// CUDA: /proc/driver/nvidia, PCI, /dev/nvidia0, WSL's /dev/dxg; then NVML.
void probe_nvidia(const GpuScene& scene, Machine& machine);

/// ROCm: /sys/class/kfd and /dev/kfd.
void probe_amd(const GpuScene& scene, Machine& machine);

/// Intel and everybody else by PCI and render nodes; SYCL by Level Zero's driver; Vulkan for all.
void probe_others(const GpuScene& scene, Machine& machine);

/// The newest CUDA version that an NVIDIA driver of Linux can run: "12.4" for "550.54.14". Empty
/// for what is older than CUDA 10.
std::string cuda_of_driver(std::string_view driver_version);

/// "gfx1100" for 110000, gfx_target_version of /sys/class/kfd. Empty for 0, a processor.
std::string gfx_name(std::uint64_t target_version);

/// The absolute path of a library in the folders where distributions keep them; empty: nowhere.
std::string system_library(const ProbeFiles& files, std::string_view file_name);

}  // namespace rbee::platform
