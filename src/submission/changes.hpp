// What a submission would change in its worker's folder, file by file, as a reviewer reads it.
//
// Reads the repository.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "platform/git.hpp"
#include "submission/submission.hpp"

namespace rbee::submission {

struct FileChange {
  std::string path;         ///< Within the worker's folder.
  std::string_view status;  ///< "added", "removed", "changed".
  std::optional<std::uint64_t> size_before = {}, size_after = {};  ///< Of files.
  bool executable = false;  ///< Afterwards; a change of it alone is a change.
  std::string diff = {};    ///< Unified, hunks alone; empty when `left_out` says why.
  std::string left_out = {};
};

/// Sorted by path. Errors: those of the repository.
Result<std::vector<FileChange>> changes_of(const platform::Repository& repository,
                                           const Submission& submission);

/// All that is not a folder below `tree`, by path.
Result<std::map<std::string, platform::TreeEntry>> files_of_tree(
    const platform::Repository& repository, const ObjectId& tree);

}  // namespace rbee::submission
