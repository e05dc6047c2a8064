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

/// One look, which goes no further once there are more than `processes_max` (0: it goes all the
/// way). Processes that start or end meanwhile may be missed. Costs as much as the tree is large;
/// where the kernel does not tell children (CONFIG_PROC_CHILDREN), as much as the machine is.
ProcessTree look_at_tree(pid_t root, std::uint64_t processes_max = 0);

/// While this lives, the calling thread runs before every ordinary process, where that is allowed
/// (root): whoever watches must not wait for what is watched. What it starts runs as usual.
class Attention {
 public:
  Attention();
  ~Attention();
  Attention(const Attention&) = delete;
  Attention& operator=(const Attention&) = delete;

 private:
  int policy_ = -1;  ///< The one before; -1 when nothing was changed.
  int priority_ = 0;
};

}  // namespace rbee::platform
