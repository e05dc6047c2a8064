// Who maintains each worker and what people asked about it, as the AUR's records show it.
//
// A value that is replaced as a whole. Only accounts appear: a commit's author is whatever its
// maker typed, and forged authors were part of the attacks of June 2026. Reads the database.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "api/numbers.hpp"
#include "base/result.hpp"
#include "platform/database.hpp"

namespace rbee::api {

struct AurPerson {
  std::string maintainer;                   ///< Empty: no account maintains it.
  std::string submitter;                    ///< Its first owner; empty: nobody ever owned it.
  std::vector<std::string> co_maintainers;  ///< Sorted.
  std::int64_t out_of_date = 0;             ///< Since when, seconds since 1970; 0: nobody said so.
  int pending_requests = 0;                 ///< Open ones for deletion, merge and adoption.
};

/// By worker id; who is not in it has an empty `AurPerson`.
using AurPeople = std::unordered_map<std::string, AurPerson, TextHash, std::equal_to<>>;

/// Never nullptr. Called from several threads at once.
using ReadAurPeople = std::function<std::shared_ptr<const AurPeople>()>;

/// Keeps an `AurPeople` that follows the database.
class AurPeopleDesk {
 public:
  /// `database` outlives this object.
  explicit AurPeopleDesk(const platform::Database& database)
      : database_(database), people_(std::make_shared<const AurPeople>()) {}
  std::shared_ptr<const AurPeople> get() const;
  /// Read everything again if something changed since the last time: one look at the end of the
  /// audit log tells. True when there is a new table. One thread at a time.
  Result<bool> refresh();

 private:
  const platform::Database& database_;
  std::int64_t seen_ = -1;  ///< The last audit event that was looked at.
  mutable std::mutex mutex_;
  std::shared_ptr<const AurPeople> people_;  ///< Guarded.
};

}  // namespace rbee::api
