// Service: what reviewers, authors and administrators do to submissions and workers.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/text.hpp"
#include "community/audit.hpp"
#include "submission/service.hpp"

namespace rbee::submission {

namespace {

using community::Account;
using platform::Transaction;

constexpr std::size_t kTextBytesMax = 8'000;

Actor actor_of(const Account& account) {
  switch (account.role) {
    case community::Role::admin:
      return Actor::admin;
    case community::Role::reviewer:
      return Actor::reviewer;
    case community::Role::user:
      return Actor::author;
  }
  return Actor::author;
}

Result<void> require_reviewer(const Account& account) {
  if (account.may_review()) return {};
  return fail(Errc::forbidden, "reviewer-needed",
              fmt::format("'{}' is not a reviewer", account.name),
              {.fix = "an administrator makes reviewers: rbee-market user role NAME reviewer"});
}

Result<void> require_admin(const Account& account) {
  if (account.role == community::Role::admin) return {};
  return fail(Errc::forbidden, "admin-needed",
              fmt::format("'{}' is not an administrator", account.name));
}

Result<void> require_text(std::string_view text, std::string_view what) {
  if (!trim(text).empty() && text.size() <= kTextBytesMax && is_utf8(text)) return {};
  return fail(Errc::policy, "reason-missing", fmt::format("{} is needed", what),
              {.fix = fmt::format("write 1 to {} bytes of text", kTextBytesMax)});
}

}  // namespace

Result<void> Service::apply(Transaction& transaction, Submission& submission, Event event,
                            Actor actor, std::string_view name, std::string_view text) {
  TRY_ASSIGN(const State to, next(submission.state, event, actor));
  if (submission.state == State::approved && actor != Actor::server) {
    TRY_ASSIGN(const auto merging_now, merging(transaction, submission.id));
    if (merging_now)
      return fail(Errc::exists, "submission-merging",
                  fmt::format("submission {} is being merged this very moment", submission.id),
                  {.fix = "look again in a second"});
  }
  const Time now = clock_.now();
  const State from = std::exchange(submission.state, to);
  submission.updated = now;
  TRY(add_event(
      transaction, submission.id,
      {now, std::string(name), std::string(to_string(event)), std::string(to_string(from)),
       std::string(to_string(to)), std::string(text), submission.revision}));
  return community::append_audit(
      transaction, {.at = now,
                    .actor = std::string(name),
                    .action = fmt::format("submission.{}", to_string(event)),
                    .subject = fmt::format("submission:{}", submission.id),
                    .digest = submission.tree.empty() ? submission.head : submission.tree,
                    .details = printable_line(text).substr(0, 400)});
}

Result<void> Service::notify(Transaction& transaction, const Submission& submission,
                             std::string_view kind, std::string_view text) {
  TRY_ASSIGN(const auto rows,
             transaction.query("SELECT id FROM accounts WHERE name = ?", {submission.account}));
  if (rows.empty()) return {};
  return community::add_notice(transaction, rows[0][0].integer(), kind,
                               fmt::format("submission:{}", submission.id), text, clock_.now());
}

Result<Submission> Service::step(std::int64_t id, Event event, Actor actor, std::string_view name,
                                 std::string_view text, const Change& change) {
  TRY_ASSIGN(Transaction transaction, database_.begin());
  TRY_ASSIGN(Submission submission, get(transaction, id));
  if (actor == Actor::author && submission.account != name)
    return fail(Errc::forbidden, "submission-not-yours",
                fmt::format("submission {} is {}'s", id, submission.account));
  TRY(apply(transaction, submission, event, actor, name, text));
  if (change) TRY(change(transaction, submission));
  TRY(save(transaction, submission));
  if (name != submission.account)
    TRY(notify(
        transaction, submission, fmt::format("submission-{}", to_string(event)),
        fmt::format("submission {} ({}) is {}{}", id, submission.worker,
                    to_string(submission.state), text.empty() ? "" : fmt::format(": {}", text))));
  TRY(transaction.commit());
  return submission;
}

Result<Submission> Service::claim(std::int64_t id, const Account& reviewer) {
  TRY(require_reviewer(reviewer));
  const Time now = clock_.now();
  TRY_ASSIGN(Transaction transaction, database_.begin());
  TRY_ASSIGN(Submission submission, get(transaction, id));
  if (!is_in_queue(submission.state))
    return fail(Errc::policy, "submission-state",
                fmt::format("submission {} is {}: there is nothing to review", id,
                            to_string(submission.state)));
  if (submission.account == reviewer.name)
    return fail(Errc::policy, "approval-own", "nobody reviews their own submission");
  const bool held = !submission.claimed_by.empty() && submission.claimed_by != reviewer.name &&
                    submission.claimed_until && *submission.claimed_until > now;
  if (held)
    return fail(Errc::exists, "submission-claimed",
                fmt::format("{} looks at submission {} until {}", submission.claimed_by, id,
                            rfc3339(*submission.claimed_until)));
  submission.claimed_by = reviewer.name;
  submission.claimed_until = now + options_.claim_lasts;
  TRY(add_event(transaction, id, {now, reviewer.name, "claim", "", "", "", submission.revision}));
  TRY(save(transaction, submission));
  TRY(transaction.commit());
  return submission;
}

Result<Submission> Service::unclaim(std::int64_t id, const Account& reviewer) {
  TRY_ASSIGN(Transaction transaction, database_.begin());
  TRY_ASSIGN(Submission submission, get(transaction, id));
  if (submission.claimed_by != reviewer.name && reviewer.role != community::Role::admin)
    return fail(Errc::forbidden, "submission-claimed",
                fmt::format("submission {} is not held by {}", id, reviewer.name));
  submission.claimed_by.clear();
  submission.claimed_until.reset();
  TRY(save(transaction, submission));
  TRY(transaction.commit());
  return submission;
}

Result<Submission> Service::approve(std::int64_t id, const Account& reviewer,
                                    std::string_view tree) {
  TRY(require_reviewer(reviewer));
  const Time now = clock_.now();
  {
    TRY_ASSIGN(Transaction transaction, database_.begin());
    TRY_ASSIGN(Submission submission, get(transaction, id));
    if (submission.account == reviewer.name)
      return fail(Errc::policy, "approval-own", "nobody approves their own submission");
    if (!is_in_queue(submission.state))
      TRY(next(submission.state, Event::approve, actor_of(reviewer)));
    const std::string_view bound = submission.tree.empty() ? submission.head : submission.tree;
    if (tree != bound)
      return fail(Errc::policy, "approval-stale",
                  fmt::format("submission {} is not what was looked at any more", id),
                  {.evidence = {fmt::format("approved: {}", printable_line(tree.substr(0, 60))),
                                fmt::format("it is now: {}", bound)},
                   .why = "an approval is of bytes; every push makes others",
                   .fix = fmt::format("look again: rbee-market review show {}", id)});
    const auto added =
        add_approval(transaction, id, {reviewer.name, std::string(tree), submission.revision, now});
    if (!added && added.error().code == Errc::exists)
      return fail(Errc::exists, "approval-twice",
                  fmt::format("{} approved this revision already; another reviewer must, too",
                              reviewer.name));
    TRY(added);
    TRY_ASSIGN(const auto approvals, approvals_of(transaction, id, submission.revision));
    const auto valid = std::count_if(approvals.begin(), approvals.end(), [&](const Approval& each) {
      return each.tree == bound && each.reviewer != submission.account;
    });
    if (valid >= submission.approvals_needed) {
      TRY(apply(transaction, submission, Event::approve, actor_of(reviewer), reviewer.name,
                fmt::format("approval {} of {}", valid, submission.approvals_needed)));
      TRY(notify(transaction, submission, "submission-approve",
                 fmt::format("submission {} ({}) is approved", id, submission.worker)));
    } else {
      TRY(add_event(
          transaction, id,
          {now, reviewer.name, "approval", "", "",
           fmt::format("{} of {}", valid, submission.approvals_needed), submission.revision}));
      TRY(community::append_audit(
          transaction, {.at = now,
                        .actor = reviewer.name,
                        .action = "submission.approval",
                        .subject = fmt::format("submission:{}", id),
                        .digest = std::string(tree),
                        .details = fmt::format("{} of {}", valid, submission.approvals_needed)}));
    }
    submission.claimed_by.clear();
    submission.claimed_until.reset();
    TRY(save(transaction, submission));
    TRY(transaction.commit());
  }
  // The approval is on the record. What keeps it from main now, `tick` tells and tries again.
  (void)try_merge(id);
  return get(database_, id);
}

Result<Submission> Service::request_changes(std::int64_t id, const Account& reviewer,
                                            std::string_view reason) {
  TRY(require_reviewer(reviewer));
  TRY(require_text(reason, "a reason"));
  return step(id, Event::request_changes, actor_of(reviewer), reviewer.name, reason,
              [&](Transaction&, Submission& submission) -> Result<void> {
                submission.reason = reason;
                submission.claimed_by.clear();
                submission.claimed_until.reset();
                return {};
              });
}

Result<Submission> Service::reject(std::int64_t id, const Account& reviewer,
                                   std::string_view reason) {
  TRY(require_reviewer(reviewer));
  TRY(require_text(reason, "a reason"));
  return step(id, Event::reject, actor_of(reviewer), reviewer.name, reason,
              [&](Transaction&, Submission& submission) -> Result<void> {
                submission.reason = reason;
                return {};
              });
}

Result<Submission> Service::withdraw(std::int64_t id, const Account& author) {
  return step(id, Event::withdraw, Actor::author, author.name, "");
}

Result<std::vector<FileChange>> Service::changes(const Submission& submission) const {
  TRY_ASSIGN(const auto repository, platform::Repository::open(options_.repository));
  return changes_of(*repository, submission);
}

Result<void> Service::comment(std::int64_t id, const Account& author, std::string_view file,
                              std::uint32_t line, std::string_view text) {
  TRY(require_text(text, "a comment"));
  TRY_ASSIGN(Transaction transaction, database_.begin());
  TRY_ASSIGN(const Submission submission, get(transaction, id));
  TRY(add_comment(transaction, id,
                  {0, clock_.now(), author.name, printable_line(file).substr(0, 300),
                   std::string(text), submission.revision, line}));
  if (author.name != submission.account)
    TRY(notify(transaction, submission, "submission-comment",
               fmt::format("{} wrote about submission {}: {}", author.name, id,
                           printable_line(text).substr(0, 200))));
  return transaction.commit();
}

Result<void> Service::quarantine(const WorkerId& worker, const Account& admin,
                                 std::string_view reason) {
  TRY(require_admin(admin));
  TRY(require_text(reason, "a reason"));
  const Time now = clock_.now();
  {
    TRY_ASSIGN(Transaction transaction, database_.begin());
    const auto made = transaction.insert(
        "INSERT INTO quarantines (worker, since, actor, reason) VALUES (?, ?, ?, ?)",
        {worker.str(), unix_seconds(now), admin.name, reason});
    if (!made && made.error().code == Errc::exists)
      return fail(Errc::exists, "quarantined-already",
                  fmt::format("'{}' is in quarantine already", worker.str()));
    if (!made) return tl::unexpected(made.error());
    // The submissions that brought it keep their history and say what became of it.
    TRY_ASSIGN(const auto merged,
               transaction.query("SELECT id FROM submissions WHERE worker = ? AND state = 'merged' "
                                 "ORDER BY id DESC LIMIT 1",
                                 {worker.str()}));
    for (const auto& row : merged) {
      TRY_ASSIGN(Submission submission, get(transaction, row[0].integer()));
      TRY(apply(transaction, submission, Event::quarantine, Actor::admin, admin.name, reason));
      TRY(save(transaction, submission));
      TRY(notify(transaction, submission, "quarantine",
                 fmt::format("'{}' was taken off the market: {}", worker.str(), reason)));
    }
    TRY(community::append_audit(transaction, {.at = now,
                                              .actor = admin.name,
                                              .action = "worker.quarantine",
                                              .subject = "worker:" + worker.str(),
                                              .details = std::string(reason)}));
    TRY(transaction.commit());
  }
  moved_();
  return {};
}

Result<void> Service::release(const WorkerId& worker, const Account& admin) {
  TRY(require_admin(admin));
  const Time now = clock_.now();
  {
    TRY_ASSIGN(Transaction transaction, database_.begin());
    TRY_ASSIGN(
        const auto changed,
        transaction.execute("UPDATE quarantines SET until = ? WHERE worker = ? AND until IS NULL",
                            {unix_seconds(now), worker.str()}));
    if (changed == 0)
      return fail(Errc::not_found, "not-quarantined",
                  fmt::format("'{}' is not in quarantine", worker.str()));
    TRY_ASSIGN(const auto rows,
               transaction.query("SELECT id FROM submissions WHERE worker = ? AND state = "
                                 "'quarantined'",
                                 {worker.str()}));
    for (const auto& row : rows) {
      TRY_ASSIGN(Submission submission, get(transaction, row[0].integer()));
      TRY(apply(transaction, submission, Event::release, Actor::admin, admin.name, ""));
      TRY(save(transaction, submission));
    }
    TRY(community::append_audit(transaction, {.at = now,
                                              .actor = admin.name,
                                              .action = "worker.release",
                                              .subject = "worker:" + worker.str()}));
    TRY(transaction.commit());
  }
  moved_();
  return {};
}

Result<std::vector<Quarantine>> Service::quarantines() const {
  TRY_ASSIGN(const auto rows,
             database_.query("SELECT worker, actor, reason, since FROM quarantines "
                             "WHERE until IS NULL ORDER BY worker"));
  std::vector<Quarantine> all;
  for (const auto& row : rows)
    all.push_back({row[0].text(), row[1].text(), row[2].text(),
                   Time(std::chrono::seconds(row[3].integer()))});
  return all;
}

Result<void> Service::require_release(const WorkerId& worker, std::string_view version) const {
  const auto served = snapshot_()->find(worker.str());
  if (served != nullptr && served->version == version) return {};
  // Earlier ones are known by the submissions that brought them.
  TRY_ASSIGN(const auto rows,
             database_.query("SELECT 1 FROM submissions WHERE worker = ? AND version "
                             "= ? AND merged <> '' LIMIT 1",
                             {worker.str(), version}));
  if (!rows.empty()) return {};
  return fail(Errc::not_found, "release-not-found",
              fmt::format("'{}' has had no release {}", worker.str(), printable_line(version)),
              {.fix = served == nullptr ? "" : fmt::format("it is at {} now", served->version)});
}

Result<void> Service::yank(const WorkerId& worker, std::string_view version, const Account& account,
                           std::string_view reason) {
  TRY(require_text(reason, "a reason"));
  TRY_ASSIGN(const auto maintainers, ownership_.maintainers(worker));
  if (!maintainers.includes(account.name)) TRY(require_admin(account));
  TRY(require_release(worker, version));
  TRY_ASSIGN(Transaction transaction, database_.begin());
  const auto made = transaction.insert(
      "INSERT INTO yanks (worker, version, since, actor, reason) VALUES (?, ?, ?, ?, ?)",
      {worker.str(), version, unix_seconds(clock_.now()), account.name, reason});
  if (!made && made.error().code == Errc::exists)
    return fail(Errc::exists, "yanked-already",
                fmt::format("{} {} is yanked already", worker.str(), printable_line(version)));
  if (!made) return tl::unexpected(made.error());
  TRY(community::append_audit(transaction, {.at = clock_.now(),
                                            .actor = account.name,
                                            .action = "worker.yank",
                                            .subject = "worker:" + worker.str(),
                                            .digest = std::string(version),
                                            .details = std::string(reason)}));
  return transaction.commit();
}

Result<void> Service::unyank(const WorkerId& worker, std::string_view version,
                             const Account& account) {
  TRY_ASSIGN(const auto maintainers, ownership_.maintainers(worker));
  if (!maintainers.includes(account.name)) TRY(require_admin(account));
  TRY_ASSIGN(Transaction transaction, database_.begin());
  TRY_ASSIGN(const auto changed,
             transaction.execute("UPDATE yanks SET until = ? WHERE worker = ? AND version = ? AND "
                                 "until IS NULL",
                                 {unix_seconds(clock_.now()), worker.str(), version}));
  if (changed == 0)
    return fail(Errc::not_found, "not-yanked",
                fmt::format("{} {} is not yanked", worker.str(), printable_line(version)));
  TRY(community::append_audit(transaction, {.at = clock_.now(),
                                            .actor = account.name,
                                            .action = "worker.unyank",
                                            .subject = "worker:" + worker.str(),
                                            .digest = std::string(version)}));
  return transaction.commit();
}

Result<std::vector<Yank>> Service::yanks() const {
  TRY_ASSIGN(const auto rows, database_.query("SELECT worker, version, actor, reason, since FROM "
                                              "yanks WHERE until IS NULL ORDER BY worker, id"));
  std::vector<Yank> all;
  for (const auto& row : rows)
    all.push_back({row[0].text(), row[1].text(), row[2].text(), row[3].text(),
                   Time(std::chrono::seconds(row[4].integer()))});
  return all;
}

Result<std::vector<std::pair<std::string, std::string>>> Service::reviewed_releases() const {
  TRY_ASSIGN(const auto rows,
             database_.query("SELECT s.worker, s.version FROM submissions s WHERE s.merged <> '' "
                             "AND EXISTS (SELECT 1 FROM submission_approvals a WHERE a.submission "
                             "= s.id AND a.revision = s.revision AND a.tree = s.tree AND "
                             "a.reviewer <> s.account)"));
  std::vector<std::pair<std::string, std::string>> all;
  for (const auto& row : rows) all.emplace_back(row[0].text(), row[1].text());
  return all;
}

Result<std::int64_t> Service::ask(const WorkerId& worker, std::string_view kind,
                                  const Account& account, std::string_view text,
                                  std::string_view target) {
  TRY(require_text(text, "a reason"));
  if (kind != "out-of-date" && kind != "deletion" && kind != "merge")
    return fail(Errc::invalid_input, "request-kind",
                fmt::format("there is no request '{}'", printable_line(kind)),
                {.fix = "kinds are out-of-date, deletion and merge"});
  if (kind == "merge") TRY(WorkerId::parse(target));
  if (snapshot_()->find(worker.str()) == nullptr)
    return fail(Errc::not_found, "worker-not-found",
                fmt::format("no worker is called '{}'", worker.str()));
  TRY_ASSIGN(Transaction transaction, database_.begin());
  const auto id = transaction.insert(
      "INSERT INTO worker_requests (worker, kind, account, text, target, created, closed_by, "
      "answer) "
      "VALUES (?, ?, ?, ?, ?, ?, '', '')",
      {worker.str(), kind, account.name, text, target, unix_seconds(clock_.now())});
  if (!id && id.error().code == Errc::exists)
    return fail(Errc::exists, "request-open",
                fmt::format("{} has said so already, and it is still open", account.name));
  if (!id) return tl::unexpected(id.error());
  TRY(community::append_audit(transaction, {.at = clock_.now(),
                                            .actor = account.name,
                                            .action = fmt::format("worker.{}", kind),
                                            .subject = "worker:" + worker.str(),
                                            .details = std::string(text)}));
  // Its maintainers hear of it.
  TRY_ASSIGN(const auto rows,
             transaction.query("SELECT account FROM ownerships WHERE worker = ? AND "
                               "until IS NULL",
                               {worker.str()}));
  for (const auto& row : rows)
    TRY(community::add_notice(transaction, row[0].integer(), kind, worker.str(), text,
                              clock_.now()));
  TRY(transaction.commit());
  return *id;
}

Result<std::vector<WorkerRequest>> Service::open_requests() const {
  TRY_ASSIGN(const auto rows,
             database_.query("SELECT id, worker, kind, account, text, target, created FROM "
                             "worker_requests WHERE closed IS NULL ORDER BY id LIMIT 1000"));
  std::vector<WorkerRequest> all;
  for (const auto& row : rows)
    all.push_back({row[0].integer(), row[1].text(), row[2].text(), row[3].text(), row[4].text(),
                   row[5].text(), Time(std::chrono::seconds(row[6].integer()))});
  return all;
}

Result<void> Service::close_request(std::int64_t id, const Account& reviewer,
                                    std::string_view answer) {
  TRY(require_reviewer(reviewer));
  TRY(require_text(answer, "an answer"));
  TRY_ASSIGN(Transaction transaction, database_.begin());
  TRY_ASSIGN(const auto changed,
             transaction.execute("UPDATE worker_requests SET closed = ?, closed_by = ?, answer = ? "
                                 "WHERE id = ? AND closed IS NULL",
                                 {unix_seconds(clock_.now()), reviewer.name, answer, id}));
  if (changed == 0)
    return fail(Errc::not_found, "request-not-found", fmt::format("no request {} is open", id));
  TRY(community::append_audit(transaction, {.at = clock_.now(),
                                            .actor = reviewer.name,
                                            .action = "request.close",
                                            .subject = fmt::format("request:{}", id),
                                            .details = std::string(answer)}));
  return transaction.commit();
}

Result<std::vector<Submission>> Service::queue() const {
  TRY_ASSIGN(std::vector<Submission> all, list(database_, {.queue_only = true, .limit = 10'000}));
  // Reach: how often the worker was published before; a proxy until installs are counted.
  TRY_ASSIGN(const auto rows,
             database_.query("SELECT worker, count(*) FROM submissions WHERE state = "
                             "'merged' GROUP BY worker"));
  std::map<std::string, std::int64_t> reach;
  for (const auto& row : rows) reach[row[0].text()] = row[1].integer();
  std::stable_sort(all.begin(), all.end(), [&](const Submission& a, const Submission& b) {
    const std::int64_t ra = reach.contains(a.worker) ? reach[a.worker] : 0;
    const std::int64_t rb = reach.contains(b.worker) ? reach[b.worker] : 0;
    return std::make_tuple(-a.tier, -ra, a.created, a.id) <
           std::make_tuple(-b.tier, -rb, b.created, b.id);
  });
  return all;
}

Result<QueuePlace> Service::place(const Submission& submission) const {
  QueuePlace where;
  TRY_ASSIGN(const auto all, queue());
  where.length = all.size();
  for (std::size_t i = 0; i < all.size(); ++i)
    if (all[i].id == submission.id) where.position = i + 1;
  TRY_ASSIGN(const auto times, waiting_times(database_));
  if (!times.empty()) where.expected = std::chrono::seconds(times[times.size() / 2]);
  return where;
}

}  // namespace rbee::submission
