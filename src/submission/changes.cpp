#include "submission/changes.hpp"

#include <map>
#include <set>

#include "base/line_diff.hpp"
#include "base/text.hpp"

namespace rbee::submission {

namespace {

constexpr std::size_t kComparedBytesMax = 64 * 1024;  ///< Of one file.
constexpr std::size_t kDiffBytesMax = 512 * 1024;     ///< Of one submission.
constexpr std::size_t kDiffContext = 3, kDepthMax = 16;

using Files = std::map<std::string, platform::TreeEntry>;

Result<void> collect(const platform::Repository& repository, const ObjectId& tree,
                     const std::string& prefix, std::size_t depth, Files& files) {
  if (depth > kDepthMax) return fail(Errc::too_large, "tree-too-deep", "folders without end");
  TRY_ASSIGN(const auto entries, repository.tree(tree));
  for (const platform::TreeEntry& each : entries) {
    if (each.kind == platform::EntryKind::folder) {
      TRY(collect(repository, each.id, prefix + each.name + "/", depth + 1, files));
    } else {
      files.emplace(prefix + each.name, each);
    }
  }
  return {};
}

Result<Files> files_of(const platform::Repository& repository, const std::string& tree) {
  if (tree.empty()) return Files();
  TRY_ASSIGN(const ObjectId id, ObjectId::parse(tree));
  return files_of_tree(repository, id);
}

bool is_file(const platform::TreeEntry& entry) {
  return entry.kind == platform::EntryKind::file || entry.kind == platform::EntryKind::executable;
}

}  // namespace

Result<Files> files_of_tree(const platform::Repository& repository, const ObjectId& tree) {
  Files files;
  TRY(collect(repository, tree, "", 0, files));
  return files;
}

Result<std::vector<FileChange>> changes_of(const platform::Repository& repository,
                                           const Submission& submission) {
  TRY_ASSIGN(const Files before, files_of(repository, submission.before_tree));
  TRY_ASSIGN(const Files after, files_of(repository, submission.tree));
  std::set<std::string> paths;
  for (const auto& [path, entry] : before) paths.insert(path);
  for (const auto& [path, entry] : after) paths.insert(path);
  std::vector<FileChange> changes;
  std::size_t bytes = 0;
  for (const std::string& path : paths) {
    const auto old = before.find(path), now = after.find(path);
    const platform::TreeEntry* x = old == before.end() ? nullptr : &old->second;
    const platform::TreeEntry* y = now == after.end() ? nullptr : &now->second;
    if (x != nullptr && y != nullptr && x->id == y->id && x->kind == y->kind) continue;
    FileChange change{.path = path,
                      .status = x == nullptr   ? "added"
                                : y == nullptr ? "removed"
                                               : "changed"};
    std::string texts[2];
    std::size_t side = 0;
    for (const platform::TreeEntry* entry : {x, y}) {
      std::string& text = texts[side];
      std::optional<std::uint64_t>& size = side++ == 0 ? change.size_before : change.size_after;
      if (entry == nullptr) continue;
      if (!is_file(*entry)) {
        change.left_out = "it is no file";
        continue;
      }
      TRY_ASSIGN(size, repository.blob_size(entry->id));
      if (*size > kComparedBytesMax) {
        change.left_out = "it is too long";
        continue;
      }
      TRY_ASSIGN(text, repository.blob(entry->id, kComparedBytesMax));
      if (!is_utf8(text) || text.find('\0') != std::string::npos) change.left_out = "it is no text";
    }
    change.executable = y != nullptr && y->kind == platform::EntryKind::executable;
    if (change.left_out.empty() && bytes > kDiffBytesMax)
      change.left_out = "the answer is long enough";
    if (change.left_out.empty()) {
      change.diff = unified_diff(texts[0], texts[1], "x", kDiffContext);
      // Its two lines of names are the caller's to write.
      std::size_t body = 0;
      for (int line = 0; line < 2 && !change.diff.empty(); ++line)
        body = change.diff.find('\n', body) + 1;
      change.diff.erase(0, body);
      bytes += change.diff.size();
    }
    changes.push_back(std::move(change));
  }
  return changes;
}

}  // namespace rbee::submission
