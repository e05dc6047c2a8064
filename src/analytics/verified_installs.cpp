#include "analytics/verified_installs.hpp"

#include "analytics/event.hpp"

namespace rbee::analytics {

namespace {

VerifiedInstall read(const platform::SqlRow& row) {
  return {row[0].text(), row[1].text(), row[2].text(), row[3].text(),
          Time(std::chrono::seconds(row[4].integer()))};
}

}  // namespace

Result<void> note_verified_install(platform::Transaction& transaction, std::int64_t account,
                                   const VerifiedInstall& install) {
  TRY(transaction.execute(
      "INSERT INTO verified_installs (account, worker, release, platform, hardware, day) "
      "VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (account, worker, release, platform) DO UPDATE SET "
      "hardware = excluded.hardware, day = excluded.day",
      {account, install.worker, install.release, install.platform, install.hardware,
       day_of(install.day)}));
  return {};
}

Result<std::optional<VerifiedInstall>> verified_install(const platform::Database& database,
                                                        std::int64_t account,
                                                        std::string_view worker,
                                                        std::string_view release) {
  TRY_ASSIGN(const auto rows,
             database.query("SELECT worker, release, platform, hardware, day FROM "
                            "verified_installs WHERE account = ? AND worker = ? AND (? = '' OR "
                            "release = ?) ORDER BY day DESC, id DESC LIMIT 1",
                            {account, worker, release, release}));
  if (rows.empty()) return std::optional<VerifiedInstall>();
  return std::optional(read(rows.front()));
}

Result<std::vector<VerifiedInstall>> verified_installs(const platform::Database& database,
                                                       std::int64_t account) {
  TRY_ASSIGN(const auto rows,
             database.query("SELECT worker, release, platform, hardware, day FROM "
                            "verified_installs WHERE account = ? ORDER BY worker, id",
                            {account}));
  std::vector<VerifiedInstall> all;
  for (const platform::SqlRow& row : rows) all.push_back(read(row));
  return all;
}

Result<std::int64_t> forget_verified_installs(platform::Database& database, std::int64_t account) {
  TRY_ASSIGN(auto transaction, database.begin());
  TRY_ASSIGN(const std::int64_t count,
             transaction.execute("DELETE FROM verified_installs WHERE account = ?", {account}));
  TRY(transaction.commit());
  return count;
}

}  // namespace rbee::analytics
