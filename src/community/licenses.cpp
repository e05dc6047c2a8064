#include "community/licenses.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/digest.hpp"
#include "base/ids.hpp"
#include "base/text.hpp"
#include "community/audit.hpp"
#include "platform/random.hpp"

namespace rbee::community {

namespace {

constexpr std::string_view kPrefix = "rbee_lic_";
constexpr std::size_t kRandomBytes = 32, kHolderBytesMax = 120;
constexpr std::string_view kLicenseColumns =
    "id, holder, workers, created, expires, last_used, revoked";

std::optional<Time> maybe_time(const platform::SqlValue& value) {
  if (value.is_null()) return std::nullopt;
  return Time(std::chrono::seconds(value.integer()));
}

License read(const platform::SqlRow& row) {
  License out;
  out.id = row[0].integer();
  out.holder = row[1].text();
  const std::string workers = row[2].text();
  for (const std::string_view worker : split(workers, ' '))
    if (!worker.empty()) out.workers.emplace_back(worker);
  out.created = Time(std::chrono::seconds(row[3].integer()));
  out.expires = maybe_time(row[4]);
  out.last_used = maybe_time(row[5]);
  out.revoked = maybe_time(row[6]);
  return out;
}

std::string joined(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : " ") + word;
  return out;
}

}  // namespace

bool License::covers(std::string_view worker) const {
  return workers.empty() || std::find(workers.begin(), workers.end(), worker) != workers.end();
}

Result<IssuedLicense> Licenses::issue(std::string_view holder,
                                      const std::vector<std::string>& workers,
                                      std::optional<Time> expires, std::string_view actor) {
  if (holder.empty() || holder.size() > kHolderBytesMax || printable_line(holder) != holder)
    return fail(Errc::invalid_input, "license-holder-invalid", "a licence needs a holder",
                {.fix = fmt::format("1 to {} printable characters: a name, an address, the number "
                                    "of an order",
                                    kHolderBytesMax)});
  std::vector<std::string> ids;
  for (const std::string& worker : workers) {
    TRY_ASSIGN(const WorkerId id, WorkerId::parse(worker));
    ids.push_back(id.str());
  }
  const Time now = clock_.now();
  if (expires && *expires <= now)
    return fail(Errc::invalid_input, "license-expired", "the licence would be over already");
  IssuedLicense issued;
  issued.key = std::string(kPrefix) + platform::random_token(kRandomBytes);
  TRY_ASSIGN(auto transaction, database_.begin());
  TRY_ASSIGN(issued.license.id,
             transaction.insert(
                 "INSERT INTO licenses (hash, holder, workers, created, expires) VALUES (?, ?, ?, "
                 "?, ?)",
                 {Sha256::of(issued.key).hex(), holder, joined(ids), unix_seconds(now),
                  expires ? platform::SqlValue(unix_seconds(*expires)) : platform::SqlValue()}));
  TRY(append_audit(transaction,
                   {.at = now,
                    .actor = std::string(actor),
                    .action = "license.issue",
                    .subject = fmt::format("license:{}", issued.license.id),
                    .details = fmt::format("for {} to {}",
                                           ids.empty() ? "every worker" : joined(ids), holder)}));
  TRY(transaction.commit());
  issued.license.holder = holder;
  issued.license.workers = std::move(ids);
  issued.license.created = now;
  issued.license.expires = expires;
  return issued;
}

Result<std::vector<License>> Licenses::list() const {
  TRY_ASSIGN(const auto rows, database_.query(fmt::format(
                                  "SELECT {} FROM licenses ORDER BY id DESC", kLicenseColumns)));
  std::vector<License> out;
  for (const platform::SqlRow& row : rows) out.push_back(read(row));
  return out;
}

Result<void> Licenses::revoke(std::int64_t id, std::string_view actor) {
  const Time now = clock_.now();
  TRY_ASSIGN(auto transaction, database_.begin());
  TRY_ASSIGN(const auto changed,
             transaction.execute("UPDATE licenses SET revoked = ? WHERE id = ? AND revoked IS NULL",
                                 {unix_seconds(now), id}));
  if (changed == 0)
    return fail(Errc::not_found, "license-not-found",
                fmt::format("there is no licence {} that is in force", id),
                {.fix = "rbee-market license list shows all"});
  TRY(append_audit(transaction, {.at = now,
                                 .actor = std::string(actor),
                                 .action = "license.revoke",
                                 .subject = fmt::format("license:{}", id)}));
  return transaction.commit();
}

Result<std::optional<License>> Licenses::find(std::string_view key) {
  if (!key.starts_with(kPrefix) || key.size() > 100) return std::optional<License>();
  TRY_ASSIGN(const auto rows,
             database_.query(fmt::format("SELECT {} FROM licenses WHERE hash = ?", kLicenseColumns),
                             {Sha256::of(key).hex()}));
  if (rows.empty()) return std::optional<License>();
  License license = read(rows.front());
  const Time now = clock_.now();
  if (license.revoked || (license.expires && *license.expires <= now))
    return std::optional<License>();
  // Once a day is enough to tell who uses it, and spares the disk.
  if (!license.last_used || now - *license.last_used >= std::chrono::hours(24)) {
    TRY_ASSIGN(auto transaction, database_.begin());
    TRY(transaction.execute("UPDATE licenses SET last_used = ? WHERE id = ?",
                            {unix_seconds(now), license.id}));
    TRY(transaction.commit());
    license.last_used = now;
  }
  return std::optional(std::move(license));
}

}  // namespace rbee::community
