#include "catalog/builder.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <set>
#include <thread>
#include <unordered_map>
#include <unordered_set>

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

/// One folder's place in the new snapshot: as it was before, or to be read.
struct Slot {
  Folder folder;
  std::shared_ptr<const Entry> entry;  ///< nullptr: not read yet, or broken.
  std::optional<Broken> broken;
};

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
    std::vector<std::shared_ptr<const Entry>> workers;
    workers.reserve(slots_.size());
    std::vector<Broken> broken;
    for (Slot& slot : slots_) {
      if (slot.entry != nullptr)
        workers.push_back(std::move(slot.entry));
      else if (slot.broken)
        broken.push_back(std::move(*slot.broken));
    }
    return std::make_shared<const Snapshot>(commit_, info.committed, std::move(workers),
                                            std::move(broken), std::move(findings_), store_);
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
    std::set<std::string, std::less<>> changed;
    for (const platform::TreeChange& change : changes) {
      // An official worker may have this id; rare enough to look at everything.
      const bool was_taken = previous_->find(change.name) != nullptr &&
                             previous_->find(change.name)->origin == Origin::official;
      if (was_taken) return false;
      changed.insert(change.name);
    }
    keep_all(changed);
    for (const platform::TreeChange& change : changes)
      if (change.after && change.after->kind == EntryKind::folder &&
          !change.after->name.starts_with('.'))
        slots_.push_back({{Origin::community, change.name, change.after->id}, nullptr, {}});
    return true;
  }

  /// Everything of the snapshot before but the community folders called `changed`.
  void keep_all(const std::set<std::string, std::less<>>& changed) {
    slots_.reserve(previous_->workers().size() + changed.size());
    for (const auto& worker : previous_->workers())
      if (changed.empty() || worker->origin == Origin::official ||
          !changed.contains(worker->id.str()))
        slots_.push_back({{worker->origin, {}, worker->tree}, worker, {}});
    for (const Broken& broken : previous_->broken()) {
      const std::string_view directory = broken.directory;
      constexpr std::string_view kCommunity = "community/";
      if (directory.starts_with(kCommunity) &&
          changed.contains(directory.substr(kCommunity.size())))
        continue;
      slots_.push_back({{Origin::official, {}, broken.tree}, nullptr, broken});
    }
    findings_ = previous_->findings();
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
    slots_.reserve(slots_.size() + entries.size());
    for (const TreeEntry& entry : entries) {
      if (entry.kind != EntryKind::folder || entry.name.starts_with('.')) continue;
      const Folder folder{Origin::community, entry.name, entry.id};
      if (official_.contains(entry.name)) {
        slots_.push_back(
            {folder, nullptr,
             Broken{
                 folder.directory(),
                 {make_finding(kIdTaken, "",
                               fmt::format("an official worker is called '{}' already", entry.name),
                               {.fix = "choose another id"})},
                 folder.tree}});
      } else {
        add_worker(folder);
      }
    }
    return {};
  }

  void add_worker(const Folder& folder) {
    Slot slot{folder, nullptr, {}};
    if (auto known = before_.worker(folder); known != nullptr && known->tree == folder.tree)
      slot.entry = std::move(known);
    else if (const Broken* broken = before_.broken(folder);
             broken != nullptr && broken->tree == folder.tree &&
             broken->findings.front().rule != kIdTaken)
      slot.broken = *broken;
    slots_.push_back(std::move(slot));
  }

  /// Read and evaluate every folder that is not known yet, on several threads when they are many.
  Result<void> read_workers() {
    std::vector<Slot*> unread;
    for (Slot& slot : slots_)
      if (slot.entry == nullptr && !slot.broken) unread.push_back(&slot);
    std::atomic<std::size_t> next = 0;
    std::mutex mutex;
    std::optional<Error> error;
    const auto work = [&](const platform::Repository& repository) {
      for (std::size_t i = next++; i < unread.size(); i = next++) {
        if (auto read = read_worker(repository, *unread[i]); !read) {
          const std::lock_guard lock(mutex);
          if (!error) error = std::move(read).error();
          next = unread.size();
        }
      }
    };
    constexpr std::size_t kWorthAThread = 64;
    const std::size_t threads_max =
        options_.threads > 0 ? options_.threads
                             : std::max<std::size_t>(1, std::thread::hardware_concurrency());
    std::vector<std::thread> threads;
    for (std::size_t i = 1; i < std::min(threads_max, unread.size() / kWorthAThread); ++i)
      threads.emplace_back([&] {
        if (const auto own = store_->borrow()) work(**own);
      });
    work(repository_);
    for (std::thread& thread : threads) thread.join();
    for (const Slot* slot : unread)
      if (slot->entry != nullptr) fresh_.insert(slot->folder.directory());
    if (error) return tl::unexpected<Error>(std::move(*error));
    return {};
  }

  Result<void> read_worker(const platform::Repository& repository, Slot& slot) const {
    const Folder& folder = slot.folder;
    auto loaded = load_worker(GitFiles(repository, folder.tree), commit_, folder);
    // A tree that calls one of its folders a file is its author's doing, not damage.
    if (!loaded && loaded.error().code != Errc::invalid_input)
      return tl::unexpected(std::move(loaded).error());
    if (!loaded) {
      slot.broken = Broken{folder.directory(),
                           {make_finding(loaded.error().id, "", loaded.error().message,
                                         {.why = "the folder names it as something else"})},
                           folder.tree};
    } else if (loaded->worker) {
      Entry entry = entry_of(*loaded->worker);
      if (options_.extract) entry.extract = options_.extract(*loaded->worker);
      slot.entry = std::make_shared<const Entry>(std::move(entry));
    } else {
      slot.broken = Broken{folder.directory(), std::move(loaded->findings), folder.tree};
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
    std::unordered_map<std::string, Slot*> slots;
    if (!hide) {
      slots.reserve(slots_.size());
      for (Slot& slot : slots_)
        if (slot.entry != nullptr) slots.emplace(slot.entry->directory(), &slot);
      const Wanted all{slots.size(),
                       [&](const std::string& directory) { return slots.contains(directory); }};
      TRY_ASSIGN(const Histories histories, read_history(repository_, commit_, std::nullopt, all));
      for (const auto& [directory, slot] : slots) date(*slot, histories, nullptr);
      return {};
    }
    // Of the commits since then: what they changed, and what is new here.
    const Wanted any{1, [](const std::string&) { return true; }};
    TRY_ASSIGN(Histories histories, read_history(repository_, commit_, hide, any));
    for (Slot& slot : slots_) {
      if (slot.entry == nullptr) continue;
      // Of 100,000 entries, those that nothing happened to must cost nothing here.
      if (histories.empty() && fresh_.empty()) break;
      std::string directory = slot.entry->directory();
      if (histories.contains(directory) || fresh_.contains(directory))
        slots.emplace(std::move(directory), &slot);
    }
    std::set<std::string> unknown;
    for (const auto& [directory, slot] : slots) {
      const auto found = histories.find(directory);
      const bool complete = found != histories.end() && found->second.complete;
      if (!complete && old_entry(*slot) == nullptr) unknown.insert(directory);
    }
    const Wanted rest{unknown.size(),
                      [&](const std::string& directory) { return unknown.contains(directory); }};
    TRY_ASSIGN(Histories whole, read_history(repository_, commit_, std::nullopt, rest));
    for (auto& [directory, history] : whole)
      histories.insert_or_assign(directory, std::move(history));
    for (const auto& [directory, slot] : slots) date(*slot, histories, old_entry(*slot).get());
    return {};
  }

  /// The entry of the same folder in the snapshot before; nullptr when there was none.
  std::shared_ptr<const Entry> old_entry(const Slot& slot) const {
    if (previous_ == nullptr) return nullptr;
    auto old = previous_->find(slot.entry->id.str());
    return old != nullptr && old->origin == slot.entry->origin ? old : nullptr;
  }

  /// `old`: what the snapshot before said, when the histories are those since then.
  static void date(Slot& slot, const Histories& histories, const Entry* old) {
    const Entry& entry = *slot.entry;
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
    slot.entry = std::move(dated);
  }

  const platform::Repository& repository_;
  const CommitId& commit_;
  const Snapshot* previous_;
  const BuildOptions& options_;
  Before before_;
  std::shared_ptr<WorkerStore> store_;
  std::set<std::string, std::less<>> official_;
  std::vector<Slot> slots_;
  std::unordered_set<std::string> fresh_;  ///< Directories that were read just now.
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
