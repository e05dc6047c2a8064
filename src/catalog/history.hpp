// When each worker's folder was made, by whom, and what changed it last: one walk over the commits.
//
// Reads the repository. A commit changes a folder when the folder differs from that of every
// parent.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>

#include "base/clock.hpp"
#include "base/ids.hpp"
#include "base/result.hpp"
#include "platform/git.hpp"

namespace rbee::catalog {

struct FolderHistory {
  std::optional<CommitId>
      last_commit;  ///< The newest in the range; nothing when none changed the folder.
  Time updated{};
  Time created{};
  std::string author;     ///< Of the oldest commit seen; the folder's maker when `complete`.
  bool complete = false;  ///< The commit that made the folder is in the range.
};

/// By the folder's path: "tts-worker", "community/ocr-worker".
using Histories = std::map<std::string, FolderHistory, std::less<>>;

/// The folders that somebody wants to know about.
struct Wanted {
  std::size_t count = 0;
  std::function<bool(const std::string& directory)> contains;
};

/// Walks from `from`, newest first, leaving out what `hide` can reach, until every folder of
/// `wanted` is complete or the history ends.
Result<Histories> read_history(const platform::Repository& repository, const CommitId& from,
                               const std::optional<CommitId>& hide, const Wanted& wanted);

}  // namespace rbee::catalog
