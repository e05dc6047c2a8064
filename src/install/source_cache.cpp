// fetch_sources: what is in the cache, then the rest, several at once.
#include "install/source_cache.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>

#include "base/text.hpp"
#include "install/checksums.hpp"
#include "install/git_sources.hpp"
#include "platform/files.hpp"

namespace rbee::install {

namespace fs = std::filesystem;

namespace {

/// The name in the cache: after the strongest checksum; without one, after the address, and never
/// reused.
struct Key {
  std::string name;
  bool reusable = false;
};

Key key_of(const pkgbuild::SourceEntry& source) {
  Key key{"address-" + Sha256::of(source.url).hex(), false};
  for (const auto& [algorithm, digest] : source.checksums)
    if (is_strong(algorithm) && is_digest(algorithm, digest))
      key = {fmt::format("{}-{}", array_name(algorithm), lower_hex(digest)), true};
  return key;
}

/// Hashes a file while it is being downloaded: reading it again afterwards would take as long as
/// the download itself on a fast line.
class FollowingHash {
 public:
  FollowingHash(fs::path path, const pkgbuild::SourceEntry& source)
      : path_(std::move(path)), source_(source), thread_([this] { follow(); }) {}
  ~FollowingHash() { static_cast<void>(finish()); }
  FollowingHash(const FollowingHash&) = delete;
  FollowingHash& operator=(const FollowingHash&) = delete;

  platform::Growth growth() {
    return {.begun_again =
                [this] {
                  const std::lock_guard lock(mutex_);
                  ++beginnings_;
                  size_ = 0;
                },
            .grown =
                [this](std::uint64_t size) {
                  const std::lock_guard lock(mutex_);
                  size_ = size;
                  changed_.notify_one();
                }};
  }

  /// The download is over. The digests of the file, when it was followed to its end.
  std::optional<std::map<HashAlgorithm, std::string>> finish() {
    {
      const std::lock_guard lock(mutex_);
      over_ = true;
      changed_.notify_one();
    }
    if (thread_.joinable()) thread_.join();
    return std::move(result_);
  }

 private:
  void follow() {
    std::string block(1 << 20, '\0');
    SourceHashes hashes(source_.checksums);
    platform::FileDescriptor file;
    std::uint64_t at = 0;
    int beginning = 0;
    for (;;) {
      std::size_t wanted = 0;
      {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return over_ || size_ >= at + block.size(); });
        if (beginning != beginnings_) {
          beginning = beginnings_;
          hashes = SourceHashes(source_.checksums);
          at = 0;
        }
        wanted = static_cast<std::size_t>(std::min<std::uint64_t>(block.size(), size_ - at));
        if (wanted == 0 && over_) break;
      }
      if (!file)
        file = platform::FileDescriptor(::open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
      const ssize_t count =
          file ? ::pread(file.get(), block.data(), wanted, static_cast<off_t>(at)) : -1;
      {
        const std::lock_guard lock(mutex_);
        // Emptied since: what was read may be of either file.
        if (beginning != beginnings_) continue;
      }
      if (count <= 0) return;
      hashes.update(std::string_view(block).substr(0, static_cast<std::size_t>(count)));
      at += static_cast<std::uint64_t>(count);
    }
    struct stat status {};
    if (file && ::fstat(file.get(), &status) == 0 &&
        static_cast<std::uint64_t>(status.st_size) == at)
      result_ = hashes.finish();
  }

  fs::path path_;
  const pkgbuild::SourceEntry& source_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::uint64_t size_ = 0;  ///< Guarded, as are the next two.
  int beginnings_ = 0;
  bool over_ = false;
  std::optional<std::map<HashAlgorithm, std::string>> result_;
  std::thread thread_;  // The last: it uses the others.
};

/// Lets an observer, which belongs to one thread, hear several downloads.
class SharedObserver {
 public:
  explicit SharedObserver(Observer& observer) : observer_(observer) {}
  void progress(const std::string& file, std::uint64_t received, std::uint64_t total) {
    const std::lock_guard lock(mutex_);
    observer_.progress(file, received, total);
  }
  bool cancelled() {
    const std::lock_guard lock(mutex_);
    return stopped_ || observer_.cancelled();
  }
  /// One of several failed: the others need not go on.
  void stop() {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
  }

 private:
  std::mutex mutex_;
  Observer& observer_;
  bool stopped_ = false;
};

/// A source that is not in the cache yet.
struct Download {
  const pkgbuild::SourceEntry* source = nullptr;
  fs::path place;
  std::string host;
  Result<Sha256> result = fail(Errc::interrupted, "interrupted", "stopped before fetching sources");
  bool begun = false;
};

bool is_premium_host(const Plan& plan, const std::string& host) {
  if (!plan.detail.premium) return false;
  const auto& hosts = plan.detail.premium->hosts;
  return std::find(hosts.begin(), hosts.end(), host) != hosts.end();
}

/// What a refusal of a premium host means to the user.
Error license_error(Error error, const Plan& plan, bool had_key) {
  if (error.code != Errc::unauthenticated && error.code != Errc::forbidden) return error;
  const std::string& id = plan.detail.summary.id;
  const wire::Premium& premium = *plan.detail.premium;
  error.evidence.push_back(fmt::format("licences: {}", printable_line(premium.purchase_url)));
  if (!had_key) {
    error.code = Errc::unauthenticated;
    error.id = "license-needed";
    error.message = fmt::format("{} needs a licence", id);
    error.fix = fmt::format("rbee license add {}", id);
  } else {
    error.code = Errc::forbidden;
    error.id = "license-refused";
    error.message = fmt::format("the licence for {} is not accepted", id);
    error.why = "it has expired, was revoked, or is for another worker";
    error.fix = fmt::format("get one, then: rbee license add {}", id);
  }
  return error;
}

class Downloads {
 public:
  Downloads(const Plan& plan, const fs::path& cache, platform::HttpClient& http, Observer& observer,
            const ExecuteOptions& options)
      : plan_(plan), cache_(cache), http_(http), observer_(observer), options_(options) {}

  void add(const pkgbuild::SourceEntry& source, fs::path place, std::string host) {
    jobs_.push_back({.source = &source, .place = std::move(place), .host = std::move(host)});
  }

  /// All of them, at most eight at once and four from one host. The first failure ends the rest.
  void run() {
    const std::size_t count = std::min(kThreads, jobs_.size());
    std::vector<std::thread> threads;
    for (std::size_t i = 1; i < count; ++i) threads.emplace_back([this] { work(); });
    work();
    for (std::thread& thread : threads) thread.join();
  }

  std::vector<Download>& jobs() { return jobs_; }

 private:
  static constexpr std::size_t kThreads = 8;
  static constexpr int kPerHost = 4;

  Download* next() {
    std::unique_lock lock(mutex_);
    for (;;) {
      bool waiting = false;
      for (Download& job : jobs_) {
        if (job.begun) continue;
        waiting = true;
        if (running_[job.host] >= kPerHost) continue;
        job.begun = true;
        ++running_[job.host];
        return &job;
      }
      if (!waiting) return nullptr;
      freed_.wait(lock);
    }
  }

  void work() {
    while (Download* job = next()) {
      if (!observer_.cancelled()) job->result = fetch(*job);
      if (!job->result) observer_.stop();
      const std::lock_guard lock(mutex_);
      --running_[job->host];
      freed_.notify_all();
    }
  }

  Result<Sha256> fetch(const Download& job) {
    const pkgbuild::SourceEntry& source = *job.source;
    TRY_ASSIGN(const Url url, Url::parse(source.url));
    const fs::path part = cache_ / "parts" / job.place.filename();
    const bool premium = is_premium_host(plan_, job.host);
    // A key in the clear is a key for everybody on the way.
    const bool secure = url.scheme() == "https" || job.host == "127.0.0.1" ||
                        job.host == "localhost" || job.host == "[::1]";
    const std::string key = premium && secure ? options_.license_key : std::string();
    FollowingHash following(part, source);
    auto done = http_.download(
        url, part, kSourceBytesMax,
        [&](std::uint64_t received, std::uint64_t total) {
          observer_.progress(source.file_name, received, total);
          return !observer_.cancelled();
        },
        key, following.growth());
    if (!done && premium)
      return tl::unexpected<Error>(license_error(std::move(done).error(), plan_, !key.empty()));
    if (!done) return tl::unexpected<Error>(std::move(done).error());
    const auto followed = following.finish();
    auto same = followed ? compare(source, *followed)
                         : verify_file(part, source, [this] { return observer_.cancelled(); });
    if (!same && same.error().code != Errc::integrity) return same;
    if (!same) {
      TRY(platform::remove_tree(part));
      return same;
    }
    if (::chmod(part.c_str(), 0444) != 0 || ::rename(part.c_str(), job.place.c_str()) != 0)
      return tl::unexpected(platform::io_failure("keep", job.place, errno));
    return same;
  }

  const Plan& plan_;
  const fs::path& cache_;
  platform::HttpClient& http_;
  SharedObserver observer_;
  const ExecuteOptions& options_;
  std::vector<Download> jobs_;
  std::mutex mutex_;
  std::condition_variable freed_;
  std::map<std::string, int> running_;
};

/// A file that the user brought, if it is the one that the recipe means.
Result<Sha256> brought(const Plan& plan, const pkgbuild::SourceEntry& source, const fs::path& place,
                       const std::function<bool()>& cancelled) {
  std::error_code unreadable;
  if (fs::is_regular_file(place, unreadable)) {
    TRY_ASSIGN(const auto actual, hashes_of_file(place, source, cancelled));
    return compare(source, actual);
  }
  std::vector<std::string> evidence = {fmt::format("file: {}", printable_line(source.file_name))};
  for (const auto& [algorithm, digest] : source.checksums)
    if (is_strong(algorithm))
      evidence.push_back(fmt::format("{}: {}", array_name(algorithm), printable_line(digest)));
  std::string from = plan.detail.premium ? plan.detail.premium->purchase_url : std::string();
  if (from.empty()) from = plan.detail.summary.homepage;
  if (!from.empty()) evidence.push_back(fmt::format("from: {}", printable_line(from)));
  return fail(
      Errc::not_found, "manual-download",
      fmt::format("{} needs a file that you have to download yourself", plan.detail.summary.id),
      {.evidence = std::move(evidence),
       .why = "its author gives it only to whoever asks, with an account or a licence",
       .fix = fmt::format("put it here and try again: {}", printable_line(place.string()))});
}

/// Tell the cache that the file is of use; prune goes by it.
void touch(const fs::path& place) {
  ::utimensat(AT_FDCWD, place.c_str(), nullptr, 0);
}

}  // namespace

Result<Fetched> fetch_sources(const Plan& plan, const fs::path& cache, platform::HttpClient& http,
                              Observer& observer, const ExecuteOptions& options) {
  Fetched fetched;
  const auto cancelled = [&] { return observer.cancelled(); };
  const bool history = needs_history(plan);
  Downloads downloads(plan, cache, http, observer, options);
  std::map<fs::path, const pkgbuild::SourceEntry*> coming;  // Two entries may be the same file.
  const auto add = [&](const pkgbuild::SourceEntry& source, const fs::path& place,
                       const Sha256& digest) -> Result<void> {
    if (!fetched.files.emplace(source.file_name, place).second)
      return fail(Errc::invalid_input, "source-name",
                  fmt::format("two sources are called '{}'", printable_line(source.file_name)));
    fetched.digests.emplace(source.file_name, digest);
    return {};
  };
  std::vector<std::pair<const pkgbuild::SourceEntry*, fs::path>> later;
  for (const pkgbuild::SourceEntry& source : plan.sources) {
    if (observer.cancelled())
      return fail(Errc::interrupted, "interrupted", "stopped before fetching sources");
    if (std::find(plan.manual.begin(), plan.manual.end(), source.file_name) != plan.manual.end()) {
      const fs::path place = cache / "manual" / source.file_name;
      TRY(platform::make_directories(cache / "manual", 0700));
      TRY_ASSIGN(const Sha256 digest, brought(plan, source, place, cancelled));
      TRY(add(source, place, digest));
      continue;
    }
    if (source.protocol == "git") {
      TRY_ASSIGN(build::Repository repository,
                 fetch_repository(source, history, cache, observer, options.offline));
      // What the sources are is told by the commit; how much history lies beside it is not.
      if (!fetched.digests.emplace(source.file_name, Sha256::of("git commit " + repository.commit))
               .second)
        return fail(Errc::invalid_input, "source-name",
                    fmt::format("two sources are called '{}'", printable_line(source.file_name)));
      fetched.repositories.emplace(source.file_name, std::move(repository));
      continue;
    }
    if (source.protocol == "local") {
      const auto found = plan.local_files.find(source.url);
      if (found == plan.local_files.end())
        return fail(Errc::not_found, "local-file-missing",
                    fmt::format("the worker has no file '{}'", printable_line(source.url)));
      SourceHashes digests(source.checksums);
      digests.update(found->second);
      TRY_ASSIGN(const Sha256 digest, compare(source, digests.finish()));
      fetched.digests.emplace(source.file_name, digest);
      continue;
    }
    TRY(platform::make_directories(cache / "sources", 0700));
    const Key key = key_of(source);
    const fs::path place = cache / "sources" / key.name;
    std::error_code unreadable;  // Then the download says what is wrong with the cache.
    if (key.reusable && !coming.contains(place) && fs::exists(place, unreadable)) {
      TRY_ASSIGN(const auto actual, hashes_of_file(place, source, cancelled));
      if (const auto same = compare(source, actual)) {
        touch(place);
        TRY(add(source, place, *same));
        continue;
      }
      TRY(platform::remove_tree(place));  // The disk changed it; fetch it again.
    }
    if (options.offline && source.protocol != "file")
      return fail(Errc::unreachable, "offline",
                  fmt::format("'{}' is not in the cache", printable_line(source.file_name)),
                  {.evidence = {printable_line(source.url)}, .fix = "try again without --offline"});
    TRY_ASSIGN(const Url url, Url::parse(source.url));
    if (coming.emplace(place, &source).second) downloads.add(source, place, url.host());
    later.emplace_back(&source, place);
  }
  if (later.empty()) return fetched;
  TRY(platform::make_directories(cache / "parts", 0700));
  observer.phase(Phase::fetch, later.size() == 1 ? later.front().first->file_name
                                                 : fmt::format("{} files", later.size()));
  downloads.run();
  // The first that failed by itself; those that it ended say nothing.
  for (const bool interrupted : {false, true})
    for (Download& job : downloads.jobs())
      if (!job.result && (job.result.error().code == Errc::interrupted) == interrupted)
        return tl::unexpected<Error>(std::move(job.result).error());
  observer.phase(Phase::verify, later.size() == 1 ? later.front().first->file_name
                                                  : fmt::format("{} files", later.size()));
  for (const auto& [source, place] : later) {
    const auto& jobs = downloads.jobs();
    const auto job = std::find_if(jobs.begin(), jobs.end(),
                                  [&](const Download& each) { return each.place == place; });
    if (job->source == source) {
      TRY(add(*source, place, *job->result));
      continue;
    }
    TRY_ASSIGN(const auto actual, hashes_of_file(place, *source, cancelled));
    TRY_ASSIGN(const Sha256 digest, compare(*source, actual));
    TRY(add(*source, place, digest));
  }
  return fetched;
}

std::optional<std::uint64_t> cached_size(const pkgbuild::SourceEntry& source,
                                         const fs::path& cache) {
  const Key key = key_of(source);
  struct stat status {};
  if (!key.reusable || ::lstat((cache / "sources" / key.name).c_str(), &status) != 0)
    return std::nullopt;
  return static_cast<std::uint64_t>(status.st_size);
}

std::optional<std::uint64_t> remote_size(const std::string& text, const Ask& ask) {
  const auto url = Url::parse(text);
  if (!url || url->scheme() == "file") return std::nullopt;
  constexpr std::uint64_t kSmall =
      64 << 10;  // A server without ranges sends the file: only a small one is taken.
  const auto answer = ask(*url, kSmall, {{"Range", "bytes=0-0"}});
  if (!answer) return std::nullopt;
  if (answer->status == 200) return answer->body.size();
  const std::string_view range = answer->header("content-range");
  const auto slash = range.find('/');
  if (answer->status != 206 || slash == std::string_view::npos) return std::nullopt;
  std::uint64_t size = 0;
  const std::string_view digits = range.substr(slash + 1);
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), size);
  if (error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
  return size;
}

}  // namespace rbee::install
