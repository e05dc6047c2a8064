#include "platform/cpu.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>
#ifdef __x86_64__
#include <cpuid.h>
#endif
#ifdef __GLIBC__
#include <gnu/libc-version.h>
#endif

#include "base/text.hpp"

namespace rbee::platform {

namespace {

using Words = std::set<std::string_view>;

// A level needs the ones before it. pni is SSE3, abm is LZCNT, as the kernel names them.
constexpr std::array kLevel2 = {"cx16", "lahf_lm", "popcnt", "pni", "sse4_1", "sse4_2", "ssse3"};
constexpr std::array kLevel3 = {"avx", "avx2", "bmi1",  "bmi2", "f16c",
                                "fma", "abm",  "movbe", "xsave"};
constexpr std::array kLevel4 = {"avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl"};

/// What programs for inference are built for; the rest of a hundred flags chooses nothing.
constexpr std::array kX86 = {
    "sse4_1",      "sse4_2",      "popcnt",      "avx",        "avx2",     "avx_vnni",
    "fma",         "f16c",        "bmi1",        "bmi2",       "aes",      "sha_ni",
    "avx512f",     "avx512bw",    "avx512cd",    "avx512dq",   "avx512vl", "avx512_vnni",
    "avx512_bf16", "avx512_fp16", "avx512_vbmi", "avx512vbmi", "amx_tile", "amx_int8",
    "amx_bf16",    "amx_fp16"};
constexpr std::array kArm = {"neon", "vfpv4", "asimd",   "asimdhp", "asimddp", "fphp",
                             "i8mm", "bf16",  "sve",     "svei8mm", "svebf16", "sve2",
                             "sme",  "sme2",  "atomics", "aes",     "sha2",    "crc32"};

template <std::size_t N>
bool has_all(const Words& words, const std::array<const char*, N>& wanted) {
  return std::all_of(wanted.begin(), wanted.end(),
                     [&](const char* word) { return words.contains(word); });
}

std::string level_of(const Words& flags) {
  if (!has_all(flags, kLevel2)) return "x86-64-v1";
  if (!has_all(flags, kLevel3)) return "x86-64-v2";
  return has_all(flags, kLevel4) ? "x86-64-v4" : "x86-64-v3";
}

/// ARM's /proc/cpuinfo has numbers. Source: util-linux, sys-utils/lscpu-arm.c.
std::string arm_model(std::string_view cpuinfo) {
  struct Row {
    std::uint64_t implementer, part;
    const char* name;
  };
  static constexpr std::array<Row, 16> kParts = {{{0x41, 0xd03, "Cortex-A53"},
                                                  {0x41, 0xd05, "Cortex-A55"},
                                                  {0x41, 0xd07, "Cortex-A57"},
                                                  {0x41, 0xd08, "Cortex-A72"},
                                                  {0x41, 0xd0b, "Cortex-A76"},
                                                  {0x41, 0xd0c, "Neoverse N1"},
                                                  {0x41, 0xd40, "Neoverse V1"},
                                                  {0x41, 0xd42, "Cortex-A78AE"},
                                                  {0x41, 0xd49, "Neoverse N2"},
                                                  {0x41, 0xd4f, "Neoverse V2"},
                                                  {0x41, 0xd80, "Cortex-A520"},
                                                  {0x41, 0xd8e, "Neoverse N3"},
                                                  {0x61, 0x022, "Apple M1"},
                                                  {0x61, 0x023, "Apple M1"},
                                                  {0x61, 0x032, "Apple M2"},
                                                  {0x61, 0x033, "Apple M2"}}};
  const auto hex = [&](std::string_view key) {
    const std::string value = value_of(cpuinfo, key, ':');
    return value.starts_with("0x") ? leading_number(std::string_view(value).substr(2), 16) : 0;
  };
  const std::uint64_t implementer = hex("CPU implementer"), part = hex("CPU part");
  for (const Row& row : kParts)
    if (row.implementer == implementer && row.part == part) return row.name;
  return part == 0 ? "" : fmt::format("ARM implementer {:#x} part {:#x}", implementer, part);
}

std::uint64_t meminfo(std::string_view text, std::string_view key) {
  return leading_number(value_of(text, key, ':')) * 1024;
}

}  // namespace

bool Cpu::has(std::string_view feature) const {
  return std::find(features.begin(), features.end(), feature) != features.end();
}

std::string_view to_string(LibcKind kind) {
  switch (kind) {
    case LibcKind::unknown:
      return "unknown";
    case LibcKind::glibc:
      return "glibc";
    case LibcKind::musl:
      return "musl";
  }
  return "unknown";
}

Cpu parse_cpu(std::string_view cpuinfo, Arch arch, Abm abm) {
  Cpu cpu;
  for (std::string_view line : split(cpuinfo, '\n'))
    if (trim(line.substr(0, line.find(':'))) == "processor") ++cpu.cores;
  const std::string flags = value_of(cpuinfo, arch == Arch::x86_64 ? "flags" : "Features", ':');
  Words words;
  for (std::string_view word : split(flags, ' '))
    if (!word.empty()) words.insert(word);
  if (abm == Abm::present && !words.empty()) words.insert("abm");
  const auto keep = [&](const auto& table) {
    for (const char* name : table)
      if (words.contains(name)) cpu.features.emplace_back(name);
  };
  if (arch == Arch::x86_64) {
    cpu.model = value_of(cpuinfo, "model name", ':');
    if (!words.empty()) cpu.level = level_of(words);
    keep(kX86);
  } else {
    cpu.model = arm_model(cpuinfo);
    keep(kArm);
  }
  cpu.model = printable_line(cpu.model);
  return cpu;
}

Cpu probe_cpu(const ProbeFiles& files, Arch arch) {
  Abm abm = Abm::as_listed;
#ifdef __x86_64__
  // AMD64 Architecture Programmer's Manual 3, CPUID Fn8000_0001_ECX[5].
  unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;
  constexpr unsigned kAbmBit = 1U << 5;
  if (files.is_this_machine() && __get_cpuid(0x80000001U, &eax, &ebx, &ecx, &edx) != 0 &&
      (ecx & kAbmBit) != 0)
    abm = Abm::present;
#endif
  return parse_cpu(files.text("/proc/cpuinfo"), arch, abm);
}

void probe_memory(const ProbeFiles& files, Machine& machine) {
  const std::string text = files.text("/proc/meminfo");
  machine.ram_bytes = meminfo(text, "MemTotal");
  machine.available_ram_bytes = meminfo(text, "MemAvailable");
  // Inside a container the limit stands at the top of what it sees; "max" is no number. cgroup v2,
  // then v1, whose "no limit" is larger than any machine.
  std::uint64_t limit = files.number("/sys/fs/cgroup/memory.max");
  std::uint64_t used = files.number("/sys/fs/cgroup/memory.current");
  if (limit == 0) {
    limit = files.number("/sys/fs/cgroup/memory/memory.limit_in_bytes");
    used = files.number("/sys/fs/cgroup/memory/memory.usage_in_bytes");
  }
  if (limit == 0 || limit >= machine.ram_bytes) return;
  machine.notes.push_back(fmt::format("this container may use {} of the machine's {} of memory",
                                      human_size(limit), human_size(machine.ram_bytes)));
  machine.ram_bytes = limit;
  machine.available_ram_bytes =
      std::min(machine.available_ram_bytes, limit - std::min(used, limit));
}

Libc probe_libc(const ProbeFiles& files, Arch arch) {
  const char* glibc = "/lib64/ld-linux-x86-64.so.2";
  const char* musl = "/lib/ld-musl-x86_64.so.1";
  if (arch == Arch::aarch64) {
    glibc = "/lib/ld-linux-aarch64.so.1";
    musl = "/lib/ld-musl-aarch64.so.1";
  } else if (arch == Arch::armv7h) {
    glibc = "/lib/ld-linux-armhf.so.3";
    musl = "/lib/ld-musl-armhf.so.1";
  }
  if (!files.exists(glibc) && files.exists(musl)) return {LibcKind::musl, {}};
#ifdef __GLIBC__
  // This program runs on it, so it is there, wherever a system such as NixOS keeps its loader.
  if (files.is_this_machine()) return {LibcKind::glibc, gnu_get_libc_version()};
#endif
  if (files.exists(glibc)) return {LibcKind::glibc, {}};
  return {};
}

}  // namespace rbee::platform
