// Git repositories of others, fetched and checked out by the `git` program.
//
// Starts processes and reads the network; writes only below the directories it is given. No
// configuration of the user or the system is read, no hook, filter or credential helper runs, no
// question is asked. libgit2 (git.hpp) reads; it cannot fetch one commit without its history.
// Source: git-fetch(1), git-clone(1), gitprotocol-v2(5).
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "platform/process.hpp"

namespace rbee::platform {

/// What of a repository is wanted.
struct GitRef {
  enum class Kind {
    head,    ///< Whatever the server calls HEAD.
    branch,  ///< `name` below refs/heads/.
    tag,     ///< `name` below refs/tags/.
    commit   ///< `name` is 40 hexadecimal digits, or the beginning of them.
  };
  Kind kind = Kind::head;
  std::string name;
};

/// While git works.
struct GitWatch {
  std::function<bool()> cancelled = {};
  /// Bytes received so far; the total is not known before the end.
  std::function<void(std::uint64_t received)> progress = {};
};

/// Is `name` one that git-check-ref-format(1) takes below refs/heads/ or refs/tags/, and no option?
bool is_git_ref_name(std::string_view name);

/// Fetch into the bare repository `repository`, which is made when it is missing: one commit, or
/// with `history` every branch and tag with all that leads to them. `url` is http, https or file.
/// Errors: Errc::not_found "git-missing" (the program), "git-ref-missing"; Errc::unreachable
/// "git-fetch-failed" with git's last lines; Errc::interrupted; Errc::io.
Result<void> git_fetch(const std::filesystem::path& repository, const std::string& url,
                       const GitRef& ref, bool history, const GitWatch& watch);

/// The commit that `ref` is in `repository`, as 40 digits. Errors: Errc::not_found
/// "git-ref-missing"; Errc::integrity "git-tag-forged" when an annotated tag calls itself
/// otherwise.
Result<std::string> git_resolve(const std::filesystem::path& repository, const GitRef& ref);

/// The bytes of the object `name` of type `type` ("commit", "tag"). Errors: Errc::not_found
/// "git-ref-missing".
Result<std::string> git_object(const std::filesystem::path& repository, std::string_view type,
                               const std::string& name);

/// `target` becomes a working copy of its own, on the branch "makepkg" at `commit`, sharing no file
/// with `repository`; with `history`, its branches are there as origin's.
/// Errors: Errc::failed "git-checkout-failed"; Errc::interrupted.
Result<void> git_check_out(const std::filesystem::path& repository, const std::string& commit,
                           bool history, const std::filesystem::path& target,
                           const GitWatch& watch);

/// Write the tree of `commit` as an uncompressed tar: what makepkg 6.1's checksums are of.
Result<void> git_archive(const std::filesystem::path& repository, const std::string& commit,
                         const std::filesystem::path& file);

/// Does every object hold what its name says, and is nothing missing? Errors: Errc::integrity
/// "git-damaged" with git's last lines.
Result<void> git_verify(const std::filesystem::path& repository, const GitWatch& watch);

}  // namespace rbee::platform
