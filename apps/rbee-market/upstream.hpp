// A catalog that is kept on another Git host: fetched by the clock and when told, followed forward,
// served as it was while the other side is away.
//
// Runs git in the data directory and moves refs/heads/main of catalog.git; a thread of its own.
// What upstream merged is looked at by the checker here, too: a worker that a rule blocks is not
// served. Source: git-fetch(1).
#pragma once

#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "api/upstream.hpp"
#include "base/clock.hpp"
#include "base/result.hpp"
#include "catalog/snapshot.hpp"
#include "check/policy.hpp"
#include "http/log.hpp"

namespace rbee::market {

struct UpstreamOptions {
  std::filesystem::path data;  ///< Holds catalog.git; made by the first fetch.
  std::string url;             ///< https, http or file.
  std::string branch = "main";
  std::chrono::seconds every{60};
  /// Once, at the start: take what is there although it does not continue what was served.
  bool accept_rewind = false;
};

class UpstreamFollower {
 public:
  /// Fetches before it returns when there is nothing to serve yet; else the thread does. `moved` is
  /// called from it when main moved. Errors: Errc::usage "upstream-invalid"; Errc::unreachable
  /// "upstream-unreachable"; Errc::policy "upstream-rewound"; Errc::io.
  static Result<std::unique_ptr<UpstreamFollower>> start(UpstreamOptions options,
                                                         std::function<void()> moved,
                                                         const Clock& clock, const http::Log& log);
  ~UpstreamFollower();
  UpstreamFollower(const UpstreamFollower&) = delete;
  UpstreamFollower& operator=(const UpstreamFollower&) = delete;

  /// Look now; several calls at once are one look. Any thread.
  void wake();
  /// Any thread.
  api::UpstreamState state() const;

 private:
  UpstreamFollower(UpstreamOptions options, std::function<void()> moved, const Clock& clock,
                   const http::Log& log);
  Result<void> make_repository();
  Result<void> fetch(const std::filesystem::path& repository) const;
  /// Main to what was fetched; true when it moved.
  Result<bool> advance(const std::filesystem::path& repository, bool accept_rewind);
  void look();
  void run();

  const UpstreamOptions options_;
  const std::filesystem::path repository_;
  const std::function<void()> moved_;
  const Clock& clock_;
  const http::Log& log_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  api::UpstreamState state_;                 ///< Guarded.
  bool is_woken_ = false, is_over_ = false;  ///< Guarded.
  int failures_ = 0;                         ///< Of the thread.
  std::thread thread_;                       ///< Joined by the destructor.
};

/// `snapshot` without the workers that a rule blocks; those become broken ones, with the findings.
/// Remembers by tree what it looked at. One thread.
class CheckedCatalog {
 public:
  CheckedCatalog(std::filesystem::path repository, check::Policy policy)
      : repository_(std::move(repository)), policy_(std::move(policy)) {}
  Result<std::shared_ptr<const catalog::Snapshot>> without_blocked(
      std::shared_ptr<const catalog::Snapshot> snapshot);

 private:
  std::filesystem::path repository_;
  check::Policy policy_;
  std::map<std::string, std::vector<Finding>> looked_at_;  ///< By directory and tree: what blocks.
};

}  // namespace rbee::market
