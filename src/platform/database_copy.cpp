#include "platform/database_copy.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sqlite3.h>
#include <unistd.h>

#include <memory>

#include "base/text.hpp"
#include "platform/files.hpp"

namespace rbee::platform {

namespace fs = std::filesystem;

namespace {

constexpr int kCopyBusyMs = 10'000;
constexpr std::size_t kFindingsMax = 5;

struct CloseHandle {
  void operator()(sqlite3* handle) const { sqlite3_close_v2(handle); }
};
using Handle = std::unique_ptr<sqlite3, CloseHandle>;

tl::unexpected<Error> copy_failure(sqlite3* handle, int code, std::string what) {
  const std::string reason = handle != nullptr ? sqlite3_errmsg(handle) : sqlite3_errstr(code);
  const int kind = code & 0xff;
  if (kind == SQLITE_BUSY || kind == SQLITE_LOCKED)
    return fail(Errc::io, "database-busy", std::move(what), {.evidence = {reason}});
  if (kind == SQLITE_CORRUPT || kind == SQLITE_NOTADB)
    return fail(Errc::integrity, "database-corrupt", std::move(what), {.evidence = {reason}});
  return fail(Errc::io, "database-failed", std::move(what), {.evidence = {reason}});
}

Result<Handle> open(const fs::path& path, int flags) {
  sqlite3* raw = nullptr;
  const int code = sqlite3_open_v2(path.c_str(), &raw,
                                   flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, nullptr);
  Handle handle(raw);
  if (code != SQLITE_OK)
    return copy_failure(raw, code, fmt::format("the database {} cannot be opened", path.string()));
  sqlite3_busy_timeout(raw, kCopyBusyMs);
  sqlite3_db_config(raw, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(raw, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  return handle;
}

}  // namespace

Result<void> copy_database(const fs::path& from, const fs::path& to) {
  const int made = ::open(to.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (made < 0) return tl::unexpected(io_failure("cannot make", to, errno));
  FileDescriptor descriptor(made);
  TRY_ASSIGN(const Handle source, open(from, SQLITE_OPEN_READONLY));
  {
    TRY_ASSIGN(const Handle target, open(to, SQLITE_OPEN_READWRITE));
    sqlite3_backup* backup = sqlite3_backup_init(target.get(), "main", source.get(), "main");
    if (backup == nullptr)
      return copy_failure(target.get(), sqlite3_errcode(target.get()), "the copy cannot begin");
    // All pages in one step: one read transaction, so that what is copied is of one moment.
    const int stepped = sqlite3_backup_step(backup, -1);
    const int finished = sqlite3_backup_finish(backup);
    if (stepped != SQLITE_DONE || finished != SQLITE_OK)
      return copy_failure(target.get(), stepped != SQLITE_DONE ? stepped : finished,
                          fmt::format("{} cannot be copied", from.string()));
    // One file, without a log beside it; who opens it makes one again.
    if (const int code =
            sqlite3_exec(target.get(), "pragma journal_mode = delete", nullptr, nullptr, nullptr);
        code != SQLITE_OK)
      return copy_failure(target.get(), code, "the copy cannot be closed");
  }
  if (::fsync(descriptor.get()) != 0) return tl::unexpected(io_failure("cannot sync", to, errno));
  return {};
}

Result<void> check_database(const fs::path& path) {
  TRY_ASSIGN(const Handle handle, open(path, SQLITE_OPEN_READONLY));
  std::vector<std::string> findings;
  for (const char* pragma : {"pragma integrity_check(5)", "pragma foreign_key_check"}) {
    sqlite3_stmt* raw = nullptr;
    int code = sqlite3_prepare_v2(handle.get(), pragma, -1, &raw, nullptr);
    const std::unique_ptr<sqlite3_stmt, int (*)(sqlite3_stmt*)> statement(raw, sqlite3_finalize);
    if (code != SQLITE_OK)
      return copy_failure(handle.get(), code, fmt::format("{} cannot be checked", path.string()));
    while ((code = sqlite3_step(raw)) == SQLITE_ROW) {
      const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(raw, 0));
      if (text != nullptr && std::string_view(text) == "ok") continue;
      if (findings.size() < kFindingsMax)
        findings.push_back(fmt::format("{}: {}", std::string_view(pragma).substr(7),
                                       printable_line(text == nullptr ? "" : text)));
    }
    if (code != SQLITE_DONE)
      return copy_failure(handle.get(), code, fmt::format("{} is damaged", path.string()));
  }
  if (!findings.empty())
    return fail(Errc::integrity, "database-corrupt", fmt::format("{} is damaged", path.string()),
                {.evidence = std::move(findings)});
  return {};
}

}  // namespace rbee::platform
