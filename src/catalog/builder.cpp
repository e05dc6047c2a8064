#include "catalog/builder.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <set>
#include <thread>
#include <unordered_map>

#include "base/text.hpp"
#include "catalog/findings.hpp"
#include "catalog/git_files.hpp"
#include "catalog/history.hpp"
#include "catalog/worker_loader.hpp"
#include "catalog/worker_store.hpp"

namespace rbee::catalog {

namespace {

using platform::EntryKind;
using platform::TreeEntry;

constexpr const char* kIdTaken = "worker-id-taken";

/// A folder that is read, and what it turned out to be: one of the two.
struct Unread {
  Folder folder;
  std::shared_ptr<const Entry> entry = nullptr;
  std::optional<Broken> broken = {};
};

bool has_smaller_id(const std::shared_ptr<const Entry>& a, const std::shared_ptr<const Entry>& b) {
  return a->id < b->id;
}

/// Finds the entries of the snapshot before by folder. Who asks in Git's order is answered fast:
/// that is nearly the order of ids.
class Before {
 public:
  explicit Before(const Snapshot* snapshot) : snapshot_(snapshot) {
    if (snapshot == nullptr) return;
    for (const Broken& folder : snapshot->broken()) broken_.emplace(folder.directory, &folder);
  }

  std::shared_ptr<const Entry> worker(const Folder& folder) {
    if (snapshot_ == nullptr) return nullptr;
    const auto& workers = snapshot_->workers();
    if (next_ >= workers.size() || workers[next_]->id.str() != folder.name) {
      const auto found = std::lower_bound(
          workers.begin(), workers.end(), folder.name,
          [](const auto& entry, const std::string& name) { return entry->id.str() < name; });
      next_ = static_cast<std::size_t>(found - workers.begin());
    }
    if (next_ >= workers.size() || workers[next_]->id.str() != folder.name) return nullptr;
    const auto& entry = workers[next_++];
    return entry->origin == folder.origin ? entry : nullptr;
  }

  const Broken* broken(const Folder& folder) const {
    const auto found = broken_.find(folder.directory());
    return found == broken_.end() ? nullptr : found->second;
  }

 private:
  const Snapshot* snapshot_;
  std::size_t next_ = 0;
  std::unordered_map<std::string, const Broken*> broken_;
};

class Builder {
 public:
  Builder(const platform::Repository& repository, const CommitId& commit, const Snapshot* previous,
          const BuildOptions& options)
      : repository_(repository),
        commit_(commit),
        previous_(previous),
        options_(options),
        before_(previous),
        store_(previous != nullptr && previous->store() != nullptr
                   ? previous->store()
                   : std::make_shared<WorkerStore>(repository.path())) {}

  Result<std::shared_ptr<const Snapshot>> run() {
    TRY_ASSIGN(const platform::CommitInfo info, repository_.commit(commit_));
    TRY_ASSIGN(const bool is_small, add_changes(info.tree));
    if (!is_small) {
      TRY_ASSIGN(const std::vector<TreeEntry> root, repository_.tree(info.tree));
      // Official ids first: a community worker cannot take one.
      for (const TreeEntry& entry : root)
        if (entry.kind == EntryKind::folder && entry.name != "community")
          TRY(add_official({Origin::official, entry.name, entry.id}));
      for (const TreeEntry& entry : root)
        if (entry.kind == EntryKind::folder && entry.name == "community")
          TRY(add_community(entry.id));
    }
    TRY(read_workers());
    TRY(add_history());
    if (is_small) {
      for (Unread& each : unread_)
        if (each.entry != nullptr)
          workers_.insert(
              std::upper_bound(workers_.begin(), workers_.end(), each.entry, has_smaller_id),
              each.entry);
    } else {
      for (Unread& each : unread_)
        if (each.entry != nullptr) workers_.push_back(std::move(each.entry));
      std::sort(workers_.begin(), workers_.end(), has_smaller_id);
    }
    for (Unread& each : unread_)
      if (each.broken) broken_.push_back(std::move(*each.broken));
    return std::make_shared<const Snapshot>(commit_, info.committed, std::move(workers_),
                                            std::move(broken_), std::move(findings_), store_);
  }

 private:
  /// When nothing but community workers changed, as with nearly every push: the snapshot before and
  /// what differs, without a look at every folder. False: everything has to be looked at.
  Result<bool> add_changes(const ObjectId& root) {
    if (previous_ == nullptr) return false;
    TRY_ASSIGN(const platform::CommitInfo old, repository_.commit(previous_->commit()));
    TRY_ASSIGN(const auto at_root, repository_.compare(old.tree, root));
    if (at_root.empty()) {
      keep_all({});
      return true;
    }
    const platform::TreeChange& only = at_root.front();
    if (at_root.size() != 1 || only.name != "community" || !only.before || !only.after ||
        only.before->kind != EntryKind::folder || only.after->kind != EntryKind::folder)
      return false;
    TRY_ASSIGN(const auto changes, repository_.compare(only.before->id, only.after->id));
    constexpr std::size_t kSmallMax = 1'000;  // Each is put in its place by itself.
    if (changes.size() > kSmallMax) return false;
    std::set<std::string, std::less<>> changed;
    for (const platform::TreeChange& change : changes) {
      // An official worker may have this id; rare enough to look at everything.
      const auto worker = previous_->find(change.name);
      if (worker != nullptr && worker->origin == Origin::official) return false;
      changed.insert(change.name);
    }
    keep_all(changed);
    for (const platform::TreeChange& change : changes)
      if (change.after && change.after->kind == EntryKind::folder &&
          !change.after->name.starts_with('.'))
        unread_.push_back({{Origin::community, change.name, change.after->id}});
    return true;
  }

  /// Everything of the snapshot before but the community folders called `changed`.
  void keep_all(const std::set<std::string, std::less<>>& changed) {
    workers_ = previous_->workers();
    for (const std::string& name : changed)
      if (const auto at = place_of(name); at != workers_.end()) workers_.erase(at);
    for (const Broken& broken : previous_->broken()) {
      const std::string_view directory = broken.directory;
      constexpr std::string_view kCommunity = "community/";
      if (!directory.starts_with(kCommunity) ||
          !changed.contains(directory.substr(kCommunity.size())))
        broken_.push_back(broken);
    }
    findings_ = previous_->findings();
  }

  /// Of the worker of this id in `workers_`, which are sorted; the end when there is none.
  std::vector<std::shared_ptr<const Entry>>::iterator place_of(std::string_view id) {
    const auto at = std::lower_bound(
        workers_.begin(), workers_.end(), id,
        [](const auto& worker, std::string_view i) { return worker->id.str() < i; });
    return at != workers_.end() && (*at)->id.str() == id ? at : workers_.end();
  }

  Result<void> add_official(const Folder& folder) {
    const auto known = before_.worker(folder);
    if (known == nullptr || known->tree != folder.tree) {
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
    add_worker(folder);
    return {};
  }

  Result<void> add_community(const ObjectId& tree) {
    TRY_ASSIGN(const std::vector<TreeEntry> entries, repository_.tree(tree));
    if (previous_ != nullptr) workers_.reserve(workers_.size() + entries.size());
    for (const TreeEntry& entry : entries) {
      if (entry.kind != EntryKind::folder || entry.name.starts_with('.')) continue;
      const Folder folder{Origin::community, entry.name, entry.id};
      if (official_.contains(entry.name)) {
        broken_.push_back(
            {folder.directory(),
             {make_finding(kIdTaken, "",
                           fmt::format("an official worker is called '{}' already", entry.name),
                           {.fix = "choose another id"})},
             folder.tree});
      } else {
        add_worker(folder);
      }
    }
    return {};
  }

  void add_worker(const Folder& folder) {
    if (auto known = before_.worker(folder); known != nullptr && known->tree == folder.tree)
      workers_.push_back(std::move(known));
    else if (const Broken* broken = before_.broken(folder);
             broken != nullptr && broken->tree == folder.tree &&
             broken->findings.front().rule != kIdTaken)
      broken_.push_back(*broken);
    else
      unread_.push_back({folder});
  }

  /// Read and evaluate every folder that is not known yet, on several threads when they are many.
  Result<void> read_workers() {
    std::atomic<std::size_t> next = 0;
    std::mutex mutex;
    std::optional<Error> error;
    const auto work = [&](const platform::Repository& repository) {
      for (std::size_t i = next++; i < unread_.size(); i = next++) {
        if (auto read = read_worker(repository, unread_[i]); !read) {
          const std::lock_guard lock(mutex);
          if (!error) error = std::move(read).error();
          next = unread_.size();
        }
      }
    };
    constexpr std::size_t kWorthAThread = 64;
    const std::size_t threads_max =
        options_.threads > 0 ? options_.threads
                             : std::max<std::size_t>(1, std::thread::hardware_concurrency());
    std::vector<std::thread> threads;
    for (std::size_t i = 1; i < std::min(threads_max, unread_.size() / kWorthAThread); ++i)
      threads.emplace_back([&] {
        if (const auto own = store_->borrow()) work(**own);
      });
    work(repository_);
    for (std::thread& thread : threads) thread.join();
    if (error) return tl::unexpected<Error>(std::move(*error));
    return {};
  }

  Result<void> read_worker(const platform::Repository& repository, Unread& unread) const {
    const Folder& folder = unread.folder;
    auto loaded = load_worker(GitFiles(repository, folder.tree), commit_, folder);
    // A tree that calls one of its folders a file is its author's doing, not damage.
    if (!loaded && loaded.error().code != Errc::invalid_input)
      return tl::unexpected(std::move(loaded).error());
    if (!loaded) {
      unread.broken = Broken{folder.directory(),
                             {make_finding(loaded.error().id, "", loaded.error().message,
                                           {.why = "the folder names it as something else"})},
                             folder.tree};
    } else if (loaded->worker) {
      Entry entry = entry_of(*loaded->worker);
      if (options_.extract) entry.extract = options_.extract(*loaded->worker);
      unread.entry = std::make_shared<const Entry>(std::move(entry));
    } else {
      unread.broken = Broken{folder.directory(), std::move(loaded->findings), folder.tree};
    }
    return {};
  }

  /// Dates and authors. What the commits since the previous snapshot do not tell, it told already.
  Result<void> add_history() {
    std::optional<CommitId> hide;
    if (previous_ != nullptr) {
      TRY_ASSIGN(const bool later, repository_.is_ancestor(previous_->commit(), commit_));
      if (later) hide = previous_->commit();
    }
    // Everything that is dated anew, by its folder.
    std::unordered_map<std::string, std::shared_ptr<const Entry>*> dated;
    for (Unread& each : unread_)
      if (each.entry != nullptr) dated.emplace(each.entry->directory(), &each.entry);
    if (!hide) {
      dated.reserve(dated.size() + workers_.size());
      for (auto& worker : workers_) dated.emplace(worker->directory(), &worker);
      const Wanted all{dated.size(),
                       [&](const std::string& directory) { return dated.contains(directory); }};
      TRY_ASSIGN(const Histories histories, read_history(repository_, commit_, std::nullopt, all));
      for (const auto& [directory, entry] : dated) date(*entry, histories, nullptr);
      return {};
    }
    // What the commits since then changed, and what is new here; of 100,000 workers, the others
    // cost nothing.
    const Wanted any{1, [](const std::string&) { return true; }};
    TRY_ASSIGN(Histories histories, read_history(repository_, commit_, hide, any));
    if (!std::is_sorted(workers_.begin(), workers_.end(), has_smaller_id))
      std::sort(workers_.begin(), workers_.end(), has_smaller_id);
    for (const auto& [directory, history] : histories) {
      const auto at = place_of(std::string_view(directory).substr(directory.rfind('/') + 1));
      if (at != workers_.end() && (*at)->directory() == directory) dated.emplace(directory, &*at);
    }
    std::set<std::string> unknown;
    for (const auto& [directory, entry] : dated) {
      const auto found = histories.find(directory);
      const bool complete = found != histories.end() && found->second.complete;
      if (!complete && old_entry(**entry) == nullptr) unknown.insert(directory);
    }
    const Wanted rest{unknown.size(),
                      [&](const std::string& directory) { return unknown.contains(directory); }};
    TRY_ASSIGN(Histories whole, read_history(repository_, commit_, std::nullopt, rest));
    for (auto& [directory, history] : whole)
      histories.insert_or_assign(directory, std::move(history));
    for (const auto& [directory, entry] : dated) date(*entry, histories, old_entry(**entry).get());
    return {};
  }

  /// The entry of the same folder in the snapshot before; nullptr when there was none.
  std::shared_ptr<const Entry> old_entry(const Entry& entry) const {
    auto old = previous_->find(entry.id.str());
    return old != nullptr && old->origin == entry.origin ? old : nullptr;
  }

  /// `old`: what the snapshot before said, when the histories are those since then.
  static void date(std::shared_ptr<const Entry>& place, const Histories& histories,
                   const Entry* old) {
    const Entry& entry = *place;
    CommitId last_commit = entry.last_commit;
    Time created{}, updated{};
    std::string author;
    if (old != nullptr) {
      last_commit = old->last_commit;
      created = old->created;
      updated = old->updated;
      author = old->author;
    }
    if (const auto found = histories.find(entry.directory()); found != histories.end()) {
      const FolderHistory& history = found->second;
      last_commit = *history.last_commit;
      updated = history.updated;
      if (history.complete || old == nullptr) {
        created = history.created;
        author = history.author;
      }
    }
    if (entry.last_commit == last_commit && entry.created == created && entry.updated == updated &&
        entry.author == author)
      return;
    auto dated = std::make_shared<Entry>(entry);
    dated->last_commit = std::move(last_commit);
    dated->created = created;
    dated->updated = updated;
    dated->author = std::move(author);
    place = std::move(dated);
  }

  const platform::Repository& repository_;
  const CommitId& commit_;
  const Snapshot* previous_;
  const BuildOptions& options_;
  Before before_;
  std::shared_ptr<WorkerStore> store_;
  std::set<std::string, std::less<>> official_;
  std::vector<std::shared_ptr<const Entry>> workers_;  ///< Known from before.
  std::vector<Unread> unread_;
  std::vector<Broken> broken_;
  std::vector<Finding> findings_;
};

}  // namespace

Result<std::shared_ptr<const Snapshot>> build_snapshot(const platform::Repository& repository,
                                                       const CommitId& commit,
                                                       const Snapshot* previous,
                                                       const BuildOptions& options) {
  return Builder(repository, commit, previous, options).run();
}

}  // namespace rbee::catalog
