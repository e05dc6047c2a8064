// Writing a Git repository, as far as a server that merges needs it: a tree with one folder
// replaced, a commit, a ref moved from what it was to what it shall be.
//
// Writes objects and refs of a bare repository; runs no hook and touches no work tree. Safe beside
// the git program: refs go through Git's own lock files. Source: gitrepository-layout(5),
// git-update-ref(1).
#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/ids.hpp"
#include "base/result.hpp"
#include "platform/git.hpp"

namespace rbee::platform {

/// What shall stand at a folder's path; nothing: the folder goes.
struct FolderChange {
  std::string path;  ///< "community/tts-worker".
  std::optional<ObjectId> tree;
};

/// A bare repository, open for writing. One thread at a time. Objects are in the repository when
/// the functions return, and on the disk when `sync` or `move_ref` returned.
class RepositoryWriter {
 public:
  /// Errors: as `Repository::open`.
  static Result<std::unique_ptr<RepositoryWriter>> open(const std::filesystem::path& path);
  ~RepositoryWriter();
  RepositoryWriter(const RepositoryWriter&) = delete;
  RepositoryWriter& operator=(const RepositoryWriter&) = delete;

  /// `root` with `changes` made to it. Errors: Errc::not_found "object-not-found" when a tree is
  /// not there or a folder to be removed does not exist.
  Result<ObjectId> tree_with(const ObjectId& root, std::span<const FolderChange> changes);

  /// A commit by `author`, who also committed it. No ref moves.
  Result<CommitId> commit(const ObjectId& tree, std::span<const CommitId> parents,
                          const CommitAuthor& author, std::string_view message);

  /// The commit that the ref of exactly this name holds; nothing when there is no such ref.
  Result<std::optional<CommitId>> ref(std::string_view name) const;
  /// Names and commits of all refs below `prefix` ("refs/submissions/"), sorted by name.
  Result<std::vector<std::pair<std::string, CommitId>>> refs(std::string_view prefix) const;

  /// Make the ref hold `to`, if it holds `from` now (nothing: if it does not exist), durably.
  /// Errors: Errc::exists "ref-moved" when it holds something else.
  Result<void> move_ref(std::string_view name, const std::optional<CommitId>& from,
                        const CommitId& to, std::string_view why);
  /// Errors: Errc::exists "ref-moved". A ref that does not exist is fine.
  Result<void> delete_ref(std::string_view name, const CommitId& from);

  /// Remove what a killed writer left behind: lock files of refs, and objects that never left
  /// quarantine. `age_min` is 0 only for who knows that nobody else writes now; a writer at work
  /// holds such a file for milliseconds.
  Result<void> clean_after_a_kill(std::chrono::seconds age_min = std::chrono::seconds(0));

  /// Everything written so far reaches the disk.
  Result<void> sync() const;

 private:
  struct State;
  explicit RepositoryWriter(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace rbee::platform
