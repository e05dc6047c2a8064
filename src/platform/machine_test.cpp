// Machines that are made up: trees of /proc, /sys and /dev, and libraries that answer, hang, crash.
#include "platform/machine.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <fstream>

#include "platform/cpu.hpp"
#include "platform/file_descriptor.hpp"
#include "platform/files.hpp"
#include "platform/gpu_probes.hpp"
#include "platform/nvml.hpp"
#include "platform/process.hpp"

namespace rbee::platform {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;
namespace fs = std::filesystem;

constexpr const char* kProprietary =
    "NVRM version: NVIDIA UNIX x86_64 Kernel Module  550.54.14  Thu Feb 22 01:44:30 UTC 2024\n"
    "GCC version:  gcc version 12.2.0\n";
constexpr const char* kOpen =
    "NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  570.86.15  Release Build\n";

/// nvml.h, as far as it is asked, over one invented GPU. `%INIT%` is what nvmlInit_v2 does.
constexpr std::string_view kFakeNvml = R"(
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
struct memory { unsigned long long total, free, used; };
struct pci { char legacy[16]; unsigned domain, bus, device, id, subsystem; char bus_id[32]; };
int nvmlInit_v2(void) { %INIT% }
int nvmlSystemGetDriverVersion(char* to, unsigned n) { strncpy(to, "550.90.07", n); return 0; }
int nvmlSystemGetCudaDriverVersion_v2(int* to) { *to = 12040; return 0; }
int nvmlDeviceGetCount_v2(unsigned* to) { *to = %COUNT%; return 0; }
int nvmlDeviceGetHandleByIndex_v2(unsigned i, void** to) { *to = (void*)(size_t)(i + 1); return 0; }
int nvmlDeviceGetName(void* d, char* to, unsigned n) {
  (void)d; strncpy(to, "NVIDIA\tGeForce RTX 4090\033[31m", n); return 0; }
int nvmlDeviceGetMemoryInfo(void* d, struct memory* to) {
  %MEMORY% (void)d; to->total = 25757220864ull; return 0; }
int nvmlDeviceGetCudaComputeCapability(void* d, int* a, int* b) { (void)d; *a = 8; *b = 9; return 0; }
int nvmlDeviceGetPciInfo_v3(void* d, struct pci* to) {
  memset(to, 0, sizeof *to); to->bus = (unsigned)(size_t)d; return 0; }
const char* nvmlErrorString(int code) { return code == 18 ? "Driver/library version mismatch" : "?"; }
)";

class MachineProbe : public ::testing::Test {
 protected:
  MachineProbe() : root_(*TemporaryDirectory::create("/tmp", "rbee-machine-test")) {}

  void file(const std::string& path, std::string_view text = "") {
    const fs::path at = root_.path() / fs::path(path).relative_path();
    fs::create_directories(at.parent_path());
    std::ofstream(at) << text;
  }
  void pci(const std::string& address, std::string_view vendor, std::string_view device,
           const std::string& driver, const std::string& render_node = "",
           std::string_view pci_class = "0x030000") {
    const std::string folder = "/sys/bus/pci/devices/" + address;
    file(folder + "/class", fmt::format("{}\n", pci_class));
    file(folder + "/vendor", fmt::format("{}\n", vendor));
    file(folder + "/device", fmt::format("{}\n", device));
    file(folder + "/uevent", driver.empty() ? "PCI_CLASS=30000\n" : "DRIVER=" + driver + "\n");
    if (render_node.empty()) return;
    file(folder + "/drm/" + render_node + "/dev");
    file("/dev/dri/" + render_node);
  }
  void amd_node(const std::string& number, std::string_view properties) {
    file("/sys/class/kfd/kfd/topology/nodes/" + number + "/properties", properties);
  }
  /// A library in `folder` of the made-up machine.
  void nvml(std::string_view init, std::string_view folder = "/usr/lib64",
            std::string_view count = "1", std::string_view memory = "") {
    std::string text(kFakeNvml);
    for (const auto& [mark, with] :
         {std::pair{"%INIT%", init}, {"%COUNT%", count}, {"%MEMORY%", memory}})
      text.replace(text.find(mark), std::string_view(mark).size(), with);
    compile(text, fmt::format("{}/libnvidia-ml.so.1", folder));
  }
  void compile(std::string_view text, const std::string& library) {
    file("/fake.c", text);
    file(library);
    std::string said;
    const auto result = run_process(
        {.argv = {"cc", "-shared", "-fPIC", "-o", (root_.path() / library.substr(1)).string(),
                  (root_.path() / "fake.c").string()},
         .environment = {{"PATH", "/usr/bin:/bin"}},
         .output = [&](std::string_view bytes) { said += bytes; }});
    ASSERT_TRUE(result && result->ok()) << said;
  }
  Machine probe(std::chrono::milliseconds nvml_time_max = std::chrono::milliseconds(10'000)) {
    ProbeOptions options;
    options.root = root_.path();
    options.nvml_time_max = nvml_time_max;
    Result<Machine> machine = probe_machine(options);
    EXPECT_TRUE(machine);
    return machine ? *machine : Machine{};
  }

  TemporaryDirectory root_;
};

TEST_F(MachineProbe, AMachineWithNothingHasAProcessor) {
  const Machine machine = probe();
  EXPECT_THAT(machine.present(), ElementsAre(Accelerator::cpu));
  EXPECT_THAT(machine.gpus, IsEmpty());
  EXPECT_THAT(machine.notes, IsEmpty());
  EXPECT_EQ(machine.ram_bytes, 0u);
  EXPECT_EQ(machine.libc.kind, LibcKind::unknown);
}

// ---------------------------------------------------------------------- NVIDIA

TEST_F(MachineProbe, ANvidiaDriverInProcAlone) {
  file("/proc/driver/nvidia/version", kProprietary);
  file("/proc/driver/nvidia/gpus/0000:01:00.0/information",
       "Model: \t\t NVIDIA GeForce RTX 3090\nIRQ:   \t\t 101\nBus Location: \t 0000:01:00.0\n");
  const Machine machine = probe();
  ASSERT_EQ(machine.gpus.size(), 1u);
  const Gpu& gpu = machine.gpus.front();
  EXPECT_EQ(gpu.accelerator, Accelerator::cuda);
  EXPECT_EQ(gpu.name, "NVIDIA GeForce RTX 3090");
  EXPECT_EQ(gpu.pci_address, "0000:01:00.0");
  EXPECT_EQ(gpu.driver_version, "550.54.14");
  EXPECT_EQ(gpu.cuda_max, "12.4");
  EXPECT_EQ(gpu.vram_bytes, 0u);
  EXPECT_THAT(gpu.problem, StartsWith("NVIDIA's library libnvidia-ml.so.1 could not be asked"));
  EXPECT_THAT(gpu.evidence,
              ElementsAre("/proc/driver/nvidia/version: NVRM version: NVIDIA UNIX x86_64 Kernel "
                          "Module  550.54.14  Thu Feb 22 01:44:30 UTC 2024",
                          "/proc/driver/nvidia/gpus/0000:01:00.0/information: NVIDIA GeForce RTX "
                          "3090"));
  EXPECT_THAT(machine.present(), ElementsAre(Accelerator::cuda, Accelerator::cpu));
  EXPECT_EQ(machine.find(Accelerator::cuda)->runtime_max, "12.4");
}

TEST_F(MachineProbe, ANvidiaGpuWithoutADriverIsNoCuda) {
  pci("0000:01:00.0", "0x10de", "0x2684", "");
  nvml("abort();");  // Nobody may ask it.
  Machine machine = probe();
  ASSERT_EQ(machine.gpus.size(), 1u);
  EXPECT_EQ(machine.gpus[0].problem, "NVIDIA GPU without a driver");
  EXPECT_THAT(machine.gpus[0].fix, StartsWith("install NVIDIA's driver"));
  EXPECT_EQ(machine.gpus[0].name, "NVIDIA GPU 10de:2684");
  EXPECT_THAT(machine.gpus[0].evidence,
              ElementsAre("/sys/bus/pci/devices/0000:01:00.0: 10de:2684, no driver"));
  EXPECT_THAT(machine.present(), ElementsAre(Accelerator::cpu));

  pci("0000:01:00.0", "0x10de", "0x2684", "nouveau");
  file("/usr/share/misc/pci.ids",
       "# list\n1002  AMD/ATI\n\t2684  Wrong vendor\n10de  NVIDIA Corporation\n"
       "\t2684  AD102 [GeForce RTX 4090]\n\t\t1043 889a  Sub\nffff  End\n");
  machine = probe();
  EXPECT_EQ(machine.gpus[0].name, "NVIDIA AD102 [GeForce RTX 4090]");
  EXPECT_EQ(machine.gpus[0].problem, "NVIDIA GPU without NVIDIA's driver (it has nouveau)");
}

TEST_F(MachineProbe, NvmlTellsTheRest) {
  file("/proc/driver/nvidia/version", kOpen);
  pci("0000:01:00.0", "0x10de", "0x2684", "nvidia", "renderD128");
  pci("0000:07:00.0", "0x10de", "0x2684", "vfio-pci");
  file("/usr/share/vulkan/icd.d/nvidia_icd.json");
  nvml("return 0;");
  const Machine machine = probe();
  ASSERT_EQ(machine.gpus.size(), 2u);
  const Gpu& gpu = machine.gpus[0];
  EXPECT_EQ(gpu.name, "NVIDIA GeForce RTX 4090\xEF\xBF\xBD[31m");
  EXPECT_EQ(gpu.vram_bytes, 25'757'220'864u);
  EXPECT_EQ(gpu.compute_capability, "8.9");
  EXPECT_EQ(gpu.driver_version, "550.90.07");
  EXPECT_EQ(gpu.cuda_max, "12.4");
  EXPECT_EQ(gpu.problem, "");
  EXPECT_THAT(gpu.evidence, Contains("/dev/dri/renderD128 with nvidia_icd.json"));
  EXPECT_EQ(machine.gpus[1].accelerator, Accelerator::cpu);
  EXPECT_EQ(machine.gpus[1].problem, "this GPU belongs to the driver vfio-pci");
  EXPECT_THAT(machine.present(),
              ElementsAre(Accelerator::cuda, Accelerator::vulkan, Accelerator::cpu));
  const FoundAccelerator& cuda = *machine.find(Accelerator::cuda);
  EXPECT_EQ(cuda.runtime_max, "12.4");
  EXPECT_THAT(cuda.targets, ElementsAre("8.9"));
  EXPECT_EQ(cuda.vram_bytes, 25'757'220'864u);
}

TEST_F(MachineProbe, NvmlThatHangsInADeviceIsLeftAndItsFirstWordsCount) {
  file("/proc/driver/nvidia/version", kProprietary);
  nvml("return 0;", "/usr/lib64", "1", "for (;;) sleep(1000);");
  const auto start = std::chrono::steady_clock::now();
  const Machine machine = probe(std::chrono::milliseconds(400));
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(5));
  ASSERT_EQ(machine.gpus.size(), 1u);
  EXPECT_EQ(machine.gpus[0].problem, "NVIDIA's driver hangs: no answer within 400 ms");
  EXPECT_EQ(machine.gpus[0].driver_version, "550.90.07");
  EXPECT_EQ(machine.platform().accelerator, Accelerator::cuda);
}

TEST_F(MachineProbe, NvmlIsAskedWithoutOurDescriptors) {
  // Whoever reads our output must not wait for a process that hangs in a driver.
  file("/proc/driver/nvidia/version", kProprietary);
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe(ends.data()), 0);
  const FileDescriptor read_end(ends[0]), write_end(ends[1]);
  nvml(
      "struct stat s; fstat(1, &s); if (!S_ISCHR(s.st_mode)) return 4; "
      "for (int fd = 4; fd < 256; ++fd) if (fcntl(fd, F_GETFD) != -1) return 4; return 0;");
  const Machine machine = probe();
  ASSERT_EQ(machine.gpus.size(), 1u);
  EXPECT_EQ(machine.gpus[0].problem, "");
}

TEST_F(MachineProbe, NvmlThatListsNothingIsNoCuda) {
  file("/proc/driver/nvidia/version", kProprietary);
  nvml("return 0;", "/usr/lib64", "0");
  const Machine machine = probe();
  EXPECT_THAT(machine.gpus, IsEmpty());
  EXPECT_THAT(machine.notes, ElementsAre("NVIDIA's driver is loaded and lists no GPU"));
  EXPECT_THAT(machine.present(), ElementsAre(Accelerator::cpu));
}

struct BadLibrary {
  const char* name;
  const char* init;  ///< Of nvmlInit_v2; null: a library without it.
  bool cuda;
  const char* problem;
};
void PrintTo(const BadLibrary& row, std::ostream* out) {
  *out << row.name;
}
class BadNvml : public MachineProbe, public ::testing::WithParamInterface<BadLibrary> {};

TEST_P(BadNvml, LeavesWhatProcSays) {
  file("/proc/driver/nvidia/version", kProprietary);
  if (GetParam().init != nullptr) {
    nvml(GetParam().init);
  } else {
    compile("int unrelated(void) { return 0; }", "/usr/lib64/libnvidia-ml.so.1");
  }
  const Machine machine = probe(std::chrono::milliseconds(2'000));
  ASSERT_EQ(machine.gpus.size(), 1u);
  EXPECT_EQ(machine.gpus[0].problem, GetParam().problem);
  EXPECT_NE(machine.gpus[0].fix, "");
  EXPECT_EQ(machine.gpus[0].cuda_max, "12.4");
  EXPECT_EQ(machine.find(Accelerator::cuda) != nullptr, GetParam().cuda);
}

INSTANTIATE_TEST_SUITE_P(
    All, BadNvml,
    ::testing::Values(
        BadLibrary{"hangs", "for (;;) sleep(1000);", true,
                   "NVIDIA's driver hangs: no answer within 2000 ms"},
        BadLibrary{"crashes", "raise_it: *(volatile int*)0 = 1; goto raise_it;", true,
                   "NVIDIA's library crashed: signal 11 (Segmentation fault)"},
        BadLibrary{"exits", "exit(3);", true, "NVIDIA's library crashed: exit code 3"},
        BadLibrary{"lacks_symbols", nullptr, true,
                   "NVIDIA's library libnvidia-ml.so.1 could not be asked: it has no function "
                   "nvmlInit_v2"},
        BadLibrary{"is_of_another_version", "return 18;", false,
                   "NVIDIA's driver and its libraries are of different versions"},
        BadLibrary{"finds_no_driver", "return 9;", false,
                   "NVIDIA's driver is installed and not loaded"},
        BadLibrary{"may_not", "return 4;", false, "this user may not use NVIDIA's devices"},
        BadLibrary{"does_not_know", "return 999;", true, "NVIDIA's library refused: ?"}),
    [](const auto& row) { return std::string(row.param.name); });

TEST_F(MachineProbe, WslHasItsOwnEvidence) {
  file("/dev/dxg");
  nvml("return 0;", "/usr/lib/wsl/lib");
  Machine machine = probe();
  ASSERT_EQ(machine.gpus.size(), 1u);
  EXPECT_EQ(machine.gpus[0].compute_capability, "8.9");
  EXPECT_EQ(machine.find(Accelerator::cuda)->evidence,
            "/dev/dxg with /usr/lib/wsl/lib/libnvidia-ml.so.1");
  fs::remove(root_.path() / "dev/dxg");
  machine = probe();
  EXPECT_THAT(machine.gpus, IsEmpty());
}

TEST_F(MachineProbe, AContainerWithTheDeviceAlone) {
  file("/dev/nvidia0");
  file("/dev/nvidiactl");
  Machine machine = probe();
  ASSERT_EQ(machine.gpus.size(), 1u);
  EXPECT_EQ(machine.gpus[0].problem, "/dev/nvidia0 is there, and NVIDIA's libraries are not");
  EXPECT_THAT(machine.gpus[0].fix, StartsWith("start the container with --gpus all"));
  EXPECT_THAT(machine.present(), ElementsAre(Accelerator::cpu));

  file("/usr/lib/x86_64-linux-gnu/libcuda.so.1");
  machine = probe();
  EXPECT_THAT(machine.present(), ElementsAre(Accelerator::cuda, Accelerator::cpu));
  EXPECT_EQ(machine.find(Accelerator::cuda)->evidence, "/dev/nvidia0");
  EXPECT_EQ(machine.find(Accelerator::cuda)->runtime_max, "");

  nvml("return 0;");
  machine = probe();
  EXPECT_EQ(machine.find(Accelerator::cuda)->runtime_max, "12.4");
  EXPECT_EQ(machine.gpus[0].problem, "");
}

TEST(Nvml, WordsOfTheChildAreNotTrusted) {
  const NvmlAnswer answer = parse_nvml(
      "driver\t1\x1b[2J\ncuda\ngpu\ngpu\tA\t99999999999999999999\t8.9\tx\nnonsense\t\t\n\nend\n");
  EXPECT_EQ(answer.end, NvmlAnswer::End::answered);
  EXPECT_EQ(answer.driver_version, "1\xEF\xBF\xBD[2J");
  ASSERT_EQ(answer.gpus.size(), 2u);
  EXPECT_EQ(answer.gpus[1].vram_bytes, 0u);
  EXPECT_EQ(parse_nvml("").end, NvmlAnswer::End::crashed);
  EXPECT_EQ(parse_nvml("refused\t-5\n").detail, "NVML error 0");
}

TEST(Nvml, CudaOfADriver) {
  const std::vector<std::pair<std::string, std::string>> rows = {{"595.45.04", "13.2"},
                                                                 {"580.65.06", "13.0"},
                                                                 {"570.86.15", "12.8"},
                                                                 {"560.35.03", "12.6"},
                                                                 {"550.54.14", "12.4"},
                                                                 {"550.54", "12.4"},
                                                                 {"550.40.07", "12.3"},
                                                                 {"535.183.01", "12.2"},
                                                                 {"525.60.13", "12.0"},
                                                                 {"470.256.02", "11.4"},
                                                                 {"390.157", ""},
                                                                 {"", ""},
                                                                 {"x.y", ""}};
  for (const auto& [driver, cuda] : rows) EXPECT_EQ(cuda_of_driver(driver), cuda) << driver;
}

// ------------------------------------------------------------------------- AMD

TEST_F(MachineProbe, AmdWithKfd) {
  pci("0000:03:00.0", "0x1002", "0x744c", "amdgpu", "renderD128");
  pci("0000:0b:00.0", "0x1002", "0x164e", "amdgpu", "renderD129");
  file("/sys/bus/pci/devices/0000:03:00.0/mem_info_vram_total", "25753026560\n");
  file("/dev/kfd");
  amd_node("0", "cpu_cores_count 16\nsimd_count 0\ngfx_target_version 0\n");
  amd_node("1",
           "cpu_cores_count 0\nsimd_count 192\ngfx_target_version 110000\nvendor_id 4098\n"
           "location_id 768\ndomain 0\ndrm_render_minor 128\n");
  amd_node("2", "gfx_target_version 100306\nlocation_id 2816\ndomain 0\n");
  file("/sys/class/kfd/kfd/topology/nodes/2/mem_banks/0/properties",
       "heap_type 1\nsize_in_bytes 536870912\n");
  file("/sys/module/amdgpu/version", "6.8.5\n");
  file("/usr/share/vulkan/icd.d/lvp_icd.x86_64.json");
  file("/usr/share/vulkan/icd.d/radeon_icd.x86_64.json");
  const Machine machine = probe();
  ASSERT_EQ(machine.gpus.size(), 2u);
  EXPECT_EQ(machine.gpus[0].gfx_target, "gfx1100");
  EXPECT_EQ(machine.gpus[0].vram_bytes, 25'753'026'560u);
  EXPECT_EQ(machine.gpus[0].driver_version, "6.8.5");
  EXPECT_EQ(machine.gpus[0].problem, "");
  EXPECT_THAT(machine.gpus[0].evidence,
              ElementsAre("/sys/bus/pci/devices/0000:03:00.0: 1002:744c, driver amdgpu",
                          "/sys/class/kfd/kfd/topology/nodes/1: gfx1100",
                          "/dev/dri/renderD128 with radeon_icd.x86_64.json"));
  EXPECT_EQ(machine.gpus[1].gfx_target, "gfx1036");
  EXPECT_EQ(machine.gpus[1].vram_bytes, 536'870'912u);
  EXPECT_THAT(machine.present(),
              ElementsAre(Accelerator::rocm, Accelerator::vulkan, Accelerator::cpu));
  const FoundAccelerator& rocm = *machine.find(Accelerator::rocm);
  EXPECT_EQ(rocm.evidence, "/dev/kfd with gfx1100, gfx1036");
  EXPECT_THAT(rocm.targets, ElementsAre("gfx1100", "gfx1036"));
}

TEST_F(MachineProbe, AmdWithoutKfdHasVulkanAlone) {
  pci("0000:03:00.0", "0x1002", "0x744c", "amdgpu", "renderD128");
  file("/usr/share/vulkan/icd.d/radeon_icd.x86_64.json");
  Machine machine = probe();
  ASSERT_EQ(machine.gpus.size(), 1u);
  EXPECT_EQ(machine.gpus[0].problem, "AMD GPU without /dev/kfd: no ROCm");
  EXPECT_EQ(machine.gpus[0].accelerator, Accelerator::vulkan);
  EXPECT_THAT(machine.present(), ElementsAre(Accelerator::vulkan, Accelerator::cpu));

  // kfd is there for another reason and lists processors alone.
  file("/dev/kfd");
  amd_node("0", "gfx_target_version 0\n");
  machine = probe();
  EXPECT_THAT(machine.present(), ElementsAre(Accelerator::vulkan, Accelerator::cpu));
  EXPECT_THAT(machine.gpus[0].problem, HasSubstr("does not offer"));
}

TEST(Amd, NamesOfTargets) {
  EXPECT_EQ(gfx_name(110000), "gfx1100");
  EXPECT_EQ(gfx_name(90010), "gfx90a");
  EXPECT_EQ(gfx_name(90402), "gfx942");
  EXPECT_EQ(gfx_name(120001), "gfx1201");
  EXPECT_EQ(gfx_name(0), "");
}

// -------------------------------------------------------------- Intel and others

TEST_F(MachineProbe, IntelArcWithVulkanAndLevelZero) {
  pci("0000:03:00.0", "0x8086", "0x56a0", "xe", "renderD128");
  file("/usr/share/vulkan/icd.d/intel_icd.x86_64.json");
  Machine machine = probe();
  ASSERT_EQ(machine.gpus.size(), 1u);
  EXPECT_EQ(machine.gpus[0].name, "Intel GPU 8086:56a0");
  EXPECT_EQ(machine.gpus[0].accelerator, Accelerator::vulkan);
  EXPECT_EQ(machine.gpus[0].problem, "");
  EXPECT_THAT(machine.present(), ElementsAre(Accelerator::vulkan, Accelerator::cpu));

  file("/usr/lib/x86_64-linux-gnu/libze_intel_gpu.so.1");
  machine = probe();
  EXPECT_THAT(machine.present(),
              ElementsAre(Accelerator::sycl, Accelerator::vulkan, Accelerator::cpu));
  EXPECT_EQ(machine.gpus[0].accelerator, Accelerator::sycl);
}

TEST_F(MachineProbe, AVulkanDriverOfAnotherMakerIsNone) {
  pci("0000:03:00.0", "0x8086", "0x56a0", "xe", "renderD128");
  file("/usr/share/vulkan/icd.d/radeon_icd.x86_64.json");
  const Machine machine = probe();
  EXPECT_EQ(machine.gpus[0].problem, "no Vulkan driver for this GPU");
  EXPECT_THAT(machine.present(), ElementsAre(Accelerator::cpu));
}

TEST_F(MachineProbe, LavapipeAloneIsNoGpu) {
  file("/usr/share/vulkan/icd.d/lvp_icd.x86_64.json");
  file("/dev/dri/card0");
  pci("0000:00:02.0", "0x1234", "0x1111", "bochs-drm");  // A virtual machine's console.
  const Machine machine = probe();
  EXPECT_THAT(machine.gpus, IsEmpty());
  EXPECT_THAT(machine.present(), ElementsAre(Accelerator::cpu));
  EXPECT_THAT(machine.notes, ElementsAre("lvp_icd.x86_64.json draws with the processor: it counts "
                                         "as no GPU"));
}

TEST_F(MachineProbe, AnArmBoardsGpuIsOnNoBus) {
  file("/dev/dri/renderD128");
  file("/sys/class/drm/renderD128/device/uevent", "DRIVER=panfrost\nOF_NAME=gpu\n");
  file("/usr/share/vulkan/icd.d/panfrost_icd.aarch64.json");
  const Machine machine = probe();
  ASSERT_EQ(machine.gpus.size(), 1u);
  EXPECT_EQ(machine.gpus[0].driver, "panfrost");
  EXPECT_EQ(machine.find(Accelerator::vulkan)->evidence,
            "/dev/dri/renderD128 with panfrost_icd.aarch64.json");
}

// --------------------------------------------------- processor, memory, C library

TEST(Cpu, LevelsOfX86) {
  const std::string v2 = "flags : fpu sse sse2 cx16 lahf_lm popcnt pni sse4_1 sse4_2 ssse3";
  const std::string v3 = v2 + " avx avx2 bmi1 bmi2 f16c fma abm movbe xsave";
  const std::string v4 = v3 + " avx512f avx512bw avx512cd avx512dq avx512vl avx512_vnni";
  const auto level = [](const std::string& text) { return parse_cpu(text, Arch::x86_64).level; };
  EXPECT_EQ(level("flags : fpu sse2"), "x86-64-v1");
  EXPECT_EQ(level(v2), "x86-64-v2");
  EXPECT_EQ(level(v3), "x86-64-v3");
  EXPECT_EQ(level(v4), "x86-64-v4");
  EXPECT_EQ(level("nothing"), "");
  const Cpu cpu = parse_cpu("processor : 0\nmodel name\t: AMD EPYC\x1b 9\n" + v4 +
                                "\n\nprocessor : 1\nmodel name : AMD EPYC\n",
                            Arch::x86_64);
  EXPECT_EQ(cpu.cores, 2u);
  EXPECT_EQ(cpu.model, "AMD EPYC\xEF\xBF\xBD 9");
  EXPECT_TRUE(cpu.has("avx512_vnni"));
  EXPECT_FALSE(cpu.has("fpu"));
}

TEST(Cpu, FeaturesOfArm) {
  const Cpu cpu = parse_cpu(
      "processor\t: 0\nBogoMIPS\t: 243.75\nFeatures\t: fp asimd evtstrm aes asimddp sve i8mm\n"
      "CPU implementer\t: 0x41\nCPU part\t: 0xd40\n",
      Arch::aarch64);
  EXPECT_EQ(cpu.model, "Neoverse V1");
  EXPECT_EQ(cpu.level, "");
  EXPECT_THAT(cpu.features, ElementsAre("asimd", "asimddp", "i8mm", "sve", "aes"));
}

TEST_F(MachineProbe, AContainersMemoryIsItsLimit) {
  file("/proc/meminfo", "MemTotal:   16000000 kB\nMemFree: 1 kB\nMemAvailable: 8000000 kB\n");
  file("/sys/fs/cgroup/memory.max", "max\n");
  Machine machine = probe();
  EXPECT_EQ(machine.ram_bytes, 16'384'000'000u);
  EXPECT_EQ(machine.available_ram_bytes, 8'192'000'000u);
  file("/sys/fs/cgroup/memory.max", "4000000000\n");
  file("/sys/fs/cgroup/memory.current", "1000000000\n");
  machine = probe();
  EXPECT_EQ(machine.ram_bytes, 4'000'000'000u);
  EXPECT_EQ(machine.available_ram_bytes, 3'000'000'000u);
  EXPECT_THAT(machine.notes,
              ElementsAre("this container may use 4.0 GB of the machine's 16.4 GB of memory"));
}

TEST_F(MachineProbe, MuslIsKnownByItsLoader) {
  const ProbeFiles files(root_.path());
  file("/lib/ld-musl-x86_64.so.1");
  EXPECT_EQ(probe_libc(files, Arch::x86_64).kind, LibcKind::musl);
  EXPECT_EQ(probe_libc(files, Arch::aarch64).kind, LibcKind::unknown);
  file("/lib64/ld-linux-x86-64.so.2");
  EXPECT_EQ(probe_libc(files, Arch::x86_64).kind, LibcKind::glibc);
}

TEST(ThisMachine, AnswersSoonAndHasAProcessor) {
  const auto machine = probe_machine("/", "");
  ASSERT_TRUE(machine);
  EXPECT_GT(machine->cpu.cores, 0u);
  EXPECT_GT(machine->ram_bytes, 0u);
  EXPECT_EQ(machine->present().back(), Accelerator::cpu);
  EXPECT_EQ(to_string(*host_platform("linux-aarch64-cuda")), "linux-aarch64-cpu");
  EXPECT_EQ(host_platform("")->arch, machine->arch);
}

}  // namespace
}  // namespace rbee::platform
