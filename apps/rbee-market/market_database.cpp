#include "market_database.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "analytics/schema.hpp"
#include "base/text.hpp"
#include "community/schema.hpp"
#include "ops/idempotency.hpp"
#include "platform/files.hpp"
#include "submission/store.hpp"

namespace rbee::market {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view kRemembered = "database";
constexpr std::uint64_t kFileBytesMax = 16 * 1024;

Result<std::string> first_line(const fs::path& path) {
  TRY_ASSIGN(const std::string text, platform::read_file(path, kFileBytesMax));
  return std::string(trim(std::string_view(text).substr(0, text.find('\n'))));
}

}  // namespace

void add_database_options(CLI::App& command, DatabaseChoice& choice) {
  command
      .add_option("--database", choice.url,
                  "postgresql://USER@HOST/NAME, when it is not the one that DIR remembers")
      ->envname("RBEE_MARKET_STORAGE_DATABASE");
  command.add_option("--database-file", choice.file, "File with that URL, where it has a password")
      ->envname("RBEE_MARKET_STORAGE_DATABASE_FILE");
}

std::string without_password(std::string_view url) {
  const std::size_t scheme = url.find("://");
  if (scheme == std::string_view::npos) return std::string(url);
  const std::size_t begin = scheme + 3;
  const std::size_t end = url.find_first_of("/?", begin);
  // A password may hold '@', if somebody did not write it as %40.
  const std::size_t at = url.substr(0, end).rfind('@');
  std::string out(url);
  if (at != std::string_view::npos && at > begin) {
    const std::size_t colon = url.find(':', begin);
    if (colon < at) out.erase(colon, at - colon);
  }
  // "?password=…&…"
  const std::size_t query = out.find('?');
  for (std::size_t key = query; key != std::string::npos;) {
    key = out.find("password=", key);
    if (key == std::string::npos) break;
    const std::size_t next = out.find('&', key);
    out.erase(key, next == std::string::npos ? next : next + 1 - key);
  }
  while (out.ends_with('&') || out.ends_with('?')) out.pop_back();
  return out;
}

Result<DatabaseChoice> remembered_choice(const fs::path& data, const DatabaseChoice& typed) {
  if (is_postgres(typed)) return typed;
  std::error_code code;
  if (!fs::exists(data / kRemembered, code)) return DatabaseChoice{};
  TRY_ASSIGN(const std::string line, first_line(data / kRemembered));
  constexpr std::string_view kFile = "file:";
  if (line.starts_with(kFile)) return DatabaseChoice{.file = line.substr(kFile.size())};
  return DatabaseChoice{.url = line};
}

Result<void> remember(const fs::path& data, const DatabaseChoice& choice) {
  if (!is_postgres(choice)) return {};
  std::error_code code;
  const std::string line = choice.file.empty() ? without_password(choice.url)
                                               : "file:" + fs::absolute(choice.file, code).string();
  if (fs::exists(data / kRemembered, code)) {
    TRY_ASSIGN(const std::string old, first_line(data / kRemembered));
    if (old == line) return {};
  }
  return platform::write_file_atomically(data / kRemembered, line + "\n", 0600);
}

Result<void> prepare_market_database(platform::Database& database) {
  TRY(community::prepare(database));
  TRY(submission::prepare(database));
  TRY(analytics::prepare(database));
  return ops::prepare_idempotency(database);
}

Result<std::unique_ptr<platform::Database>> open_market_database(const fs::path& data,
                                                                 const DatabaseChoice& typed) {
  TRY_ASSIGN(const DatabaseChoice choice, remembered_choice(data, typed));
  std::unique_ptr<platform::Database> database;
  if (!is_postgres(choice)) {
    TRY_ASSIGN(database, platform::Database::open(data / "market.db"));
  } else {
    std::string url = choice.url;
    if (!choice.file.empty()) {
      TRY_ASSIGN(url, first_line(choice.file));
    }
    TRY_ASSIGN(database, platform::Database::connect(url));
  }
  TRY(prepare_market_database(*database));
  return database;
}

}  // namespace rbee::market
