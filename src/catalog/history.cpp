#include "catalog/history.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <vector>

#include "base/text.hpp"

namespace rbee::catalog {

namespace {

using platform::EntryKind;

struct Change {
  bool added = false;
};
using Changes = std::map<std::string, Change, std::less<>>;

bool is_folder(const std::optional<platform::TreeEntry>& entry) {
  return entry && entry->kind == EntryKind::folder;
}

/// Folders of one tree that are not in the one before, or other there.
Result<Changes> compare(const platform::Repository& repository,
                        const std::optional<ObjectId>& before, const ObjectId& now,
                        const std::string& prefix) {
  Changes changes;
  TRY_ASSIGN(const auto all, repository.compare(before, now));
  for (const platform::TreeChange& change : all)
    if (is_folder(change.after))
      changes.emplace(prefix + change.name, Change{!is_folder(change.before)});
  return changes;
}

/// The changes against one parent; no parent: everything was added.
Result<Changes> changes_against(const platform::Repository& repository, const ObjectId& tree,
                                const std::optional<ObjectId>& parent) {
  TRY_ASSIGN(Changes changes, compare(repository, parent, tree, {}));
  const auto community = changes.find("community");
  if (community == changes.end()) return changes;
  changes.erase(community);
  const auto at = [&](const ObjectId& root) -> Result<std::optional<ObjectId>> {
    TRY_ASSIGN(const auto entry, repository.find(root, "community"));
    return is_folder(entry) ? std::optional(entry->id) : std::nullopt;
  };
  TRY_ASSIGN(const auto inner, at(tree));
  std::optional<ObjectId> inner_before;
  if (parent) {
    TRY_ASSIGN(inner_before, at(*parent));
  }
  TRY_ASSIGN(Changes below, compare(repository, inner_before, *inner, "community/"));
  changes.merge(below);
  return changes;
}

Result<Changes> changes_of(const platform::Repository& repository,
                           const platform::CommitInfo& commit) {
  if (commit.parents.empty()) return changes_against(repository, commit.tree, std::nullopt);
  std::optional<Changes> common;
  for (const CommitId& id : commit.parents) {
    TRY_ASSIGN(const platform::CommitInfo parent, repository.commit(id));
    TRY_ASSIGN(Changes changes, changes_against(repository, commit.tree, parent.tree));
    if (!common) {
      common = std::move(changes);
    } else {
      std::erase_if(*common, [&](const auto& item) { return !changes.contains(item.first); });
      for (auto& [name, change] : *common) change.added = change.added && changes.at(name).added;
    }
    if (common->empty()) break;
  }
  return std::move(*common);
}

}  // namespace

Result<Histories> read_history(const platform::Repository& repository, const CommitId& from,
                               const std::optional<CommitId>& hide, const Wanted& wanted) {
  Histories histories;
  std::size_t open = wanted.count;
  std::optional<Error> failure;
  if (open == 0) return histories;
  TRY(repository.walk(from, hide, [&](const platform::CommitInfo& commit) {
    auto changes = changes_of(repository, commit);
    if (!changes) {
      failure = std::move(changes).error();
      return false;
    }
    for (const auto& [name, change] : *changes) {
      if (!wanted.contains(name)) continue;
      FolderHistory& history = histories[name];
      if (history.complete)
        continue;  // A folder of the same name that was deleted before this one was made.
      if (!history.last_commit) {
        history.last_commit = commit.id;
        history.updated = commit.committed;
      }
      history.created = commit.committed;
      history.author = printable_line(std::string_view(commit.author_name).substr(0, 200));
      history.complete = change.added;
      if (change.added) --open;
    }
    return open > 0;
  }));
  if (failure) return tl::unexpected<Error>(std::move(*failure));
  return histories;
}

}  // namespace rbee::catalog
