// execute, remove and list_installed: the steps in order, under the lock.
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <boost/json/serialize.hpp>

#include "base/text.hpp"
#include "build/builder.hpp"
#include "check/locked_fetch.hpp"
#include "install/generations.hpp"
#include "install/installer.hpp"
#include "install/lock_file.hpp"
#include "install/manifest_file.hpp"
#include "install/signatures.hpp"
#include "install/source_cache.hpp"
#include "install/upkeep.hpp"
#include "platform/sandbox.hpp"

namespace rbee::install {

namespace fs = std::filesystem;

namespace {

/// Forwards a build's progress, and keeps what it printed in a log that outlives a failure.
class BuildWatcher final : public build::Observer {
 public:
  BuildWatcher(install::Observer& observer, platform::FileDescriptor log)
      : observer_(observer), log_(std::move(log)) {}

  void phase(build::Phase phase, std::string_view detail) override {
    switch (phase) {
      case build::Phase::unpack:
        return observer_.phase(Phase::unpack, detail);
      case build::Phase::prepare:
      case build::Phase::pkgver:
        return observer_.phase(Phase::prepare, detail);
      case build::Phase::build:
        return observer_.phase(Phase::build, detail);
      case build::Phase::check:
        return observer_.phase(Phase::check, detail);
      case build::Phase::package:
        return observer_.phase(Phase::package, detail);
    }
  }
  void output(std::string_view bytes) override {
    // A log that cannot be written is no reason to stop a build that can.
    platform::write_all(log_.get(), bytes);
    observer_.build_output(bytes);
  }
  bool cancelled() override { return observer_.cancelled(); }

 private:
  install::Observer& observer_;
  platform::FileDescriptor log_;
};

/// One digest for everything that decides what a build yields: equal digests are equal packages.
std::string inputs_digest(const Plan& plan, const Fetched& fetched) {
  Hasher hasher(HashAlgorithm::sha256);
  const auto add = [&](std::string_view key, std::string_view value) {
    hasher.update(fmt::format("{}:{}:{}:", key.size(), key, value.size()));
    hasher.update(value);
  };
  add("platform", to_string(plan.platform));
  add(plan.recipe_file, plan.recipe_text);
  for (const auto& [name, value] : plan.environment) add("environment " + name, value);
  for (const auto& [path, bytes] : plan.local_files) add("file " + path, bytes);
  for (const std::string& path : plan.executable_files) add("executable", path);
  for (const auto& [name, digest] : fetched.digests) add("source " + name, digest.hex());
  for (const std::string& manager : plan.facts.fetchers) add("fetch", manager);
  return hasher.finish().substr(0, 16);
}

/// The package whose tree is installed: the one called like the worker, else the first.
std::string package_of(const Plan& plan) {
  for (const pkgbuild::Package& package : plan.recipe.packages)
    if (package.name == plan.detail.summary.id) return package.name;
  return plan.recipe.packages.front().name;
}

Result<void> check_disk(const Plan& plan, const Directories& directories) {
  const auto wanted =
      static_cast<std::uint64_t>(std::max<std::int64_t>(plan.detail.hardware.disk_mb, 0)) *
      1'000'000;
  TRY_ASSIGN(const std::uint64_t free, platform::free_bytes(directories.data));
  if (wanted <= free) return {};
  return fail(
      Errc::does_not_fit, "disk-too-small",
      fmt::format("{} needs {} of disk space", plan.detail.summary.id, human_size(wanted)),
      {.evidence = {fmt::format("'{}' has {} left", printable_line(directories.data.string()),
                                human_size(free))}});
}

/// A version as part of a file's name; makepkg's rules leave only ':' to replace.
std::string file_version(std::string version) {
  for (char& c : version)
    if (c == ':' || c == '/') c = '_';
  return version;
}

/// When the release was made: the same inputs give the same package, whenever they are built.
std::int64_t release_time(const Plan& plan, const Clock& clock) {
  const auto released = parse_rfc3339(plan.detail.summary.updated_at);
  return released.value_or(clock.now()).time_since_epoch().count();
}

/// Beside the package's own files: what we know of it. Sealed and synced with the tree.
Result<void> write_record(const Plan& plan, const Fetched& fetched, const Installed& installed,
                          const fs::path& tree, const Directories& directories) {
  std::map<std::string, std::uint64_t> sizes;
  for (const pkgbuild::SourceEntry& source : plan.sources) {
    const auto file = fetched.files.find(source.file_name);
    std::error_code unknown;
    if (file == fetched.files.end()) continue;
    const auto size = fs::file_size(file->second, unknown);
    if (!unknown) sizes[source.url] = size;
  }
  TRY(platform::make_directories(tree / fs::path(kRecordFile).parent_path()));
  TRY(platform::write_file_atomically(
      tree / kRecordFile, boost::json::serialize(to_json(installed, directories.data)) + "\n"));
  return platform::write_file_atomically(tree / kLockFile,
                                         lock_entry_text(lock_entry(plan, sizes)));
}

/// What prepare() may reach; the user agreed when the plan was shown.
std::vector<std::string> fetch_hosts(const Plan& plan) {
  std::vector<std::string> out;
  for (const std::string& manager : plan.facts.fetchers)
    for (std::string& host : check::registry_hosts(manager)) out.push_back(std::move(host));
  return out;
}

Result<build::Built> run_build(const Plan& plan, const Fetched& fetched, const fs::path& directory,
                               const Directories& directories, Observer& observer,
                               const Clock& clock) {
  const fs::path logs = directories.cache / "logs";
  TRY(platform::make_directories(logs, 0700));
  const fs::path log = logs / (plan.detail.summary.id + ".log");
  platform::FileDescriptor log_file(
      ::open(log.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!log_file) return tl::unexpected(platform::io_failure("create", log, errno));
  BuildWatcher watcher(observer, std::move(log_file));
  const build::Request request{.recipe = plan.recipe,
                               .recipe_text = plan.recipe_text,
                               .recipe_file = plan.recipe_file,
                               .package = package_of(plan),
                               .platform = plan.platform,
                               .sources = plan.sources,
                               .fetched = fetched.files,
                               .repositories = fetched.repositories,
                               .local_files = plan.local_files,
                               .executable_files = plan.executable_files,
                               .environment = plan.environment,
                               .source_date_epoch = release_time(plan, clock),
                               .fetch_hosts = fetch_hosts(plan)};
  auto built = build::build(request, directory, watcher);
  if (!built) {
    Error error = std::move(built).error();
    if (error.id == "build-failed")
      error.evidence.push_back(fmt::format("whole log: {}", printable_line(log.string())));
    return tl::unexpected(std::move(error));
  }
  return built;
}

/// The worker's tree, built and in the store.
Result<Installed> build_and_store(const Plan& plan, const Fetched& fetched,
                                  const std::string& digest, const Exclusive& exclusive,
                                  const std::vector<Installed>& workers,
                                  const Directories& directories, Observer& observer,
                                  const Clock& clock) {
  const std::string& id = plan.detail.summary.id;
  TRY(platform::make_directories(builds_directory(directories), 0700));
  Installed installed{.id = id,
                      .version = {},
                      .name = plan.detail.summary.name,
                      .catalog = plan.catalog,
                      .commit = plan.detail.commit,
                      .platform = to_string(plan.platform),
                      .recipe = plan.recipe_file,
                      .tree = {},
                      .installed_at = rfc3339(clock.now()),
                      .commands = {},
                      .run = plan.detail.run,
                      .capabilities = plan.detail.capabilities,
                      .facts = plan.facts};
  {
    TRY_ASSIGN(const platform::TemporaryDirectory room,
               platform::TemporaryDirectory::create(builds_directory(directories), id + "-"));
    TRY_ASSIGN(const build::Built built,
               run_build(plan, fetched, room.path(), directories, observer, clock));
    TRY(check_commands(built.commands, id, workers, directories));
    if (observer.cancelled())
      return fail(Errc::interrupted, "interrupted", "stopped before anything was installed");
    observer.phase(Phase::store, "");
    const std::string name = fmt::format("{}-{}", file_version(built.version), digest);
    installed.version = built.version;
    installed.tree = directories.data / "store" / id / name;
    installed.size_bytes = built.size_bytes;
    installed.commands = built.commands;
    TRY(write_record(plan, fetched, installed, built.tree, directories));
    TRY(add_to_store(exclusive, built.tree, id, name, directories));
  }
  ::rmdir(builds_directory(directories).c_str());
  return installed;
}

/// What was built from the same inputs before, if every file of it is as it was then.
std::optional<Installed> whole_in_store(const std::string& id, std::string_view digest,
                                        const Directories& directories, Observer& observer) {
  auto kept = find_in_store(id, digest, directories);
  if (!kept) return std::nullopt;
  const auto differences = compare_tree(*kept, [&] { return observer.cancelled(); });
  if (!differences || !differences->empty()) return std::nullopt;
  return kept;
}

}  // namespace

Result<Installed> execute(const Plan& plan, const Directories& directories,
                          platform::HttpClient& http, Observer& observer, const Clock& clock,
                          const ExecuteOptions& options) {
  TRY_ASSIGN(const WorkerId id, WorkerId::parse(plan.detail.summary.id));
  TRY_ASSIGN(const Exclusive exclusive,
             Exclusive::take(directories, "rbee worker install " + id.str()));
  TRY_ASSIGN(std::vector<Installed> workers, read_current(directories));
  TRY(check_disk(plan, directories));
  TRY(platform::check_sandbox());
  TRY_ASSIGN(const Fetched fetched,
             fetch_sources(plan, directories.cache, http, observer, options));
  TRY(verify_signatures(plan, fetched, builds_directory(directories), observer));
  const std::string digest = inputs_digest(plan, fetched);
  const auto same_id = [&](const Installed& worker) { return worker.id == id.str(); };
  const auto old = std::find_if(workers.begin(), workers.end(), same_id);
  std::error_code unreadable;  // A tree that cannot be looked at is one to make again.
  const bool there = old != workers.end() && old->tree.ends_with("-" + digest) &&
                     fs::exists(old->tree, unreadable);
  if (there) {
    TRY(check_commands(old->commands, id.str(), workers, directories));
    if (old->facts == plan.facts && old->catalog == plan.catalog &&
        old->accelerator_chosen == plan.accelerator_chosen)
      return *old;
  }

  Installed installed;
  if (there) {
    // The same bytes from somebody else: what the user agreed to is what the next release is
    // compared with.
    installed = *old;
  } else if (auto kept = whole_in_store(id.str(), digest, directories, observer)) {
    // Of an older generation: the same inputs were built once already.
    TRY(check_commands(kept->commands, id.str(), workers, directories));
    installed = std::move(*kept);
    installed.installed_at = rfc3339(clock.now());
  } else {
    if (options.offline && !plan.facts.fetchers.empty())
      return fail(Errc::unreachable, "offline",
                  fmt::format("{} fetches while it is built", id.str()),
                  {.why = "its prepare() runs " + plan.facts.fetchers.front(),
                   .fix = "try again without --offline"});
    TRY_ASSIGN(installed, build_and_store(plan, fetched, digest, exclusive, workers, directories,
                                          observer, clock));
  }
  installed.pinned = old != workers.end() && old->pinned;
  installed.facts = plan.facts;
  installed.catalog = plan.catalog;
  installed.accelerator_chosen = plan.accelerator_chosen;
  observer.phase(Phase::link, "");
  const std::string action =
      old == workers.end()
          ? fmt::format("install {} {}", id.str(), installed.version)
          : fmt::format("update {} {} to {}", id.str(), old->version, installed.version);
  std::erase_if(workers, same_id);
  workers.push_back(installed);
  // When this fails, the tree is in the store and in no generation: found again by the next try, or
  // collected.
  TRY(switch_to(exclusive, std::move(workers), action, directories, clock.now()));
  return installed;
}

Result<std::vector<Installed>> list_installed(const Directories& directories) {
  // After a kill between a switch and its links, the next look mends them; if another process is at
  // work, it will.
  if (!links_agree(directories))
    static_cast<void>(Exclusive::take(directories, "rbee worker list"));
  return read_current(directories);
}

Result<Installed> remove(const WorkerId& id, const Directories& directories, const Clock& clock) {
  TRY_ASSIGN(const Exclusive exclusive,
             Exclusive::take(directories, "rbee worker remove " + id.str()));
  TRY_ASSIGN(std::vector<Installed> workers, read_current(directories));
  TRY_ASSIGN(const Installed removed, find_worker(workers, id));
  std::erase_if(workers, [&](const Installed& worker) { return worker.id == id.str(); });
  TRY(switch_to(exclusive, std::move(workers),
                fmt::format("remove {} {}", removed.id, removed.version), directories,
                clock.now()));
  return removed;
}

}  // namespace rbee::install
