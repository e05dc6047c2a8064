// Reviews: what people who tried a worker say of it, with 1 to 5 points.
//
// One for each account and worker; an edit keeps what was said before. Whether its author had
// installed the worker is the server's to say, never the client's. Maintainers answer, they do not
// rate; reviewers of the marketplace hide what breaks its rules, with a reason. Reads and writes
// the database.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/ids.hpp"
#include "base/result.hpp"
#include "community/accounts.hpp"
#include "community/ownership.hpp"
#include "community/reports.hpp"
#include "platform/database.hpp"

namespace rbee::community {

inline constexpr std::size_t kReviewTitleBytesMax = 120;
inline constexpr std::size_t kReviewCommentBytesMax = 5'000;

/// The last installation that the account's own receipts tell of.
struct VerifiedInstall {
  std::string release, platform, hardware;  ///< "1.2-1", "linux-x86_64-cuda", a hardware class.
};
/// Nothing: the server knows of none. May be empty.
using FindInstall = std::function<Result<std::optional<VerifiedInstall>>(std::int64_t account,
                                                                         std::string_view worker)>;

struct NewReview {
  int rating = 0;
  std::string title = {}, comment = {};  ///< The title may be empty, and so may the comment.
  std::string release = {};              ///< That is served now; an installed one goes before it.
};

struct Review {
  std::int64_t id = 0;
  std::string worker, account;
  int rating = 0;
  std::string title, comment, release;
  bool verified = false;
  std::string platform, hardware;  ///< Of a verified installation.
  Time created{}, updated{};
  std::int64_t edits = 0, helpful = 0;
  struct Reply {
    std::string account, text;
    Time at{};
  };
  std::optional<Reply> reply;
  std::optional<Time> hidden;
  std::string hidden_reason;
};

/// What a review said before an edit.
struct ReviewVersion {
  int rating = 0;
  std::string title, comment, release;
  Time until{};
};

enum class ReviewOrder { newest, helpful, highest, lowest };
std::optional<ReviewOrder> parse_review_order(std::string_view text);

struct ReviewQuery {
  ReviewOrder order = ReviewOrder::newest;
  int rating = 0;  ///< 0: any.
  bool verified_only = false;
  std::string accelerator = {};  ///< Of a verified installation; empty: any.
  bool with_hidden = false;      ///< For reviewers.
  /// The last one of the page before.
  std::optional<std::pair<std::int64_t, std::int64_t>> after = {};
  int limit = 20;
};

struct ReviewPage {
  std::vector<Review> reviews;
  /// What `after` of the next page is; nothing: this is the last one.
  std::optional<std::pair<std::int64_t, std::int64_t>> next;
};

struct ReviewSummary {
  struct Group {
    std::string name;
    std::int64_t count = 0, sum = 0;
  };
  std::array<std::int64_t, 5> histogram{};  ///< How many gave 1, 2, 3, 4, 5.
  std::int64_t verified = 0;
  std::vector<Group> by_accelerator;  ///< Of verified ones, by name.

  std::int64_t count() const;
  std::int64_t sum() const;
};

class Reviews {
 public:
  Reviews(platform::Database& database, const Clock& clock, FindInstall find_install = {})
      : database_(database), clock_(clock), find_install_(std::move(find_install)) {}

  /// Say it, or say it anew. Errors: Errc::invalid_input "rating-invalid", "review-text-invalid";
  /// Errc::forbidden "review-own-worker"; Errc::policy "too-many-today", "frozen".
  Result<Review> put(const WorkerId& worker, const Account& account, const NewReview& said,
                     const Maintainers& maintainers);
  /// Errors of these: Errc::not_found "review-not-found".
  Result<void> withdraw(const WorkerId& worker, const Account& account);
  Result<Review> get(std::int64_t id) const;
  /// Of this account; nothing when it said none.
  Result<std::optional<Review>> of(const WorkerId& worker, const Account& account) const;
  /// Oldest first.
  Result<std::vector<ReviewVersion>> history(std::int64_t id) const;

  Result<ReviewPage> list(const WorkerId& worker, const ReviewQuery& query) const;
  /// Of what is shown.
  Result<ReviewSummary> summary(const WorkerId& worker) const;

  /// The worker's maintainer answers; an empty text takes the answer back. Errors: Errc::forbidden
  /// "not-a-maintainer", Errc::invalid_input "review-text-invalid", Errc::policy "frozen".
  Result<Review> reply(std::int64_t id, const Account& account, const Maintainers& maintainers,
                       std::string_view text);
  /// Errors: Errc::forbidden "review-own"; Errc::policy "too-many-today".
  Result<Review> set_helpful(std::int64_t id, const Account& account, bool helpful);

  /// Errors: Errc::exists "report-open"; Errc::invalid_input "reason-missing"; Errc::policy
  /// "too-many-today".
  Result<void> report(std::int64_t id, const Account& account, std::string_view reason);
  /// Oldest first, at most 200.
  Result<std::vector<Report>> open_reports() const;
  /// Hide or show it again; closes its reports. `reviewer` may review and is not its author; a
  /// hidden one needs a reason. Errors: Errc::forbidden "reviewer-needed", "review-own";
  /// "reason-missing".
  Result<Review> moderate(std::int64_t id, const Account& reviewer, bool hide,
                          std::string_view reason);

 private:
  platform::Database& database_;
  const Clock& clock_;
  FindInstall find_install_;
};

}  // namespace rbee::community
