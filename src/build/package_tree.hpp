// What a package may consist of, and what its commands are.
//
// Reads the tree and rewrites absolute links that mean the tree itself; changes nothing else.
// Source: docs/checks.md, ARC-002.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace rbee::build {

struct TreeSummary {
  std::uint64_t size_bytes = 0;
  std::uint64_t entries = 0;
  std::vector<std::string>
      commands;  ///< Names in usr/bin and usr/local/bin that can be executed, sorted.
};

/// Accepts only usr/{,local/}{bin,lib,share,include}, opt/<name> and etc; regular files without
/// set-id bits, directories, and links that stay inside. Errors: Errc::policy "package-path",
/// "package-special-file", "package-set-id", "package-link", "package-command", "package-empty";
/// Errc::too_large "tree-too-deep", "package-entries".
Result<TreeSummary> inspect_tree(const std::filesystem::path& tree, std::string_view package);

}  // namespace rbee::build
