#include "catalog/worker_store.hpp"

#include <fmt/format.h>

#include "catalog/git_files.hpp"
#include "catalog/worker_loader.hpp"

namespace rbee::catalog {

WorkerStore::Borrowed::~Borrowed() {
  if (repository_ == nullptr) return;
  const std::lock_guard lock(store_->mutex_);
  store_->idle_.push_back(std::move(repository_));
}

Result<WorkerStore::Borrowed> WorkerStore::borrow() {
  {
    const std::lock_guard lock(mutex_);
    if (!idle_.empty()) {
      Borrowed borrowed(*this, std::move(idle_.back()));
      idle_.pop_back();
      return borrowed;
    }
  }
  TRY_ASSIGN(auto repository, platform::Repository::open(repository_));
  return Borrowed(*this, std::move(repository));
}

std::shared_ptr<const Worker> WorkerStore::find(const Entry& entry) {
  const std::string directory = entry.directory();
  const std::lock_guard lock(mutex_);
  const auto found = places_.find(directory);
  if (found == places_.end()) return nullptr;
  const Worker& worker = **found->second;
  if (worker.tree != entry.tree || worker.last_commit != entry.last_commit ||
      worker.created != entry.created || worker.updated != entry.updated ||
      worker.author != entry.author)
    return nullptr;
  kept_.splice(kept_.begin(), kept_, found->second);
  return kept_.front();
}

void WorkerStore::keep(std::shared_ptr<const Worker> worker) {
  const std::lock_guard lock(mutex_);
  if (const auto found = places_.find(worker->directory); found != places_.end()) {
    const auto at = found->second;
    places_.erase(found);  // Its key lives in what goes.
    kept_.erase(at);
  } else if (kept_.size() >= kept_max_ && !kept_.empty()) {
    places_.erase(kept_.back()->directory);
    kept_.pop_back();
  }
  kept_.push_front(std::move(worker));
  places_.emplace(kept_.front()->directory, kept_.begin());
}

Result<std::shared_ptr<const Worker>> WorkerStore::load(const Entry& entry) {
  if (auto known = find(entry)) return known;
  TRY_ASSIGN(const Borrowed repository, borrow());
  const Folder folder{entry.origin, entry.id.str(), entry.tree};
  TRY_ASSIGN(Loaded loaded,
             load_worker(GitFiles(*repository, entry.tree), entry.last_commit, folder));
  if (loaded.worker == nullptr)
    return fail(
        Errc::io, "worker-unreadable",
        fmt::format("{} was sound when the catalog was read, and is not now", entry.directory()),
        {.why = "the repository was damaged or changed by hand",
         .fix = "git -C " + repository_.string() + " fsck"});
  loaded.worker->created = entry.created;
  loaded.worker->updated = entry.updated;
  loaded.worker->author = entry.author;
  std::shared_ptr<const Worker> worker = std::move(loaded.worker);
  keep(worker);
  return worker;
}

}  // namespace rbee::catalog
