#include "community/reports.hpp"

#include <fmt/format.h>

#include "base/text.hpp"
#include "community/deeds.hpp"

namespace rbee::community {

namespace {

struct ReportTables {
  std::string_view reports, column, subjects, gone;
};

constexpr ReportTables tables_of(Reported what) {
  return what == Reported::review
             ? ReportTables{"review_reports", "review", "reviews", "withdrawn"}
             : ReportTables{"comment_reports", "comment", "comments", "deleted"};
}

}  // namespace

Result<void> check_said(std::string_view text, std::string_view what, std::size_t bytes_max,
                        std::string_view id) {
  if (text.size() > bytes_max)
    return fail(Errc::invalid_input, std::string(id),
                fmt::format("{} has {} bytes; at most {} are kept", what, text.size(), bytes_max));
  if (!is_utf8(text) || printable(text) != text)
    return fail(Errc::invalid_input, std::string(id),
                fmt::format("{} holds control characters or is not UTF-8", what));
  return {};
}

Result<void> add_report(platform::Transaction& transaction, Reported what, std::int64_t subject,
                        const Account& account, std::string_view reason, Time now) {
  const ReportTables tables = tables_of(what);
  if (trim(reason).empty())
    return fail(Errc::invalid_input, "reason-missing", "a report says what is wrong");
  TRY(check_said(reason, "the reason", 1'000, "review-text-invalid"));
  TRY(note_deed(transaction, account, {"report", 20, 5}, now));
  const auto made = transaction.insert(
      fmt::format("INSERT INTO {} ({}, account, reason, created, decision) VALUES (?, ?, ?, ?, '')",
                  tables.reports, tables.column),
      {subject, account.id, reason, unix_seconds(now)});
  if (!made && made.error().code == Errc::exists)
    return fail(Errc::exists, "report-open",
                fmt::format("you reported this {} already", tables.column));
  if (!made) return tl::unexpected(made.error());
  return {};
}

Result<void> close_reports(platform::Transaction& transaction, Reported what, std::int64_t subject,
                           bool is_hidden, Time now) {
  const ReportTables tables = tables_of(what);
  TRY(transaction.execute(
      fmt::format("UPDATE {} SET decided = ?, decision = ? WHERE {} = ? AND decided IS NULL",
                  tables.reports, tables.column),
      {unix_seconds(now), is_hidden ? "hidden" : "shown", subject}));
  return {};
}

Result<std::vector<Report>> open_reports(const platform::Database& database, Reported what) {
  const ReportTables tables = tables_of(what);
  TRY_ASSIGN(const auto rows,
             database.query(
                 fmt::format("SELECT p.id, p.{1}, r.worker, a.name, b.name, p.reason, p.created "
                             "FROM {0} p JOIN {2} r ON r.id = p.{1} JOIN accounts a ON a.id = "
                             "r.account JOIN accounts b ON b.id = p.account WHERE p.decided IS "
                             "NULL AND r.{3} IS NULL ORDER BY p.id LIMIT 200",
                             tables.reports, tables.column, tables.subjects, tables.gone)));
  std::vector<Report> all;
  for (const platform::SqlRow& row : rows)
    all.push_back({row[0].integer(), row[1].integer(), row[2].text(), row[3].text(), row[4].text(),
                   row[5].text(), from_unix_seconds(row[6].integer())});
  return all;
}

}  // namespace rbee::community
