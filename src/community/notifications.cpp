#include "community/notifications.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"

namespace rbee::community {

namespace {

struct NoticeKind {
  std::string_view name, summary;
  bool by_mail = false;  ///< Without a preference of the account's.
};

constexpr NoticeKind kNoticeKinds[] = {
    {"release", "A worker that you follow has a new release"},
    {"new-worker", "There is a new worker with a tag, or of an owner, that you follow"},
    {"followed-quarantine", "A worker that you follow was taken off the market, or is back", true},
    {"followed-yank", "A release of a worker that you follow was withdrawn, or is back", true},
    {"followed-owner", "A worker that you follow has another owner, or none", true},
    {"followed-comment", "Somebody commented on a worker whose comments you follow"},
    {"comment", "Somebody commented on a worker that you maintain"},
    {"comment-reply", "Somebody answered your comment"},
    {"comment-hidden", "A reviewer hid your comment", true},
    {"review", "Somebody rated a worker that you maintain"},
    {"review-reply", "A maintainer answered your review"},
    {"review-hidden", "A reviewer hid your review", true},
    {"submission-approve", "A reviewer approved your submission", true},
    {"submission-comment", "A reviewer wrote about your submission", true},
    {"submission-request-changes", "A reviewer wants your submission changed", true},
    {"submission-reject", "A reviewer rejected your submission", true},
    {"submission-merge", "Your submission is in the catalog", true},
    {"submission-supersede", "Another submission took your submission's place", true},
    {"quarantine", "A worker of yours was taken off the market", true},
    {"co-maintainer", "An owner made you a co-maintainer", true},
    {"orphaned", "A worker that you have was given up", true},
    {"adoption", "Somebody asks to take over a worker that you have", true},
    {"adopted", "A worker that you have, or asked for, has a new owner", true},
    {"adoption-refused", "Your request to take over a worker was refused", true},
    {"out-of-date", "Somebody says that a worker of yours is out of date"},
    {"deletion", "Somebody asks to delete a worker of yours", true},
    {"merge", "Somebody asks to merge a worker of yours into another", true},
};

constexpr std::string_view kWantedInApi =
    "n.account = ? AND NOT EXISTS (SELECT 1 FROM notice_preferences p WHERE p.account = n.account "
    "AND p.kind = n.kind AND p.in_api = 0)";

const NoticeKind* kind_of(std::string_view name) {
  const auto* const found = std::find_if(std::begin(kNoticeKinds), std::end(kNoticeKinds),
                                         [&](const NoticeKind& each) { return each.name == name; });
  return found == std::end(kNoticeKinds) ? nullptr : found;
}

}  // namespace

Result<NoticePage> Notifications::list(const Account& account, const NoticeQuery& query) const {
  const std::int64_t before = query.before == 0 ? INT64_MAX : query.before;
  TRY_ASSIGN(
      const auto rows,
      database_.query(fmt::format("SELECT n.id, n.kind, n.subject, n.text, n.created, n.read FROM "
                                  "notices n WHERE {} AND n.id < ?{} ORDER BY n.id DESC LIMIT ?",
                                  kWantedInApi, query.unread_only ? " AND n.read IS NULL" : ""),
                      {account.id, before, query.limit + 1}));
  NoticePage page;
  for (const platform::SqlRow& row : rows) {
    if (page.notices.size() == static_cast<std::size_t>(query.limit)) {
      page.next = page.notices.back().id;
      break;
    }
    page.notices.push_back({row[0].integer(), row[1].text(), row[2].text(), row[3].text(),
                            from_unix_seconds(row[4].integer()), !row[5].is_null()});
  }
  return page;
}

Result<std::int64_t> Notifications::unread(const Account& account) const {
  TRY_ASSIGN(const auto rows,
             database_.query(fmt::format("SELECT count(*) FROM notices n WHERE {} AND n.read IS "
                                         "NULL",
                                         kWantedInApi),
                             {account.id}));
  return rows.front()[0].integer();
}

Result<void> Notifications::mark_read(const Account& account, std::int64_t id) {
  TRY_ASSIGN(auto transaction, database_.begin());
  TRY_ASSIGN(
      const auto rows,
      transaction.query("SELECT 1 FROM notices WHERE id = ? AND account = ?", {id, account.id}));
  if (rows.empty())
    return fail(Errc::not_found, "notice-not-found",
                fmt::format("you have no notification {}", id));
  TRY(transaction.execute("UPDATE notices SET read = ? WHERE id = ? AND read IS NULL",
                          {unix_seconds(clock_.now()), id}));
  return transaction.commit();
}

Result<std::int64_t> Notifications::mark_read_up_to(const Account& account, std::int64_t id) {
  TRY_ASSIGN(auto transaction, database_.begin());
  TRY_ASSIGN(const std::int64_t changed,
             transaction.execute(
                 "UPDATE notices SET read = ? WHERE account = ? AND id <= ? AND read IS NULL",
                 {unix_seconds(clock_.now()), account.id, id}));
  TRY(transaction.commit());
  return changed;
}

Result<std::vector<NoticePreference>> Notifications::preferences(const Account& account) const {
  TRY_ASSIGN(
      const auto rows,
      database_.query("SELECT kind, in_api, by_mail FROM notice_preferences WHERE account = ?",
                      {account.id}));
  std::vector<NoticePreference> all;
  for (const NoticeKind& kind : kNoticeKinds) {
    NoticePreference each{std::string(kind.name), std::string(kind.summary), true, kind.by_mail};
    for (const platform::SqlRow& row : rows) {
      if (row[0].text() != kind.name) continue;
      each.in_api = row[1].integer() == 1;
      each.by_mail = row[2].integer() == 1;
    }
    all.push_back(std::move(each));
  }
  return all;
}

Result<void> Notifications::set_preferences(const Account& account,
                                            const std::vector<NoticePreference>& wanted) {
  TRY_ASSIGN(auto transaction, database_.begin());
  for (const NoticePreference& each : wanted) {
    if (kind_of(each.kind) == nullptr) {
      std::vector<std::string> names;
      for (const NoticeKind& kind : kNoticeKinds) names.emplace_back(kind.name);
      const auto near = did_you_mean(each.kind, names);
      return fail(Errc::invalid_input, "notice-kind-unknown",
                  fmt::format("there is no kind of notification '{}'",
                              printable_line(std::string_view(each.kind).substr(0, 60))),
                  {.fix = near ? fmt::format("did you mean '{}'?", *near)
                               : "GET /v1/users/me/notification-preferences lists them"});
    }
    TRY(transaction.execute(
        "INSERT INTO notice_preferences (account, kind, in_api, by_mail) VALUES (?, ?, ?, ?) "
        "ON CONFLICT (account, kind) DO UPDATE SET in_api = excluded.in_api, by_mail = "
        "excluded.by_mail",
        {account.id, each.kind, each.in_api ? 1 : 0, each.by_mail ? 1 : 0}));
  }
  return transaction.commit();
}

Result<bool> wants_mail(const platform::Database& database, std::int64_t account,
                        std::string_view kind) {
  TRY_ASSIGN(
      const auto rows,
      database.query("SELECT a.disabled, p.by_mail FROM accounts a LEFT JOIN "
                     "notice_preferences p ON p.account = a.id AND p.kind = ? WHERE a.id = ?",
                     {kind, account}));
  if (rows.empty() || !rows.front()[0].is_null()) return false;
  if (!rows.front()[1].is_null()) return rows.front()[1].integer() == 1;
  const NoticeKind* const known = kind_of(kind);
  return known != nullptr && known->by_mail;
}

}  // namespace rbee::community
