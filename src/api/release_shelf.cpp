#include "api/release_shelf.hpp"

#include <chrono>

#include "base/url.hpp"

namespace rbee::api {

Result<std::shared_ptr<const ReleaseShelf::Releases>> ReleaseShelf::of(
    const RenderedWorker& worker) {
  const std::string& id = worker.worker->id.str();
  // Held while the repository is read: one at a time, so that nobody can keep every thread at it.
  const std::unique_lock lock(mutex_, std::chrono::milliseconds(200));
  if (!lock)
    return fail(Errc::unreachable, "history-busy", "the releases of other workers are being read",
                {.fix = "try again in a moment"});
  if (const auto found = kept_.find(id);
      found != kept_.end() && found->second.tree == worker.worker->tree)
    return found->second.releases;
  auto releases = std::make_shared<Releases>();
  if (read_) {
    TRY_ASSIGN(const auto read, read_(*worker.worker));
    for (const auto& each : read)
      releases->push_back(std::make_shared<const RenderedWorker>(
          each, each->version == worker.worker->version
                    ? std::string()
                    : "?version=" + percent_encode(each->version)));
  }
  if (releases->empty())
    releases->push_back(std::make_shared<const RenderedWorker>(worker.worker, std::string()));
  if (kept_.size() >= kKeptMax) kept_.clear();
  kept_.insert_or_assign(id, Kept{worker.worker->tree, releases});
  return std::shared_ptr<const Releases>(std::move(releases));
}

}  // namespace rbee::api
