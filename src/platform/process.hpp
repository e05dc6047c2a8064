// Run a program and everything it starts, watch it, and end it all when told.
//
// Starts processes; nothing passes through a shell. The child gets exactly the arguments,
// environment and descriptors named here. POSIX.1-2017 fork, execve, setrlimit; close_range(2).
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace rbee::platform {

/// Zero means: not limited by us.
struct ProcessLimits {
  std::chrono::seconds wall_max{0};
  std::chrono::seconds cpu_max{0};             ///< Of each process.
  std::uint64_t address_space_bytes_max = 0;   ///< Of each process.
  std::uint64_t file_bytes_max = 0;            ///< Of each file.
  std::uint64_t processes_max = 0;             ///< Of this user, in the namespace where it is set.
  std::uint64_t output_bytes_max = 256 << 20;  ///< Standard output and error together.
  /// Of the program and everything it started, looked at every 10 ms: how many processes, the
  /// memory that is theirs alone, the processor time of all that are or were. They hold for root
  /// too, for whom `processes_max` does not.
  std::uint64_t tree_processes_max = 0;
  std::uint64_t tree_memory_bytes_max = 0;
  std::chrono::seconds tree_cpu_max{0};
};

struct ProcessSpec {
  std::vector<std::string>
      argv;  ///< argv[0] is an absolute path, or a name that `find_program` finds.
  std::map<std::string, std::string> environment = {};  ///< The whole environment.
  std::filesystem::path directory = "/";
  std::vector<int> inherit = {};  ///< Descriptors the child keeps, same numbers.
  std::function<void(std::string_view)> output = {};  ///< Standard output and error as they come.
  std::function<bool()> cancelled = {};               ///< Asked at least every 50 ms.
  ProcessLimits limits = {};
};

struct ProcessResult {
  enum class End {
    exited,
    signalled,
    cancelled,
    timed_out,
    output_flood,
    process_flood,
    memory_flood,
    cpu_flood
  };
  End end = End::exited;
  int code = 0;  ///< Exit code, or the signal's number.
  bool ok() const { return end == End::exited && code == 0; }
};

/// "exit code 2", "signal 9", "stopped by the user", "took longer than 60 seconds" …
std::string to_string(const ProcessResult& result, const ProcessLimits& limits);

/// Absolute path of a program in the system's directories (not PATH: that is anybody's to set).
std::optional<std::string> find_program(std::string_view name);

/// Run to the end. When it returns, the process and its group are gone.
/// Errors: Errc::not_found "program-not-found", Errc::io "program-not-started".
Result<ProcessResult> run_process(const ProcessSpec& spec);

}  // namespace rbee::platform
