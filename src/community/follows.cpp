#include "community/follows.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>
#include <string>

#include "base/text.hpp"
#include "community/ownership.hpp"

namespace rbee::community {

namespace {

using platform::SqlRow;
using platform::SqlRows;
using platform::Transaction;

constexpr std::array<std::pair<FollowKind, std::string_view>, 3> kFollowKinds{{
    {FollowKind::worker, "worker"},
    {FollowKind::tag, "tag"},
    {FollowKind::owner, "owner"},
}};

/// Enabled accounts that follow it.
Result<SqlRows> followers_of(Transaction& transaction, FollowKind kind, std::string_view name) {
  return transaction.query(
      "SELECT f.account FROM follows f JOIN accounts a ON a.id = f.account WHERE f.kind = ? AND "
      "f.name = ? AND a.disabled IS NULL ORDER BY f.account",
      {to_string(kind), name});
}

Result<void> tell_followers(Transaction& transaction, std::string_view worker,
                            std::string_view kind, std::string_view text, Time now) {
  TRY_ASSIGN(const SqlRows rows, followers_of(transaction, FollowKind::worker, worker));
  for (const SqlRow& row : rows)
    TRY(add_notice(transaction, row[0].integer(), kind, fmt::format("worker:{}", worker), text,
                   now));
  return {};
}

/// Each account once, however many of the tags it follows.
Result<void> tell_of_new(Transaction& transaction, const Offered& offered, Time now) {
  TRY_ASSIGN(const auto owners,
             transaction.query("SELECT a.name, a.id FROM ownerships o JOIN accounts a ON a.id = "
                               "o.account WHERE o.worker = ? AND o.until IS NULL AND o.role = "
                               "'owner'",
                               {offered.worker}));
  std::set<std::int64_t> told;
  const auto tell = [&](const SqlRows& rows, const std::string& why) -> Result<void> {
    for (const SqlRow& row : rows)
      if (told.insert(row[0].integer()).second)
        TRY(add_notice(transaction, row[0].integer(), "new-worker", "worker:" + offered.worker,
                       fmt::format("{} {} is new{}", offered.worker, offered.version, why), now));
    return {};
  };
  for (const SqlRow& owner : owners) {
    told.insert(owner[1].integer());  // Whoever made it knows.
    TRY_ASSIGN(const SqlRows rows, followers_of(transaction, FollowKind::owner, owner[0].text()));
    TRY(tell(rows, fmt::format(", by {}", owner[0].text())));
  }
  for (const std::string& tag : offered.tags) {
    const auto clean = clean_tag(tag);
    if (!clean) continue;  // Nobody can follow it.
    TRY_ASSIGN(const SqlRows rows, followers_of(transaction, FollowKind::tag, *clean));
    TRY(tell(rows, fmt::format(", with the tag {}", *clean)));
  }
  return {};
}

Result<std::string> announced_value(Transaction& transaction, std::string_view what) {
  TRY_ASSIGN(const auto rows,
             transaction.query("SELECT value FROM announced WHERE what = ?", {what}));
  return rows.empty() ? std::string() : rows.front()[0].text();
}

Result<void> set_announced(Transaction& transaction, std::string_view what,
                           const std::string& value) {
  TRY(
      transaction.execute("INSERT INTO announced (what, value) VALUES (?, ?) ON CONFLICT (what) DO "
                          "UPDATE SET value = excluded.value",
                          {what, value}));
  return {};
}

struct AnnouncedDeed {
  std::string_view action, kind, text;  ///< {0}: worker, {1}: release, {2}: details.
};

constexpr AnnouncedDeed kAnnouncedDeeds[] = {
    {"worker.quarantine", "followed-quarantine", "{0} was taken off the market: {2}"},
    {"worker.release", "followed-quarantine", "{0} is back on the market"},
    {"worker.yank", "followed-yank", "{0} {1} was withdrawn: {2}"},
    {"worker.unyank", "followed-yank", "{0} {1} is no longer withdrawn"},
    {"worker.own", "followed-owner", "{0} has another {2}"},
    {"worker.disown", "followed-owner", "{0} was given up; nobody owns it"},
};

}  // namespace

std::string_view to_string(FollowKind kind) {
  for (const auto& [each, name] : kFollowKinds)
    if (each == kind) return name;
  return "worker";
}

std::optional<FollowKind> parse_follow_kind(std::string_view text) {
  for (const auto& [each, name] : kFollowKinds)
    if (name == text) return each;
  return std::nullopt;
}

Result<std::string> clean_tag(std::string_view tag) {
  std::string clean;
  for (const char c : tag) clean += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  const auto is_plain = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  const bool good = !clean.empty() && clean.size() <= 50 && is_plain(clean.front()) &&
                    std::all_of(clean.begin(), clean.end(), [&](char c) {
                      return is_plain(c) || c == '-' || c == '_' || c == '.' || c == '+';
                    });
  if (!good)
    return fail(Errc::invalid_input, "tag-invalid",
                fmt::format("'{}' is no tag", printable_line(tag.substr(0, 60))),
                {.why = "a tag is 1 to 50 of a-z, 0-9, '-', '_', '.' and '+'"});
  return clean;
}

Result<bool> Follows::set(const Account& account, FollowKind kind, std::string_view name,
                          bool with_comments) {
  TRY_ASSIGN(auto transaction, database_.begin());
  TRY_ASSIGN(const auto changed,
             transaction.execute("UPDATE follows SET comments = ? WHERE account = ? AND kind = ? "
                                 "AND name = ?",
                                 {with_comments ? 1 : 0, account.id, to_string(kind), name}));
  if (changed == 0) {
    TRY_ASSIGN(const auto rows,
               transaction.query("SELECT count(*) FROM follows WHERE account = ?", {account.id}));
    if (rows.front()[0].integer() >= kFollowsMax)
      return fail(Errc::policy, "too-many-follows",
                  fmt::format("an account follows at most {}", kFollowsMax));
    TRY(transaction.execute(
        "INSERT INTO follows (account, kind, name, comments, created) VALUES (?, ?, ?, ?, ?)",
        {account.id, to_string(kind), name, with_comments ? 1 : 0, unix_seconds(clock_.now())}));
  }
  TRY(transaction.commit());
  return changed == 0;
}

Result<bool> Follows::clear(const Account& account, FollowKind kind, std::string_view name) {
  TRY_ASSIGN(auto transaction, database_.begin());
  TRY_ASSIGN(const auto gone,
             transaction.execute("DELETE FROM follows WHERE account = ? AND kind = ? AND name = ?",
                                 {account.id, to_string(kind), name}));
  TRY(transaction.commit());
  return gone != 0;
}

Result<std::vector<Follow>> Follows::of(const Account& account) const {
  TRY_ASSIGN(const auto rows,
             database_.query("SELECT kind, name, comments, created FROM follows WHERE account = ? "
                             "ORDER BY kind, name",
                             {account.id}));
  std::vector<Follow> all;
  for (const SqlRow& row : rows)
    all.push_back({parse_follow_kind(row[0].text()).value_or(FollowKind::worker), row[1].text(),
                   row[2].integer() == 1, from_unix_seconds(row[3].integer())});
  return all;
}

Result<std::string> Announcements::last_commit() const {
  TRY_ASSIGN(const auto rows, database_.query("SELECT value FROM announced WHERE what = 'commit'"));
  return rows.empty() ? std::string() : rows.front()[0].text();
}

Result<std::unordered_map<std::string, std::string>> Announcements::known() const {
  TRY_ASSIGN(const auto rows, database_.query("SELECT worker, version FROM announced_workers"));
  std::unordered_map<std::string, std::string> all;
  all.reserve(rows.size());
  for (const SqlRow& row : rows) all.emplace(row[0].text(), row[1].text());
  return all;
}

Result<int> Announcements::announce(const std::string& commit, Time committed,
                                    const std::vector<Offered>& changed, bool tells) {
  const Time now = clock_.now();
  const std::int64_t age = unix_seconds(committed);
  TRY_ASSIGN(auto transaction, database_.begin());
  TRY_ASSIGN(const std::string known_age, announced_value(transaction, "committed"));
  if (!known_age.empty() && std::stoll(known_age) > age) return 0;
  int news = 0;
  for (const Offered& each : changed) {
    TRY_ASSIGN(
        const auto rows,
        transaction.query("SELECT version FROM announced_workers WHERE worker = ?", {each.worker}));
    if (!rows.empty() && rows.front()[0].text() == each.version) continue;
    ++news;
    if (tells && rows.empty()) TRY(tell_of_new(transaction, each, now));
    if (tells && !rows.empty())
      TRY(tell_followers(transaction, each.worker, "release",
                         fmt::format("{} {} is there; it was {}", each.worker, each.version,
                                     rows.front()[0].text()),
                         now));
    TRY(
        transaction.execute("INSERT INTO announced_workers (worker, version) VALUES (?, ?) ON "
                            "CONFLICT (worker) DO UPDATE SET version = excluded.version",
                            {each.worker, each.version}));
  }
  TRY(set_announced(transaction, "commit", commit));
  TRY(set_announced(transaction, "committed", std::to_string(age)));
  TRY(transaction.commit());
  return news;
}

Result<int> Announcements::announce_deeds() {
  const Time now = clock_.now();
  // Looked at without the right to write, which is wanted when there is something.
  TRY_ASSIGN(const auto newest, database_.query("SELECT coalesce(max(id), 0) FROM audit"));
  TRY_ASSIGN(const auto told, database_.query("SELECT value FROM announced WHERE what = 'audit'"));
  const std::string last_id = std::to_string(newest.front()[0].integer());
  if (!told.empty() && told.front()[0].text() == last_id) return 0;
  TRY_ASSIGN(auto transaction, database_.begin());
  TRY_ASSIGN(const std::string before, announced_value(transaction, "audit"));
  if (before.empty()) {  // The first time: what is past is past.
    TRY(set_announced(transaction, "audit", last_id));
    TRY(transaction.commit());
    return 0;
  }
  const std::int64_t after = std::stoll(before);
  TRY_ASSIGN(const auto rows,
             transaction.query("SELECT id, action, subject, digest, details FROM audit WHERE id > "
                               "? ORDER BY id LIMIT 500",
                               {after}));
  for (const SqlRow& row : rows) {
    const std::string action = row[1].text(), subject = row[2].text();
    const std::string worker = subject.substr(subject.find(':') + 1);
    for (const AnnouncedDeed& deed : kAnnouncedDeeds)
      if (deed.action == action)
        TRY(tell_followers(
            transaction, worker, deed.kind,
            fmt::format(fmt::runtime(deed.text), worker, printable_line(row[3].text()),
                        printable_line(row[4].text())),
            now));
  }
  if (!rows.empty()) TRY(set_announced(transaction, "audit", rows.back()[0].text()));
  TRY(transaction.commit());
  return static_cast<int>(rows.size());
}

}  // namespace rbee::community
