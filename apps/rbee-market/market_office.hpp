// Accounts and submissions of one marketplace, put together: database, services, Git, hooks.
//
// Owns what `serve` and the host's commands share. Reads and writes below the data directory.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>

#include "announcer.hpp"
#include "api/comments.hpp"
#include "api/follows.hpp"
#include "api/notifications.hpp"
#include "api/office.hpp"
#include "api/operations.hpp"
#include "api/opinions.hpp"
#include "api/people.hpp"
#include "base/clock.hpp"
#include "git_service.hpp"
#include "hooks.hpp"
#include "market_database.hpp"
#include "market_numbers.hpp"
#include "platform/database.hpp"
#include "premium_store.hpp"
#include "submission/service.hpp"

namespace rbee::market {

/// Random bytes that only this server has, made once: DIR/secret.
Result<std::string> server_secret(const std::filesystem::path& data);

struct OfficeOptions {
  std::filesystem::path data, repository;
  DatabaseChoice database;
  bool is_alone = true;  ///< No other server works on `data`.
  std::string socket_name = "hook.sock";
  std::string url;  ///< For texts; may be empty.
  bool sign_up = true;
  std::string submit_at;  ///< Where changes are submitted, when that is not here.
  submission::RiskPolicy risk;
  check::Policy policy;
};

/// `snapshot` minus what is in quarantine: those workers become broken ones, with the reason.
std::shared_ptr<const catalog::Snapshot> without_quarantined(
    std::shared_ptr<const catalog::Snapshot> snapshot,
    const std::vector<submission::Quarantine>& quarantines);

/// Everything behind `rbee-market serve` that is not the catalog.
struct MarketOffice {
  SystemClock clock;
  std::unique_ptr<platform::Database> database;
  std::unique_ptr<submission::Service> service;
  std::unique_ptr<api::People> people;
  std::unique_ptr<api::Office> office;
  std::unique_ptr<api::Opinions> opinions;
  std::unique_ptr<api::Comments> comments;
  std::unique_ptr<api::Notifications> notifications;
  std::unique_ptr<api::Follows> follows;
  std::unique_ptr<Announcer> announcer;
  std::unique_ptr<MarketNumbers> numbers;
  std::unique_ptr<api::Operations> operations;
  std::unique_ptr<PremiumStore> premium;
  std::unique_ptr<GitService> git;    ///< nullptr where Git is not installed.
  std::unique_ptr<HookServer> hooks;  ///< Ends before what it asks.

  /// What is answered by a program or with a large file: Git's protocol, premium files.
  http::Streamed stream(const http::Request& request);

  /// `snapshot` is asked for the catalog as it is served; `moved` is called when it should be read
  /// again.
  static Result<std::unique_ptr<MarketOffice>> open(const OfficeOptions& options,
                                                    submission::Service::Snapshot snapshot,
                                                    std::function<void()> moved,
                                                    const http::Log& log);
};

}  // namespace rbee::market
