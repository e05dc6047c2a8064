#include "community/ownership.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>

#include "base/text.hpp"
#include "community/audit.hpp"
#include "community/switches.hpp"

namespace rbee::community {

namespace {

using platform::SqlRow;
using platform::Transaction;

constexpr int kGrantsNeeded = 2;
constexpr std::size_t kReasonBytesMax = 2'000;

constexpr std::array<std::pair<AdoptionState, std::string_view>, 4> kStates{
    {{AdoptionState::open, "open"},
     {AdoptionState::granted, "granted"},
     {AdoptionState::refused, "refused"},
     {AdoptionState::withdrawn, "withdrawn"}}};

std::string subject_of(const WorkerId& worker) {
  return "worker:" + worker.str();
}

/// The present owner's account; 0 when nobody owns it.
Result<std::int64_t> owner_of(Transaction& transaction, const WorkerId& worker) {
  TRY_ASSIGN(const auto rows,
             transaction.query("SELECT account FROM ownerships WHERE worker = ? AND until IS NULL "
                               "AND role = 'owner'",
                               {worker.str()}));
  return rows.empty() ? 0 : rows[0][0].integer();
}

Result<void> require_owner(Transaction& transaction, const WorkerId& worker,
                           const Account& account) {
  TRY_ASSIGN(const std::int64_t owner, owner_of(transaction, worker));
  if (owner == account.id) return {};
  return fail(Errc::forbidden, "not-the-owner",
              fmt::format("'{}' does not own '{}'", account.name, worker.str()),
              {.fix = "ask its owner; GET /v1/workers/" + worker.str() + "/owners names them"});
}

Result<void> end_tenures(Transaction& transaction, const WorkerId& worker, std::string_view how,
                         Time now) {
  TRY(transaction.execute(
      "UPDATE ownerships SET until = ?, until_how = ? WHERE worker = ? AND until IS NULL",
      {unix_seconds(now), how, worker.str()}));
  return {};
}

Result<void> begin_tenure(Transaction& transaction, const WorkerId& worker, const Account& account,
                          std::string_view role, std::string_view how, Time now) {
  TRY(transaction.execute(
      "INSERT INTO ownerships (worker, account, role, since, since_how) VALUES (?, ?, ?, ?, ?)",
      {worker.str(), account.id, role, unix_seconds(now), how}));
  return {};
}

Result<void> audit(Transaction& transaction, Time now, std::string_view actor,
                   std::string_view action, const WorkerId& worker, std::string details = {}) {
  return append_audit(transaction, {.at = now,
                                    .actor = std::string(actor),
                                    .action = std::string(action),
                                    .subject = subject_of(worker),
                                    .details = std::move(details)});
}

Result<void> require_reviewer(const Account& account, const AdoptionRequest& request) {
  if (!account.may_review())
    return fail(Errc::forbidden, "reviewer-needed",
                fmt::format("'{}' is not a reviewer", account.name));
  if (request.account == account.name)
    return fail(Errc::forbidden, "own-request", "nobody decides about their own request");
  if (request.state != AdoptionState::open)
    return fail(Errc::policy, "adoption-decided",
                fmt::format("the request {} was {} already", request.id, to_string(request.state)));
  return {};
}

}  // namespace

std::string_view to_string(AdoptionState state) {
  for (const auto& [each, name] : kStates)
    if (each == state) return name;
  return "";
}

bool Maintainers::includes(std::string_view account) const {
  return (!owner.empty() && owner == account) ||
         std::find(co_maintainers.begin(), co_maintainers.end(), account) != co_maintainers.end();
}

Result<std::vector<Tenure>> Ownership::history(const WorkerId& worker) const {
  TRY_ASSIGN(const auto rows,
             database_.query("SELECT accounts.name, ownerships.role, since, since_how, until, "
                             "until_how FROM ownerships JOIN accounts ON accounts.id = "
                             "ownerships.account WHERE worker = ? ORDER BY ownerships.id",
                             {worker.str()}));
  std::vector<Tenure> tenures;
  for (const SqlRow& row : rows) {
    Tenure tenure{row[0].text(),
                  row[1].text() == "owner",
                  from_unix_seconds(row[2].integer()),
                  row[3].text(),
                  std::nullopt,
                  row[5].text()};
    if (!row[4].is_null()) tenure.until = from_unix_seconds(row[4].integer());
    tenures.push_back(std::move(tenure));
  }
  return tenures;
}

Result<Maintainers> Ownership::maintainers(const WorkerId& worker) const {
  TRY_ASSIGN(const auto tenures, history(worker));
  Maintainers now;
  int owners = 0;
  for (const Tenure& tenure : tenures) {
    if (tenure.is_owner) {
      now.had_owner = true;
      ++owners;
    }
    if (tenure.until) continue;
    if (tenure.is_owner) {
      now.owner = tenure.account;
      now.owner_since = tenure.since;
    } else {
      now.co_maintainers.push_back(tenure.account);
    }
  }
  now.owner_is_first = owners <= 1;
  return now;
}

Result<std::vector<WorkerMaintainers>> all_maintainers(const platform::Database& database) {
  std::map<std::string, WorkerMaintainers, std::less<>> all;
  TRY_ASSIGN(const auto tenures,
             database.query("SELECT worker, accounts.name, ownerships.role, until FROM ownerships "
                            "JOIN accounts ON accounts.id = ownerships.account "
                            "ORDER BY ownerships.id"));
  for (const SqlRow& row : tenures) {
    WorkerMaintainers& worker = all[row[0].text()];
    const std::string& account = row[1].text();
    const bool is_owner = row[2].text() == "owner";
    if (is_owner && worker.first_owner.empty()) worker.first_owner = account;
    if (!row[3].is_null()) continue;
    if (is_owner)
      worker.owner = account;
    else
      worker.co_maintainers.push_back(account);
  }
  TRY_ASSIGN(const auto requests,
             database.query("SELECT worker, count(*) FROM adoption_requests WHERE state = 'open' "
                            "GROUP BY worker ORDER BY worker"));
  for (const SqlRow& row : requests)
    all[row[0].text()].open_adoption_requests = static_cast<int>(row[1].integer());
  std::vector<WorkerMaintainers> sorted;
  sorted.reserve(all.size());
  for (auto& [name, worker] : all) {
    worker.worker = name;
    sorted.push_back(std::move(worker));
  }
  return sorted;
}

Result<std::vector<Takeover>> Ownership::takeovers() const {
  TRY_ASSIGN(const auto rows,
             database_.query("SELECT worker, accounts.name, since_how, since FROM ownerships JOIN "
                             "accounts ON accounts.id = account WHERE until IS NULL AND "
                             "ownerships.role = 'owner' AND since_how IN ('adoption', 'transfer') "
                             "ORDER BY since DESC, worker LIMIT 10000"));
  std::vector<Takeover> all;
  for (const SqlRow& row : rows)
    all.push_back(
        {row[0].text(), row[1].text(), row[2].text(), from_unix_seconds(row[3].integer())});
  return all;
}

Result<std::vector<std::string>> Ownership::workers_of(const Account& account) const {
  TRY_ASSIGN(const auto rows,
             database_.query("SELECT DISTINCT worker FROM ownerships WHERE account = ? AND until "
                             "IS NULL ORDER BY worker",
                             {account.id}));
  std::vector<std::string> workers;
  for (const SqlRow& row : rows) workers.push_back(row[0].text());
  return workers;
}

Result<void> Ownership::make_owner(Transaction& transaction, const WorkerId& worker,
                                   const Account& account, std::string_view how,
                                   std::string_view actor) {
  TRY_ASSIGN(const std::int64_t owner, owner_of(transaction, worker));
  if (owner == account.id) return {};
  if (owner != 0)
    return fail(Errc::exists, "already-owned",
                fmt::format("'{}' has an owner already", worker.str()));
  const Time now = clock_.now();
  TRY(
      transaction.execute("UPDATE ownerships SET until = ?, until_how = 'became the owner' WHERE "
                          "worker = ? AND account = ? AND until IS NULL",
                          {unix_seconds(now), worker.str(), account.id}));
  TRY(begin_tenure(transaction, worker, account, "owner", how, now));
  return audit(transaction, now, actor, "worker.own", worker,
               fmt::format("owner: {} ({})", account.name, how));
}

Result<void> Ownership::add_co_maintainer(const WorkerId& worker, const Account& owner,
                                          const Account& other) {
  const Time now = clock_.now();
  TRY_ASSIGN(Transaction transaction, database_.begin());
  TRY(require_owner(transaction, worker, owner));
  const auto begun = begin_tenure(transaction, worker, other, "co-maintainer", "invited", now);
  if (!begun && begun.error().code == Errc::exists)
    return fail(Errc::exists, "already-a-maintainer",
                fmt::format("'{}' maintains '{}' already", other.name, worker.str()));
  TRY(begun);
  TRY(audit(transaction, now, owner.name, "worker.co-maintainer.add", worker, other.name));
  TRY(add_notice(transaction, other.id, "co-maintainer", worker.str(),
                 fmt::format("{} made you a co-maintainer", owner.name), now));
  return transaction.commit();
}

Result<void> Ownership::remove_co_maintainer(const WorkerId& worker, const Account& owner,
                                             const Account& other) {
  const Time now = clock_.now();
  TRY_ASSIGN(Transaction transaction, database_.begin());
  if (owner.id != other.id) TRY(require_owner(transaction, worker, owner));
  TRY_ASSIGN(const auto changed,
             transaction.execute("UPDATE ownerships SET until = ?, until_how = 'removed' WHERE "
                                 "worker = ? AND account = ? AND role = 'co-maintainer' AND until "
                                 "IS NULL",
                                 {unix_seconds(now), worker.str(), other.id}));
  if (changed == 0)
    return fail(Errc::not_found, "not-a-maintainer",
                fmt::format("'{}' is not a co-maintainer of '{}'", other.name, worker.str()));
  TRY(audit(transaction, now, owner.name, "worker.co-maintainer.remove", worker, other.name));
  return transaction.commit();
}

Result<void> Ownership::disown(const WorkerId& worker, const Account& owner) {
  const Time now = clock_.now();
  TRY_ASSIGN(Transaction transaction, database_.begin());
  TRY(require_owner(transaction, worker, owner));
  TRY(end_tenures(transaction, worker, "disowned", now));
  TRY(audit(transaction, now, owner.name, "worker.disown", worker));
  TRY(tell(transaction, worker, "orphaned",
           fmt::format("{} gave up '{}'; nobody can publish it until somebody adopts it",
                       owner.name, worker.str())));
  return transaction.commit();
}

Result<AdoptionRequest> Ownership::request_adoption(const WorkerId& worker, const Account& account,
                                                    std::string_view reason,
                                                    std::string_view address) {
  TRY(require_thawed(database_, "adoption"));
  if (reason.empty() || reason.size() > kReasonBytesMax)
    return fail(Errc::policy, "adoption-reason-missing",
                "an adoption request says why this account should maintain the worker",
                {.fix = fmt::format("write 1 to {} characters", kReasonBytesMax)});
  TRY_ASSIGN(const Maintainers now_maintained, maintainers(worker));
  if (!now_maintained.is_orphan())
    return fail(
        Errc::policy, "not-an-orphan", fmt::format("'{}' is not an orphan", worker.str()),
        {.evidence = {now_maintained.owner.empty() ? "nobody ever owned it"
                                                   : "its owner: " + now_maintained.owner}});
  const Time now = clock_.now();
  TRY_ASSIGN(Transaction transaction, database_.begin());
  const auto id = transaction.insert(
      "INSERT INTO adoption_requests (worker, account, address, reason, created, state) VALUES "
      "(?, ?, ?, ?, ?, 'open')",
      {worker.str(), account.id, address, reason, unix_seconds(now)});
  if (!id && id.error().code == Errc::exists)
    return fail(Errc::exists, "adoption-open",
                fmt::format("'{}' has asked for '{}' already", account.name, worker.str()));
  if (!id) return tl::unexpected(id.error());
  TRY(audit(transaction, now, account.name, "worker.adoption.request", worker,
            fmt::format("request {}", *id)));
  TRY(tell(transaction, worker, "adoption",
           fmt::format("{} asks to take over '{}'; two reviewers must agree", account.name,
                       worker.str())));
  TRY(transaction.commit());
  return request(*id);
}

Result<AdoptionRequest> Ownership::request(std::int64_t id) const {
  TRY_ASSIGN(const auto rows,
             database_.query("SELECT worker, accounts.name, reason, adoption_requests.created, "
                             "state FROM adoption_requests JOIN accounts ON accounts.id = "
                             "adoption_requests.account WHERE adoption_requests.id = ?",
                             {id}));
  if (rows.empty())
    return fail(Errc::not_found, "adoption-not-found",
                fmt::format("there is no adoption request {}", id));
  AdoptionRequest request{id,
                          rows[0][0].text(),
                          rows[0][1].text(),
                          rows[0][2].text(),
                          from_unix_seconds(rows[0][3].integer()),
                          AdoptionState::open,
                          {}};
  for (const auto& [state, name] : kStates)
    if (name == rows[0][4].text()) request.state = state;
  TRY_ASSIGN(
      const auto grants,
      database_.query("SELECT accounts.name FROM adoption_grants JOIN accounts ON "
                      "accounts.id = reviewer WHERE request = ? ORDER BY adoption_grants.created",
                      {id}));
  for (const SqlRow& row : grants) request.granted_by.push_back(row[0].text());
  return request;
}

Result<std::vector<AdoptionRequest>> Ownership::open_requests(
    const std::optional<WorkerId>& worker) const {
  TRY_ASSIGN(const auto rows,
             database_.query("SELECT id FROM adoption_requests WHERE state = 'open' AND (? = '' OR "
                             "worker = ?) ORDER BY id",
                             {worker ? worker->str() : "", worker ? worker->str() : ""}));
  std::vector<AdoptionRequest> requests;
  for (const SqlRow& row : rows) {
    TRY_ASSIGN(AdoptionRequest each, request(row[0].integer()));
    requests.push_back(std::move(each));
  }
  return requests;
}

Result<AdoptionRequest> Ownership::grant(std::int64_t id, const Account& reviewer) {
  TRY(require_thawed(database_, "adoption"));
  TRY_ASSIGN(const AdoptionRequest asked, request(id));
  TRY(require_reviewer(reviewer, asked));
  TRY_ASSIGN(const WorkerId worker, WorkerId::parse(asked.worker));
  TRY_ASSIGN(const Account account, Accounts(database_, clock_).find(asked.account));
  const Time now = clock_.now();
  TRY_ASSIGN(Transaction transaction, database_.begin());
  const auto granted = transaction.execute(
      "INSERT INTO adoption_grants (request, reviewer, created) SELECT id, ?, ? FROM "
      "adoption_requests WHERE id = ? AND state = 'open'",
      {reviewer.id, unix_seconds(now), id});
  if (!granted && granted.error().code == Errc::exists)
    return fail(Errc::exists, "already-granted",
                fmt::format("'{}' has granted the request {} already; another reviewer must, too",
                            reviewer.name, id));
  if (!granted) return tl::unexpected(granted.error());
  // Decided since it was read.
  if (*granted == 0)
    return fail(Errc::exists, "adoption-decided",
                fmt::format("the request {} is not open any more", id));
  TRY(audit(transaction, now, reviewer.name, "worker.adoption.grant", worker,
            fmt::format("request {} of {}", id, asked.account)));
  TRY_ASSIGN(const auto grants, transaction.query("SELECT count(*) FROM adoption_grants WHERE "
                                                  "request = ?",
                                                  {id}));
  if (grants[0][0].integer() >= kGrantsNeeded) {
    if (account.disabled)
      return fail(Errc::policy, "account-disabled",
                  fmt::format("the account '{}' is disabled", account.name));
    TRY(make_owner(transaction, worker, account, "adoption", reviewer.name));
    TRY(
        transaction.execute("UPDATE adoption_requests SET state = CASE id WHEN ? THEN 'granted' "
                            "ELSE 'refused' END, decided = ? WHERE worker = ? AND state = 'open'",
                            {id, unix_seconds(now), worker.str()}));
    TRY(tell(transaction, worker, "adopted",
             fmt::format("'{}' has a new owner: {}. Its next release goes to two reviewers",
                         worker.str(), account.name)));
    TRY(add_notice(transaction, account.id, "adopted", worker.str(),
                   "two reviewers granted the adoption: it is yours", now));
  }
  TRY(transaction.commit());
  return request(id);
}

Result<AdoptionRequest> Ownership::refuse(std::int64_t id, const Account& reviewer,
                                          std::string_view reason) {
  if (reason.empty())
    return fail(Errc::policy, "reason-missing", "a refusal needs a reason",
                {.fix = "say what the requester should know"});
  TRY_ASSIGN(const AdoptionRequest asked, request(id));
  TRY(require_reviewer(reviewer, asked));
  TRY_ASSIGN(const WorkerId worker, WorkerId::parse(asked.worker));
  TRY_ASSIGN(const Account account, Accounts(database_, clock_).find(asked.account));
  const Time now = clock_.now();
  TRY_ASSIGN(Transaction transaction, database_.begin());
  TRY_ASSIGN(const auto changed,
             transaction.execute("UPDATE adoption_requests SET state = 'refused', decided = ? "
                                 "WHERE id = ? AND state = 'open'",
                                 {unix_seconds(now), id}));
  if (changed == 0)
    return fail(Errc::policy, "adoption-decided",
                fmt::format("the request {} was decided already", id));
  TRY(audit(transaction, now, reviewer.name, "worker.adoption.refuse", worker,
            fmt::format("request {} of {}: {}", id, asked.account, reason)));
  TRY(add_notice(transaction, account.id, "adoption-refused", worker.str(), reason, now));
  TRY(transaction.commit());
  return request(id);
}

Result<int> Ownership::requests_lately(const Account& account, std::string_view address) const {
  const std::int64_t since = unix_seconds(clock_.now()) - 24 * 3600;
  TRY_ASSIGN(const auto rows,
             database_.query("SELECT (SELECT count(*) FROM adoption_requests WHERE account = ? AND "
                             "created > ?), (SELECT count(*) FROM adoption_requests WHERE address "
                             "= ? AND ? <> '' AND created > ?)",
                             {account.id, since, address, address, since}));
  return static_cast<int>(std::max(rows[0][0].integer(), rows[0][1].integer()));
}

Result<void> Ownership::tell(Transaction& transaction, const WorkerId& worker,
                             std::string_view kind, std::string_view text) {
  if (!audience_) return {};
  const Time now = clock_.now();
  for (const std::int64_t account : audience_(worker))
    TRY(add_notice(transaction, account, kind, worker.str(), text, now));
  return {};
}

Result<void> add_notice(Transaction& transaction, std::int64_t account, std::string_view kind,
                        std::string_view subject, std::string_view text, Time now) {
  TRY(transaction.insert(
      "INSERT INTO notices (account, kind, subject, text, created) VALUES (?, ?, ?, ?, ?)",
      {account, kind, subject, text, unix_seconds(now)}));
  return {};
}

Result<std::vector<Notice>> notices_of(const platform::Database& database, const Account& account) {
  TRY_ASSIGN(const auto rows,
             database.query("SELECT id, kind, subject, text, created, read FROM notices WHERE "
                            "account = ? ORDER BY id DESC LIMIT 200",
                            {account.id}));
  std::vector<Notice> notices;
  for (const SqlRow& row : rows)
    notices.push_back({row[0].integer(), row[1].text(), row[2].text(), row[3].text(),
                       from_unix_seconds(row[4].integer()), !row[5].is_null()});
  return notices;
}

}  // namespace rbee::community
