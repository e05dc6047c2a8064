// A Git repository as one file, and back: for backups.
//
// Starts the `git` program with no configuration of the user or the system; nothing passes through
// a shell. Source: git-bundle(1), git-for-each-ref(1).
#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "base/result.hpp"

namespace rbee::platform {

/// Full names ("refs/heads/main") and the 40 digits they stand for.
using GitRefs = std::map<std::string, std::string>;

/// Errors: Errc::not_found "git-missing"; Errc::integrity "git-damaged".
Result<GitRefs> git_list_refs(const std::filesystem::path& repository);

/// Write a bundle of exactly `refs`, whatever the repository's own refs are meanwhile: their
/// objects must be there. `scratch` is an empty directory for working files.
/// Errors: Errc::integrity "git-damaged" when objects are missing; Errc::io.
Result<void> git_write_bundle(const std::filesystem::path& repository, const GitRefs& refs,
                              const std::filesystem::path& scratch,
                              const std::filesystem::path& file);

/// Make the bare repository `repository`, HEAD at refs/heads/main, out of a bundle that may come
/// from anybody: every object is checked, and that none is missing.
/// Errors: Errc::integrity "git-damaged" with git's last lines.
Result<void> git_read_bundle(const std::filesystem::path& file,
                             const std::filesystem::path& repository);

}  // namespace rbee::platform
