// A Git repository, read: refs, commits, trees and blobs; and the one way we write one, from a
// folder.
//
// Reads the repository's own objects and refs and nothing else: no configuration of the user or the
// system, no attributes, no hooks, no checkout. libgit2 does the work and appears only in git.cpp.
// Source: gitrepository-layout(5), gitrevisions(7).
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/ids.hpp"
#include "base/result.hpp"

namespace rbee::platform {

enum class EntryKind { file, executable, folder, symlink, submodule };

/// One name in a tree. The name is as Git has it: any bytes but NUL and '/'.
struct TreeEntry {
  std::string name;
  EntryKind kind = EntryKind::file;
  ObjectId id;
};

/// One name that is not the same in two trees.
struct TreeChange {
  std::string name;
  std::optional<TreeEntry> before, after;  ///< Nothing: no such name in that tree.
};

struct CommitInfo {
  CommitId id;
  ObjectId tree;
  std::vector<CommitId> parents;
  std::string author_name, author_email;
  std::string committer_email;
  Time authored{}, committed{};
  std::string message;
  std::size_t header_bytes = 0;  ///< All that stands before the message.
};

/// One repository, open for reading. Not copied, not moved. One thread at a time: a reader that
/// needs another opens the repository again (0.2 ms).
class Repository {
 public:
  /// Opens a bare repository or the repository of a work tree whose top is `path`; parents are not
  /// searched. Whose files they are does not matter: nothing that a repository can hold is executed
  /// or obeyed here. Errors: Errc::not_found "repository-not-found", Errc::io
  /// "repository-unreadable".
  static Result<std::unique_ptr<Repository>> open(const std::filesystem::path& path);
  /// Its objects come from `objects` (a folder of Git's object layout), too: those of a push that
  /// is still in quarantine. Seen by this object alone.
  Result<void> add_objects(const std::filesystem::path& objects);
  ~Repository();
  Repository(const Repository&) = delete;
  Repository& operator=(const Repository&) = delete;

  /// The commit that `name` stands for: "HEAD", a full ref name, a short branch or tag name, or 40
  /// digits. No revision expressions. Errors: Errc::not_found "ref-not-found".
  Result<CommitId> resolve(std::string_view name) const;
  /// Where it was opened.
  const std::filesystem::path& path() const;
  /// Errors of these: Errc::not_found "object-not-found", Errc::invalid_input "object-kind" for
  /// another kind.
  Result<CommitInfo> commit(const CommitId& id) const;
  /// Entries in Git's order.
  Result<std::vector<TreeEntry>> tree(const ObjectId& id) const;
  /// The names whose entries differ, in no order to rely on; one that becomes a folder or ceases
  /// to be one comes twice. What is equal costs some 20 ns each;
  /// folders are not looked into. No `before`: every entry of `after` is new.
  Result<std::vector<TreeChange>> compare(const std::optional<ObjectId>& before,
                                          const ObjectId& after) const;
  /// What stands at `path` ("community/tts-worker") in a tree; nothing when nothing does.
  Result<std::optional<TreeEntry>> find(const ObjectId& tree, const std::string& path) const;
  Result<std::uint64_t> blob_size(const ObjectId& id) const;
  /// Of an object of any kind, without unpacking it; nothing when there is no such object.
  std::optional<std::uint64_t> object_size(const ObjectId& id) const;
  /// Errors: Errc::too_large "blob-too-large", decided from the object's header, before it is
  /// unpacked.
  Result<std::string> blob(const ObjectId& id, std::uint64_t size_bytes_max) const;

  /// Calls `visit` for every commit reachable from `from` and not from `hide`, children before
  /// parents, newer first; until it returns false.
  Result<void> walk(const CommitId& from, const std::optional<CommitId>& hide,
                    const std::function<bool(const CommitInfo&)>& visit) const;
  /// The best common ancestor; nothing when there is none.
  Result<std::optional<CommitId>> merge_base(const CommitId& a, const CommitId& b) const;
  /// True when `ancestor` is `commit` or reachable from it.
  Result<bool> is_ancestor(const CommitId& ancestor, const CommitId& commit) const;

 private:
  struct State;
  explicit Repository(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

struct CommitAuthor {
  std::string name, email;
  Time time{};
};

/// Make the bare repository `repository` with one commit on refs/heads/main that holds the files
/// below `directory` (its own `.git` left out, symbolic links as links, empty folders not at all).
/// Everything is written beside it and renamed last: a failure or a crash leaves no half
/// repository.
///
/// Errors: Errc::exists "repository-exists", Errc::io, Errc::too_large "directory-too-large"
/// (1,000,000 files, 64 MiB a file).
Result<CommitId> create_repository_from_directory(const std::filesystem::path& directory,
                                                  const std::filesystem::path& repository,
                                                  const CommitAuthor& author,
                                                  std::string_view message);

/// Add one commit to refs/heads/main of `repository` that holds the files below `directory` instead
/// of what was there. Errors as above, and Errc::not_found "repository-not-found".
Result<CommitId> commit_directory(const std::filesystem::path& directory,
                                  const std::filesystem::path& repository,
                                  const CommitAuthor& author, std::string_view message);

}  // namespace rbee::platform
