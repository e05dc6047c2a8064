// Service: from approved to merged, and what a kill in between left behind.
//
// In three steps, each durable: the commit is written and its id noted with the submission; main
// moves, by compare and swap; the submission is merged. After a kill, the noted commit is on main
// or it is not, and that decides.
#include <fmt/format.h>

#include "base/text.hpp"
#include "community/audit.hpp"
#include "community/switches.hpp"
#include "platform/git_write.hpp"
#include "submission/service.hpp"

namespace rbee::submission {

namespace {

constexpr std::string_view kMain = "refs/heads/main";

constexpr std::chrono::seconds kLockPatience{20};
/// A lock file of Git this old is a killed server's: others need it for milliseconds.
constexpr std::chrono::seconds kLeftBehind{60};

using platform::Repository;
using platform::RepositoryWriter;
using platform::Transaction;

}  // namespace

Service::Service(ServiceOptions options, platform::Database& database, const Clock& clock,
                 Snapshot snapshot, std::function<void()> moved)
    : options_(std::move(options)),
      database_(database),
      clock_(clock),
      snapshot_(std::move(snapshot)),
      moved_(std::move(moved)),
      accounts_(database, clock),
      ownership_(database, clock) {}

Result<void> Service::start() {
  TRY(prepare(database_));
  return recover();
}

Result<CommitId> Service::main() const {
  TRY_ASSIGN(const auto repository, Repository::open(options_.repository));
  return repository->resolve(kMain);
}

Result<Service::MainLock> Service::main_lock() const {
  // Between threads and between programs: the host's commands approve and merge, too. Servers on
  // several hosts share a database, and a file system whose flock(2) may be each host's own.
  TRY_ASSIGN(auto among_servers, database_.lock("merge", kLockPatience));
  TRY_ASSIGN(auto on_this_host, platform::FileLock::wait(options_.repository / "rbee-merging",
                                                         "a merge", kLockPatience));
  return MainLock{std::move(among_servers), std::move(on_this_host)};
}

Result<void> Service::try_merge(std::int64_t id) {
  // What is approved meanwhile waits; `tick` merges it when the switch is thawed.
  const auto thawed = community::require_thawed(database_, "publish");
  if (!thawed && thawed.error().id == "frozen") return {};
  TRY(thawed);
  TRY_ASSIGN(const MainLock lock, main_lock());
  TRY_ASSIGN(Submission submission, get(database_, id));
  const Time now = clock_.now();
  if (submission.state != State::approved) return {};
  if (submission.cooling_until && *submission.cooling_until > now) return {};
  TRY_ASSIGN(const auto approvals, approvals_of(database_, id, submission.revision));
  const std::string& bound = submission.tree.empty() ? submission.head : submission.tree;
  int valid = 0;
  for (const Approval& each : approvals)
    if (each.tree == bound && each.reviewer != submission.account) ++valid;
  if (valid < submission.approvals_needed) return {};

  TRY_ASSIGN(const auto repository, Repository::open(options_.repository));
  TRY_ASSIGN(const auto writer, RepositoryWriter::open(options_.repository));
  TRY_ASSIGN(const CommitId on_main, repository->resolve(kMain));
  // A command of the host's may have been killed after it had moved main.
  TRY_ASSIGN(const bool was_merged, settle(id, *repository, on_main));
  if (was_merged) return {};
  TRY_ASSIGN(const CommitId head, ObjectId::parse(submission.head));
  TRY_ASSIGN(const auto tree_now, folder_tree(*repository, on_main, submission.directory));
  const std::string before = tree_now ? tree_now->str() : "";
  if (before != submission.before_tree) {
    TRY(step(id, Event::conflict, Actor::server, "server",
             "the worker changed in the catalog meanwhile; rebase, and push again",
             [](Transaction&, Submission& each) -> Result<void> {
               each.reason = "the worker changed in the catalog meanwhile; rebase, and push again";
               return {};
             }));
    return {};
  }
  // An orphan takes nothing, whatever was approved while it had an owner.
  TRY_ASSIGN(const WorkerId worker, WorkerId::parse(submission.worker));
  TRY_ASSIGN(const auto maintainers, ownership_.maintainers(worker));
  if (maintainers.is_orphan()) {
    TRY(step(id, Event::conflict, Actor::server, "server", "the worker is an orphan now",
             [](Transaction&, Submission& each) -> Result<void> {
               each.reason = "the worker is an orphan now; ask to adopt it";
               return {};
             }));
    return {};
  }

  CommitId merged = head;
  if (on_main.str() != submission.base) {
    TRY_ASSIGN(const platform::CommitInfo main_commit, repository->commit(on_main));
    platform::FolderChange change{submission.directory, std::nullopt};
    if (!submission.tree.empty()) {
      TRY_ASSIGN(change.tree, ObjectId::parse(submission.tree));
    }
    TRY_ASSIGN(const ObjectId root, writer->tree_with(main_commit.tree, {&change, 1}));
    std::string message = fmt::format("Merge submission {}: {}\n\nSubmitted-by: {}\n", id,
                                      submission.title, submission.account);
    for (const Approval& each : approvals)
      message += fmt::format("Reviewed-by: {}\n", each.reviewer);
    const CommitId parents[] = {on_main, head};
    TRY_ASSIGN(merged, writer->commit(root, parents, {"rbee-market", "rbee-market@localhost", now},
                                      message));
  }
  {
    TRY_ASSIGN(Transaction transaction, database_.begin());
    // Its author or a reviewer may have stopped it since it was read. From here on `apply` refuses.
    TRY_ASSIGN(const Submission now_there, get(transaction, id));
    if (now_there.state != State::approved || now_there.revision != submission.revision) return {};
    TRY(set_merging(transaction, id, merged.str()));
    TRY(transaction.commit());
  }
  const auto moved =
      writer->move_ref(kMain, on_main, merged, fmt::format("merge submission {}", id));
  if (!moved) {
    TRY_ASSIGN(Transaction transaction, database_.begin());
    TRY(set_merging(transaction, id, std::nullopt));
    TRY(transaction.commit());
    // Of several servers one may have been killed, and nobody starts anew.
    TRY(writer->clean_after_a_kill(kLeftBehind));
    return moved;
  }
  TRY(finish_merge(id, merged.str()));
  moved_();
  return {};
}

Result<void> Service::finish_merge(std::int64_t id, const std::string& commit) {
  TRY_ASSIGN(Transaction transaction, database_.begin());
  TRY_ASSIGN(Submission submission, get(transaction, id));
  TRY(set_merging(transaction, id, std::nullopt));
  if (submission.state == State::approved) {
    submission.merged = commit;
    TRY(apply(transaction, submission, Event::merge, Actor::server, "server", commit));
    TRY(save(transaction, submission));
    TRY(notify(transaction, submission, "submission-merge",
               fmt::format("submission {} is merged: {} {} can be installed", id, submission.worker,
                           submission.version)));
    TRY_ASSIGN(const WorkerId worker, WorkerId::parse(submission.worker));
    if (submission.before_tree.empty()) {
      TRY_ASSIGN(const auto account, accounts_.find(submission.account));
      // Somebody may have become its owner meanwhile; the first merge decides.
      const auto owned =
          ownership_.make_owner(transaction, worker, account, "first merge", "server");
      if (!owned && owned.error().id != "already-owned") return owned;
    }
    TRY_ASSIGN(const auto others, open_of_worker(transaction, submission.worker));
    for (Submission other : others) {
      if (other.id == id) continue;
      if (other.version != submission.version) continue;
      TRY(apply(transaction, other, Event::supersede, Actor::server, "server",
                fmt::format("submission {} brought {} first", id, submission.version)));
      TRY(save(transaction, other));
      TRY(notify(
          transaction, other, "submission-supersede",
          fmt::format("submission {} brought {} {} first", id, other.worker, submission.version)));
    }
  }
  return transaction.commit();
}

Result<bool> Service::settle(std::int64_t id, const Repository& repository,
                             const CommitId& on_main) {
  TRY_ASSIGN(const auto noted, merging(database_, id));
  if (!noted) return false;
  TRY_ASSIGN(const CommitId commit, ObjectId::parse(*noted));
  const auto is_there = repository.is_ancestor(commit, on_main);
  if (is_there && *is_there) {
    TRY(finish_merge(id, *noted));
    return true;
  }
  TRY_ASSIGN(Transaction transaction, database_.begin());
  TRY(set_merging(transaction, id, std::nullopt));
  TRY(transaction.commit());
  return false;
}

Result<void> Service::recover() {
  TRY_ASSIGN(const MainLock lock, main_lock());
  TRY_ASSIGN(const auto repository, Repository::open(options_.repository));
  TRY_ASSIGN(const auto writer, RepositoryWriter::open(options_.repository));
  TRY(writer->clean_after_a_kill(options_.is_alone ? std::chrono::seconds(0) : kLeftBehind));
  TRY_ASSIGN(const auto half_done, all_merging(database_));
  TRY_ASSIGN(const CommitId on_main, repository->resolve(kMain));
  for (const std::int64_t id : half_done) TRY(settle(id, *repository, on_main));
  // The database says which submissions there are; their refs follow it.
  TRY_ASSIGN(const auto open, list(database_, {.open_only = true, .limit = 10'000}));
  for (const Submission& each : open) {
    const std::string ref = fmt::format("refs/submissions/{}/head", each.id);
    TRY_ASSIGN(const CommitId head, ObjectId::parse(each.head));
    TRY_ASSIGN(const auto now, writer->ref(ref));
    if (!now || *now != head) TRY(writer->move_ref(ref, now, head, "recover"));
  }
  return {};
}

Result<void> Service::tick() {
  const Time now = clock_.now();
  // One that cannot be merged holds up nobody else; the first such error is told.
  Result<void> outcome;
  const auto remember = [&](const Result<void>& step) {
    if (!step && outcome) outcome = step;
  };
  TRY_ASSIGN(const auto approved, list(database_, {.state = "approved", .limit = 10'000}));
  for (const Submission& each : approved)
    if (!each.cooling_until || *each.cooling_until <= now) remember(try_merge(each.id));
  TRY_ASSIGN(const auto waiting, list(database_, {.queue_only = true, .limit = 10'000}));
  for (const Submission& each : waiting) {
    const bool is_over =
        !each.claimed_by.empty() && each.claimed_until && *each.claimed_until <= now;
    if (is_over) remember(end_claim(each.id));
  }
  return outcome;
}

Result<void> Service::end_claim(std::int64_t id) {
  const Time now = clock_.now();
  TRY_ASSIGN(Transaction transaction, database_.begin());
  TRY_ASSIGN(Submission submission, get(transaction, id));
  // It may have been claimed again meanwhile.
  if (!submission.claimed_until || *submission.claimed_until > now) return {};
  const std::string who = std::exchange(submission.claimed_by, "");
  submission.claimed_until.reset();
  TRY(save(transaction, submission));
  TRY(add_event(transaction, id, {now, who, "claim-ended", "", "", "", submission.revision}));
  return transaction.commit();
}

}  // namespace rbee::submission
