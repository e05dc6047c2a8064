#include "catalog/builder.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "base/text.hpp"
#include "catalog/findings.hpp"
#include "catalog/git_files.hpp"
#include "catalog/history.hpp"
#include "catalog/worker_loader.hpp"

namespace rbee::catalog {

namespace {

using platform::EntryKind;
using platform::TreeEntry;

/// The workers and broken folders of the snapshot before, by folder.
struct Previous {
  std::map<std::string, std::shared_ptr<const Worker>, std::less<>> workers;
  std::map<std::string, const Broken*, std::less<>> broken;

  explicit Previous(const Snapshot* snapshot) {
    if (snapshot == nullptr) return;
    for (const auto& worker : snapshot->workers()) workers.emplace(worker->directory, worker);
    for (const Broken& folder : snapshot->broken()) broken.emplace(folder.directory, &folder);
  }
};

class Builder {
 public:
  Builder(const platform::Repository& repository, const CommitId& commit, const Snapshot* previous)
      : repository_(repository), commit_(commit), snapshot_(previous), previous_(previous) {}

  Result<std::shared_ptr<const Snapshot>> run() {
    TRY_ASSIGN(const platform::CommitInfo info, repository_.commit(commit_));
    TRY_ASSIGN(const std::vector<TreeEntry> root, repository_.tree(info.tree));
    // Official ids first: a community worker cannot take one.
    for (const TreeEntry& entry : root)
      if (entry.kind == EntryKind::folder && entry.name != "community")
        TRY(add_official({Origin::official, entry.name, entry.id}));
    for (const TreeEntry& entry : root)
      if (entry.kind == EntryKind::folder && entry.name == "community")
        TRY(add_community(entry.id));
    TRY(add_history());
    return std::make_shared<const Snapshot>(commit_, info.committed, std::move(workers_),
                                            std::move(broken_), std::move(findings_));
  }

 private:
  Result<void> add_official(const Folder& folder) {
    if (!is_known(folder)) {
      if (folder.name.starts_with('.')) return {};
      TRY_ASSIGN(const std::vector<TreeEntry> entries, repository_.tree(folder.tree));
      const bool looks_like_one =
          std::any_of(entries.begin(), entries.end(), [](const TreeEntry& entry) {
            return entry.name == "worker.toml" || entry.name == "PKGBUILD" ||
                   entry.name == "PKGBUILD.bin";
          });
      if (!looks_like_one) {
        const std::string shown = printable_line(folder.name);
        findings_.push_back(make_finding(
            "folder-ignored", shown,
            fmt::format("'{}' is not a worker: it has neither worker.toml nor PKGBUILD", shown),
            {.severity = Severity::info}));
        return {};
      }
    }
    official_.insert(folder.name);
    return add_worker(folder);
  }

  Result<void> add_community(const ObjectId& tree) {
    TRY_ASSIGN(const std::vector<TreeEntry> entries, repository_.tree(tree));
    for (const TreeEntry& entry : entries) {
      if (entry.kind != EntryKind::folder || entry.name.starts_with('.')) continue;
      const Folder folder{Origin::community, entry.name, entry.id};
      if (official_.contains(entry.name)) {
        broken_.push_back(
            {folder.directory(),
             {make_finding("worker-id-taken", "",
                           fmt::format("an official worker is called '{}' already", entry.name),
                           {.fix = "choose another id"})},
             folder.tree});
      } else {
        TRY(add_worker(folder));
      }
    }
    return {};
  }

  bool is_known(const Folder& folder) const {
    const auto worker = previous_.workers.find(folder.directory());
    return worker != previous_.workers.end() && worker->second->tree == folder.tree;
  }

  Result<void> add_worker(const Folder& folder) {
    const std::string directory = folder.directory();
    if (is_known(folder)) {
      workers_.push_back(previous_.workers.find(directory)->second);
      return {};
    }
    if (const auto broken = previous_.broken.find(directory);
        broken != previous_.broken.end() && broken->second->tree == folder.tree &&
        broken->second->findings.front().rule != "worker-id-taken") {
      broken_.push_back(*broken->second);
      return {};
    }
    auto loaded = load_worker(GitFiles(repository_, folder.tree), commit_, folder);
    // A tree that calls one of its folders a file is its author's doing, not damage.
    if (!loaded && loaded.error().code != Errc::invalid_input)
      return tl::unexpected(std::move(loaded).error());
    if (!loaded)
      broken_.push_back({directory,
                         {make_finding(loaded.error().id, "", loaded.error().message,
                                       {.why = "the folder names it as something else"})},
                         folder.tree});
    else if (loaded->worker)
      workers_.push_back(std::move(loaded->worker));
    else
      broken_.push_back({directory, std::move(loaded->findings), folder.tree});
    return {};
  }

  /// Dates and authors. What the commits since the previous snapshot do not tell, it told already.
  Result<void> add_history() {
    std::set<std::string, std::less<>> wanted;
    for (const auto& worker : workers_) wanted.insert(worker->directory);
    std::optional<CommitId> hide;
    if (snapshot_ != nullptr) {
      TRY_ASSIGN(const bool later, repository_.is_ancestor(snapshot_->commit(), commit_));
      if (later) hide = snapshot_->commit();
    }
    TRY_ASSIGN(Histories histories, read_history(repository_, commit_, hide, wanted));
    if (hide) {
      std::set<std::string, std::less<>> unknown;
      for (const std::string& directory : wanted) {
        const auto found = histories.find(directory);
        const bool complete = found != histories.end() && found->second.complete;
        if (!complete && !previous_.workers.contains(directory)) unknown.insert(directory);
      }
      TRY_ASSIGN(Histories whole, read_history(repository_, commit_, std::nullopt, unknown));
      for (auto& [directory, history] : whole)
        histories.insert_or_assign(directory, std::move(history));
    }
    for (auto& worker : workers_) apply(histories, worker, hide.has_value());
    return {};
  }

  void apply(const Histories& histories, std::shared_ptr<const Worker>& worker, bool incremental) {
    const auto found = histories.find(worker->directory);
    const auto old = previous_.workers.find(worker->directory);
    CommitId last_commit = worker->last_commit;
    Time created{}, updated{};
    std::string author;
    if (incremental && old != previous_.workers.end()) {
      last_commit = old->second->last_commit;
      created = old->second->created;
      updated = old->second->updated;
      author = old->second->author;
    }
    if (found != histories.end()) {
      const FolderHistory& history = found->second;
      last_commit = *history.last_commit;
      updated = history.updated;
      if (history.complete || !incremental || old == previous_.workers.end()) {
        created = history.created;
        author = history.author;
      }
    }
    if (worker->last_commit == last_commit && worker->created == created &&
        worker->updated == updated && worker->author == author)
      return;
    auto dated = std::make_shared<Worker>(*worker);
    dated->last_commit = std::move(last_commit);
    dated->created = created;
    dated->updated = updated;
    dated->author = std::move(author);
    worker = std::move(dated);
  }

  const platform::Repository& repository_;
  const CommitId& commit_;
  const Snapshot* snapshot_;
  Previous previous_;
  std::set<std::string, std::less<>> official_;
  std::vector<std::shared_ptr<const Worker>> workers_;
  std::vector<Broken> broken_;
  std::vector<Finding> findings_;
};

}  // namespace

Result<std::shared_ptr<const Snapshot>> build_snapshot(const platform::Repository& repository,
                                                       const CommitId& commit,
                                                       const Snapshot* previous) {
  return Builder(repository, commit, previous).run();
}

}  // namespace rbee::catalog
