// Submissions in the database: rows to values and back. Decides nothing.
//
// Reads and writes through platform::Database; writes take the transaction of who decides.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "platform/database.hpp"
#include "submission/submission.hpp"

namespace rbee::submission {

/// Make the tables of this layer, or bring them up to date.
Result<void> prepare(platform::Database& database);

struct Filter {
  std::string account = {}, worker = {}, topic = {}, state = {};  ///< Empty: any.
  bool open_only = false;
  bool queue_only = false;  ///< Held or awaiting review.
  std::int64_t before = 0;  ///< Ids below; 0: newest first from the top.
  int limit = 100;
};

/// Newest first.
Result<std::vector<Submission>> list(const platform::Database& database, const Filter& filter);
/// Errors: Errc::not_found "submission-not-found".
Result<Submission> get(const platform::Database& database, std::int64_t id);
Result<Submission> get(platform::Transaction& transaction, std::int64_t id);
/// The open one of that account and topic.
Result<std::optional<Submission>> find_open(platform::Transaction& transaction,
                                            std::string_view account, std::string_view topic);
Result<std::vector<Submission>> open_of_worker(platform::Transaction& transaction,
                                               std::string_view worker);

/// Insert when `id` is 0, else update everything; `updated` is set by the caller.
Result<std::int64_t> save(platform::Transaction& transaction, const Submission& submission);
Result<void> save_findings(platform::Transaction& transaction, std::int64_t submission,
                           int revision, const std::vector<Finding>& findings);
Result<std::vector<Finding>> findings_of(const platform::Database& database,
                                         std::int64_t submission, int revision);

Result<void> add_event(platform::Transaction& transaction, std::int64_t submission,
                       const LogEvent& event);
Result<std::vector<LogEvent>> events_of(const platform::Database& database,
                                        std::int64_t submission);
Result<void> add_comment(platform::Transaction& transaction, std::int64_t submission,
                         const Comment& comment);
Result<std::vector<Comment>> comments_of(const platform::Database& database,
                                         std::int64_t submission);
/// Errors: Errc::exists when the reviewer approved this revision already.
Result<void> add_approval(platform::Transaction& transaction, std::int64_t submission,
                          const Approval& approval);
Result<std::vector<Approval>> approvals_of(platform::Transaction& transaction,
                                           std::int64_t submission, int revision);
Result<std::vector<Approval>> approvals_of(const platform::Database& database,
                                           std::int64_t submission, int revision);

/// The commit that a merge is about to put on main; nothing when none is under way.
Result<void> set_merging(platform::Transaction& transaction, std::int64_t submission,
                         const std::optional<std::string>& commit);
Result<std::optional<std::string>> merging(const platform::Database& database,
                                           std::int64_t submission);
Result<std::optional<std::string>> merging(platform::Transaction& transaction,
                                           std::int64_t submission);
/// The submissions of which a merge is under way.
Result<std::vector<std::int64_t>> all_merging(const platform::Database& database);

/// What somebody asked about a worker, and nobody answered yet.
struct OpenWorkerRequest {
  std::string worker, kind;  ///< "out-of-date", "deletion" or "merge".
  Time created{};
};
/// Of all workers, oldest first.
Result<std::vector<OpenWorkerRequest>> open_worker_requests(const platform::Database& database);

/// Seconds from push to decision of the last hundred decided ones, sorted.
Result<std::vector<std::int64_t>> waiting_times(const platform::Database& database);

}  // namespace rbee::submission
