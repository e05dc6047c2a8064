#include "platform/gpu_pci.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.hpp"
#include "platform/files.hpp"

namespace rbee::platform {

namespace {

constexpr std::string_view kDevices = "/sys/bus/pci/devices";

bool computes(std::uint64_t pci_class) {
  const std::uint64_t base = pci_class >> 16;
  return base == 0x03 || base == 0x12;
}

/// The rest of the line that starts with `start`, looked for between two offsets.
std::string_view line_after(std::string_view text, std::string_view start) {
  for (std::size_t at = text.find(start); at != std::string_view::npos;
       at = text.find(start, at + 1)) {
    if (at != 0 && text[at - 1] != '\n') continue;
    const std::string_view rest = text.substr(at + start.size());
    return trim(rest.substr(0, rest.find('\n')));
  }
  return {};
}

/// The lines of one vendor in pci.ids: from its own to the next that does not begin with a tab.
std::string_view vendor_section(std::string_view ids, std::uint64_t vendor) {
  const std::string start = fmt::format("\n{:04x}  ", vendor);
  std::size_t at = ids.find(start);
  if (at == std::string_view::npos) return {};
  const std::size_t begin = at + 1;
  for (at = ids.find('\n', begin); at != std::string_view::npos; at = ids.find('\n', at + 1))
    if (at + 1 < ids.size() && ids[at + 1] != '\t' && ids[at + 1] != '#') break;
  return ids.substr(begin, at == std::string_view::npos ? at : at - begin);
}

}  // namespace

std::vector<PciDevice> pci_gpus(const ProbeFiles& files) {
  std::vector<PciDevice> out;
  for (const std::string& address : files.names(kDevices)) {
    const std::string folder = fmt::format("{}/{}", kDevices, address);
    if (!computes(files.number(folder + "/class"))) continue;
    PciDevice device;
    device.address = printable_line(address);
    device.vendor = files.number(folder + "/vendor");
    device.device = files.number(folder + "/device");
    device.driver = printable_line(value_of(files.text(folder + "/uevent"), "DRIVER", '='));
    device.vram_bytes = files.number(folder + "/mem_info_vram_total");
    for (const std::string& name : files.names(folder + "/drm"))
      if (name.starts_with("renderD") && files.exists("/dev/dri/" + name))
        device.render_node = "/dev/dri/" + printable_line(name);
    if (vendor_name(device.vendor).empty() && device.render_node.empty()) continue;
    device.evidence =
        fmt::format("{}: {:04x}:{:04x}, {}", printable_line(folder), device.vendor, device.device,
                    device.driver.empty() ? "no driver" : "driver " + device.driver);
    out.push_back(std::move(device));
  }
  std::sort(out.begin(), out.end(),
            [](const PciDevice& a, const PciDevice& b) { return a.address < b.address; });
  return out;
}

std::string vendor_name(std::uint64_t vendor) {
  if (vendor == kNvidia) return "NVIDIA";
  if (vendor == kAmd) return "AMD";
  if (vendor == kIntel) return "Intel";
  return {};
}

std::string device_name(const ProbeFiles& files, const PciDevice& device) {
  std::string vendor = vendor_name(device.vendor);
  constexpr std::uint64_t kIdsBytesMax = 8 << 20;
  for (const char* path : {"/usr/share/misc/pci.ids", "/usr/share/hwdata/pci.ids"}) {
    const auto ids = read_file(files.at(path), kIdsBytesMax);
    if (!ids) continue;
    const std::string_view section = vendor_section(*ids, device.vendor);
    const std::string_view name = line_after(section, fmt::format("\t{:04x}  ", device.device));
    if (vendor.empty()) vendor = line_after(section, fmt::format("{:04x}  ", device.vendor));
    if (!name.empty()) return printable_line(fmt::format("{} {}", vendor, name));
  }
  return printable_line(fmt::format("{}{}GPU {:04x}:{:04x}", vendor, vendor.empty() ? "" : " ",
                                    device.vendor, device.device));
}

VulkanDrivers vulkan_drivers(const ProbeFiles& files) {
  constexpr std::array kFolders = {"/usr/share/vulkan/icd.d", "/etc/vulkan/icd.d",
                                   "/usr/local/share/vulkan/icd.d",
                                   "/run/opengl-driver/share/vulkan/icd.d"};
  constexpr std::array kSoftware = {"lvp", "lavapipe", "llvmpipe", "swiftshader", "swrast"};
  VulkanDrivers out;
  for (const char* folder : kFolders)
    for (const std::string& name : files.names(folder)) {
      if (!name.ends_with(".json")) continue;
      const bool software = std::any_of(kSoftware.begin(), kSoftware.end(), [&](const char* word) {
        return name.find(word) != std::string::npos;
      });
      (software ? out.software : out.hardware).push_back(printable_line(name));
    }
  return out;
}

std::string vulkan_driver_for(const VulkanDrivers& drivers, std::uint64_t vendor) {
  struct Row {
    std::string_view word;
    std::uint64_t vendor;  ///< 1: of no PCI device.
  };
  static constexpr std::array<Row, 15> kRows = {{{"nvidia", kNvidia},
                                                 {"nouveau", kNvidia},
                                                 {"radeon", kAmd},
                                                 {"amd", kAmd},
                                                 {"intel", kIntel},
                                                 {"virtio", 0x1af4},
                                                 {"gfxstream", 0x1af4},
                                                 {"dzn", 1},
                                                 {"asahi", 1},
                                                 {"panfrost", 1},
                                                 {"panvk", 1},
                                                 {"freedreno", 1},
                                                 {"turnip", 1},
                                                 {"broadcom", 1},
                                                 {"powervr", 1}}};
  for (const std::string& name : drivers.hardware) {
    const auto row = std::find_if(kRows.begin(), kRows.end(), [&](const Row& each) {
      return name.find(each.word) != std::string::npos;
    });
    if (vendor == 0 || row == kRows.end() || row->vendor == vendor) return name;
  }
  return {};
}

}  // namespace rbee::platform
