// What a push proposes: which worker, how it would be, and whose commits those are.
//
// Reads the repository and the objects of the push; judges only what is not a rule of the checker:
// that it changes one worker and nothing else, and that its history is one that a person wrote.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "catalog/worker_loader.hpp"
#include "platform/git.hpp"

namespace rbee::submission {

/// Commits of one push, and parents of one commit.
inline constexpr std::size_t kCommitsMax = 100, kParentsMax = 8;
inline constexpr std::size_t kMessageBytesMax = 16 * 1024, kHeaderBytesMax = 16 * 1024;

struct Proposal {
  CommitId head, base;    ///< `base`: of main, the best common ancestor.
  std::string title;      ///< First line of the newest commit's message; printable.
  bool is_draft = false;  ///< The title begins with "draft:" or "WIP:".
  catalog::Origin origin = catalog::Origin::community;
  std::string name;                   ///< The folder's.
  std::optional<ObjectId> tree;       ///< Of the folder; nothing: it is removed.
  std::optional<ObjectId> base_tree;  ///< In `base`; nothing: it is new.
  std::vector<std::string> emails;    ///< Of authors and committers, each once.

  std::string directory() const {
    return origin == catalog::Origin::official ? name : "community/" + name;
  }
};

/// Look at the commits that only the push brought (`known` lacks them) before anything parses them
/// by the thousand parents: libgit2 1.5 leaks what it read of a commit with more than 65,535.
/// Errors: "push-too-many-commits", "push-commit".
Result<void> vet_new_commits(const platform::Repository& incoming,
                             const platform::Repository& known, const CommitId& head);

/// Errors, all Errc::policy or Errc::invalid_input: "push-unrelated" (no common history with main),
/// "push-empty", "push-too-many-commits", "push-commit" (dates, parents, message), "push-scope"
/// (changes something else than one worker's folder), "push-folder-name".
Result<Proposal> read_proposal(const platform::Repository& repository, const CommitId& main,
                               const CommitId& head);

/// The folder's tree in a commit; nothing when there is no such folder.
Result<std::optional<ObjectId>> folder_tree(const platform::Repository& repository,
                                            const CommitId& commit, std::string_view directory);

}  // namespace rbee::submission
