#include "catalog/releases.hpp"

#include <algorithm>
#include <optional>

#include "catalog/git_files.hpp"
#include "catalog/worker_loader.hpp"

namespace rbee::catalog {

Result<std::vector<std::shared_ptr<const Worker>>> read_releases(
    const platform::Repository& repository, const CommitId& head, const Worker& worker,
    const ReleaseLimits& limits) {
  // One folder and the newest commit that has it, as long as older ones are looked for.
  std::vector<std::shared_ptr<Worker>> found;
  const auto give_up = std::chrono::steady_clock::now() + limits.time_max;
  const std::string& directory = worker.directory;
  const auto slash = directory.rfind('/');
  const std::string name = slash == std::string::npos ? directory : directory.substr(slash + 1);
  std::optional<ObjectId> last;  // The folder of the commit that was looked at last.
  Worker* present = nullptr;     // Its release, when it is one.
  std::size_t commits = 0;
  std::optional<Error> error;
  const auto look = [&](const platform::CommitInfo& commit) -> Result<void> {
    TRY_ASSIGN(const auto entry, repository.find(commit.tree, directory));
    const std::optional<ObjectId> tree = entry && entry->kind == platform::EntryKind::folder
                                             ? std::optional(entry->id)
                                             : std::nullopt;
    if (tree == last) {
      // Older, and the same: this commit is nearer to the one that brought it.
      if (present != nullptr && tree) {
        present->last_commit = commit.id;
        present->updated = commit.committed;
      }
      return {};
    }
    last = tree;
    present = nullptr;
    if (!tree) return {};
    const Folder folder{worker.origin, name, *tree};
    auto loaded = load_worker(GitFiles(repository, *tree), commit.id, folder);
    if (!loaded && loaded.error().code != Errc::invalid_input)
      return tl::unexpected(std::move(loaded).error());
    if (!loaded || !loaded->worker || loaded->worker->id != worker.id) return {};
    const bool known = std::any_of(found.begin(), found.end(), [&](const auto& each) {
      return each->version == loaded->worker->version;
    });
    if (known) return {};
    loaded->worker->created = worker.created;
    loaded->worker->author = worker.author;
    loaded->worker->updated = commit.committed;
    present = loaded->worker.get();
    found.push_back(std::move(loaded->worker));
    return {};
  };
  TRY(repository.walk(head, std::nullopt, [&](const platform::CommitInfo& commit) {
    if (auto looked = look(commit); !looked) error = std::move(looked).error();
    return !error && ++commits < limits.commits_max && found.size() <= limits.releases_max &&
           std::chrono::steady_clock::now() < give_up;
  }));
  if (error) return tl::unexpected(std::move(*error));
  if (found.size() > limits.releases_max) found.resize(limits.releases_max);
  return std::vector<std::shared_ptr<const Worker>>(found.begin(), found.end());
}

}  // namespace rbee::catalog
