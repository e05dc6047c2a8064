// The audit log: who did what to what, when, and with which bytes. Nothing is ever taken out of it.
//
// Each entry carries a SHA-256 over itself and over the hash before it: who changes one entry has
// to change all that follow, and the last hash, kept elsewhere, tells.
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

struct AuditEntry {
  std::int64_t id = 0;
  Time at{};
  std::string actor =
      {};  ///< An account's name, "server", or "local:USER" for commands on the host.
  std::string action =
      {};  ///< "token.create", "submission.approve": the subject's kind and a verb.
  std::string subject = {};  ///< "account:ann", "worker:tts-worker", "submission:17".
  std::string digest = {};   ///< Of the bytes it was about: a tree, a commit; may be empty.
  std::string details = {};  ///< For people, one line; may be empty.
  std::string hash = {};     ///< 64 hexadecimal digits.
};

/// Append; `id` and `hash` of `entry` are made here. It is on the record when `transaction` is
/// committed.
Result<void> append_audit(platform::Transaction& transaction, const AuditEntry& entry);

struct AuditQuery {
  std::string subject = {};  ///< Empty: all.
  std::string actor = {};    ///< Empty: all.
  std::int64_t before = 0;   ///< Ids below this one; 0: from the newest.
  int limit = 100;           ///< 1 to 1000.
};
/// Newest first.
Result<std::vector<AuditEntry>> list_audit(const platform::Database& database,
                                           const AuditQuery& query);

struct AuditState {
  std::int64_t entries = 0;
  std::string last_hash;  ///< Empty while there is none.
};
/// Walk the whole chain. Errors: Errc::integrity "audit-chain-broken", naming the first entry that
/// does not fit.
Result<AuditState> verify_audit(const platform::Database& database);

}  // namespace rbee::community
