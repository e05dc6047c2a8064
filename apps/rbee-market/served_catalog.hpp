// The catalog that a server serves: which repository, its current snapshot, and what changed since.
//
// Reads the repository; makes it once, from a folder, when there is none. One thread calls
// `refresh`; `read_blob` is for all.
#pragma once

#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/ids.hpp"
#include "base/result.hpp"
#include "catalog/builder.hpp"
#include "catalog/snapshot.hpp"
#include "http/log.hpp"
#include "platform/git.hpp"

namespace rbee::market {

/// Where the catalog comes from.
struct CatalogSource {
  std::filesystem::path data;  ///< The server's own directory: holds catalog.git.
  std::optional<std::filesystem::path>
      catalog;                    ///< A Git repository, or a folder of workers to copy into data.
  std::filesystem::path bundled;  ///< What an empty `data` starts with.
  catalog::BuildOptions build = {};
};

class ServedCatalog {
 public:
  /// Find or make the repository and build the first snapshot.
  static Result<std::unique_ptr<ServedCatalog>> open(const CatalogSource& source,
                                                     const http::Log& log);
  const std::shared_ptr<const catalog::Snapshot>& snapshot() const { return snapshot_; }
  const std::filesystem::path& repository() const { return path_; }

  enum class When { if_moved, always };
  /// Look at the ref. The new snapshot when there is one; what is wrong is logged, and the old one
  /// stays.
  std::shared_ptr<const catalog::Snapshot> refresh(When when);
  /// The bytes of a blob; any thread.
  Result<std::string> read_blob(const ObjectId& id);
  /// What releases a worker has had; any thread.
  Result<std::vector<std::shared_ptr<const catalog::Worker>>> read_releases(
      const catalog::Worker& worker);

 private:
  ServedCatalog(std::filesystem::path path, std::unique_ptr<platform::Repository> repository,
                catalog::BuildOptions build, const http::Log& log)
      : path_(std::move(path)),
        repository_(std::move(repository)),
        build_(std::move(build)),
        log_(log) {}
  Result<CommitId> head() const;
  Result<std::unique_ptr<platform::Repository>> borrow();
  void give_back(std::unique_ptr<platform::Repository> repository);
  void log_changes(const catalog::Snapshot* before, const catalog::Snapshot& after) const;

  std::filesystem::path path_;
  std::unique_ptr<platform::Repository> repository_;  ///< Of the thread that refreshes.
  catalog::BuildOptions build_;
  const http::Log& log_;
  std::shared_ptr<const catalog::Snapshot> snapshot_;
  std::optional<CommitId> failed_;  ///< Not tried again every second.
  std::mutex mutex_;
  std::vector<std::unique_ptr<platform::Repository>>
      idle_;  ///< Open handles that no reader uses. Guarded.
};

}  // namespace rbee::market
