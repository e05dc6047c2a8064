// Whole workers, read from the catalog's repository when somebody asks, and kept while they are in
// demand.
//
// Thread-safe. Reads the repository; a folder's tree names its bytes, so what is read later is what
// was evaluated when the snapshot was made.
#pragma once

#include <cstddef>
#include <filesystem>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/result.hpp"
#include "catalog/snapshot.hpp"
#include "platform/git.hpp"

namespace rbee::catalog {

class WorkerStore {
 public:
  /// About 20 KB each: some 40 MB.
  static constexpr std::size_t kKeptMax = 2'000;

  explicit WorkerStore(std::filesystem::path repository, std::size_t kept_max = kKeptMax)
      : repository_(std::move(repository)), kept_max_(kept_max) {}
  WorkerStore(const WorkerStore&) = delete;
  WorkerStore& operator=(const WorkerStore&) = delete;

  /// From memory, or about 0.2 ms. Errors: Errc::io "worker-unreadable" and those of the
  /// repository.
  Result<std::shared_ptr<const Worker>> load(const Entry& entry);
  /// `worker` was read just now and will be asked for; kept while there is room.
  void keep(std::shared_ptr<const Worker> worker);
  const std::filesystem::path& repository() const { return repository_; }

  /// A repository for this thread, given back when this object ends.
  class Borrowed {
   public:
    ~Borrowed();
    Borrowed(Borrowed&&) = default;
    Borrowed& operator=(Borrowed&&) = delete;
    const platform::Repository& operator*() const { return *repository_; }
    const platform::Repository* operator->() const { return repository_.get(); }

   private:
    friend class WorkerStore;
    Borrowed(WorkerStore& store, std::unique_ptr<platform::Repository> repository)
        : store_(&store), repository_(std::move(repository)) {}
    WorkerStore* store_;
    std::unique_ptr<platform::Repository> repository_;
  };
  /// Errors: as platform::Repository::open.
  Result<Borrowed> borrow();

 private:
  std::shared_ptr<const Worker> find(const Entry& entry);

  const std::filesystem::path repository_;
  const std::size_t kept_max_;
  std::mutex mutex_;
  // Guarded: the most recently used first, and where each stands.
  std::list<std::shared_ptr<const Worker>> kept_;
  std::unordered_map<std::string_view, std::list<std::shared_ptr<const Worker>>::iterator> places_;
  std::vector<std::unique_ptr<platform::Repository>> idle_;
};

}  // namespace rbee::catalog
