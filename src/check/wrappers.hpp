// Programs that run another program: env, sudo, timeout, xargs, find -exec, busybox …
//
// Pure. Source: their man pages.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace rbee::check {

struct Unwrapped {
  std::vector<std::vector<std::string>> commands;  ///< Words of each command that is run at last.
  std::vector<std::string> wrappers;               ///< Names that were taken off, outermost first.
};

/// env, sudo, timeout …: runs what stands behind it.
bool is_wrapper(std::string_view name);

/// `words` (at least one) without what only runs something else. `command -v` and the like run
/// nothing and stay as they are.
Unwrapped unwrap(const std::vector<std::string>& words);

}  // namespace rbee::check
