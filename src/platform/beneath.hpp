// Paths that strangers chose, opened so that they cannot lead out of a directory.
//
// The kernel resolves them: no "..", no link, no /proc trick leaves the root. Source: openat2(2),
// RESOLVE_BENEATH (Linux 5.6).
#pragma once

#include <string>

#include "platform/file_descriptor.hpp"

namespace rbee::platform {

/// Open `relative` below the directory `root` with open(2)'s `flags` (O_CLOEXEC is added), links
/// inside followed unless O_NOFOLLOW says otherwise. Nothing, and errno: EXDEV when it leads out,
/// ENOSYS where the kernel is too old.
FileDescriptor open_beneath(int root, const std::string& relative, int flags);

}  // namespace rbee::platform
