#include "upstream.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/text.hpp"
#include "base/url.hpp"
#include "catalog/git_files.hpp"
#include "catalog/subject.hpp"
#include "check/rule.hpp"
#include "platform/files.hpp"
#include "platform/git.hpp"
#include "platform/git_write.hpp"
#include "platform/process.hpp"

namespace rbee::market {

namespace fs = std::filesystem;
using http::LogLevel;

namespace {

constexpr std::string_view kMain = "refs/heads/main", kUpstream = "refs/upstream/main";
constexpr std::chrono::seconds kFetchMax{600}, kPauseMax{900}, kPauseMin{2};

bool is_branch_name(std::string_view name) {
  // git-check-ref-format(1), the careful part of it.
  return !name.empty() && name.size() <= 200 && name[0] != '-' && name[0] != '/' &&
         name.find("..") == std::string_view::npos && name.find("//") == std::string_view::npos &&
         name.find("@{") == std::string_view::npos && !name.ends_with('/') &&
         !name.ends_with('.') && !name.ends_with(".lock") &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '-' || c == '_' || c == '.' || c == '/' || c == '@' || c == '+';
         });
}

/// The last lines that git said, as evidence.
std::vector<std::string> last_lines(std::string_view text) {
  constexpr std::size_t kLinesMax = 6;
  std::vector<std::string> lines;
  for (const std::string_view line : split(text, '\n'))
    if (!trim(line).empty()) lines.push_back(printable_line(line.substr(0, 400)));
  if (lines.size() > kLinesMax) lines.erase(lines.begin(), lines.end() - kLinesMax);
  return lines;
}

/// git, with nobody's configuration and nothing that asks.
Result<void> run_git(const fs::path& directory, std::vector<std::string> words,
                     const std::function<bool()>& cancelled) {
  words.insert(words.begin(), "git");
  platform::ProcessSpec spec{.argv = std::move(words)};
  spec.environment = {{"PATH", "/usr/bin:/bin"},
                      {"HOME", "/nonexistent"},
                      {"LC_ALL", "C.UTF-8"},
                      {"GIT_CONFIG_NOSYSTEM", "1"},
                      {"GIT_CONFIG_GLOBAL", "/dev/null"},
                      {"GIT_TERMINAL_PROMPT", "0"},
                      {"GIT_ASKPASS", "/bin/false"}};
  spec.directory = directory;
  spec.cancelled = cancelled;
  spec.limits.wall_max = kFetchMax;
  spec.limits.file_bytes_max = 1ULL << 30;
  spec.limits.address_space_bytes_max = 4ULL << 30;
  spec.limits.output_bytes_max = 1 << 20;
  std::string said;
  spec.output = [&](std::string_view bytes) {
    said += bytes;
    if (said.size() > 64 * 1024) said.erase(0, said.size() - 32 * 1024);
  };
  TRY_ASSIGN(const auto result, platform::run_process(spec));
  if (result.ok()) return {};
  auto evidence = last_lines(said);
  evidence.push_back("git: " + platform::to_string(result, spec.limits));
  return fail(
      Errc::unreachable, "upstream-unreachable", "the upstream catalog cannot be fetched",
      {.evidence = std::move(evidence),
       .fix = "see that its address and branch are right and that this machine reaches it"});
}

}  // namespace

UpstreamFollower::UpstreamFollower(UpstreamOptions options, std::function<void()> moved,
                                   const Clock& clock, const http::Log& log)
    : options_(std::move(options)),
      repository_(options_.data / "catalog.git"),
      moved_(std::move(moved)),
      clock_(clock),
      log_(log) {
  state_.url = options_.url;
  state_.branch = options_.branch;
}

Result<std::unique_ptr<UpstreamFollower>> UpstreamFollower::start(UpstreamOptions options,
                                                                  std::function<void()> moved,
                                                                  const Clock& clock,
                                                                  const http::Log& log) {
  TRY_ASSIGN(const Url url, Url::parse(options.url));
  if (url.scheme() != "https" && url.scheme() != "http" && url.scheme() != "file")
    return fail(Errc::usage, "upstream-invalid",
                fmt::format("'{}' cannot be followed", printable_line(options.url)),
                {.fix = "write an https address of a Git repository"});
  if (!is_branch_name(options.branch))
    return fail(Errc::usage, "upstream-invalid",
                fmt::format("'{}' is no branch", printable_line(options.branch)));
  std::unique_ptr<UpstreamFollower> follower(
      new UpstreamFollower(std::move(options), std::move(moved), clock, log));
  std::error_code code;
  if (!fs::exists(follower->repository_, code)) {
    TRY(follower->make_repository());
  } else if (follower->options_.accept_rewind) {
    TRY(follower->fetch(follower->repository_));
    TRY(follower->advance(follower->repository_, true));
  }
  follower->thread_ = std::thread([raw = follower.get()] { raw->run(); });
  return follower;
}

UpstreamFollower::~UpstreamFollower() {
  {
    const std::lock_guard lock(mutex_);
    is_over_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

/// Whole or not at all: a first fetch that fails leaves nothing behind.
Result<void> UpstreamFollower::make_repository() {
  TRY_ASSIGN(const auto temporary,
             platform::TemporaryDirectory::create(options_.data, "upstream-"));
  const fs::path made = temporary.path() / "catalog.git";
  TRY(run_git(temporary.path(),
              {"init", "-q", "--bare", "--template=", "--initial-branch=main", made.string()}, {}));
  TRY(fetch(made));
  TRY(advance(made, false));
  std::error_code code;
  fs::rename(made, repository_, code);
  if (code) return tl::unexpected(platform::io_failure("move", repository_, code.value()));
  return {};
}

Result<void> UpstreamFollower::fetch(const fs::path& repository) const {
  TRY_ASSIGN(const Url url, Url::parse(options_.url));
  return run_git(
      repository,
      {"-c", "protocol.allow=never", "-c", fmt::format("protocol.{}.allow=always", url.scheme()),
       "-c", "fetch.fsckObjects=true", "-c", "transfer.fsckObjects=true", "-c",
       "core.hooksPath=/dev/null", "-c", "credential.helper=", "-c", "http.lowSpeedLimit=1000",
       "-c", "http.lowSpeedTime=30", "-c", "gc.auto=0", "-c", "maintenance.auto=false", "fetch",
       "-q", "--no-tags", "--no-write-fetch-head", "--no-auto-gc", "--no-recurse-submodules", "--",
       options_.url,
       // What is there now, whatever it was: `advance` decides whether to follow.
       fmt::format("+refs/heads/{}:{}", options_.branch, kUpstream)},
      [this] {
        const std::lock_guard lock(mutex_);
        return is_over_;
      });
}

Result<bool> UpstreamFollower::advance(const fs::path& path, bool accept_rewind) {
  TRY_ASSIGN(const auto repository, platform::Repository::open(path));
  TRY_ASSIGN(const auto writer, platform::RepositoryWriter::open(path));
  TRY_ASSIGN(const auto there, writer->ref(kUpstream));
  if (!there) return fail(Errc::unreachable, "upstream-unreachable", "the upstream has no branch");
  TRY_ASSIGN(const auto here, writer->ref(kMain));
  {
    const std::lock_guard lock(mutex_);
    state_.commit = there->str();
  }
  if (here == there) return false;
  if (here && !accept_rewind) {
    TRY_ASSIGN(const bool continues, repository->is_ancestor(*here, *there));
    if (!continues)
      return fail(
          Errc::policy, "upstream-rewound",
          fmt::format("the upstream's '{}' does not continue what is served", options_.branch),
          {.evidence = {fmt::format("served: {}", here->str()),
                        fmt::format("upstream: {}", there->str())},
           .why = "whoever rewrites history can take back what people have installed",
           .fix = "ask its keepers what happened; to follow anyway, start once with "
                  "--upstream-accept-rewind"});
  }
  TRY(writer->move_ref(kMain, here, *there, "follow upstream"));
  return true;
}

void UpstreamFollower::look() {
  Result<bool> moved = false;
  // Several servers on one directory: one of them fetches, and all see main move.
  const auto turn =
      platform::FileLock::acquire(options_.data / "upstream", "a look at the upstream");
  if (!turn && turn.error().code == Errc::exists)
    moved = false;
  else if (const auto fetched = fetch(repository_); !fetched)
    moved = tl::unexpected(fetched.error());
  else
    moved = advance(repository_, false);
  const Time now = clock_.now();
  std::string before;
  {
    const std::lock_guard lock(mutex_);
    if (is_over_) return;
    before = state_.error;
    if (moved) {
      state_.seen_at = now;
      state_.stale_since.reset();
      state_.error_id.clear();
      state_.error.clear();
    } else {
      if (!state_.stale_since) state_.stale_since = now;
      state_.error_id = moved.error().id;
      state_.error = moved.error().message;
    }
  }
  failures_ = moved ? 0 : failures_ + 1;
  if (moved && !before.empty()) log_.write(LogLevel::info, "upstream-back", {});
  if (!moved && before != moved.error().message) {
    const std::string evidence = fmt::format("{}", fmt::join(moved.error().evidence, "; "));
    log_.write(LogLevel::error, "upstream-stale",
               {{"id", std::string_view(moved.error().id)},
                {"reason", std::string_view(moved.error().message)},
                {"evidence", std::string_view(evidence)}});
  }
  if (moved && *moved) moved_();
}

void UpstreamFollower::run() {
  for (;;) {
    look();
    std::unique_lock lock(mutex_);
    // Who is told often still lets the other side breathe; who is away is asked ever more seldom.
    changed_.wait_for(lock, kPauseMin, [this] { return is_over_; });
    if (is_over_) return;
    const auto pause = std::min<std::chrono::seconds>(
        options_.every * (1LL << std::min(failures_, 10)), std::max(options_.every, kPauseMax));
    changed_.wait_for(lock, pause - std::min(pause, kPauseMin),
                      [this] { return is_over_ || is_woken_; });
    if (is_over_) return;
    is_woken_ = false;
  }
}

void UpstreamFollower::wake() {
  {
    const std::lock_guard lock(mutex_);
    is_woken_ = true;
  }
  changed_.notify_all();
}

api::UpstreamState UpstreamFollower::state() const {
  const std::lock_guard lock(mutex_);
  return state_;
}

Result<std::shared_ptr<const catalog::Snapshot>> CheckedCatalog::without_blocked(
    std::shared_ptr<const catalog::Snapshot> snapshot) {
  TRY_ASSIGN(const auto repository, platform::Repository::open(repository_));
  std::vector<catalog::Broken> taken;
  std::map<std::string, std::vector<Finding>> looked_at;
  for (const auto& worker : snapshot->workers()) {
    const std::string key = worker->directory() + " " + worker->tree.str();
    if (auto known = looked_at_.extract(key); !known.empty()) {
      looked_at.insert(std::move(known));
    } else {
      check::Subject subject;
      subject.name = worker->id.str();
      subject.directory = worker->directory();
      subject.is_official = worker->origin == catalog::Origin::official;
      const catalog::Folder folder{worker->origin, worker->id.str(), worker->tree};
      TRY_ASSIGN(subject.now, catalog::load_release(catalog::GitFiles(*repository, worker->tree),
                                                    folder, subject.loading));
      std::vector<Finding>& blocking = looked_at[key];
      for (Finding& finding : check::check(subject, policy_))
        if (finding.severity == Severity::block) blocking.push_back(std::move(finding));
    }
    const std::vector<Finding>& blocking = looked_at[key];
    if (!blocking.empty()) taken.push_back({worker->directory(), blocking, worker->tree});
  }
  looked_at_ = std::move(looked_at);
  return taken.empty() ? snapshot : snapshot->without(std::move(taken));
}

}  // namespace rbee::market
