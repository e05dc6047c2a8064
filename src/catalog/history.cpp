#include "catalog/history.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <vector>

#include "base/text.hpp"

namespace rbee::catalog {

namespace {

using platform::EntryKind;
using platform::TreeEntry;

/// The folders of one tree by name. Shared between a commit and its children by `FolderCache`.
using Folders = std::vector<std::pair<std::string, ObjectId>>;

class FolderCache {
 public:
  explicit FolderCache(const platform::Repository& repository) : repository_(repository) {}

  /// The folders of a tree, sorted by name.
  Result<std::shared_ptr<const Folders>> folders(const ObjectId& tree) {
    if (const auto found = known_.find(tree); found != known_.end()) return found->second;
    TRY_ASSIGN(const std::vector<TreeEntry> entries, repository_.tree(tree));
    auto folders = std::make_shared<Folders>();
    for (const TreeEntry& entry : entries)
      if (entry.kind == EntryKind::folder) folders->emplace_back(entry.name, entry.id);
    std::sort(folders->begin(), folders->end());
    // A child and its parents are visited close together; older trees are not needed again.
    if (known_.size() >= 64) known_.clear();
    return known_.emplace(tree, std::move(folders)).first->second;
  }

 private:
  const platform::Repository& repository_;
  std::map<ObjectId, std::shared_ptr<const Folders>> known_;
};

const ObjectId* find(const Folders& folders, std::string_view name) {
  const auto found =
      std::lower_bound(folders.begin(), folders.end(), name,
                       [](const auto& folder, std::string_view n) { return folder.first < n; });
  return found == folders.end() || found->first != name ? nullptr : &found->second;
}

struct Change {
  bool added = false;
};
using Changes = std::map<std::string, Change, std::less<>>;

/// Folders of `now` that are not in `before`, or other there.
Changes compare(const Folders& now, const Folders& before) {
  Changes changes;
  auto old = before.begin();
  for (const auto& [name, tree] : now) {
    while (old != before.end() && old->first < name) ++old;
    const bool known = old != before.end() && old->first == name;
    if (!known || old->second != tree) changes.emplace(name, Change{!known});
  }
  return changes;
}

/// The changes against one parent; no parent: everything was added.
Result<Changes> changes_against(FolderCache& cache, const ObjectId& tree, const ObjectId* parent) {
  static const Folders kNothing;
  if (parent != nullptr && *parent == tree) return Changes{};
  TRY_ASSIGN(const auto now, cache.folders(tree));
  std::shared_ptr<const Folders> before;
  if (parent != nullptr) {
    TRY_ASSIGN(before, cache.folders(*parent));
  }
  Changes changes = compare(*now, before ? *before : kNothing);
  const auto community = changes.find("community");
  if (community == changes.end()) return changes;
  changes.erase(community);
  TRY_ASSIGN(const auto inner, cache.folders(*find(*now, "community")));
  const ObjectId* inner_before_tree = before ? find(*before, "community") : nullptr;
  std::shared_ptr<const Folders> inner_before;
  if (inner_before_tree != nullptr) {
    TRY_ASSIGN(inner_before, cache.folders(*inner_before_tree));
  }
  for (const auto& [name, change] : compare(*inner, inner_before ? *inner_before : kNothing))
    changes.emplace("community/" + name, change);
  return changes;
}

Result<Changes> changes_of(const platform::Repository& repository, FolderCache& cache,
                           const platform::CommitInfo& commit) {
  if (commit.parents.empty()) return changes_against(cache, commit.tree, nullptr);
  std::optional<Changes> common;
  for (const CommitId& id : commit.parents) {
    TRY_ASSIGN(const platform::CommitInfo parent, repository.commit(id));
    TRY_ASSIGN(Changes changes, changes_against(cache, commit.tree, &parent.tree));
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
                               const std::optional<CommitId>& hide,
                               const std::set<std::string, std::less<>>& wanted) {
  Histories histories;
  FolderCache cache(repository);
  std::size_t open = wanted.size();
  std::optional<Error> failure;
  if (open == 0) return histories;
  TRY(repository.walk(from, hide, [&](const platform::CommitInfo& commit) {
    auto changes = changes_of(repository, cache, commit);
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
