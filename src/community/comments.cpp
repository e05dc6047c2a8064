#include "community/comments.hpp"

#include <fmt/format.h>

#include <set>

#include "base/text.hpp"
#include "community/audit.hpp"
#include "community/deeds.hpp"
#include "community/switches.hpp"

namespace rbee::community {

namespace {

using platform::SqlRow;
using platform::SqlValue;

constexpr std::string_view kCommentColumns =
    "c.id, c.reply_to, c.worker, a.name, c.text, c.created, c.updated, c.edits, c.pinned, "
    "c.hidden, c.hidden_reason, c.deleted, a.disabled FROM comments c JOIN accounts a ON a.id = "
    "c.account";

constexpr Allowance kCommentAllowance{"comment", 100, 20, 5};

std::optional<Time> time_or_none(const SqlValue& value) {
  if (value.is_null()) return std::nullopt;
  return from_unix_seconds(value.integer());
}

Comment read_comment(const SqlRow& row) {
  Comment comment;
  comment.id = row[0].integer();
  comment.reply_to = row[1].integer();
  comment.worker = row[2].text();
  comment.account = row[3].text();
  comment.text = row[4].text();
  comment.created = from_unix_seconds(row[5].integer());
  comment.updated = from_unix_seconds(row[6].integer());
  comment.edits = row[7].integer();
  comment.pinned = time_or_none(row[8]);
  comment.hidden = time_or_none(row[9]);
  comment.hidden_reason = row[10].text();
  comment.is_gone = !row[11].is_null() || !row[12].is_null();
  return comment;
}

Result<void> check_comment(std::string_view text) {
  if (trim(text).empty())
    return fail(Errc::invalid_input, "comment-text-invalid", "a comment says something");
  return check_said(text, "the comment", kCommentBytesMax, "comment-text-invalid");
}

tl::unexpected<Error> no_comment(std::int64_t id) {
  return fail(Errc::not_found, "comment-not-found",
              fmt::format("no comment has the number {}", id));
}

/// Who hears of a new comment: each once, for the best reason, and never its author.
Result<void> tell_of_comment(platform::Transaction& transaction, const WorkerId& worker,
                             const Account& author, std::int64_t answered, Time now) {
  std::set<std::int64_t> told{author.id};
  const std::string subject = "worker:" + worker.str();
  const auto tell = [&](const platform::SqlRows& rows, std::string_view kind,
                        const std::string& text) -> Result<void> {
    for (const SqlRow& row : rows)
      if (told.insert(row[0].integer()).second)
        TRY(add_notice(transaction, row[0].integer(), kind, subject, text, now));
    return {};
  };
  const std::string text = fmt::format("{} commented on {}", author.name, worker.str());
  TRY_ASSIGN(const auto authors,
             transaction.query("SELECT c.account FROM comments c JOIN accounts a ON a.id = "
                               "c.account WHERE c.id = ? AND a.disabled IS NULL",
                               {answered}));
  TRY(tell(authors, "comment-reply",
           fmt::format("{} answered your comment on {}", author.name, worker.str())));
  TRY_ASSIGN(const auto maintainers,
             transaction.query("SELECT o.account FROM ownerships o JOIN accounts a ON a.id = "
                               "o.account WHERE o.worker = ? AND o.until IS NULL AND a.disabled IS "
                               "NULL ORDER BY o.id",
                               {worker.str()}));
  TRY(tell(maintainers, "comment", text));
  TRY_ASSIGN(
      const auto followers,
      transaction.query("SELECT f.account FROM follows f JOIN accounts a ON a.id = "
                        "f.account WHERE f.kind = 'worker' AND f.name = ? AND f.comments = 1 "
                        "AND a.disabled IS NULL ORDER BY f.account",
                        {worker.str()}));
  return tell(followers, "followed-comment", text);
}

}  // namespace

Result<Comment> Comments::add(const WorkerId& worker, const Account& account, std::string_view text,
                              std::int64_t reply_to) {
  TRY(require_thawed(database_, "reviews"));
  TRY(check_comment(text));
  std::int64_t thread = 0;
  if (reply_to != 0) {
    TRY_ASSIGN(const Comment answered, existing(reply_to));
    if (answered.worker != worker.str() || answered.hidden) return no_comment(reply_to);
    thread = answered.reply_to == 0 ? answered.id : answered.reply_to;
  }
  const Time now = clock_.now();
  TRY_ASSIGN(auto transaction, database_.begin());
  TRY(note_deed(transaction, account, kCommentAllowance, now));
  if (thread != 0) {
    TRY_ASSIGN(const auto rows,
               transaction.query("SELECT count(*) FROM comments WHERE reply_to = ?", {thread}));
    if (rows.front()[0].integer() >= kCommentRepliesMax)
      return fail(Errc::policy, "thread-full",
                  fmt::format("a thread has at most {} answers", kCommentRepliesMax),
                  {.fix = "begin another one"});
  }
  TRY_ASSIGN(
      const std::int64_t id,
      transaction.insert("INSERT INTO comments (worker, account, reply_to, text, created, updated, "
                         "edits, hidden_reason) VALUES (?, ?, ?, ?, ?, ?, 0, '')",
                         {worker.str(), account.id, thread == 0 ? SqlValue() : SqlValue(thread),
                          text, unix_seconds(now), unix_seconds(now)}));
  TRY(tell_of_comment(transaction, worker, account, reply_to, now));
  TRY(transaction.commit());
  return get(id);
}

Result<Comment> Comments::get(std::int64_t id) const {
  TRY_ASSIGN(const auto rows,
             database_.query(fmt::format("SELECT {} WHERE c.id = ?", kCommentColumns), {id}));
  if (rows.empty()) return no_comment(id);
  return read_comment(rows.front());
}

Result<Comment> Comments::existing(std::int64_t id) const {
  TRY_ASSIGN(Comment comment, get(id));
  if (comment.is_gone) return no_comment(id);
  return comment;
}

Result<std::vector<CommentVersion>> Comments::history(std::int64_t id) const {
  TRY_ASSIGN(const auto rows,
             database_.query(
                 "SELECT text, until FROM comment_versions WHERE comment = ? ORDER BY id", {id}));
  std::vector<CommentVersion> all;
  for (const SqlRow& row : rows)
    all.push_back({row[0].text(), from_unix_seconds(row[1].integer())});
  return all;
}

Result<CommentPage> Comments::list(const WorkerId& worker, std::int64_t before, int limit) const {
  TRY_ASSIGN(
      const auto rows,
      database_.query(
          fmt::format("SELECT {} WHERE c.worker = ? AND c.reply_to IS NULL AND c.id < ? AND "
                      "((c.deleted IS NULL AND a.disabled IS NULL) OR EXISTS (SELECT 1 FROM "
                      "comments r WHERE r.reply_to = c.id AND r.deleted IS NULL)) ORDER BY c.id "
                      "DESC LIMIT ?",
                      kCommentColumns),
          {worker.str(), before == 0 ? INT64_MAX : before, limit + 1}));
  CommentPage page;
  for (const SqlRow& row : rows) {
    if (page.threads.size() == static_cast<std::size_t>(limit)) {
      page.next = page.threads.back().first.id;
      break;
    }
    page.threads.push_back({read_comment(row), {}});
  }
  if (page.threads.empty()) return page;
  // All answers of the page at once: of this worker, to a comment between its ends.
  TRY_ASSIGN(
      const auto replies,
      database_.query(fmt::format("SELECT {} WHERE c.worker = ? AND c.reply_to BETWEEN ? "
                                  "AND ? AND c.deleted IS NULL ORDER BY c.id",
                                  kCommentColumns),
                      {worker.str(), page.threads.back().first.id, page.threads.front().first.id}));
  for (const SqlRow& row : replies) {
    Comment reply = read_comment(row);
    for (CommentThread& thread : page.threads)
      if (thread.first.id == reply.reply_to) {
        thread.replies.push_back(std::move(reply));
        break;
      }
  }
  return page;
}

Result<std::vector<Comment>> Comments::pinned(const WorkerId& worker) const {
  TRY_ASSIGN(
      const auto rows,
      database_.query(
          fmt::format("SELECT {} WHERE c.worker = ? AND c.pinned IS NOT NULL AND c.deleted IS NULL "
                      "AND c.hidden IS NULL AND a.disabled IS NULL ORDER BY c.pinned DESC, c.id "
                      "DESC",
                      kCommentColumns),
          {worker.str()}));
  std::vector<Comment> all;
  for (const SqlRow& row : rows) all.push_back(read_comment(row));
  return all;
}

Result<Comment> Comments::edit(std::int64_t id, const Account& account, std::string_view text) {
  TRY(require_thawed(database_, "reviews"));
  TRY_ASSIGN(const Comment comment, existing(id));
  if (comment.account != account.name)
    return fail(Errc::forbidden, "comment-not-yours",
                fmt::format("comment {} is {}'s", id, comment.account));
  if (comment.hidden)
    return fail(Errc::policy, "comment-hidden", "a reviewer hid this comment",
                {.why = comment.hidden_reason});
  TRY(check_comment(text));
  const Time now = clock_.now();
  TRY_ASSIGN(auto transaction, database_.begin());
  TRY(note_deed(transaction, account, kCommentAllowance, now));
  TRY(transaction.insert("INSERT INTO comment_versions (comment, text, until) VALUES (?, ?, ?)",
                         {id, comment.text, unix_seconds(now)}));
  TRY(transaction.execute(
      "UPDATE comments SET text = ?, updated = ?, edits = edits + 1 WHERE id = ?",
      {text, unix_seconds(now), id}));
  TRY(transaction.commit());
  return get(id);
}

Result<void> Comments::remove(std::int64_t id, const Account& account) {
  TRY_ASSIGN(const Comment comment, existing(id));
  if (comment.account != account.name)
    return fail(Errc::forbidden, "comment-not-yours",
                fmt::format("comment {} is {}'s", id, comment.account));
  const Time now = clock_.now();
  TRY_ASSIGN(auto transaction, database_.begin());
  TRY(transaction.execute("UPDATE comments SET deleted = ?, pinned = NULL WHERE id = ?",
                          {unix_seconds(now), id}));
  TRY(close_reports(transaction, Reported::comment, id, true, now));
  return transaction.commit();
}

Result<Comment> Comments::set_pinned(std::int64_t id, const Account& account,
                                     const Maintainers& maintainers, bool is_pinned) {
  TRY_ASSIGN(const Comment comment, existing(id));
  if (!maintainers.includes(account.name) && !account.may_review())
    return fail(Errc::forbidden, "not-a-maintainer",
                fmt::format("'{}' does not maintain {}", account.name, comment.worker));
  if (is_pinned && (comment.reply_to != 0 || comment.hidden))
    return fail(Errc::policy, "comment-not-pinnable",
                "only what begins a thread, and is shown, can be pinned");
  if (is_pinned == comment.pinned.has_value()) return comment;
  const Time now = clock_.now();
  TRY_ASSIGN(auto transaction, database_.begin());
  if (is_pinned) {
    TRY_ASSIGN(const auto rows,
               transaction.query("SELECT count(*) FROM comments WHERE worker = ? AND pinned IS NOT "
                                 "NULL AND deleted IS NULL",
                                 {comment.worker}));
    if (rows.front()[0].integer() >= kCommentPinsMax)
      return fail(Errc::policy, "too-many-pins",
                  fmt::format("{} has {} pinned comments already", comment.worker, kCommentPinsMax),
                  {.fix = "unpin one first"});
  }
  TRY(transaction.execute("UPDATE comments SET pinned = ? WHERE id = ?",
                          {is_pinned ? SqlValue(unix_seconds(now)) : SqlValue(), id}));
  TRY(append_audit(transaction,
                   {.at = now,
                    .actor = account.name,
                    .action = is_pinned ? "comment.pin" : "comment.unpin",
                    .subject = fmt::format("comment:{}", id),
                    .details = fmt::format("of {} by {}", comment.worker, comment.account)}));
  TRY(transaction.commit());
  return get(id);
}

Result<void> Comments::report(std::int64_t id, const Account& account, std::string_view reason) {
  TRY(existing(id));
  TRY_ASSIGN(auto transaction, database_.begin());
  TRY(add_report(transaction, Reported::comment, id, account, reason, clock_.now()));
  return transaction.commit();
}

Result<Comment> Comments::moderate(std::int64_t id, const Account& reviewer, bool hide,
                                   std::string_view reason) {
  if (!reviewer.may_review())
    return fail(Errc::forbidden, "reviewer-needed", "only a reviewer may do this");
  TRY_ASSIGN(const Comment comment, existing(id));
  if (comment.account == reviewer.name)
    return fail(Errc::forbidden, "comment-own", "nobody judges their own comment");
  if (hide && trim(reason).empty())
    return fail(Errc::invalid_input, "reason-missing", "what is hidden is hidden for a reason");
  TRY(check_said(reason, "the reason", 1'000, "comment-text-invalid"));
  const Time now = clock_.now();
  TRY_ASSIGN(auto transaction, database_.begin());
  TRY(transaction.execute(
      fmt::format("UPDATE comments SET hidden = ?, hidden_reason = ?{} WHERE id = ?",
                  hide ? ", pinned = NULL" : ""),
      {hide ? SqlValue(unix_seconds(now)) : SqlValue(), hide ? std::string(reason) : std::string(),
       id}));
  TRY(close_reports(transaction, Reported::comment, id, hide, now));
  TRY_ASSIGN(const auto author,
             transaction.query("SELECT account FROM comments WHERE id = ?", {id}));
  if (hide)
    TRY(add_notice(
        transaction, author.front()[0].integer(), "comment-hidden", "worker:" + comment.worker,
        fmt::format("your comment on {} is not shown: {}", comment.worker, reason), now));
  TRY(append_audit(transaction, {.at = now,
                                 .actor = reviewer.name,
                                 .action = hide ? "comment.hide" : "comment.show",
                                 .subject = fmt::format("comment:{}", id),
                                 .details = fmt::format("of {} by {}: {}", comment.worker,
                                                        comment.account, reason)}));
  TRY(transaction.commit());
  return get(id);
}

}  // namespace rbee::community
