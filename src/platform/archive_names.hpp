// Names in archives: which may become a path below the target, and where a link may point.
//
// Pure, but for the thread's locale, which decides what a capital letter is. Source:
// docs/hostile-input.md.
#pragma once

#include <string>

#include "base/result.hpp"
#include "platform/archive.hpp"

namespace rbee::platform {

/// `name` with every letter in lower case: two names that some file systems take for one are equal
/// then.
std::string fold_case(const std::string& name);

/// A name of an archive as a plain relative path: no leading "./", no trailing '/'. Empty for the
/// root itself. Errors: Errc::invalid_input "archive-name", "archive-absolute",
/// "archive-traversal"; Errc::too_large "archive-path-length", "archive-depth".
Result<std::string> plain_archive_path(const char* raw, const ArchiveLimits& limits);

/// Whether the link at `path` may point to `raw`. It must stay inside however the links on its way
/// point: leading ".."s within the link's own (real) directories, then plain names, which at worst
/// lead through other links that obey the same rule. Errors: Errc::invalid_input "archive-symlink".
Result<void> check_archive_link(const std::string& path, const char* raw,
                                const ArchiveLimits& limits);

}  // namespace rbee::platform
