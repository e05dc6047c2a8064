#include "community/marks.hpp"

#include <fmt/format.h>

#include "community/deeds.hpp"
#include "community/standing.hpp"

namespace rbee::community {

Result<bool> Marks::set(const WorkerId& worker, const Account& account) {
  const Time now = clock_.now();
  TRY_ASSIGN(auto transaction, database_.begin());
  TRY_ASSIGN(
      const auto rows,
      transaction.query(fmt::format("SELECT 1 FROM {} WHERE account = ? AND worker = ?", table()),
                        {account.id, worker.str()}));
  if (!rows.empty()) return false;
  const Allowance allowance{kind_ == MarkKind::star ? "star" : "vote", 100, 20};
  TRY(note_deed(transaction, account, allowance, now));
  TRY(transaction.execute(
      fmt::format("INSERT INTO {} (account, worker, created) VALUES (?, ?, ?)", table()),
      {account.id, worker.str(), now.time_since_epoch().count()}));
  TRY(note_standing(transaction, worker.str()));
  TRY(transaction.commit());
  return true;
}

Result<bool> Marks::clear(const WorkerId& worker, const Account& account) {
  TRY_ASSIGN(auto transaction, database_.begin());
  TRY_ASSIGN(
      const auto gone,
      transaction.execute(fmt::format("DELETE FROM {} WHERE account = ? AND worker = ?", table()),
                          {account.id, worker.str()}));
  if (gone == 0) return false;
  TRY(note_standing(transaction, worker.str()));
  TRY(transaction.commit());
  return true;
}

Result<bool> Marks::has(const WorkerId& worker, const Account& account) const {
  TRY_ASSIGN(
      const auto rows,
      database_.query(fmt::format("SELECT 1 FROM {} WHERE account = ? AND worker = ?", table()),
                      {account.id, worker.str()}));
  return !rows.empty();
}

Result<std::int64_t> Marks::count(const WorkerId& worker) const {
  TRY_ASSIGN(
      const auto rows,
      database_.query(fmt::format("SELECT count(*) FROM {} m JOIN accounts a ON a.id = m.account "
                                  "WHERE m.worker = ? AND a.disabled IS NULL",
                                  table()),
                      {worker.str()}));
  return rows.front()[0].integer();
}

Result<std::vector<Mark>> Marks::of(const Account& account, const std::optional<Mark>& after,
                                    int limit) const {
  const std::string columns =
      fmt::format("SELECT worker, created FROM {} WHERE account = ?", table());
  constexpr std::string_view kOrder = " ORDER BY created DESC, worker LIMIT ?";
  Result<platform::SqlRows> rows = platform::SqlRows{};
  if (after) {
    const std::int64_t created = after->created.time_since_epoch().count();
    rows = database_.query(
        fmt::format("{} AND (created < ? OR (created = ? AND worker > ?)){}", columns, kOrder),
        {account.id, created, created, after->worker, limit});
  } else {
    rows = database_.query(fmt::format("{}{}", columns, kOrder), {account.id, limit});
  }
  if (!rows) return tl::unexpected(std::move(rows).error());
  std::vector<Mark> all;
  for (const platform::SqlRow& row : *rows)
    all.push_back({row[0].text(), Time(std::chrono::seconds(row[1].integer()))});
  return all;
}

Result<std::vector<std::int64_t>> Marks::accounts(const WorkerId& worker) const {
  TRY_ASSIGN(
      const auto rows,
      database_.query(fmt::format("SELECT m.account FROM {} m JOIN accounts a ON a.id = m.account "
                                  "WHERE m.worker = ? AND a.disabled IS NULL ORDER BY m.account",
                                  table()),
                      {worker.str()}));
  std::vector<std::int64_t> all;
  for (const platform::SqlRow& row : rows) all.push_back(row[0].integer());
  return all;
}

}  // namespace rbee::community
