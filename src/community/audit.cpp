#include "community/audit.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/digest.hpp"

namespace rbee::community {

namespace {

using platform::SqlRow;

/// Every field with its length before it: no two entries have the same text.
std::string chained_hash(std::string_view previous, const AuditEntry& entry) {
  std::string text;
  for (const std::string& field : {std::string(previous), std::to_string(entry.id),
                                   std::to_string(entry.at.time_since_epoch().count()), entry.actor,
                                   entry.action, entry.subject, entry.digest, entry.details})
    text += fmt::format("{}:{}\n", field.size(), field);
  return Sha256::of(text).hex();
}

constexpr std::string_view kAuditColumns = "id, at, actor, action, subject, digest, details, hash";

AuditEntry entry_of(const SqlRow& row) {
  return {row[0].integer(), Time(std::chrono::seconds(row[1].integer())),
          row[2].text(),    row[3].text(),
          row[4].text(),    row[5].text(),
          row[6].text(),    row[7].text()};
}

}  // namespace

Result<void> append_audit(platform::Transaction& transaction, const AuditEntry& entry) {
  TRY_ASSIGN(const auto last,
             transaction.query("SELECT id, hash FROM audit ORDER BY id DESC LIMIT 1"));
  AuditEntry made = entry;
  made.id = last.empty() ? 1 : last[0][0].integer() + 1;
  made.hash = chained_hash(last.empty() ? "" : last[0][1].text(), made);
  TRY(
      transaction.execute("INSERT INTO audit (id, at, actor, action, subject, digest, details, "
                          "hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                          {made.id, made.at.time_since_epoch().count(), made.actor, made.action,
                           made.subject, made.digest, made.details, made.hash}));
  return {};
}

Result<std::vector<AuditEntry>> list_audit(const platform::Database& database,
                                           const AuditQuery& query) {
  const std::int64_t before = query.before > 0 ? query.before : INT64_MAX;
  TRY_ASSIGN(const auto rows,
             database.query(
                 fmt::format("SELECT {} FROM audit WHERE id < ? AND (? = '' OR subject = ?) AND "
                             "(? = '' OR actor = ?) ORDER BY id DESC LIMIT ?",
                             kAuditColumns),
                 {before, query.subject, query.subject, query.actor, query.actor,
                  std::clamp(query.limit, 1, 1000)}));
  std::vector<AuditEntry> entries;
  for (const SqlRow& row : rows) entries.push_back(entry_of(row));
  return entries;
}

Result<AuditState> verify_audit(const platform::Database& database) {
  AuditState state;
  for (;;) {
    TRY_ASSIGN(
        const auto rows,
        database.query(
            fmt::format("SELECT {} FROM audit WHERE id > ? ORDER BY id LIMIT 1000", kAuditColumns),
            {state.entries}));
    if (rows.empty()) return state;
    for (const SqlRow& row : rows) {
      const AuditEntry entry = entry_of(row);
      if (entry.id != state.entries + 1 || entry.hash != chained_hash(state.last_hash, entry))
        return fail(Errc::integrity, "audit-chain-broken",
                    "the audit log was changed after it was written",
                    {.evidence = {fmt::format("entry {} of {} is the first that does not follow "
                                              "from the one before",
                                              entry.id, rfc3339(entry.at))},
                     .fix = "compare with a backup of the database from before"});
      state.entries = entry.id;
      state.last_hash = entry.hash;
    }
  }
}

}  // namespace rbee::community
