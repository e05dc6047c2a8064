#include "community/reviews.hpp"

#include <fmt/format.h>

#include "base/text.hpp"
#include "community/audit.hpp"
#include "community/deeds.hpp"
#include "community/standing.hpp"
#include "community/switches.hpp"

namespace rbee::community {

namespace {

using platform::SqlRow;
using platform::SqlValue;

constexpr std::string_view kReviewColumns =
    "r.id, r.worker, a.name, r.rating, r.title, r.comment, r.release, r.verified, r.platform, "
    "r.hardware, r.created, r.updated, r.edits, r.helpful, r.reply, b.name, r.reply_at, r.hidden, "
    "r.hidden_reason";
constexpr std::string_view kFrom =
    "FROM reviews r JOIN accounts a ON a.id = r.account LEFT JOIN accounts b ON b.id = "
    "r.reply_account";
constexpr std::string_view kShown = "r.withdrawn IS NULL AND a.disabled IS NULL";

Review read(const SqlRow& row) {
  Review review;
  review.id = row[0].integer();
  review.worker = row[1].text();
  review.account = row[2].text();
  review.rating = static_cast<int>(row[3].integer());
  review.title = row[4].text();
  review.comment = row[5].text();
  review.release = row[6].text();
  review.verified = row[7].integer() != 0;
  review.platform = row[8].text();
  review.hardware = row[9].text();
  review.created = from_unix_seconds(row[10].integer());
  review.updated = from_unix_seconds(row[11].integer());
  review.edits = row[12].integer();
  review.helpful = row[13].integer();
  if (!row[16].is_null())
    review.reply =
        Review::Reply{row[15].text(), row[14].text(), from_unix_seconds(row[16].integer())};
  if (!row[17].is_null()) review.hidden = from_unix_seconds(row[17].integer());
  review.hidden_reason = row[18].text();
  return review;
}

tl::unexpected<Error> no_review(std::string_view what) {
  return fail(Errc::not_found, "review-not-found", std::string(what));
}

Result<void> check_text(std::string_view text, std::string_view what, std::size_t bytes_max) {
  return check_said(text, what, bytes_max, "review-text-invalid");
}

Result<void> write(platform::Transaction& transaction, std::int64_t id, const NewReview& said,
                   const std::optional<VerifiedInstall>& install, Time now) {
  TRY(transaction.execute(
      "UPDATE reviews SET rating = ?, title = ?, comment = ?, release = ?, verified = ?, platform "
      "= ?, hardware = ?, updated = ?, edits = edits + 1 WHERE id = ?",
      {said.rating, said.title, said.comment, install ? install->release : said.release,
       install ? 1 : 0, install ? install->platform : std::string(),
       install ? install->hardware : std::string(), unix_seconds(now), id}));
  return {};
}

}  // namespace

std::optional<ReviewOrder> parse_review_order(std::string_view text) {
  if (text == "newest") return ReviewOrder::newest;
  if (text == "helpful") return ReviewOrder::helpful;
  if (text == "highest") return ReviewOrder::highest;
  if (text == "lowest") return ReviewOrder::lowest;
  return std::nullopt;
}

std::int64_t ReviewSummary::count() const {
  std::int64_t all = 0;
  for (const std::int64_t each : histogram) all += each;
  return all;
}

std::int64_t ReviewSummary::sum() const {
  std::int64_t all = 0;
  for (std::size_t i = 0; i < histogram.size(); ++i)
    all += histogram[i] * static_cast<std::int64_t>(i + 1);
  return all;
}

Result<Review> Reviews::put(const WorkerId& worker, const Account& account, const NewReview& said,
                            const Maintainers& maintainers) {
  TRY(require_thawed(database_, "reviews"));
  if (said.rating < 1 || said.rating > 5)
    return fail(Errc::invalid_input, "rating-invalid", "a rating is a whole number from 1 to 5");
  TRY(check_text(said.title, "the title", kReviewTitleBytesMax));
  TRY(check_text(said.comment, "the comment", kReviewCommentBytesMax));
  if (said.title.find('\n') != std::string::npos)
    return fail(Errc::invalid_input, "review-text-invalid", "the title is one line");
  if (maintainers.includes(account.name))
    return fail(Errc::forbidden, "review-own-worker",
                fmt::format("'{}' maintains {}; a rating is for those who use it", account.name,
                            worker.str()),
                {.fix = "answer what others say of it"});
  std::optional<VerifiedInstall> install;
  if (find_install_) {
    TRY_ASSIGN(install, find_install_(account.id, worker.str()));
  }
  const Time now = clock_.now();
  TRY_ASSIGN(auto transaction, database_.begin());
  TRY(note_deed(transaction, account, {"review", 20, 5}, now));
  TRY_ASSIGN(const auto rows,
             transaction.query("SELECT id, rating, title, comment, release FROM reviews WHERE "
                               "worker = ? AND account = ? AND withdrawn IS NULL",
                               {worker.str(), account.id}));
  std::int64_t id = 0;
  if (rows.empty()) {
    TRY_ASSIGN(id,
               transaction.insert(
                   "INSERT INTO reviews (worker, account, rating, title, comment, release, "
                   "verified, platform, hardware, created, updated, edits, helpful, reply, "
                   "hidden_reason) VALUES (?, ?, ?, '', '', '', 0, '', '', ?, ?, -1, 0, '', '')",
                   {worker.str(), account.id, said.rating, unix_seconds(now), unix_seconds(now)}));
  } else {
    const SqlRow& old = rows.front();
    id = old[0].integer();
    TRY(transaction.insert(
        "INSERT INTO review_versions (review, rating, title, comment, release, "
        "until) VALUES (?, ?, ?, ?, ?, ?)",
        {id, old[1].integer(), old[2].text(), old[3].text(), old[4].text(), unix_seconds(now)}));
  }
  TRY(write(transaction, id, said, install, now));
  TRY(note_standing(transaction, worker.str()));
  if (rows.empty() && !maintainers.owner.empty()) {
    TRY_ASSIGN(const auto owner,
               transaction.query("SELECT id FROM accounts WHERE name = ?", {maintainers.owner}));
    if (!owner.empty())
      TRY(add_notice(
          transaction, owner.front()[0].integer(), "review", "worker:" + worker.str(),
          fmt::format("{} rated {} with {} of 5", account.name, worker.str(), said.rating), now));
  }
  TRY(transaction.commit());
  return get(id);
}

Result<void> Reviews::withdraw(const WorkerId& worker, const Account& account) {
  TRY_ASSIGN(auto transaction, database_.begin());
  TRY_ASSIGN(const auto changed,
             transaction.execute("UPDATE reviews SET withdrawn = ? WHERE worker = ? AND account = "
                                 "? AND withdrawn IS NULL",
                                 {unix_seconds(clock_.now()), worker.str(), account.id}));
  if (changed == 0)
    return no_review(fmt::format("'{}' has not rated {}", account.name, worker.str()));
  TRY(note_standing(transaction, worker.str()));
  return transaction.commit();
}

Result<Review> Reviews::get(std::int64_t id) const {
  TRY_ASSIGN(const auto rows, database_.query(fmt::format("SELECT {} {} WHERE r.id = ? AND {}",
                                                          kReviewColumns, kFrom, kShown),
                                              {id}));
  if (rows.empty()) return no_review(fmt::format("no review has the number {}", id));
  return read(rows.front());
}

Result<std::optional<Review>> Reviews::of(const WorkerId& worker, const Account& account) const {
  TRY_ASSIGN(const auto rows,
             database_.query(fmt::format("SELECT {} {} WHERE r.worker = ? AND r.account = ? AND {}",
                                         kReviewColumns, kFrom, kShown),
                             {worker.str(), account.id}));
  if (rows.empty()) return std::optional<Review>();
  return std::optional(read(rows.front()));
}

Result<std::vector<ReviewVersion>> Reviews::history(std::int64_t id) const {
  TRY_ASSIGN(const auto rows,
             database_.query("SELECT rating, title, comment, release, until FROM review_versions "
                             "WHERE review = ? ORDER BY id",
                             {id}));
  std::vector<ReviewVersion> all;
  for (const SqlRow& row : rows)
    all.push_back({static_cast<int>(row[0].integer()), row[1].text(), row[2].text(), row[3].text(),
                   from_unix_seconds(row[4].integer())});
  return all;
}

Result<ReviewPage> Reviews::list(const WorkerId& worker, const ReviewQuery& query) const {
  // What is sorted by, as one number of which more comes first.
  const std::string_view key = query.order == ReviewOrder::helpful   ? "r.helpful"
                               : query.order == ReviewOrder::highest ? "r.rating"
                               : query.order == ReviewOrder::lowest  ? "-r.rating"
                                                                     : "r.updated";
  const std::int64_t key_max = query.after ? query.after->first : INT64_MAX;
  const std::int64_t id_max = query.after ? query.after->second : INT64_MAX;
  const std::string accelerator = "%-" + query.accelerator;
  TRY_ASSIGN(
      const auto rows,
      database_.query(
          fmt::format("SELECT {0}, {3} {1} WHERE r.worker = ? AND {2} AND ({3} < ? OR ({3} = ? AND "
                      "r.id < ?)) AND (? = 0 OR r.rating = ?) AND (? = 0 OR r.verified = 1) AND "
                      "(? = 0 OR r.platform LIKE ?) AND (? = 1 OR r.hidden IS NULL) ORDER BY {3} "
                      "DESC, r.id DESC LIMIT ?",
                      kReviewColumns, kFrom, kShown, key),
          {worker.str(), key_max, key_max, id_max, query.rating, query.rating,
           query.verified_only ? 1 : 0, query.accelerator.empty() ? 0 : 1, accelerator,
           query.with_hidden ? 1 : 0, query.limit + 1}));
  ReviewPage page;
  for (const SqlRow& row : rows) {
    if (page.reviews.size() == static_cast<std::size_t>(query.limit)) {
      page.next = {rows[page.reviews.size() - 1].back().integer(), page.reviews.back().id};
      break;
    }
    page.reviews.push_back(read(row));
  }
  return page;
}

Result<ReviewSummary> Reviews::summary(const WorkerId& worker) const {
  TRY_ASSIGN(const auto rows,
             database_.query(fmt::format("SELECT r.rating, r.verified, r.platform, count(*) {} "
                                         "WHERE r.worker = ? AND {} AND r.hidden IS NULL GROUP BY "
                                         "r.rating, r.verified, r.platform",
                                         kFrom, kShown),
                             {worker.str()}));
  ReviewSummary summary;
  for (const SqlRow& row : rows) {
    const std::int64_t rating = row[0].integer(), count = row[3].integer();
    summary.histogram[static_cast<std::size_t>(rating - 1)] += count;
    if (row[1].integer() == 0) continue;
    summary.verified += count;
    const std::string platform = row[2].text();
    const std::string accelerator = platform.substr(platform.rfind('-') + 1);
    auto group = summary.by_accelerator.begin();
    while (group != summary.by_accelerator.end() && group->name < accelerator) ++group;
    if (group == summary.by_accelerator.end() || group->name != accelerator)
      group = summary.by_accelerator.insert(group, {accelerator, 0, 0});
    group->count += count;
    group->sum += rating * count;
  }
  return summary;
}

Result<Review> Reviews::reply(std::int64_t id, const Account& account,
                              const Maintainers& maintainers, std::string_view text) {
  TRY_ASSIGN(const Review review, get(id));
  if (!maintainers.includes(account.name))
    return fail(Errc::forbidden, "not-a-maintainer",
                fmt::format("'{}' does not maintain {}", account.name, review.worker));
  TRY(require_thawed(database_, "reviews"));
  TRY(check_text(text, "the answer", kReviewCommentBytesMax));
  const Time now = clock_.now();
  TRY_ASSIGN(auto transaction, database_.begin());
  TRY(transaction.execute(
      "UPDATE reviews SET reply = ?, reply_account = ?, reply_at = ? WHERE id = ?",
      {text, text.empty() ? SqlValue() : SqlValue(account.id),
       text.empty() ? SqlValue() : SqlValue(unix_seconds(now)), id}));
  TRY_ASSIGN(const auto author,
             transaction.query("SELECT account FROM reviews WHERE id = ?", {id}));
  if (!text.empty() && !review.reply)
    TRY(add_notice(transaction, author.front()[0].integer(), "review-reply",
                   "worker:" + review.worker,
                   fmt::format("{} answered your review of {}", account.name, review.worker), now));
  TRY(transaction.commit());
  return get(id);
}

Result<Review> Reviews::set_helpful(std::int64_t id, const Account& account, bool helpful) {
  TRY_ASSIGN(const Review review, get(id));
  if (review.account == account.name)
    return fail(Errc::forbidden, "review-own", "nobody finds their own review helpful");
  const Time now = clock_.now();
  TRY_ASSIGN(auto transaction, database_.begin());
  TRY_ASSIGN(const auto rows,
             transaction.query("SELECT 1 FROM review_helpful WHERE review = ? AND account = ?",
                               {id, account.id}));
  if (helpful && rows.empty()) {
    TRY(note_deed(transaction, account, {"helpful", 200, 20}, now));
    TRY(transaction.execute(
        "INSERT INTO review_helpful (review, account, created) VALUES (?, ?, ?)",
        {id, account.id, unix_seconds(now)}));
  } else if (!helpful) {
    TRY(transaction.execute("DELETE FROM review_helpful WHERE review = ? AND account = ?",
                            {id, account.id}));
  }
  TRY(
      transaction.execute("UPDATE reviews SET helpful = (SELECT count(*) FROM review_helpful WHERE "
                          "review = ?) WHERE id = ?",
                          {id, id}));
  TRY(transaction.commit());
  return get(id);
}

Result<void> Reviews::report(std::int64_t id, const Account& account, std::string_view reason) {
  TRY_ASSIGN(const Review review, get(id));
  TRY_ASSIGN(auto transaction, database_.begin());
  TRY(add_report(transaction, Reported::review, review.id, account, reason, clock_.now()));
  return transaction.commit();
}

Result<std::vector<Report>> Reviews::open_reports() const {
  return community::open_reports(database_, Reported::review);
}

Result<Review> Reviews::moderate(std::int64_t id, const Account& reviewer, bool hide,
                                 std::string_view reason) {
  if (!reviewer.may_review())
    return fail(Errc::forbidden, "reviewer-needed", "only a reviewer may do this");
  TRY_ASSIGN(const Review review, get(id));
  if (review.account == reviewer.name)
    return fail(Errc::forbidden, "review-own", "nobody judges their own review");
  if (hide && trim(reason).empty())
    return fail(Errc::invalid_input, "reason-missing", "what is hidden is hidden for a reason");
  TRY(check_text(reason, "the reason", 1'000));
  const Time now = clock_.now();
  TRY_ASSIGN(auto transaction, database_.begin());
  TRY(transaction.execute("UPDATE reviews SET hidden = ?, hidden_reason = ? WHERE id = ?",
                          {hide ? SqlValue(unix_seconds(now)) : SqlValue(),
                           hide ? std::string(reason) : std::string(), id}));
  TRY(close_reports(transaction, Reported::review, id, hide, now));
  TRY(note_standing(transaction, review.worker));
  TRY_ASSIGN(const auto author,
             transaction.query("SELECT account FROM reviews WHERE id = ?", {id}));
  if (hide)
    TRY(add_notice(transaction, author.front()[0].integer(), "review-hidden",
                   "worker:" + review.worker,
                   fmt::format("your review of {} is not shown: {}", review.worker, reason), now));
  TRY(append_audit(transaction, {.at = now,
                                 .actor = reviewer.name,
                                 .action = hide ? "review.hide" : "review.show",
                                 .subject = fmt::format("review:{}", id),
                                 .details = fmt::format("of {} by {}: {}", review.worker,
                                                        review.account, reason)}));
  TRY(transaction.commit());
  return get(id);
}

}  // namespace rbee::community
