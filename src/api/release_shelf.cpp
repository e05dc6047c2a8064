#include "api/release_shelf.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <chrono>

#include "base/text.hpp"
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

Result<std::shared_ptr<const RenderedWorker>> find_release(const Publication& publication,
                                                           ReleaseShelf& releases,
                                                           std::string_view id,
                                                           std::string_view version) {
  auto worker = publication.find(id);
  if (worker == nullptr) return tl::unexpected<Error>(publication.missing(id));
  if (version.empty() || version == worker->worker->version) return worker;
  TRY_ASSIGN(const auto all, releases.of(*worker));
  std::vector<std::string> known;
  for (const auto& each : *all) {
    if (each->worker->version == version) return each;
    if (known.size() < 10) known.push_back(each->worker->version);
  }
  return fail(Errc::not_found, "release-not-found",
              fmt::format("the worker '{}' has no release '{}'", worker->worker->id.str(),
                          printable_line(version.substr(0, 100))),
              {.fix = fmt::format("it has {}", fmt::join(known, ", "))});
}

}  // namespace rbee::api
