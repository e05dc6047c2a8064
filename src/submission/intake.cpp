// Service: from a push to a submission on the record.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/text.hpp"
#include "catalog/git_files.hpp"
#include "catalog/subject.hpp"
#include "check/formats.hpp"
#include "check/rule.hpp"
#include "community/audit.hpp"
#include "community/switches.hpp"
#include "platform/git_write.hpp"
#include "submission/service.hpp"

namespace rbee::submission {

namespace {

using platform::Repository;
using platform::Transaction;

constexpr std::size_t kPendingMax = 1'000;
constexpr std::size_t kFindingsShown = 40;

/// The error as the pusher reads it.
PushAnswer refused(const Error& error) {
  return {false, describe(error) + "\n", "", error.id};
}

std::string describe_findings(const std::string& directory, const std::vector<Finding>& findings) {
  std::string text;
  for (std::size_t i = 0; i < std::min(findings.size(), kFindingsShown); ++i) {
    Finding finding = findings[i];
    finding.file = finding.file.empty() ? directory : directory + "/" + finding.file;
    text += describe(finding) + "\n\n";
  }
  if (findings.size() > kFindingsShown)
    text += fmt::format("… and {} more\n\n", findings.size() - kFindingsShown);
  return text;
}

}  // namespace

PushAnswer Service::check(const Push& push) {
  if (push.withdraws()) {
    const auto answer = check_withdrawal(push);
    return answer ? *answer : refused(answer.error());
  }
  auto pending = examine(push);
  if (!pending) return refused(pending.error());
  const std::string directory = pending->proposal.directory();
  std::string text = "\n" + describe_findings(directory, pending->findings);
  const check::Counts counts = check::count(pending->findings);
  if (counts.block > 0) {
    text += fmt::format(
        "refused: {} ({})\n  `rbee worker check {}` shows the same before a push; "
        "`rbee explain RULE` says more\n",
        directory, check::summary(counts), directory);
    const auto noted = note_refusal(push, *pending);
    return {false, std::move(text), "",
            noted ? fmt::format("{} blocking", counts.block)
                  : fmt::format("{} blocking; not on the record: {}", counts.block,
                                noted.error().message)};
  }
  const std::lock_guard lock(mutex_);
  // Pushes that never came to their second hook.
  std::erase_if(pending_, [&](const auto& each) {
    return clock_.now() - each.second.at > std::chrono::minutes(10);
  });
  if (pending_.size() >= kPendingMax)
    return {false, "too many pushes are under way; try again in a minute\n", "", "busy"};
  pending_.insert_or_assign(push.id, std::move(*pending));
  return {true, std::move(text), "", ""};
}

Result<void> Service::note_refusal(const Push& push, const Pending& pending) {
  std::set<std::string> rules;
  for (const Finding& finding : pending.findings)
    if (finding.severity == Severity::block) rules.insert(finding.rule);
  TRY_ASSIGN(Transaction transaction, database_.begin());
  TRY(community::append_audit(
      transaction,
      {.at = clock_.now(),
       .actor = push.account,
       .action = "submission.refuse",
       .subject = "worker:" + pending.proposal.name,
       .digest = pending.proposal.head.str(),
       .details = fmt::format("{}; from {}", fmt::join(rules, " "), push.remote_address)}));
  return transaction.commit();
}

PushAnswer Service::record(const Push& push) {
  if (push.withdraws()) {
    const auto answer = record_withdrawal(push);
    return answer ? *answer : refused(answer.error());
  }
  std::optional<Pending> pending;
  {
    const std::lock_guard lock(mutex_);
    if (auto node = pending_.extract(push.id); !node.empty()) pending = std::move(node.mapped());
  }
  if (!pending || pending->proposal.head != push.new_id)
    return {false, "the server was started again in the middle of this push; push again\n", "",
            "interrupted"};
  const auto answer = record_proposal(push, std::move(*pending));
  return answer ? *answer : refused(answer.error());
}

Result<Service::Pending> Service::examine(const Push& push) {
  TRY(community::require_thawed(database_, "submissions"));
  TRY_ASSIGN(const auto repository, Repository::open(options_.repository));
  if (!push.quarantine.empty()) {
    TRY_ASSIGN(const auto known, Repository::open(options_.repository));
    TRY(repository->add_objects(push.quarantine));
    TRY(vet_new_commits(*repository, *known, push.new_id));
  }
  TRY_ASSIGN(const CommitId on_main, main());
  TRY_ASSIGN(Proposal proposal, read_proposal(*repository, on_main, push.new_id));
  TRY_ASSIGN(const auto now_on_main, folder_tree(*repository, on_main, proposal.directory()));
  if (now_on_main != proposal.base_tree)
    return fail(Errc::policy, "push-outdated",
                fmt::format("'{}' has changed in the catalog since these commits began",
                            proposal.directory()),
                {.fix = "git pull --rebase, and push again"});
  TRY_ASSIGN(const auto account, accounts_.find(push.account));
  if (proposal.origin == catalog::Origin::official && account.role != community::Role::admin)
    return fail(Errc::policy, "push-scope",
                fmt::format("'{}' is an official worker's folder", proposal.directory()),
                {.fix = "put your worker below community/"});

  // The subject's names are views into the snapshot and the proposal.
  const auto snapshot = snapshot_();
  Pending pending{proposal, {}, {}, {}, false, clock_.now()};
  TRY_ASSIGN(const check::Subject subject, subject_of(push, proposal, *repository, *snapshot));
  if (proposal.tree) {
    pending.findings = check::check(subject, options_.policy);
    pending.version = subject.now.version;
  } else {
    // Nothing to look at but who wants it.
    for (Finding& finding : check::check(subject, options_.policy))
      if (finding.rule.starts_with("OWN-")) pending.findings.push_back(std::move(finding));
  }
  RiskFacts facts;
  facts.is_new_worker = !proposal.base_tree;
  facts.is_removal = !proposal.tree;
  facts.only_version_moved =
      std::any_of(pending.findings.begin(), pending.findings.end(),
                  [](const Finding& finding) { return finding.rule == "DIFF-002"; });
  facts.pusher_owns = subject.owner->is_maintainer;
  facts.owner_changed = subject.owner->owner_changed;
  TRY_ASSIGN(const auto quarantined,
             database_.query("SELECT 1 FROM quarantines WHERE worker = ? AND until IS NULL",
                             {proposal.name}));
  facts.is_quarantined = !quarantined.empty();
  facts.is_premium =
      (subject.now.manifest && subject.now.manifest->premium) ||
      (subject.before && subject.before->manifest && subject.before->manifest->premium);
  facts.sampled = is_sampled(push.new_id.str(), options_.secret, options_.risk.sample_per_mille);
  pending.sampled = facts.sampled;
  pending.risk = assess(facts, pending.findings, options_.risk);
  return pending;
}

Result<check::Subject> Service::subject_of(const Push& push, const Proposal& proposal,
                                           const Repository& repository,
                                           const catalog::Snapshot& snapshot) {
  check::Subject subject;
  subject.name = proposal.name;
  subject.directory = proposal.directory();
  subject.is_official = proposal.origin == catalog::Origin::official;
  TRY_ASSIGN(const WorkerId worker, WorkerId::parse(proposal.name));
  if (proposal.tree) {
    const catalog::Folder folder{proposal.origin, proposal.name, *proposal.tree};
    TRY_ASSIGN(subject.now, catalog::load_release(catalog::GitFiles(repository, *proposal.tree),
                                                  folder, subject.loading));
  }
  if (proposal.base_tree) {
    std::vector<Finding> ignored;
    const catalog::Folder folder{proposal.origin, proposal.name, *proposal.base_tree};
    TRY_ASSIGN(
        subject.before,
        catalog::load_release(catalog::GitFiles(repository, *proposal.base_tree), folder, ignored));
  }

  TRY_ASSIGN(const auto account, accounts_.find(push.account));
  TRY_ASSIGN(const community::Maintainers maintainers, ownership_.maintainers(worker));
  check::Owner owner;
  owner.account = account.name;
  owner.account_age_days = static_cast<int>(
      std::chrono::duration_cast<std::chrono::days>(clock_.now() - account.created).count());
  owner.is_maintainer = maintainers.includes(account.name);
  owner.is_orphan = maintainers.is_orphan();
  owner.is_unowned = proposal.base_tree && maintainers.owner.empty() && !maintainers.had_owner;
  owner.is_admin = account.role == community::Role::admin;
  TRY_ASSIGN(owner.adoption_requests_lately,
             ownership_.requests_lately(account, push.remote_address));
  if (proposal.base_tree && !maintainers.owner_is_first && maintainers.owner_since) {
    Filter filter;
    filter.worker = proposal.name;
    filter.state = "merged";
    TRY_ASSIGN(const auto merged, list(database_, filter));
    // Begun under the present owner, not only touched since; of one second, the careful reading.
    owner.owner_changed = std::none_of(merged.begin(), merged.end(), [&](const Submission& each) {
      return each.created > *maintainers.owner_since;
    });
  }
  for (const std::string& email : proposal.emails) {
    TRY_ASSIGN(const auto other, accounts_.by_email(email));
    if (other && other->id != account.id) owner.foreign_emails.emplace_back(email, other->name);
  }
  subject.owner = std::move(owner);

  check::Names names;
  if (!proposal.base_tree) {
    for (const auto& each : snapshot.workers())
      if (each->id.str() != proposal.name) names.existing.push_back(each->id.str());
    TRY_ASSIGN(const auto burnt,
               database_.query("SELECT 1 FROM quarantines WHERE worker = ? UNION SELECT 1 FROM "
                               "submissions WHERE worker = ? AND state = 'merged' AND tree = ''",
                               {proposal.name, proposal.name}));
    if (!burnt.empty()) names.burnt.push_back(proposal.name);
  }
  subject.names = std::move(names);
  return subject;
}

Result<PushAnswer> Service::check_withdrawal(const Push& push) {
  TRY_ASSIGN(auto transaction, database_.begin());
  TRY_ASSIGN(const auto open, find_open(transaction, push.account, push.topic));
  if (!open)
    return fail(
        Errc::not_found, "submission-not-found",
        fmt::format("'{}' has no open submission with the topic '{}'", push.account, push.topic),
        {.fix = "rbee worker submission list shows yours"});
  TRY(next(open->state, Event::withdraw, Actor::author));
  return PushAnswer{true, "", "", ""};
}

Result<PushAnswer> Service::record_withdrawal(const Push& push) {
  std::int64_t id = 0;
  {
    TRY_ASSIGN(auto transaction, database_.begin());
    TRY_ASSIGN(const auto open, find_open(transaction, push.account, push.topic));
    if (!open) return fail(Errc::not_found, "submission-not-found", "there is nothing to withdraw");
    id = open->id;
  }
  TRY_ASSIGN(const Submission withdrawn,
             step(id, Event::withdraw, Actor::author, push.account, ""));
  return PushAnswer{true, fmt::format("submission {} is withdrawn\n", withdrawn.id), "", ""};
}

Result<PushAnswer> Service::record_proposal(const Push& push, Pending pending) {
  const Proposal& proposal = pending.proposal;
  const std::string topic = push.topic.empty() ? proposal.name : push.topic;
  const Time now = clock_.now();
  Submission submission;
  {
    TRY_ASSIGN(Transaction transaction, database_.begin());
    TRY_ASSIGN(const auto open, find_open(transaction, push.account, topic));
    if (open) {
      if (open->worker != proposal.name)
        return fail(Errc::policy, "topic-taken",
                    fmt::format("the topic '{}' is of submission {}, which is about '{}'", topic,
                                open->id, open->worker),
                    {.fix = fmt::format("push to refs/for/main/{}", proposal.name)});
      submission = *open;
      TRY(apply(transaction, submission, Event::push, Actor::author, push.account, proposal.title));
      ++submission.revision;
    } else {
      submission.account = push.account;
      submission.topic = topic;
      submission.created = now;
      submission.state = State::checking;
    }
    submission.title = proposal.title;
    submission.worker = proposal.name;
    submission.directory = proposal.directory();
    submission.tier = pending.risk.tier;
    submission.approvals_needed = pending.risk.approvals;
    submission.risk = pending.risk.reasons;
    submission.version = pending.version;
    submission.head = proposal.head.str();
    submission.base = proposal.base.str();
    submission.tree = proposal.tree ? proposal.tree->str() : "";
    submission.before_tree = proposal.base_tree ? proposal.base_tree->str() : "";
    submission.updated = now;
    submission.claimed_by.clear();
    submission.claimed_until.reset();
    submission.reason.clear();
    submission.cooling_until.reset();
    if (pending.risk.cooling.count() > 0) submission.cooling_until = now + pending.risk.cooling;
    TRY_ASSIGN(const std::int64_t id, save(transaction, submission));
    if (submission.id == 0) {
      submission.id = id;
      TRY(add_event(transaction, submission.id,
                    {now, push.account, "push", "", "checking", submission.title, 1}));
    }
    const Event found = proposal.is_draft             ? Event::found_draft
                        : pending.risk.holds          ? Event::found_holds
                        : pending.risk.approvals == 0 ? Event::found_trivial
                                                      : Event::found_reviewable;
    TRY(apply(transaction, submission, found, Actor::server, "server",
              check::summary(check::count(pending.findings))));
    TRY(save(transaction, submission));
    TRY(save_findings(transaction, submission.id, submission.revision, pending.findings));
    TRY(transaction.commit());
  }
  const std::string ref = fmt::format("refs/submissions/{}/head", submission.id);
  TRY_ASSIGN(const auto writer, platform::RepositoryWriter::open(options_.repository));
  TRY_ASSIGN(const auto old, writer->ref(ref));
  TRY(writer->move_ref(ref, old, proposal.head, "push"));
  if (submission.state == State::approved) {
    // The push is on the record. What keeps it from main now, `tick` tells and tries again.
    (void)try_merge(submission.id);
    TRY_ASSIGN(submission, get(database_, submission.id));
  }
  return PushAnswer{true, describe_state(submission), ref, ""};
}

void Service::set_url(std::string url) {
  const std::lock_guard lock(mutex_);
  options_.url = std::move(url);
}

std::string Service::url_of(std::int64_t id) const {
  const std::lock_guard lock(mutex_);
  return fmt::format("{}/v1/submissions/{}", options_.url, id);
}

std::string Service::describe_state(const Submission& s) const {
  std::string text = fmt::format("submission {}{}: {} {}\n  {}\n", s.id,
                                 s.revision > 1 ? fmt::format(", revision {}", s.revision) : "",
                                 s.worker, s.version, url_of(s.id));
  text += fmt::format("  risk tier {}: {}\n", s.tier, s.risk.empty() ? "" : s.risk.front());
  switch (s.state) {
    case State::merged:
      return text + "  merged: it is in the catalog now\n";
    case State::draft:
      return text + "  a draft: push it without 'draft:' in the title when it is ready\n";
    case State::approved:
      return text + "  approved: it merges by itself\n";
    case State::changes_requested:
      return text + fmt::format("  changes are needed: {}\n", printable_line(s.reason));
    default:
      break;
  }
  std::string when = "no estimate yet";
  std::string position;
  if (const auto where = place(s); where && where->position > 0) {
    position = fmt::format(", {} of {} in the queue", where->position, where->length);
    if (where->expected)
      when = fmt::format("about {} h",
                         std::max<std::int64_t>(1, (where->expected->count() + 1800) / 3600));
  }
  text += fmt::format("  next: {} reviewer{} must approve{}; {}\n", s.approvals_needed,
                      s.approvals_needed == 1 ? "" : "s", position, when);
  if (s.cooling_until)
    text += fmt::format("  and it merges no sooner than {}\n", rfc3339(*s.cooling_until));
  return text;
}

}  // namespace rbee::submission
