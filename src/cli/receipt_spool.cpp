#include "cli/receipt_spool.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/json/serialize.hpp>
#include <cstdio>
#include <span>

#include "base/text.hpp"
#include "platform/file_descriptor.hpp"
#include "platform/files.hpp"
#include "platform/random.hpp"
#include "wire/json_reader.hpp"

namespace rbee::cli {

namespace fs = std::filesystem;
namespace json = boost::json;

namespace {

constexpr std::size_t kSpoolBytesMax = 64 << 10, kSentMax = 20, kIdLength = 16;
constexpr const char *kSpool = "receipts.spool", *kSending = "receipts.sending",
                     *kSent = "receipts.sent", *kSecret = "receipts.secret",
                     *kLock = "receipts.lock";

/// Take the spool away from those who add to it. False: there is none.
bool take(const fs::path& spool, const fs::path& sending) {
  const platform::FileDescriptor file(::open(spool.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW));
  // Who holds it is writing a line.
  return file && ::flock(file.get(), LOCK_EX) == 0 && ::rename(spool.c_str(), sending.c_str()) == 0;
}

/// Delete the files of the folder whose names begin like that.
void remove_all(const fs::path& folder, std::string_view begin) {
  std::error_code code;
  for (const fs::directory_entry& each : fs::directory_iterator(folder, code))
    if (each.path().filename().string().starts_with(begin)) fs::remove(each.path(), code);
}

std::string string_in(const json::object& object, std::string_view key) {
  const json::value* field = object.if_contains(key);
  return field != nullptr && field->is_string() ? std::string(field->get_string()) : std::string();
}

std::string line_of(const SpooledReceipt& receipt) {
  return json::serialize(json::object{{"catalog", receipt.catalog},
                                      {"period", receipt.period},
                                      {"receipt", receipt.receipt}}) +
         "\n";
}

std::string lines_of(std::span<const SpooledReceipt> receipts) {
  std::string text;
  for (const SpooledReceipt& each : receipts) text += line_of(each);
  return text;
}

/// A missing file has no lines.
std::vector<SpooledReceipt> read_lines(const fs::path& path) {
  std::vector<SpooledReceipt> out;
  const auto text = platform::read_file(path, 4 * kSpoolBytesMax);
  if (!text) return out;
  for (const std::string_view line : split(*text, '\n')) {
    const auto value = wire::parse_json(line);
    if (!value || !value->is_object()) continue;
    const json::object& object = value->get_object();
    const json::value* receipt = object.if_contains("receipt");
    SpooledReceipt each{string_in(object, "catalog"), string_in(object, "period"), {}};
    if (receipt == nullptr || !receipt->is_object() || each.catalog.empty()) continue;
    each.receipt = receipt->get_object();
    out.push_back(std::move(each));
  }
  return out;
}

}  // namespace

std::string iso_week(Time time) {
  using namespace std::chrono;
  const sys_days day = floor<days>(time);
  // The week's year is that of its Thursday.
  const sys_days thursday = day + days(4) - days(weekday(day).iso_encoding());
  const year_month_day date(thursday);
  const auto week = (thursday - sys_days(date.year() / January / 1)).count() / 7 + 1;
  return fmt::format("{:04}-W{:02}", static_cast<int>(date.year()), week);
}

Result<std::string> ReceiptSpool::client_id(const std::string& base, Time now) {
  const std::string period = iso_week(now);
  std::string secret;
  if (const auto text = platform::read_file(folder_ / kSecret, 4096)) {
    const auto value = wire::parse_json(*text);
    if (value && value->is_object() && string_in(value->get_object(), "period") == period)
      secret = string_in(value->get_object(), "secret");
  }
  if (secret.size() < 43) {
    secret = platform::random_token(32);
    TRY(platform::make_directories(folder_, 0700));
    TRY(platform::write_file_atomically(
        folder_ / kSecret,
        json::serialize(json::object{{"period", period}, {"secret", secret}}) + "\n", 0600));
  }
  return platform::hmac_sha256(secret, fmt::format("rbee receipts {} {}", period, base))
      .substr(0, kIdLength);
}

Result<void> ReceiptSpool::add(const SpooledReceipt& receipt) {
  TRY(platform::make_directories(folder_, 0700));
  const fs::path path = folder_ / kSpool;
  // A line that a kill cut stays alone: the next begins with a newline.
  const std::string text = "\n" + line_of(receipt);
  for (;;) {
    const platform::FileDescriptor file(
        ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!file || ::flock(file.get(), LOCK_EX) != 0)
      return tl::unexpected(platform::io_failure("keep a receipt in", path, errno));
    struct stat opened {
    }, present{};
    if (::fstat(file.get(), &opened) != 0)
      return tl::unexpected(platform::io_failure("keep a receipt in", path, errno));
    // A sender took the file away before we held it.
    if (::stat(path.c_str(), &present) != 0 || present.st_ino != opened.st_ino) continue;
    if (static_cast<std::size_t>(opened.st_size) + text.size() > kSpoolBytesMax)
      return fail(Errc::too_large, "spool-full", "as many receipts wait as are kept");
    if (::write(file.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size()))
      return tl::unexpected(platform::io_failure("keep a receipt in", path, errno));
    return {};
  }
}

std::vector<SpooledReceipt> ReceiptSpool::waiting() const {
  std::vector<SpooledReceipt> all = read_lines(folder_ / kSending);
  for (SpooledReceipt& each : read_lines(folder_ / kSpool)) all.push_back(std::move(each));
  return all;
}

std::vector<SpooledReceipt> ReceiptSpool::sent() const {
  return read_lines(folder_ / kSent);
}

Result<std::size_t> ReceiptSpool::send_all(const std::function<Fate(const SpooledReceipt&)>& send,
                                           Time now) {
  std::error_code code;
  if (!fs::exists(folder_ / kSpool, code) && !fs::exists(folder_ / kSending, code)) return 0;
  const auto lock = platform::FileLock::acquire(folder_ / kLock, "rbee telemetry send");
  if (!lock && lock.error().code == Errc::exists) return 0;  // Somebody sends already.
  if (!lock) return tl::unexpected<Error>(lock.error());
  remove_all(folder_, ".receipts.");  // Half-written by a sender that was killed.
  const std::string this_week = iso_week(now), last_week = iso_week(now - std::chrono::days(7));
  std::size_t delivered = 0;
  std::vector<SpooledReceipt> done = sent();
  // What an earlier sender left, then what came since.
  for (int round = 0; round < 2; ++round) {
    const fs::path sending = folder_ / kSending;
    if (!fs::exists(sending, code) && !take(folder_ / kSpool, sending)) break;
    const std::vector<SpooledReceipt> all = read_lines(sending);
    std::size_t next = 0;
    bool kept = false;
    for (; next < all.size() && !kept; ++next) {
      const SpooledReceipt& each = all[next];
      if (each.period != this_week && each.period != last_week) continue;
      switch (send(each)) {
        case Fate::delivered:
          ++delivered;
          done.push_back(each);
          break;
        case Fate::unwanted:
          break;
        case Fate::kept:
          kept = true;
          --next;
          break;
      }
      const std::span rest(all.begin() + static_cast<std::ptrdiff_t>(next + (kept ? 0 : 1)),
                           all.end());
      if (!kept) TRY(platform::write_file_atomically(sending, lines_of(rest), 0600));
    }
    if (done.size() > kSentMax)
      done.erase(done.begin(), done.end() - static_cast<std::ptrdiff_t>(kSentMax));
    TRY(platform::write_file_atomically(folder_ / kSent, lines_of(done), 0600));
    if (kept) return delivered;
    fs::remove(sending, code);
  }
  return delivered;
}

bool ReceiptSpool::is_due(fs::file_time_type now) const {
  std::error_code code;
  const auto added = fs::last_write_time(folder_ / kSpool, code);
  const bool waits = !code;
  const bool left = fs::exists(folder_ / kSending, code);
  if (!waits && !left) return false;
  const auto tried = fs::last_write_time(folder_ / kLock, code);
  return code || (waits && added >= tried) || now - tried > std::chrono::hours(1);
}

Result<void> ReceiptSpool::forget() {
  std::error_code code;
  if (!fs::exists(folder_, code)) return {};
  // A sender that is at it would write what is left of its list.
  TRY_ASSIGN(const auto lock,
             platform::FileLock::wait(folder_ / kLock, "rbee config set telemetry off",
                                      std::chrono::seconds(15)));
  remove_all(folder_, ".receipts.");
  for (const char* name : {kSpool, kSending, kSent, kSecret, kLock})
    TRY(platform::remove_tree(folder_ / name));
  return {};
}

}  // namespace rbee::cli
