// The commands that recipes call inside $(…) and that only turn text into text, or ask what machine
// this is.
//
// Pure: each is a function of its arguments, its input and the virtual platform. None is executed.
// An option or construct that is not reproduced exactly is refused, never guessed. Source:
// POSIX.1-2017 utilities and the manual pages of GNU coreutils, grep, sed and gawk.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/platform.hpp"

namespace rbee::pkgbuild {

class FileView;  // file_view.hpp

struct CommandCall {
  const std::vector<std::string>& argv;  ///< argv[0] is the command's name.
  std::string_view input;                ///< Standard input.
  const Platform& platform;
  const FileView* files;  ///< May be nullptr: then no file can be read.
  std::size_t output_bytes_max;
};

struct CommandOutput {
  int status = 0;
  std::string output;
  std::uint64_t steps =
      1;  ///< Work done, in the unit of Limits::steps_max. At most `kCallStepsMax`.
};

/// No call does more work than this; what would is unsupported.
inline constexpr std::uint64_t kCallStepsMax = 50'000;

/// What is not supported, as the middle of a sentence: "grep -P", "awk getline".
struct CommandUnsupported {
  std::string construct;
};

/// True when `run_text_command` knows this name. (echo, printf, test, true … are the shell's own:
/// evaluate.cpp.)
bool is_text_command(std::string_view name);

std::variant<CommandOutput, CommandUnsupported> run_text_command(const CommandCall& call);

/// Where `command -v NAME`, `type -P` or `which` finds a program on the virtual machine; empty: not
/// there. Every coreutils-like tool is there; nvidia-smi only on cuda, rocminfo only on rocm, and
/// so on.
std::string_view virtual_program_path(std::string_view name, const Platform& platform);

/// A program that tells which accelerator a machine has.
struct VirtualProbe {
  std::string_view name;  ///< "nvidia-smi"
  std::string_view path;  ///< Where it is when it is there: "/usr/bin/nvidia-smi".
  bool present;           ///< On this platform.
};
std::vector<VirtualProbe> virtual_probes(const Platform& platform);

}  // namespace rbee::pkgbuild
