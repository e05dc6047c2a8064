// Sources that are Git repositories: which, and how they come into the cache.
//
// Reads the network through the `git` program, writes only below the cache. A repository is kept
// under cache/git/: with its whole history where the recipe's functions call git, else one folder
// for each commit. Source: PKGBUILD(5), "Using VCS Sources".
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "build/builder.hpp"
#include "install/installer.hpp"
#include "platform/git_program.hpp"

namespace rbee::install {

/// "git+https://host/x.git#tag=v1?signed", read.
struct GitSource {
  std::string url;  ///< For git: no "git+", fragment or query.
  platform::GitRef ref;
  bool is_signed = false;  ///< "?signed": the tag, or else the commit.
};

/// Errors: Errc::unsupported "source-unsupported" (ssh, git: and such); Errc::invalid_input
/// "git-ref-invalid", "url-invalid".
Result<GitSource> parse_git_source(const pkgbuild::SourceEntry& source);

/// Do the recipe's functions ask git for the history (`git describe` in pkgver(), say)?
bool needs_history(const Plan& plan);

/// The repository in the cache, fetched when what is wanted is not there. Branches, and tags that
/// nothing pins, are asked for anew each time unless `offline`. A checksum is compared with the
/// commit's tar archive, as makepkg 6.1 does.
/// Errors: git_fetch's and git_resolve's; Errc::unreachable "offline"; Errc::integrity
/// "checksum-mismatch".
Result<build::Repository> fetch_repository(const pkgbuild::SourceEntry& source, bool history,
                                           const std::filesystem::path& cache, Observer& observer,
                                           bool offline);

}  // namespace rbee::install
