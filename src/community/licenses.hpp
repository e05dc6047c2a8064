// Licence keys of premium workers that this marketplace sells access to.
//
// A key is shown once; the database holds its SHA-256 and nothing else of it. Each is for some
// workers, or for all, and ends when its time is over or when it is revoked. Reads and writes the
// database; issuing and revoking are on the audit log.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "platform/database.hpp"

namespace rbee::community {

struct License {
  std::int64_t id = 0;
  std::string holder;                ///< Whoever got it: a name, an address, an order's number.
  std::vector<std::string> workers;  ///< Ids; empty: every premium worker.
  Time created{};
  std::optional<Time> expires, last_used, revoked;
  bool covers(std::string_view worker) const;
};

struct IssuedLicense {
  std::string key;  ///< "rbee_lic_" and 43 characters. The only time that it is seen.
  License license;
};

class Licenses {
 public:
  Licenses(platform::Database& database, const Clock& clock) : database_(database), clock_(clock) {}

  /// Errors: Errc::invalid_input "license-holder-invalid" (1 to 120 printable characters),
  /// "worker-id-invalid", "license-expired" for a time that is over.
  Result<IssuedLicense> issue(std::string_view holder, const std::vector<std::string>& workers,
                              std::optional<Time> expires, std::string_view actor);
  /// Newest first, ended ones included.
  Result<std::vector<License>> list() const;
  /// Errors: Errc::not_found "license-not-found" for one that does not exist or has ended.
  Result<void> revoke(std::int64_t id, std::string_view actor);

  /// The licence that `key` stands for. Nothing for one that is unknown, revoked or over: who asks
  /// is not told which. Notes the day of use.
  Result<std::optional<License>> find(std::string_view key);

 private:
  platform::Database& database_;
  const Clock& clock_;
};

}  // namespace rbee::community
