// The marketplace's office: takes pushes, lets reviewers decide, merges, and keeps the record.
//
// Everything that changes a submission goes through here and through the table of state.hpp. Reads
// and writes the database and the catalog's repository. Thread-safe. What it acknowledges is on the
// disk; after a kill, `recover` makes repository and database agree again.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "catalog/snapshot.hpp"
#include "check/policy.hpp"
#include "check/subject.hpp"
#include "community/accounts.hpp"
#include "community/ownership.hpp"
#include "platform/database.hpp"
#include "platform/files.hpp"
#include "submission/changes.hpp"
#include "submission/pasted.hpp"
#include "submission/proposal.hpp"
#include "submission/push.hpp"
#include "submission/risk.hpp"
#include "submission/store.hpp"

namespace rbee::submission {

struct ServiceOptions {
  std::filesystem::path repository;  ///< The catalog's, bare.
  std::string url;                   ///< "https://market.example": for texts. May be empty.
  std::string secret;                ///< Of the server: which version bumps people see anyway.
  RiskPolicy risk;
  check::Policy policy;
  std::chrono::seconds claim_lasts{std::chrono::hours(2)};
  bool is_alone = true;  ///< At the start: no other program works on the repository.
};

/// A worker that an administrator took off the market.
struct Quarantine {
  std::string worker, actor, reason;
  Time since{};
};

struct Yank {
  std::string worker, version, actor, reason;
  Time since{};
};

struct WorkerRequest {
  std::int64_t id = 0;
  std::string worker, kind, account, text, target;
  Time created{};
};

/// Where a submission stands in the queue.
struct QueuePlace {
  std::size_t position = 0;  ///< From 1; 0: not in the queue.
  std::size_t length = 0;
  std::optional<std::chrono::seconds> expected;  ///< Until a decision; nothing: not known yet.
};

class Service final : public PushReceiver {
 public:
  using Snapshot = std::function<std::shared_ptr<const catalog::Snapshot>()>;
  /// `snapshot` gives the catalog that is served; `moved` is told that main or a quarantine
  /// changed.
  Service(ServiceOptions options, platform::Database& database, const Clock& clock,
          Snapshot snapshot, std::function<void()> moved);

  /// Once, before anything else: tables, half-done merges, missing refs.
  Result<void> start();

  /// How people reach this marketplace, once that is known.
  void set_url(std::string url);

  PushAnswer check(const Push& push) override;
  PushAnswer record(const Push& push) override;

  /// The same for what was written into a form: a commit on main by the account, checked and
  /// recorded as if it had been pushed to refs/for/main. Errors: "files-invalid", "tree-invalid",
  /// "frozen", and those that a push is refused with.
  Result<PastedAnswer> submit(const Pasted& pasted);

  // What people do. Errors of all: Errc::not_found "submission-not-found", and those of `next`.

  /// Hold it for a while, so that two do not look at once. Errors: Errc::exists
  /// "submission-claimed".
  Result<Submission> claim(std::int64_t id, const community::Account& reviewer);
  Result<Submission> unclaim(std::int64_t id, const community::Account& reviewer);
  /// `tree` is what the reviewer looked at: Submission::tree. The last approval that was missing
  /// may merge it at once. Errors: Errc::policy "approval-own", "approval-stale"; Errc::exists
  /// "approval-twice"; Errc::forbidden "reviewer-needed".
  Result<Submission> approve(std::int64_t id, const community::Account& reviewer,
                             std::string_view tree);
  /// Errors: Errc::policy "reason-missing".
  Result<Submission> request_changes(std::int64_t id, const community::Account& reviewer,
                                     std::string_view reason);
  Result<Submission> reject(std::int64_t id, const community::Account& reviewer,
                            std::string_view reason);
  Result<Submission> withdraw(std::int64_t id, const community::Account& author);
  Result<void> comment(std::int64_t id, const community::Account& author, std::string_view file,
                       std::uint32_t line, std::string_view text);

  // After the fact. Errors: Errc::forbidden "admin-needed"; Errc::policy "reason-missing".

  Result<void> quarantine(const WorkerId& worker, const community::Account& admin,
                          std::string_view reason);
  Result<void> release(const WorkerId& worker, const community::Account& admin);
  Result<std::vector<Quarantine>> quarantines() const;
  /// By a maintainer or an admin. Errors: Errc::not_found "release-not-found"; Errc::exists
  /// "yanked-already".
  Result<void> yank(const WorkerId& worker, std::string_view version,
                    const community::Account& account, std::string_view reason);
  Result<void> unyank(const WorkerId& worker, std::string_view version,
                      const community::Account& account);
  Result<std::vector<Yank>> yanks() const;
  /// Releases of which somebody but the author approved exactly what was published: worker,
  /// version.
  Result<std::vector<std::pair<std::string, std::string>>> reviewed_releases() const;
  Result<std::vector<community::Takeover>> takeovers() const { return ownership_.takeovers(); }
  Result<community::Maintainers> maintainers(const WorkerId& worker) const {
    return ownership_.maintainers(worker);
  }
  /// The catalog that is served.
  std::shared_ptr<const catalog::Snapshot> snapshot() const { return snapshot_(); }
  /// `kind`: "out-of-date", "deletion" or "merge" (into `target`).
  Result<std::int64_t> ask(const WorkerId& worker, std::string_view kind,
                           const community::Account& account, std::string_view text,
                           std::string_view target);
  Result<std::vector<WorkerRequest>> open_requests() const;
  Result<void> close_request(std::int64_t id, const community::Account& reviewer,
                             std::string_view answer);

  /// By risk, then reach of the worker, then waiting time.
  Result<std::vector<Submission>> queue() const;
  Result<QueuePlace> place(const Submission& submission) const;
  /// What it would change, file by file.
  Result<std::vector<FileChange>> changes(const Submission& submission) const;

  /// Claims that ran out, cooling periods that are over, merges that did not come off before. Call
  /// every second or so. Errors: the first of those that kept something from its next step.
  Result<void> tick();

  const platform::Database& database() const { return database_; }

 private:
  /// What `check` found, kept for `record` of the same push.
  struct Pending {
    Proposal proposal;
    std::vector<Finding> findings;
    Risk risk;
    std::string version;
    bool sampled = false;
    Time at{};
  };

  Result<Pending> examine(const Push& push);
  Result<void> note_refusal(const Push& push, const Pending& pending);
  /// Its names are views into `proposal` and `snapshot`.
  Result<check::Subject> subject_of(const Push& push, const Proposal& proposal,
                                    const platform::Repository& repository,
                                    const catalog::Snapshot& snapshot);
  Result<PushAnswer> check_withdrawal(const Push& push);
  Result<PushAnswer> record_withdrawal(const Push& push);
  Result<PushAnswer> record_proposal(const Push& push, Pending pending);
  std::string describe_state(const Submission& submission) const;
  std::string url_of(std::int64_t id) const;

  using Change = std::function<Result<void>(platform::Transaction&, Submission&)>;
  /// One step of the state machine, on the record: event, audit entry, notice.
  Result<Submission> step(std::int64_t id, Event event, Actor actor, std::string_view name,
                          std::string_view text, const Change& change = {});
  Result<void> apply(platform::Transaction& transaction, Submission& submission, Event event,
                     Actor actor, std::string_view name, std::string_view text);
  Result<void> notify(platform::Transaction& transaction, const Submission& submission,
                      std::string_view kind, std::string_view text);

  /// Held while main moves: by one thread of one program on one host.
  struct MainLock {
    platform::DatabaseLock among_servers;
    platform::FileLock on_this_host;
  };
  Result<MainLock> main_lock() const;
  /// What a killed merge of it left behind; true when main has it already, and it is merged now.
  Result<bool> settle(std::int64_t id, const platform::Repository& repository,
                      const CommitId& on_main);
  Result<void> require_release(const WorkerId& worker, std::string_view version) const;
  Result<void> end_claim(std::int64_t id);
  /// Merge if it is approved and cooled; otherwise nothing.
  Result<void> try_merge(std::int64_t id);
  Result<void> finish_merge(std::int64_t id, const std::string& commit);
  Result<CommitId> main() const;
  Result<void> recover();

  ServiceOptions options_;
  platform::Database& database_;
  const Clock& clock_;
  Snapshot snapshot_;
  std::function<void()> moved_;
  community::Accounts accounts_;
  community::Ownership ownership_;
  mutable std::mutex mutex_;
  std::map<std::string, Pending> pending_;  ///< By push; guarded by mutex_, as is options_.url.
};

}  // namespace rbee::submission
