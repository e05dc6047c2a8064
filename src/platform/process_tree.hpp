// How many processes a program has become, how much memory they hold and what time they took.
//
// Reads /proc. Source: proc(5), "/proc/[pid]/stat" and "/proc/[pid]/statm".
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>

namespace rbee::platform {

struct ProcessTree {
  std::uint64_t processes = 0;       ///< The root and all its descendants.
  std::uint64_t memory_bytes = 0;    ///< Resident and backed by no file, summed; a page that two
                                     ///< processes share after a fork counts twice.
  std::chrono::milliseconds cpu{0};  ///< Of these, and of those that they have waited for.
};

/// One look. Processes that start or end meanwhile may be missed; where /proc is not mounted the
/// tree is empty.
ProcessTree look_at_tree(pid_t root);

}  // namespace rbee::platform
