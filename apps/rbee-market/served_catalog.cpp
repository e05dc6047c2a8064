#include "served_catalog.hpp"

#include <fmt/format.h>

#include "api/search_catalog.hpp"
#include "base/clock.hpp"
#include "catalog/builder.hpp"
#include "catalog/releases.hpp"
#include "platform/memory.hpp"

namespace rbee::market {

namespace fs = std::filesystem;
using http::LogLevel;

namespace {

constexpr std::string_view kRef = "refs/heads/main";

platform::CommitAuthor importer() {
  return {"rbee-market", "rbee-market@localhost", SystemClock().now()};
}

/// The repository that `source` means, made where it is missing.
Result<fs::path> prepare(const CatalogSource& source, const http::Log& log) {
  std::error_code ignored;
  const fs::path own = source.data / "catalog.git";
  const bool is_there = fs::exists(own, ignored);
  if (source.catalog) {
    if (!fs::is_directory(*source.catalog, ignored))
      return fail(Errc::not_found, "catalog-not-found",
                  fmt::format("no catalog is at {}", source.catalog->string()),
                  {.fix = "--catalog takes a Git repository or a folder of workers"});
    if (auto repository = platform::Repository::open(*source.catalog)) return *source.catalog;
    const std::string message = fmt::format("Import {}", source.catalog->filename().string());
    auto commit = is_there ? platform::commit_directory(*source.catalog, own, importer(), message)
                           : platform::create_repository_from_directory(*source.catalog, own,
                                                                        importer(), message);
    if (!commit) return tl::unexpected<Error>(commit.error());
    log.write(LogLevel::info, "catalog-imported",
              {{"from", std::string_view(source.catalog->native())},
               {"commit", std::string_view(commit->str())}});
    return own;
  }
  if (is_there) return own;
  if (!fs::is_directory(source.bundled, ignored))
    return fail(
        Errc::not_found, "bundled-catalog-not-found",
        fmt::format("the bundled catalog is not at {}", source.bundled.string()),
        {.fix = "name it with --bundled DIR, or serve a catalog of your own with --catalog"});
  TRY_ASSIGN(const CommitId commit,
             platform::create_repository_from_directory(source.bundled, own, importer(),
                                                        "Start with the bundled catalog"));
  log.write(
      LogLevel::info, "catalog-created",
      {{"repository", std::string_view(own.native())}, {"commit", std::string_view(commit.str())}});
  return own;
}

}  // namespace

Result<std::unique_ptr<ServedCatalog>> ServedCatalog::open(const CatalogSource& source,
                                                           const http::Log& log) {
  TRY_ASSIGN(fs::path path, prepare(source, log));
  TRY_ASSIGN(auto repository, platform::Repository::open(path));
  std::unique_ptr<ServedCatalog> served(
      new ServedCatalog(std::move(path), std::move(repository), log));
  TRY_ASSIGN(const CommitId commit, served->head());
  TRY_ASSIGN(served->snapshot_, catalog::build_snapshot(*served->repository_, commit, nullptr,
                                                        {.extract = api::keep_page}));
  platform::return_freed_memory();
  served->log_changes(nullptr, *served->snapshot_);
  return served;
}

Result<CommitId> ServedCatalog::head() const {
  // A repository with another branch checked out serves that one.
  if (auto main = repository_->resolve(kRef)) return main;
  return repository_->resolve("HEAD");
}

std::shared_ptr<const catalog::Snapshot> ServedCatalog::refresh(When when) {
  const auto complain = [&](const Error& error) {
    log_.write(LogLevel::error, "catalog-unreadable",
               {{"id", std::string_view(error.id)}, {"reason", std::string_view(error.message)}});
    return nullptr;
  };
  auto commit = head();
  if (!commit) return when == When::always ? complain(commit.error()) : nullptr;
  if (when == When::if_moved &&
      (*commit == snapshot_->commit() || (failed_ && *commit == *failed_)))
    return nullptr;
  if (*commit == snapshot_->commit()) return nullptr;
  auto next =
      catalog::build_snapshot(*repository_, *commit, snapshot_.get(), {.extract = api::keep_page});
  if (!next) {
    failed_ = *commit;
    return complain(next.error());
  }
  failed_.reset();
  log_changes(snapshot_.get(), **next);
  snapshot_ = std::move(*next);
  return snapshot_;
}

Result<std::unique_ptr<platform::Repository>> ServedCatalog::borrow() {
  {
    const std::lock_guard lock(mutex_);
    if (!idle_.empty()) {
      auto repository = std::move(idle_.back());
      idle_.pop_back();
      return repository;
    }
  }
  return platform::Repository::open(path_);
}

void ServedCatalog::give_back(std::unique_ptr<platform::Repository> repository) {
  const std::lock_guard lock(mutex_);
  idle_.push_back(std::move(repository));
}

Result<std::string> ServedCatalog::read_blob(const ObjectId& id) {
  TRY_ASSIGN(auto repository, borrow());
  auto bytes = repository->blob(id, catalog::kBlobBytesMax);
  give_back(std::move(repository));
  return bytes;
}

Result<std::vector<std::shared_ptr<const catalog::Worker>>> ServedCatalog::read_releases(
    const catalog::Worker& worker) {
  TRY_ASSIGN(auto repository, borrow());
  // From the commit that the worker came with: what was pushed since is not served yet.
  auto releases = catalog::read_releases(*repository, worker.last_commit, worker);
  give_back(std::move(repository));
  return releases;
}

void ServedCatalog::log_changes(const catalog::Snapshot* before,
                                const catalog::Snapshot& after) const {
  log_.write(LogLevel::info, "catalog-loaded",
             {{"repository", std::string_view(path_.native())},
              {"commit", std::string_view(after.commit().str())},
              {"workers", static_cast<std::int64_t>(after.workers().size())},
              {"broken", static_cast<std::int64_t>(after.broken().size())}});
  for (const catalog::Broken& broken : after.broken()) {
    const Finding* first = broken.findings.empty() ? nullptr : &broken.findings.front();
    log_.write(
        LogLevel::warn, "worker-broken",
        {{"directory", std::string_view(broken.directory)},
         {"rule", first == nullptr ? std::string_view() : std::string_view(first->rule)},
         {"file", first == nullptr ? std::string_view() : std::string_view(first->file)},
         {"line", first == nullptr ? std::int64_t{0} : std::int64_t{first->position.line}},
         {"reason", first == nullptr ? std::string_view() : std::string_view(first->message)}});
  }
  if (before == nullptr) return;
  // Both are sorted by id, and nearly all entries are shared.
  auto old = before->workers().begin();
  const auto old_end = before->workers().end();
  const auto tell = [&](std::string_view what, const catalog::Entry& worker) {
    log_.write(
        LogLevel::info, what,
        {{"id", std::string_view(worker.id.str())}, {"version", std::string_view(worker.version)}});
  };
  for (const auto& worker : after.workers()) {
    if (old != old_end && *old == worker) {
      ++old;
      continue;
    }
    for (; old != old_end && (*old)->id < worker->id; ++old) tell("worker-removed", **old);
    if (old == old_end || worker->id < (*old)->id) {
      tell("worker-added", *worker);
    } else {
      if ((*old)->tree != worker->tree) tell("worker-changed", *worker);
      ++old;
    }
  }
  for (; old != old_end; ++old) tell("worker-removed", **old);
}

}  // namespace rbee::market
