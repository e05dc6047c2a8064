// NVIDIA: four kinds of evidence, one question to the driver's library, one verdict for each GPU.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>

#include "base/text.hpp"
#include "platform/gpu_probes.hpp"
#include "platform/nvml.hpp"

namespace rbee::platform {

namespace {

constexpr std::string_view kProc = "/proc/driver/nvidia";
constexpr std::string_view kWslFolder = "/usr/lib/wsl/lib";

/// What speaks for a driver that works, before it is asked.
struct Evidence {
  std::string version_line;  ///< Of /proc/driver/nvidia/version.
  std::string driver_version;
  std::vector<std::string> device_files;  ///< "/dev/nvidia0".
  bool wsl = false;
  std::string cuda_library;  ///< Where libcuda.so.1 is.
  bool driver() const { return !version_line.empty() || wsl || !device_files.empty(); }
};

/// The first word that is a version: digits and dots, with one dot at least.
std::string version_in(std::string_view line) {
  for (std::string_view word : split(line, ' ')) {
    word = trim(word);
    const bool digits = word.find_first_not_of("0123456789.") == std::string_view::npos;
    if (digits && word.size() > 2 && std::isdigit(static_cast<unsigned char>(word.front())) != 0 &&
        word.find('.') != std::string_view::npos)
      return std::string(word);
  }
  return {};
}

Evidence gather(const ProbeFiles& files) {
  Evidence found;
  found.version_line = printable_line(files.first_line(fmt::format("{}/version", kProc)));
  found.driver_version = version_in(found.version_line);
  for (const std::string& name : files.names("/dev"))
    if (name.starts_with("nvidia") && name.size() > 6 &&
        name.find_first_not_of("0123456789", 6) == std::string::npos)
      found.device_files.push_back("/dev/" + name);
  found.wsl =
      files.exists("/dev/dxg") && files.exists(fmt::format("{}/libnvidia-ml.so.1", kWslFolder));
  found.cuda_library = system_library(files, "libcuda.so.1");
  return found;
}

std::vector<std::filesystem::path> libraries(const GpuScene& scene) {
  if (!scene.options.nvml_library.empty()) return {scene.options.nvml_library};
  constexpr std::string_view kName = "libnvidia-ml.so.1";
  std::vector<std::filesystem::path> out;
  // The loader's own folders first; elsewhere than here only what is below the root.
  if (scene.files.is_this_machine()) out.emplace_back(kName);
  if (const std::string path = system_library(scene.files, kName); !path.empty())
    out.push_back(scene.files.at(path));
  return out;
}

Gpu* by_address(std::vector<Gpu>& gpus, std::string_view address) {
  const auto found = std::find_if(gpus.begin(), gpus.end(), [&](const Gpu& gpu) {
    return !gpu.pci_address.empty() && gpu.pci_address == address;
  });
  return found == gpus.end() ? nullptr : &*found;
}

Gpu nvidia_gpu(std::string name, std::string address) {
  Gpu gpu;
  gpu.vendor = "NVIDIA";
  gpu.name = std::move(name);
  gpu.pci_address = std::move(address);
  return gpu;
}

/// GPUs that the bus and the driver's /proc files list.
std::vector<Gpu> listed(const GpuScene& scene) {
  std::vector<Gpu> gpus;
  for (const PciDevice& device : scene.pci) {
    if (device.vendor != kNvidia) continue;
    Gpu gpu = nvidia_gpu(device_name(scene.files, device), device.address);
    gpu.driver = device.driver;
    gpu.evidence.push_back(device.evidence);
    gpus.push_back(std::move(gpu));
  }
  for (const std::string& address : scene.files.names(fmt::format("{}/gpus", kProc))) {
    const std::string path = fmt::format("{}/gpus/{}/information", kProc, address);
    const std::string model = printable_line(value_of(scene.files.text(path), "Model", ':'));
    Gpu* gpu = by_address(gpus, address);
    if (gpu == nullptr) gpu = &gpus.emplace_back(nvidia_gpu("NVIDIA GPU", printable_line(address)));
    if (model.empty()) continue;
    gpu->name = model;
    gpu->driver = "nvidia";
    gpu->evidence.push_back(fmt::format("{}: {}", printable_line(path), model));
  }
  return gpus;
}

/// Put what NVML says of each GPU beside what is known of it.
void merge(const NvmlAnswer& answer, std::vector<Gpu>& gpus) {
  for (const NvmlGpu& said : answer.gpus) {
    Gpu* gpu = by_address(gpus, said.pci_address);
    if (gpu == nullptr) gpu = &gpus.emplace_back(nvidia_gpu(said.name, said.pci_address));
    if (!said.name.empty()) gpu->name = said.name;
    gpu->driver = "nvidia";
    gpu->compute_capability = said.compute_capability;
    gpu->vram_bytes = said.vram_bytes;
    gpu->evidence.push_back(fmt::format(
        "NVML: {}{}{}", said.name,
        said.compute_capability.empty() ? "" : ", compute capability " + said.compute_capability,
        said.vram_bytes == 0 ? "" : ", " + human_size(said.vram_bytes)));
  }
}

struct Verdict {
  std::string problem, fix;
  bool usable = false;
};

constexpr std::string_view kInstallDriver =
    "install NVIDIA's driver (Debian, Ubuntu: apt-get install nvidia-driver; others: "
    "https://www.nvidia.com/drivers) and restart";

/// What holds for every GPU of this driver.
Verdict judge(const Evidence& found, const NvmlAnswer& answer) {
  using End = NvmlAnswer::End;
  if (answer.end == End::refused) {
    if (answer.code == kNvmlVersionMismatch)
      return {"NVIDIA's driver and its libraries are of different versions",
              "restart the machine: the driver was updated and the old one still runs", false};
    if (answer.code == kNvmlDriverNotLoaded)
      return {"NVIDIA's driver is installed and not loaded",
              "load it (modprobe nvidia), or in a "
              "container start it with --gpus all",
              false};
    if (answer.code == kNvmlNoPermission)
      return {"this user may not use NVIDIA's devices",
              "give the user access to /dev/nvidia* (often: usermod -aG video,render USER)", false};
  }
  // Device files alone, without the driver's library, are a container that was given half.
  if (found.version_line.empty() && !found.wsl && answer.end != End::answered &&
      found.cuda_library.empty())
    return {fmt::format("{} is there, and NVIDIA's libraries are not", found.device_files.front()),
            "start the container with --gpus all (needs nvidia-container-toolkit on the host)",
            false};
  switch (answer.end) {
    case End::answered:
      return {{}, {}, true};
    case End::refused:
      return {fmt::format("NVIDIA's library refused: {}", answer.detail),
              "run nvidia-smi to see what is wrong", true};
    case End::missing:
      return {fmt::format("NVIDIA's library libnvidia-ml.so.1 could not be asked: {}",
                          answer.detail.empty() ? "it is not there" : answer.detail),
              "install the part of the driver that has nvidia-smi (Debian: apt-get install "
              "nvidia-smi)",
              true};
    case End::timed_out:
      return {fmt::format("NVIDIA's driver hangs: {}", answer.detail),
              "restart the machine, and look at dmesg if it happens again", true};
    case End::crashed:
      return {fmt::format("NVIDIA's library crashed: {}", answer.detail),
              "reinstall NVIDIA's driver", true};
  }
  return {};
}

/// The GPUs of a machine whose driver is not there.
void without_driver(std::vector<Gpu>& gpus) {
  for (Gpu& gpu : gpus) {
    gpu.problem = gpu.driver.empty()
                      ? "NVIDIA GPU without a driver"
                      : fmt::format("NVIDIA GPU without NVIDIA's driver (it has {})", gpu.driver);
    gpu.fix = kInstallDriver;
  }
}

}  // namespace

std::string cuda_of_driver(std::string_view driver_version) {
  struct Row {
    std::array<std::uint64_t, 3> driver;
    const char* cuda;
  };
  // CUDA Toolkit Release Notes, "CUDA Toolkit and Corresponding Driver Versions", the Linux
  // column, the first release of each: docs.nvidia.com/cuda/cuda-toolkit-release-notes.
  static constexpr std::array<Row, 23> kRows = {
      {{{595, 45, 4}, "13.2"}, {{590, 44, 1}, "13.1"},  {{580, 65, 6}, "13.0"},
       {{575, 51, 3}, "12.9"}, {{570, 26, 0}, "12.8"},  {{560, 28, 3}, "12.6"},
       {{555, 42, 2}, "12.5"}, {{550, 54, 14}, "12.4"}, {{545, 23, 6}, "12.3"},
       {{535, 54, 3}, "12.2"}, {{530, 30, 2}, "12.1"},  {{525, 60, 13}, "12.0"},
       {{520, 61, 5}, "11.8"}, {{515, 43, 4}, "11.7"},  {{510, 39, 1}, "11.6"},
       {{495, 29, 5}, "11.5"}, {{470, 42, 1}, "11.4"},  {{465, 19, 1}, "11.3"},
       {{460, 27, 3}, "11.2"}, {{455, 23, 0}, "11.1"},  {{450, 51, 5}, "11.0"},
       {{440, 33, 0}, "10.2"}, {{410, 48, 0}, "10.0"}}};
  std::array<std::uint64_t, 3> version{};
  const auto parts = split(driver_version, '.');
  for (std::size_t i = 0; i < std::min(parts.size(), version.size()); ++i)
    version[i] = leading_number(parts[i]);
  // A driver of "550.54", as some tools shorten it, is the release and not older than it.
  if (parts.size() == 2) version[2] = 99;
  for (const Row& row : kRows)
    if (version >= row.driver) return row.cuda;
  return {};
}

void probe_nvidia(const GpuScene& scene, Machine& machine) {
  const Evidence found = gather(scene.files);
  std::vector<Gpu> gpus = listed(scene);
  if (!found.driver()) {
    // Asking would have nvidia-modprobe load what is not loaded: not a probe's business.
    without_driver(gpus);
    machine.gpus.insert(machine.gpus.end(), gpus.begin(), gpus.end());
    return;
  }
  const NvmlAnswer answer = ask_nvml(libraries(scene), scene.options.nvml_time_max);
  merge(answer, gpus);
  const Verdict verdict = judge(found, answer);
  const std::string evidence =
      !found.version_line.empty() ? fmt::format("{}/version: {}", kProc, found.version_line)
      : found.wsl                 ? fmt::format("/dev/dxg with {}/libnvidia-ml.so.1", kWslFolder)
                                  : found.device_files.front();
  const std::string driver_version =
      answer.driver_version.empty() ? found.driver_version : answer.driver_version;
  // A container may bring newer CUDA libraries than its host's driver: NVML's word is the driver's.
  const std::string cuda =
      answer.cuda_max.empty() ? cuda_of_driver(driver_version) : answer.cuda_max;
  // NVML's list is whole when it answered; else a driver without a list has one GPU at least.
  const bool listed_all = answer.end == NvmlAnswer::End::answered;
  if (gpus.empty() && !listed_all) gpus.push_back(nvidia_gpu("NVIDIA GPU", ""));
  if (gpus.empty()) machine.notes.push_back("NVIDIA's driver is loaded and lists no GPU");

  FoundAccelerator cuda_found{Accelerator::cuda, evidence, cuda, {}, 0};
  bool any = false;
  for (Gpu& gpu : gpus) {
    gpu.evidence.insert(gpu.evidence.begin(), evidence);
    gpu.driver_version = driver_version;
    gpu.cuda_max = cuda;
    gpu.problem = verdict.problem;
    gpu.fix = verdict.fix;
    const bool others = !gpu.driver.empty() && gpu.driver != "nvidia";
    const bool seen = std::any_of(answer.gpus.begin(), answer.gpus.end(), [&](const NvmlGpu& said) {
      return said.pci_address.empty() || said.pci_address == gpu.pci_address;
    });
    if (others || (listed_all && !seen)) {
      gpu.problem = others ? fmt::format("this GPU belongs to the driver {}", gpu.driver)
                           : "NVIDIA's driver does not list this GPU";
      gpu.fix = others ? "bind it to NVIDIA's driver to use it here"
                       : "look at dmesg: the driver may be too new or too old for it";
      gpu.driver_version.clear();
      gpu.cuda_max.clear();
      continue;
    }
    if (!verdict.usable) continue;
    any = true;
    gpu.accelerator = Accelerator::cuda;
    cuda_found.vram_bytes = std::max(cuda_found.vram_bytes, gpu.vram_bytes);
    if (!gpu.compute_capability.empty() &&
        std::find(cuda_found.targets.begin(), cuda_found.targets.end(), gpu.compute_capability) ==
            cuda_found.targets.end())
      cuda_found.targets.push_back(gpu.compute_capability);
  }
  machine.gpus.insert(machine.gpus.end(), gpus.begin(), gpus.end());
  if (any) machine.accelerators.push_back(std::move(cuda_found));
}

}  // namespace rbee::platform
