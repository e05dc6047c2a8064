// Processor, memory and C library.
//
// Reads /proc/cpuinfo, /proc/meminfo, the container's limits and the names of dynamic loaders.
// Levels: x86-64 psABI 1.0, "Micro-Architecture Levels"; names: the kernel's capflags and hwcap.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/platform.hpp"
#include "platform/machine.hpp"
#include "platform/probe_files.hpp"

namespace rbee::platform {

/// Whether LZCNT is there although the kernel does not list it, as some do not.
enum class Abm { as_listed, present };

/// What /proc/cpuinfo says. Pure.
Cpu parse_cpu(std::string_view cpuinfo, Arch arch, Abm abm = Abm::as_listed);

/// `parse_cpu` of the file, and of this machine's processor what a virtual machine's kernel may
/// leave out of it.
Cpu probe_cpu(const ProbeFiles& files, Arch arch);

/// Fill in `ram_bytes`, `available_ram_bytes`, and a note when a container's limit is lower.
void probe_memory(const ProbeFiles& files, Machine& machine);

/// The libc that programs of this system are linked with; both loaders: glibc.
Libc probe_libc(const ProbeFiles& files, Arch arch);

}  // namespace rbee::platform
