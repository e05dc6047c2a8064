// A process that outlives this one and that nobody waits for.
//
// Starts this very program once more. POSIX.1-2017 posix_spawn; POSIX_SPAWN_SETSID of glibc.
#pragma once

#include <string>
#include <vector>

namespace rbee::platform {

/// Run this program with `arguments` in a session of its own, without standard input, output and
/// error. A millisecond; whether it works out is nobody's concern.
void start_myself(const std::vector<std::string>& arguments);

}  // namespace rbee::platform
