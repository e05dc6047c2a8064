#include "submission/store.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

namespace rbee::submission {

namespace {

namespace json = boost::json;
using platform::Database;
using platform::SqlRow;
using platform::SqlRows;
using platform::SqlValue;
using platform::Transaction;

constexpr platform::Migration kMigrations[] = {
    {1, R"sql(
CREATE TABLE submissions (
  id INTEGER PRIMARY KEY,
  account TEXT NOT NULL,
  topic TEXT NOT NULL,
  title TEXT NOT NULL,
  worker TEXT NOT NULL,
  directory TEXT NOT NULL,
  state TEXT NOT NULL,
  is_open INTEGER NOT NULL,
  tier INTEGER NOT NULL,
  approvals_needed INTEGER NOT NULL,
  revision INTEGER NOT NULL,
  version TEXT NOT NULL,
  head TEXT NOT NULL,
  base TEXT NOT NULL,
  tree TEXT NOT NULL,
  before_tree TEXT NOT NULL,
  created INTEGER NOT NULL,
  updated INTEGER NOT NULL,
  cooling_until INTEGER,
  claimed_by TEXT NOT NULL,
  claimed_until INTEGER,
  merged TEXT NOT NULL,
  merging TEXT,
  reason TEXT NOT NULL,
  risk TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX submissions_topic ON submissions (account, topic) WHERE is_open = 1;
CREATE INDEX submissions_state ON submissions (state);
CREATE INDEX submissions_worker ON submissions (worker);
CREATE INDEX submissions_account ON submissions (account);

CREATE TABLE submission_findings (
  submission INTEGER NOT NULL REFERENCES submissions (id),
  revision INTEGER NOT NULL,
  findings TEXT NOT NULL,
  PRIMARY KEY (submission, revision)
) STRICT;

CREATE TABLE submission_events (
  id INTEGER PRIMARY KEY,
  submission INTEGER NOT NULL REFERENCES submissions (id),
  at INTEGER NOT NULL,
  actor TEXT NOT NULL,
  kind TEXT NOT NULL,
  from_state TEXT NOT NULL,
  to_state TEXT NOT NULL,
  revision INTEGER NOT NULL,
  text TEXT NOT NULL
) STRICT;
CREATE INDEX submission_events_of ON submission_events (submission, id);

CREATE TABLE submission_comments (
  id INTEGER PRIMARY KEY,
  submission INTEGER NOT NULL REFERENCES submissions (id),
  at INTEGER NOT NULL,
  author TEXT NOT NULL,
  revision INTEGER NOT NULL,
  file TEXT NOT NULL,
  line INTEGER NOT NULL,
  text TEXT NOT NULL
) STRICT;
CREATE INDEX submission_comments_of ON submission_comments (submission, id);

CREATE TABLE submission_approvals (
  submission INTEGER NOT NULL REFERENCES submissions (id),
  revision INTEGER NOT NULL,
  reviewer TEXT NOT NULL,
  tree TEXT NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (submission, revision, reviewer)
) STRICT;

CREATE TABLE quarantines (
  id INTEGER PRIMARY KEY,
  worker TEXT NOT NULL,
  since INTEGER NOT NULL,
  actor TEXT NOT NULL,
  reason TEXT NOT NULL,
  until INTEGER
) STRICT;
CREATE UNIQUE INDEX quarantines_now ON quarantines (worker) WHERE until IS NULL;

CREATE TABLE yanks (
  id INTEGER PRIMARY KEY,
  worker TEXT NOT NULL,
  version TEXT NOT NULL,
  since INTEGER NOT NULL,
  actor TEXT NOT NULL,
  reason TEXT NOT NULL,
  until INTEGER
) STRICT;
CREATE UNIQUE INDEX yanks_now ON yanks (worker, version) WHERE until IS NULL;

-- Out of date, deletion, merge into another: what people ask about a worker.
CREATE TABLE worker_requests (
  id INTEGER PRIMARY KEY,
  worker TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('out-of-date', 'deletion', 'merge')),
  account TEXT NOT NULL,
  text TEXT NOT NULL,
  target TEXT NOT NULL,
  created INTEGER NOT NULL,
  closed INTEGER,
  closed_by TEXT NOT NULL,
  answer TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX worker_requests_open ON worker_requests (worker, kind, account) WHERE closed IS NULL;
)sql"},
};

constexpr std::string_view kColumns =
    "id, account, topic, title, worker, directory, state, tier, approvals_needed, revision, "
    "version, "
    "head, base, tree, before_tree, created, updated, cooling_until, claimed_by, claimed_until, "
    "merged, reason, risk";

Time to_time(const SqlValue& value) {
  return Time(std::chrono::seconds(value.integer()));
}
std::optional<Time> maybe_time(const SqlValue& value) {
  if (value.is_null()) return std::nullopt;
  return to_time(value);
}
SqlValue maybe_seconds(const std::optional<Time>& time) {
  return time ? SqlValue(unix_seconds(*time)) : SqlValue();
}

Submission submission_of(const SqlRow& row) {
  Submission out;
  out.id = row[0].integer();
  out.account = row[1].text();
  out.topic = row[2].text();
  out.title = row[3].text();
  out.worker = row[4].text();
  out.directory = row[5].text();
  out.state = parse_state(row[6].text()).value_or(State::checking);
  out.tier = static_cast<int>(row[7].integer());
  out.approvals_needed = static_cast<int>(row[8].integer());
  out.revision = static_cast<int>(row[9].integer());
  out.version = row[10].text();
  out.head = row[11].text();
  out.base = row[12].text();
  out.tree = row[13].text();
  out.before_tree = row[14].text();
  out.created = to_time(row[15]);
  out.updated = to_time(row[16]);
  out.cooling_until = maybe_time(row[17]);
  out.claimed_by = row[18].text();
  out.claimed_until = maybe_time(row[19]);
  out.merged = row[20].text();
  out.reason = row[21].text();
  const std::string risk = row[22].text();
  for (std::size_t begin = 0; begin < risk.size();) {
    std::size_t end = risk.find('\n', begin);
    if (end == std::string::npos) end = risk.size();
    out.risk.push_back(risk.substr(begin, end - begin));
    begin = end + 1;
  }
  return out;
}

std::vector<Submission> submissions_of(const SqlRows& rows) {
  std::vector<Submission> all;
  for (const SqlRow& row : rows) all.push_back(submission_of(row));
  return all;
}

tl::unexpected<Error> not_found(std::int64_t id) {
  return fail(Errc::not_found, "submission-not-found",
              fmt::format("there is no submission {}", id));
}

std::string joined(const std::vector<std::string>& lines) {
  std::string out;
  for (const std::string& line : lines) out += (out.empty() ? "" : "\n") + line;
  return out;
}

std::string to_json(const std::vector<Finding>& findings) {
  json::array all;
  for (const Finding& finding : findings)
    all.push_back({{"rule", finding.rule},
                   {"severity", std::string(to_string(finding.severity))},
                   {"file", finding.file},
                   {"line", finding.position.line},
                   {"column", finding.position.column},
                   {"message", finding.message},
                   {"excerpt", finding.excerpt},
                   {"why", finding.why},
                   {"fix", finding.fix}});
  return json::serialize(all);
}

std::vector<Finding> from_json(const std::string& text) {
  std::vector<Finding> all;
  boost::system::error_code code;
  const json::value root = json::parse(text, code);
  if (code || !root.is_array()) return all;
  for (const json::value& each : root.get_array()) {
    const json::object& object = each.get_object();
    const auto word = [&](const char* key) { return std::string(object.at(key).as_string()); };
    Finding finding;
    finding.rule = word("rule");
    for (const Severity severity :
         {Severity::block, Severity::hold, Severity::warn, Severity::info})
      if (to_string(severity) == word("severity")) finding.severity = severity;
    finding.file = word("file");
    finding.position.line = object.at("line").to_number<std::uint32_t>();
    finding.position.column = object.at("column").to_number<std::uint32_t>();
    finding.message = word("message");
    finding.excerpt = word("excerpt");
    finding.why = word("why");
    finding.fix = word("fix");
    all.push_back(std::move(finding));
  }
  return all;
}

std::vector<Approval> approvals_from(const SqlRows& rows) {
  std::vector<Approval> all;
  for (const SqlRow& row : rows)
    all.push_back(
        {row[0].text(), row[1].text(), static_cast<int>(row[2].integer()), to_time(row[3])});
  return all;
}

constexpr std::string_view kApprovals =
    "SELECT reviewer, tree, revision, at FROM submission_approvals WHERE submission = ? AND "
    "revision "
    "= ? ORDER BY at, reviewer";

}  // namespace

Result<void> prepare(Database& database) {
  return database.migrate("submission", kMigrations);
}

Result<std::vector<Submission>> list(const Database& database, const Filter& filter) {
  const std::int64_t before = filter.before > 0 ? filter.before : INT64_MAX;
  TRY_ASSIGN(const SqlRows rows,
             database.query(
                 fmt::format("SELECT {} FROM submissions WHERE id < ? AND (? = '' OR account = "
                             "?) AND (? = '' OR worker = ?) AND (? = '' OR topic = ?) AND (? = "
                             "'' OR state = ?) AND (? = 0 OR is_open = 1) AND (? = 0 OR state "
                             "IN ('held', 'awaiting-review')) ORDER BY id DESC LIMIT ?",
                             kColumns),
                 {before, filter.account, filter.account, filter.worker, filter.worker,
                  filter.topic, filter.topic, filter.state, filter.state, filter.open_only ? 1 : 0,
                  filter.queue_only ? 1 : 0, std::clamp(filter.limit, 1, 10'000)}));
  return submissions_of(rows);
}

Result<Submission> get(const Database& database, std::int64_t id) {
  TRY_ASSIGN(
      const SqlRows rows,
      database.query(fmt::format("SELECT {} FROM submissions WHERE id = ?", kColumns), {id}));
  if (rows.empty()) return not_found(id);
  return submission_of(rows[0]);
}

Result<Submission> get(Transaction& transaction, std::int64_t id) {
  TRY_ASSIGN(
      const SqlRows rows,
      transaction.query(fmt::format("SELECT {} FROM submissions WHERE id = ?", kColumns), {id}));
  if (rows.empty()) return not_found(id);
  return submission_of(rows[0]);
}

Result<std::optional<Submission>> find_open(Transaction& transaction, std::string_view account,
                                            std::string_view topic) {
  TRY_ASSIGN(const SqlRows rows,
             transaction.query(fmt::format("SELECT {} FROM submissions WHERE account = ? AND topic "
                                           "= ? AND is_open = 1",
                                           kColumns),
                               {account, topic}));
  if (rows.empty()) return std::optional<Submission>();
  return std::optional(submission_of(rows[0]));
}

Result<std::vector<Submission>> open_of_worker(Transaction& transaction, std::string_view worker) {
  TRY_ASSIGN(
      const SqlRows rows,
      transaction.query(
          fmt::format("SELECT {} FROM submissions WHERE worker = ? AND is_open = 1", kColumns),
          {worker}));
  return submissions_of(rows);
}

Result<std::int64_t> save(Transaction& transaction, const Submission& s) {
  const SqlValue cooling = maybe_seconds(s.cooling_until), claim = maybe_seconds(s.claimed_until);
  if (s.id == 0)
    return transaction.insert(
        "INSERT INTO submissions (account, topic, title, worker, directory, state, is_open, tier, "
        "approvals_needed, revision, version, head, base, tree, before_tree, created, updated, "
        "cooling_until, claimed_by, claimed_until, merged, reason, risk) VALUES (?, ?, ?, ?, ?, ?, "
        "?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        {s.account,
         s.topic,
         s.title,
         s.worker,
         s.directory,
         to_string(s.state),
         is_open(s.state) ? 1 : 0,
         s.tier,
         s.approvals_needed,
         s.revision,
         s.version,
         s.head,
         s.base,
         s.tree,
         s.before_tree,
         unix_seconds(s.created),
         unix_seconds(s.updated),
         cooling,
         s.claimed_by,
         claim,
         s.merged,
         s.reason,
         joined(s.risk)});
  TRY(transaction.execute(
      "UPDATE submissions SET title = ?, worker = ?, directory = ?, state = ?, is_open = ?, tier = "
      "?, approvals_needed = ?, revision = ?, version = ?, head = ?, base = ?, tree = ?, "
      "before_tree = ?, updated = ?, cooling_until = ?, claimed_by = ?, claimed_until = ?, merged "
      "= "
      "?, reason = ?, risk = ? WHERE id = ?",
      {s.title,
       s.worker,
       s.directory,
       to_string(s.state),
       is_open(s.state) ? 1 : 0,
       s.tier,
       s.approvals_needed,
       s.revision,
       s.version,
       s.head,
       s.base,
       s.tree,
       s.before_tree,
       unix_seconds(s.updated),
       cooling,
       s.claimed_by,
       claim,
       s.merged,
       s.reason,
       joined(s.risk),
       s.id}));
  return s.id;
}

Result<void> save_findings(Transaction& transaction, std::int64_t submission, int revision,
                           const std::vector<Finding>& findings) {
  TRY(transaction.execute("INSERT INTO submission_findings VALUES (?, ?, ?)",
                          {submission, revision, to_json(findings)}));
  return {};
}

Result<std::vector<Finding>> findings_of(const Database& database, std::int64_t submission,
                                         int revision) {
  TRY_ASSIGN(const SqlRows rows,
             database.query("SELECT findings FROM submission_findings WHERE submission = ? AND "
                            "revision = ?",
                            {submission, revision}));
  return rows.empty() ? std::vector<Finding>{} : from_json(rows[0][0].text());
}

Result<void> add_event(Transaction& transaction, std::int64_t submission, const LogEvent& event) {
  TRY(
      transaction.insert("INSERT INTO submission_events (submission, at, actor, kind, from_state, "
                         "to_state, revision, text) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                         {submission, unix_seconds(event.at), event.actor, event.kind, event.from,
                          event.to, event.revision, event.text}));
  return {};
}

Result<std::vector<LogEvent>> events_of(const Database& database, std::int64_t submission) {
  TRY_ASSIGN(const SqlRows rows,
             database.query("SELECT at, actor, kind, from_state, to_state, text, revision FROM "
                            "submission_events WHERE submission = ? ORDER BY id",
                            {submission}));
  std::vector<LogEvent> all;
  for (const SqlRow& row : rows)
    all.push_back({to_time(row[0]), row[1].text(), row[2].text(), row[3].text(), row[4].text(),
                   row[5].text(), static_cast<int>(row[6].integer())});
  return all;
}

Result<void> add_comment(Transaction& transaction, std::int64_t submission,
                         const Comment& comment) {
  TRY(
      transaction.insert("INSERT INTO submission_comments (submission, at, author, revision, file, "
                         "line, text) VALUES (?, ?, ?, ?, ?, ?, ?)",
                         {submission, unix_seconds(comment.at), comment.author, comment.revision,
                          comment.file, comment.line, comment.text}));
  return {};
}

Result<std::vector<Comment>> comments_of(const Database& database, std::int64_t submission) {
  TRY_ASSIGN(const SqlRows rows,
             database.query("SELECT id, at, author, file, text, revision, line FROM "
                            "submission_comments WHERE submission = ? ORDER BY id",
                            {submission}));
  std::vector<Comment> all;
  for (const SqlRow& row : rows)
    all.push_back({row[0].integer(), to_time(row[1]), row[2].text(), row[3].text(), row[4].text(),
                   static_cast<int>(row[5].integer()),
                   static_cast<std::uint32_t>(row[6].integer())});
  return all;
}

Result<void> add_approval(Transaction& transaction, std::int64_t submission,
                          const Approval& approval) {
  TRY(transaction.execute(
      "INSERT INTO submission_approvals (submission, revision, reviewer, tree, at) VALUES (?, ?, "
      "?, "
      "?, ?)",
      {submission, approval.revision, approval.reviewer, approval.tree,
       unix_seconds(approval.at)}));
  return {};
}

Result<std::vector<Approval>> approvals_of(Transaction& transaction, std::int64_t submission,
                                           int revision) {
  TRY_ASSIGN(const SqlRows rows, transaction.query(kApprovals, {submission, revision}));
  return approvals_from(rows);
}

Result<std::vector<Approval>> approvals_of(const Database& database, std::int64_t submission,
                                           int revision) {
  TRY_ASSIGN(const SqlRows rows, database.query(kApprovals, {submission, revision}));
  return approvals_from(rows);
}

Result<void> set_merging(Transaction& transaction, std::int64_t submission,
                         const std::optional<std::string>& commit) {
  TRY(transaction.execute("UPDATE submissions SET merging = ? WHERE id = ?",
                          {SqlValue(commit), submission}));
  return {};
}

namespace {

constexpr std::string_view kMerging =
    "SELECT merging FROM submissions WHERE id = ? AND merging IS NOT NULL";

std::optional<std::string> merging_from(const SqlRows& rows) {
  if (rows.empty()) return std::nullopt;
  return rows[0][0].text();
}

}  // namespace

Result<std::optional<std::string>> merging(const Database& database, std::int64_t submission) {
  TRY_ASSIGN(const SqlRows rows, database.query(kMerging, {submission}));
  return merging_from(rows);
}

Result<std::optional<std::string>> merging(Transaction& transaction, std::int64_t submission) {
  TRY_ASSIGN(const SqlRows rows, transaction.query(kMerging, {submission}));
  return merging_from(rows);
}

Result<std::vector<std::int64_t>> all_merging(const Database& database) {
  TRY_ASSIGN(const SqlRows rows,
             database.query("SELECT id FROM submissions WHERE merging IS NOT NULL ORDER BY id"));
  std::vector<std::int64_t> ids;
  for (const SqlRow& row : rows) ids.push_back(row[0].integer());
  return ids;
}

Result<std::vector<OpenWorkerRequest>> open_worker_requests(const Database& database) {
  TRY_ASSIGN(const SqlRows rows,
             database.query("SELECT worker, kind, created FROM worker_requests WHERE closed IS "
                            "NULL ORDER BY id"));
  std::vector<OpenWorkerRequest> all;
  all.reserve(rows.size());
  for (const SqlRow& row : rows)
    all.push_back({row[0].text(), row[1].text(), Time(std::chrono::seconds(row[2].integer()))});
  return all;
}

Result<std::vector<std::int64_t>> waiting_times(const Database& database) {
  TRY_ASSIGN(const SqlRows rows,
             database.query("SELECT updated - created FROM submissions WHERE state IN ('merged', "
                            "'rejected', 'changes-requested') AND approvals_needed > 0 ORDER BY id "
                            "DESC LIMIT 100"));
  std::vector<std::int64_t> times;
  for (const SqlRow& row : rows) times.push_back(row[0].integer());
  std::sort(times.begin(), times.end());
  return times;
}

}  // namespace rbee::submission
