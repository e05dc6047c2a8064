// Receipts that wait to be sent, and the secret that names their sender for one week.
//
// Files in one folder, mode 0600: `receipts.spool` (one JSON object a line, at most 64 KiB),
// `receipts.sending` while they are sent, `receipts.sent` (the last 20), `receipts.secret`. A kill
// at any time loses nothing but a line that was half-written; a receipt may be sent twice, and the
// marketplace counts it once.
#pragma once

#include <boost/json/object.hpp>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"

namespace rbee::cli {

/// "2026-W48": the week of ISO 8601 that a client's id is good for.
std::string iso_week(Time time);

struct SpooledReceipt {
  std::string catalog;  ///< Base address of the marketplace that it is for.
  std::string period;   ///< `iso_week` when it was written.
  boost::json::object receipt;
};

class ReceiptSpool {
 public:
  explicit ReceiptSpool(std::filesystem::path folder) : folder_(std::move(folder)) {}

  /// 16 hexadecimal digits: HMAC-SHA-256 of the week and the marketplace, under a secret that is
  /// made anew each week and then forgotten. The same for all workers of a week; nothing ties one
  /// week to the next, or one marketplace to another.
  Result<std::string> client_id(const std::string& base, Time now);

  /// Append one. Errors: Errc::too_large "spool-full".
  Result<void> add(const SpooledReceipt& receipt);
  /// What waits, oldest first. Lines that are damaged are left out.
  std::vector<SpooledReceipt> waiting() const;
  /// What was sent last, oldest first.
  std::vector<SpooledReceipt> sent() const;

  enum class Fate { delivered, unwanted, kept };
  /// Hand each to `send` until it answers `kept`; that one and the rest stay. Those of other weeks
  /// than this and the last are dropped. One sender at a time: another process that sends is left
  /// alone. Returns how many were delivered.
  Result<std::size_t> send_all(const std::function<Fate(const SpooledReceipt&)>& send, Time now);

  /// Something was added later than the last attempt to send, or that is more than an hour ago.
  bool is_due(std::filesystem::file_time_type now) const;
  /// Delete everything, the secret too.
  Result<void> forget();

 private:
  std::filesystem::path folder_;
};

}  // namespace rbee::cli
