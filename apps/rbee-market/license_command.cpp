// rbee-market license, premium: who may download what is sold, and what that is.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <memory>

#include "base/digest.hpp"
#include "base/ids.hpp"
#include "base/text.hpp"
#include "community/licenses.hpp"
#include "host_commands.hpp"
#include "market_office.hpp"
#include "platform/files.hpp"
#include "premium_store.hpp"

namespace rbee::market {

namespace {

namespace fs = std::filesystem;
namespace json = boost::json;
using community::License;
using community::Licenses;

struct LicenseCommandOptions {
  DatabaseChoice database;
  std::string data, holder, worker, file, name;
  std::vector<std::string> workers;
  std::int64_t id = 0;
  int days = 0;
  bool all = false, json = false;
};

struct Counter {
  LicenseCommandOptions options;
  SystemClock clock;
  std::unique_ptr<platform::Database> database;

  Result<void> open() {
    TRY_ASSIGN(database, open_market_database(options.data, options.database));
    return {};
  }
};

json::value maybe(const std::optional<Time>& time) {
  return time ? json::value(rfc3339(*time)) : json::value();
}

Result<void> issue(Counter& counter) {
  const LicenseCommandOptions& options = counter.options;
  if (options.workers.empty() != options.all)
    return fail(Errc::usage, "license-workers", "say which workers the licence is for",
                {.fix = "--worker ID, once for each, or --all-workers"});
  std::optional<Time> expires;
  if (options.days > 0) expires = counter.clock.now() + std::chrono::days(options.days);
  TRY_ASSIGN(const auto issued,
             Licenses(*counter.database, counter.clock)
                 .issue(options.holder, options.workers, expires, local_actor()));
  if (options.json) {
    fmt::print("{}\n",
               json::serialize(json::object{{"id", issued.license.id},
                                            {"key", issued.key},
                                            {"workers", json::array(issued.license.workers.begin(),
                                                                    issued.license.workers.end())},
                                            {"expires_at", maybe(expires)}}));
  } else {
    fmt::print("{}\n", issued.key);
  }
  if (::isatty(STDERR_FILENO) != 0)
    fmt::print(stderr, "It is shown this once; the database keeps its digest.\n");
  return {};
}

Result<void> list(Counter& counter) {
  TRY_ASSIGN(const auto all, Licenses(*counter.database, counter.clock).list());
  json::array out;
  for (const License& each : all) {
    if (counter.options.json) {
      out.push_back({{"id", each.id},
                     {"holder", each.holder},
                     {"workers", json::array(each.workers.begin(), each.workers.end())},
                     {"created_at", rfc3339(each.created)},
                     {"expires_at", maybe(each.expires)},
                     {"last_used_at", maybe(each.last_used)},
                     {"revoked_at", maybe(each.revoked)}});
      continue;
    }
    std::string workers;
    for (const std::string& worker : each.workers) workers += (workers.empty() ? "" : " ") + worker;
    fmt::print("{:>5} {:<32} {:<32} expires {} used {}{}\n", each.id, each.holder,
               workers.empty() ? "(every worker)" : workers,
               each.expires ? rfc3339(*each.expires) : "-",
               each.last_used ? rfc3339(*each.last_used) : "-", each.revoked ? "  revoked" : "");
  }
  if (counter.options.json)
    fmt::print("{}\n", json::serialize(json::object{{"licenses", std::move(out)}}));
  return {};
}

Result<void> revoke(Counter& counter) {
  return Licenses(*counter.database, counter.clock).revoke(counter.options.id, local_actor());
}

Result<fs::path> folder_of(const LicenseCommandOptions& options) {
  TRY_ASSIGN(const WorkerId id, WorkerId::parse(options.worker));
  return fs::path(options.data) / "premium" / id.str();
}

tl::unexpected<Error> bad_name(const std::string& name) {
  return fail(Errc::invalid_input, "premium-name",
              fmt::format("'{}' is no name for a file to download", printable_line(name)),
              {.why = "it may hold letters, digits and . _ + -, and begins with none of . and -",
               .fix = "give it another with --name"});
}

/// Copied under a name that nobody sees until it is whole; the digest is for the recipe.
Result<void> add(Counter& counter) {
  const LicenseCommandOptions& options = counter.options;
  const std::string name =
      options.name.empty() ? fs::path(options.file).filename().string() : options.name;
  if (!is_premium_file_name(name)) return bad_name(name);
  TRY_ASSIGN(const fs::path folder, folder_of(options));
  TRY(platform::make_directories(folder, 0700));
  struct stat there {};
  if (::lstat((folder / name).c_str(), &there) == 0)
    return fail(Errc::exists, "premium-exists",
                fmt::format("{} has a file '{}' already", options.worker, name),
                {.why = "a published file must not change: recipes name its digest",
                 .fix = "give the new one another name: --name"});
  const platform::FileDescriptor file(::open(options.file.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) return tl::unexpected(platform::io_failure("read", options.file, errno));
  TRY_ASSIGN(auto copy, platform::AtomicFile::create(folder / name, 0600));
  Hasher hasher(HashAlgorithm::sha256);
  std::string block(1 << 20, '\0');
  std::uint64_t size = 0;
  for (;;) {
    const ssize_t count = ::read(file.get(), block.data(), block.size());
    if (count < 0) return tl::unexpected(platform::io_failure("read", options.file, errno));
    if (count == 0) break;
    const auto bytes = std::string_view(block).substr(0, static_cast<std::size_t>(count));
    hasher.update(bytes);
    size += bytes.size();
    TRY(copy.write(bytes));
  }
  TRY(copy.commit());
  const std::string path = fmt::format("/premium/{}/{}", options.worker, name);
  const std::string digest = hasher.finish();
  if (options.json) {
    fmt::print("{}\n", json::serialize(
                           json::object{{"path", path}, {"sha256", digest}, {"size_bytes", size}}));
  } else {
    fmt::print("source: <this marketplace>{}\nsha256: {}\n", path, digest);
  }
  return {};
}

Result<void> remove(Counter& counter) {
  const LicenseCommandOptions& options = counter.options;
  if (!is_premium_file_name(options.name)) return bad_name(options.name);
  TRY_ASSIGN(const fs::path folder, folder_of(options));
  if (::unlink((folder / options.name).c_str()) == 0) return {};
  if (errno != ENOENT)
    return tl::unexpected(platform::io_failure("remove", folder / options.name, errno));
  return fail(Errc::not_found, "file-not-found",
              fmt::format("{} has no file '{}'", options.worker, options.name));
}

Result<void> files(Counter& counter) {
  const fs::path top = fs::path(counter.options.data) / "premium";
  json::array out;
  if (!fs::exists(top)) return {};
  TRY(platform::walk_tree(top, 2, [&](const platform::WalkEntry& entry) -> Result<void> {
    if (!S_ISREG(entry.mode)) return {};
    if (counter.options.json)
      out.push_back({{"path", "/premium/" + entry.path}, {"size_bytes", entry.size_bytes}});
    else
      fmt::print("{:>12} /premium/{}\n", entry.size_bytes, printable_line(entry.path));
    return {};
  }));
  if (counter.options.json)
    fmt::print("{}\n", json::serialize(json::object{{"files", std::move(out)}}));
  return {};
}

}  // namespace

void add_license_commands(CLI::App& app, std::function<int()>& run) {
  const auto counter = std::make_shared<Counter>();
  const auto nothing = [](CLI::App&, LicenseCommandOptions&) {};
  CLI::App* license = app.add_subcommand("license", "Licence keys of premium workers");
  license->require_subcommand(1);
  add_desk_command<Counter>(
      *license, "issue", "Make a licence key and print it, once", issue, counter, run,
      [](CLI::App& command, LicenseCommandOptions& options) {
        command.add_option("--holder", options.holder, "Who gets it; for you")->required();
        command.add_option("--worker", options.workers, "What it is for; may be given again");
        command.add_flag("--all-workers", options.all, "It is for every premium worker");
        command.add_option("--days", options.days, "How long it is good; 0: until it is revoked")
            ->check(CLI::Range(0, 36'500));
      });
  add_desk_command<Counter>(*license, "list", "All licences, newest first", list, counter, run,
                            nothing);
  add_desk_command<Counter>(*license, "revoke", "End a licence at once", revoke, counter, run,
                            [](CLI::App& command, LicenseCommandOptions& options) {
                              command.add_option("ID", options.id, "Its number")->required();
                            });
  CLI::App* premium = app.add_subcommand("premium", "Files that holders of a licence may download");
  premium->require_subcommand(1);
  const auto worker = [](CLI::App& command, LicenseCommandOptions& options) {
    command.add_option("WORKER", options.worker, "The worker's id")->required();
  };
  add_desk_command<Counter>(*premium, "add", "Put a file up, and print what its recipe needs", add,
                            counter, run, [&](CLI::App& command, LicenseCommandOptions& options) {
                              worker(command, options);
                              command.add_option("FILE", options.file, "It is copied")->required();
                              command.add_option("--name", options.name, "Another name for it");
                            });
  add_desk_command<Counter>(*premium, "list", "All files", files, counter, run, nothing);
  add_desk_command<Counter>(*premium, "remove", "Take a file down", remove, counter, run,
                            [&](CLI::App& command, LicenseCommandOptions& options) {
                              worker(command, options);
                              command.add_option("NAME", options.name, "The file's")->required();
                            });
}

}  // namespace rbee::market
