// Comments: what people ask and answer below a worker, in threads of one level.
//
// An edit keeps what was said before; a deleted or hidden comment leaves its place, so that answers
// keep theirs. Maintainers and reviewers pin what everybody should read; reviewers hide what breaks
// the rules, with a reason. Reads and writes the database.
#pragma once

#include <cstdint>
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

inline constexpr std::size_t kCommentBytesMax = 5'000;
inline constexpr int kCommentPinsMax = 5;
inline constexpr int kCommentRepliesMax = 200;  ///< In one thread.

struct Comment {
  std::int64_t id = 0;
  std::int64_t reply_to = 0;  ///< 0: it begins a thread.
  std::string worker, account, text;
  Time created{}, updated{};
  std::int64_t edits = 0;
  std::optional<Time> pinned, hidden;
  std::string hidden_reason;
  bool is_gone = false;  ///< Deleted, or its author's account is disabled: nobody sees its text.

  /// The public reads its text.
  bool is_shown() const { return !is_gone && !hidden; }
};

/// What a comment said before an edit.
struct CommentVersion {
  std::string text;
  Time until{};
};

struct CommentThread {
  Comment first;
  std::vector<Comment> replies;  ///< Oldest first.
};

struct CommentPage {
  std::vector<CommentThread> threads;  ///< Newest first.
  std::int64_t next = 0;               ///< `before` of the next page; 0: this is the last one.
};

class Comments {
 public:
  Comments(platform::Database& database, const Clock& clock) : database_(database), clock_(clock) {}

  /// `reply_to`: 0, or a comment of the same worker; an answer to an answer joins its thread. Tells
  /// the maintainers, the author of what it answers, and followers who asked. Errors:
  /// Errc::invalid_input "comment-text-invalid"; Errc::not_found "comment-not-found"; Errc::policy
  /// "thread-full", "too-many-today", "too-many-this-hour", "frozen".
  Result<Comment> add(const WorkerId& worker, const Account& account, std::string_view text,
                      std::int64_t reply_to);
  /// Errors of these: Errc::not_found "comment-not-found".
  Result<Comment> get(std::int64_t id) const;
  /// Oldest first.
  Result<std::vector<CommentVersion>> history(std::int64_t id) const;
  /// Threads that have something in them; ids of their first comments below `before`, or all for 0.
  Result<CommentPage> list(const WorkerId& worker, std::int64_t before, int limit) const;
  /// Newest pin first.
  Result<std::vector<Comment>> pinned(const WorkerId& worker) const;

  /// By its author. Errors: Errc::forbidden "comment-not-yours"; Errc::policy "comment-hidden",
  /// and as `add`.
  Result<Comment> edit(std::int64_t id, const Account& account, std::string_view text);
  /// By its author; its reports are closed. Errors: Errc::forbidden "comment-not-yours".
  Result<void> remove(std::int64_t id, const Account& account);

  /// By a maintainer or reviewer; what begins a thread and is shown. Errors: Errc::forbidden
  /// "not-a-maintainer"; Errc::policy "comment-not-pinnable", "too-many-pins".
  Result<Comment> set_pinned(std::int64_t id, const Account& account,
                             const Maintainers& maintainers, bool is_pinned);

  /// Errors: as add_report.
  Result<void> report(std::int64_t id, const Account& account, std::string_view reason);
  /// Hide or show it again; closes its reports. `reviewer` may review and is not its author.
  /// Errors: Errc::forbidden "reviewer-needed", "comment-own"; Errc::invalid_input
  /// "reason-missing", "comment-text-invalid".
  Result<Comment> moderate(std::int64_t id, const Account& reviewer, bool hide,
                           std::string_view reason);

 private:
  /// One that is still there. Errors: "comment-not-found".
  Result<Comment> existing(std::int64_t id) const;

  platform::Database& database_;
  const Clock& clock_;
};

}  // namespace rbee::community
