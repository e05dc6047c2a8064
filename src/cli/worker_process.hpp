// Starting an installed worker: in place of this program, or as its child.
//
// Touches processes and sockets. The worker inherits the terminal, the environment and the working
// directory.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"

namespace rbee::cli {

/// A TCP port on that address which was free a moment ago. Errors: Errc::io "port-unavailable".
Result<std::uint16_t> free_port(const std::string& host);

/// Become `program`. Returns only when that failed: Errc::io "worker-not-started".
Error become(const std::filesystem::path& program, const std::vector<std::string>& arguments);

/// A child that is gone when this object is: SIGTERM, then after five seconds SIGKILL.
class WorkerProcess {
 public:
  /// Where the child's standard output goes; discarded: its errors, too.
  enum class Output { inherited, to_standard_error, discarded };
  static Result<WorkerProcess> start(const std::filesystem::path& program,
                                     const std::vector<std::string>& arguments,
                                     Output output = Output::inherited);
  WorkerProcess(WorkerProcess&& other) noexcept;
  WorkerProcess& operator=(WorkerProcess&&) = delete;
  ~WorkerProcess();

  pid_t pid() const { return pid_; }
  /// Exit code, or 128 and the signal's number, once it has ended.
  std::optional<int> ended();
  /// Ask it to end, and wait until it has.
  int stop();

 private:
  explicit WorkerProcess(pid_t pid) : pid_(pid) {}
  pid_t pid_;
  std::optional<int> code_;
};

}  // namespace rbee::cli
