#include "ops/backup.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "base/digest.hpp"
#include "base/text.hpp"
#include "community/audit.hpp"
#include "ops/backup_manifest.hpp"
#include "platform/archive.hpp"
#include "platform/archive_writer.hpp"
#include "platform/database.hpp"
#include "platform/database_copy.hpp"
#include "platform/files.hpp"
#include "platform/git_bundle.hpp"

namespace rbee::ops {

namespace fs = std::filesystem;
using platform::Database;
using platform::TemporaryDirectory;

namespace {

constexpr int kDepthMax = 16;
constexpr std::chrono::seconds kMergePatience{60};
constexpr std::string_view kArchiveSuffix = ".tar.zst";

/// What is not copied out of the data directory: it is bundled, made anew, or of this run alone.
bool is_left_out(std::string_view path, Secrets secrets) {
  constexpr std::array<std::string_view, 9> kMade = {
      "catalog.git", "market.db", "market.db-wal", "market.db-shm", "market.db-journal",
      "hooks",       "lock",      "starting",      "upstream"};
  const std::string_view top = path.substr(0, path.find('/'));
  if (secrets == Secrets::without && top == "secret") return true;
  return std::find(kMade.begin(), kMade.end(), top) != kMade.end() || top.ends_with(".sock") ||
         top.starts_with(".rbee-") || top.starts_with("market.db.");
}

Result<void> make_private_directory(const fs::path& path) {
  if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST)
    return tl::unexpected(platform::io_failure("cannot make", path, errno));
  return {};
}

/// The rows of open submissions, whose commits must come along. None where the table is not.
Result<platform::GitRefs> open_submissions(const Database& database) {
  platform::GitRefs refs;
  TRY_ASSIGN(const auto tables,
             database.query("SELECT 1 FROM schema_versions WHERE component = 'submission'"));
  if (tables.empty()) return refs;
  TRY_ASSIGN(const auto rows, database.query("SELECT id, head FROM submissions WHERE is_open = 1 "
                                             "ORDER BY id"));
  for (const auto& row : rows)
    refs[fmt::format("refs/submissions/{}/head", row[0].integer())] = row[1].text();
  return refs;
}

/// Everything else that lies in the data directory.
Result<void> copy_data(const BackupOptions& options, const fs::path& to,
                       std::vector<BackupFile>& files) {
  TRY(make_private_directory(to / kDataName));
  return platform::walk_tree(
      options.data, kDepthMax, [&](const platform::WalkEntry& entry) -> Result<void> {
        if (is_left_out(entry.path, options.secrets)) return {};
        const std::string path = fmt::format("{}/{}", kDataName, entry.path);
        if (S_ISDIR(entry.mode)) return make_private_directory(to / path);
        // Sockets and the like are of the run; a link may lead anywhere.
        if (!S_ISREG(entry.mode)) return {};
        TRY_ASSIGN(BackupFile file, copy_hashed(options.data / entry.path, to / path, path));
        files.push_back(std::move(file));
        return {};
      });
}

Result<BackupFile> hash_there(const fs::path& root, std::string path) {
  const platform::FileDescriptor in(
      ::open((root / path).c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!in) return tl::unexpected(platform::io_failure("cannot read", root / path, errno));
  Hasher hasher(HashAlgorithm::sha256);
  BackupFile file{std::move(path), 0, ""};
  std::string buffer(256 * 1024, '\0');
  for (ssize_t got = 0; (got = ::read(in.get(), buffer.data(), buffer.size())) != 0;) {
    if (got < 0 && errno == EINTR) continue;
    if (got < 0)
      return tl::unexpected(platform::io_failure("cannot read", root / file.path, errno));
    hasher.update({buffer.data(), static_cast<std::size_t>(got)});
    file.size_bytes += static_cast<std::uint64_t>(got);
  }
  file.sha256 = hasher.finish();
  return file;
}

Result<BackupManifest> fill(const BackupOptions& options, const fs::path& repository,
                            const fs::path& scratch, const fs::path& to, const Clock& clock) {
  BackupManifest manifest;
  manifest.program = options.program;
  manifest.made_at = clock.now();
  platform::GitRefs refs;
  {
    TRY_ASSIGN(const auto lock,
               platform::FileLock::wait(repository / "rbee-merging", "a backup", kMergePatience));
    std::error_code error;
    if (fs::exists(options.data / kDatabaseName, error)) {
      manifest.has_database = true;
      TRY(platform::copy_database(options.data / kDatabaseName, to / kDatabaseName));
    }
    TRY_ASSIGN(refs, platform::git_list_refs(repository));
  }
  if (manifest.has_database) {
    TRY(platform::check_database(to / kDatabaseName));
    // Through a copy: opening it to read would leave a log beside it.
    const fs::path looked_at = scratch / "look.db";
    TRY(copy_hashed(to / kDatabaseName, looked_at, ""));
    TRY_ASSIGN(const auto database, Database::open(looked_at));
    TRY_ASSIGN(const community::AuditState audit, community::verify_audit(*database));
    manifest.audit_entries = audit.entries;
    manifest.audit_hash = audit.last_hash;
    TRY_ASSIGN(const platform::GitRefs open, open_submissions(*database));
    for (const auto& [name, id] : open) refs[name] = id;
    TRY_ASSIGN(BackupFile file, hash_there(to, std::string(kDatabaseName)));
    manifest.files.push_back(std::move(file));
  }
  const auto main = refs.find("refs/heads/main");
  if (main == refs.end())
    return fail(Errc::not_found, "catalog-empty",
                fmt::format("{} has no branch 'main'", repository.string()));
  manifest.commit = main->second;
  TRY(platform::git_write_bundle(repository, refs, scratch, to / kBundleName));
  TRY_ASSIGN(BackupFile bundle, hash_there(to, std::string(kBundleName)));
  manifest.files.push_back(std::move(bundle));
  TRY(copy_data(options, to, manifest.files));
  std::sort(manifest.files.begin(), manifest.files.end(),
            [](const BackupFile& a, const BackupFile& b) { return a.path < b.path; });
  const std::string text = print_manifest(manifest);
  TRY(platform::write_file_atomically(to / kDigestName, print_manifest_digest(text), 0600));
  TRY(platform::write_file_atomically(to / kManifestName, text, 0600));
  manifest.sha256 = Sha256::of(text).hex();
  return manifest;
}

/// A backup that is one file, unpacked below `scratch`; a directory as it is.
Result<fs::path> unpacked(const fs::path& backup, const fs::path& scratch) {
  std::error_code error;
  if (fs::is_directory(backup, error)) return backup;
  if (!fs::is_regular_file(backup, error))
    return fail(Errc::not_found, "backup-missing",
                fmt::format("no backup is at {}", backup.string()));
  const fs::path to = scratch / "unpacked";
  TRY(make_private_directory(to));
  const platform::FileDescriptor target(::open(to.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  platform::ArchiveLimits limits;
  limits.entries_max = 1'000'000;
  limits.size_bytes_max = std::uint64_t{1} << 40;
  const auto done = platform::unpack(backup, backup.filename().string(), target.get(), limits, {});
  if (!done || done->kind != platform::Unpacked::Kind::archive)
    return fail(Errc::integrity, "backup-damaged",
                fmt::format("{} cannot be unpacked", backup.string()),
                {.evidence = {done ? "it is no archive" : done.error().message}});
  return to;
}

/// A data directory at `to` out of the backup; nothing of it is believed.
Result<BackupManifest> rebuild(const fs::path& backup, const fs::path& to) {
  TRY_ASSIGN(BackupManifest manifest, read_manifest(backup));
  for (const BackupFile& file : manifest.files) {
    const bool is_data = file.path.starts_with(kDataName) && file.path != kDatabaseName;
    const std::string inside = is_data ? file.path.substr(kDataName.size() + 1) : file.path;
    // Else a made-up backup could lay a configuration under the catalog's repository.
    if (is_data && is_left_out(inside, Secrets::with))
      return fail(Errc::integrity, "backup-damaged",
                  fmt::format("{} does not belong into a backup", printable_line(file.path)));
    for (fs::path at = to; const auto& part : fs::path(inside).parent_path())
      TRY(make_private_directory(at /= part));
    TRY_ASSIGN(const BackupFile copied, copy_hashed(backup / file.path, to / inside, file.path));
    if (copied.size_bytes != file.size_bytes || copied.sha256 != file.sha256)
      return fail(
          Errc::integrity, "backup-damaged",
          fmt::format("{} is not what was backed up", printable_line(file.path)),
          {.evidence = {fmt::format("written: {} bytes, sha256 {}", file.size_bytes, file.sha256),
                        fmt::format("there:   {} bytes, sha256 {}", copied.size_bytes,
                                    copied.sha256)},
           .fix = "use another backup"});
  }
  const fs::path repository = to / "catalog.git";
  TRY(platform::git_read_bundle(to / kBundleName, repository));
  std::error_code ignored;
  fs::remove(to / kBundleName, ignored);
  TRY_ASSIGN(const platform::GitRefs refs, platform::git_list_refs(repository));
  const auto main = refs.find("refs/heads/main");
  if (main == refs.end() || main->second != manifest.commit)
    return fail(Errc::integrity, "backup-damaged", "the catalog's main is not the one backed up");
  if (!manifest.has_database) return manifest;
  TRY(platform::check_database(to / kDatabaseName));
  TRY_ASSIGN(const auto database, Database::open(to / kDatabaseName));
  TRY_ASSIGN(const community::AuditState audit, community::verify_audit(*database));
  if (audit.entries != manifest.audit_entries || audit.last_hash != manifest.audit_hash)
    return fail(Errc::integrity, "backup-damaged", "the audit log is not the one backed up");
  TRY_ASSIGN(const platform::GitRefs open, open_submissions(*database));
  for (const auto& [name, id] : open)
    if (const auto found = refs.find(name); found == refs.end() || found->second != id)
      return fail(Errc::integrity, "backup-damaged",
                  fmt::format("the commit of {} is missing", name), {.evidence = {id}});
  return manifest;
}

Result<void> note(const fs::path& data, const Clock& clock, const std::string& actor,
                  std::string action, const BackupManifest& manifest) {
  TRY_ASSIGN(const auto database, Database::open(data / kDatabaseName));
  TRY_ASSIGN(auto transaction, database->begin());
  TRY(community::append_audit(
      transaction,
      {.at = clock.now(),
       .actor = actor,
       .action = std::move(action),
       .subject = "server",
       .digest = manifest.sha256,
       .details = fmt::format("{} files, catalog at {}", manifest.files.size(), manifest.commit)}));
  return transaction.commit();
}

}  // namespace

Result<BackupManifest> write_backup(const BackupOptions& options, const Clock& clock) {
  std::error_code error;
  if (fs::symlink_status(options.target, error).type() != fs::file_type::not_found)
    return fail(Errc::exists, "backup-exists",
                fmt::format("something is at {} already", options.target.string()),
                {.fix = "name a place where nothing is yet"});
  const fs::path repository = options.catalog.value_or(options.data / "catalog.git");
  if (!fs::is_directory(repository / "objects", error))
    return fail(
        Errc::not_found, "data-missing", fmt::format("no catalog is at {}", repository.string()),
        {.fix = "--data is the server's directory; --catalog names a repository elsewhere"});
  // A backup without people and submissions must not look like one.
  if (fs::exists(options.data / "database", error))
    return fail(Errc::unsupported, "backup-of-postgres",
                "the people and submissions of this marketplace are in PostgreSQL",
                {.evidence = {fmt::format("{} names it", (options.data / "database").string())},
                 .fix = "pg_dump the database first, then copy catalog.git, premium and secret of "
                        "the data directory (docs/storage.md)"});
  const fs::path parent = fs::absolute(options.target, error).lexically_normal().parent_path();
  const fs::path data = fs::canonical(options.data, error);
  for (fs::path at = fs::weakly_canonical(parent, error);; at = at.parent_path()) {
    if (at == data)
      return fail(Errc::usage, "backup-inside-data",
                  fmt::format("{} lies in what is backed up", options.target.string()),
                  {.fix = "name a place outside of the data directory"});
    if (at == at.parent_path()) break;
  }
  TRY_ASSIGN(const TemporaryDirectory scratch, TemporaryDirectory::create(parent, ".rbee-backup-"));
  const fs::path made = scratch.path() / "backup";
  TRY(make_private_directory(made));
  TRY_ASSIGN(BackupManifest manifest, fill(options, repository, scratch.path(), made, clock));
  fs::path ready = made;
  if (options.target.string().ends_with(kArchiveSuffix)) {
    ready = scratch.path() / "backup.tar.zst";
    TRY(platform::write_tree(made, {.mtime = manifest.made_at.time_since_epoch().count()}, ready,
                             [] { return false; }));
    if (::chmod(ready.c_str(), 0600) != 0)
      return tl::unexpected(platform::io_failure("cannot change", ready, errno));
  }
  TRY(platform::sync_directory(scratch.path()));
  if (::renameat2(AT_FDCWD, ready.c_str(), AT_FDCWD, options.target.c_str(), RENAME_NOREPLACE) != 0)
    return tl::unexpected(platform::io_failure("cannot make", options.target, errno));
  TRY(platform::sync_directory(parent));
  if (manifest.has_database)
    TRY(note(options.data, clock, options.actor, "server.backup", manifest));
  return manifest;
}

Result<BackupManifest> verify_backup(const fs::path& backup, const fs::path& scratch_parent) {
  TRY_ASSIGN(const TemporaryDirectory scratch,
             TemporaryDirectory::create(scratch_parent, ".rbee-restore-"));
  TRY_ASSIGN(const fs::path directory, unpacked(backup, scratch.path()));
  const fs::path to = scratch.path() / "data";
  TRY(make_private_directory(to));
  return rebuild(directory, to);
}

Result<BackupManifest> restore_backup(const fs::path& backup, const fs::path& data,
                                      const std::string& actor, const Clock& clock) {
  std::error_code error;
  const auto status = fs::symlink_status(data, error);
  const bool is_there = status.type() != fs::file_type::not_found;
  if (is_there &&
      (status.type() != fs::file_type::directory || !fs::is_empty(data, error) || error))
    return fail(Errc::exists, "data-not-empty",
                fmt::format("{} is not an empty directory", data.string()),
                {.why = "a restore never touches what is there",
                 .fix = "restore into a new directory, and serve that"});
  const fs::path absolute = fs::absolute(data, error).lexically_normal();
  const fs::path place = absolute.has_filename() ? absolute : absolute.parent_path();
  TRY_ASSIGN(const TemporaryDirectory scratch,
             TemporaryDirectory::create(place.parent_path(), ".rbee-restore-"));
  TRY_ASSIGN(const fs::path directory, unpacked(backup, scratch.path()));
  const fs::path to = scratch.path() / "data";
  TRY(make_private_directory(to));
  TRY_ASSIGN(BackupManifest manifest, rebuild(directory, to));
  if (manifest.has_database) TRY(note(to, clock, actor, "server.restore", manifest));
  TRY(platform::sync_directory(to));
  // Onto an empty directory, or where nothing is: rename(2) refuses anything else.
  if (::rename(to.c_str(), place.c_str()) != 0)
    return tl::unexpected(platform::io_failure("cannot make", place, errno));
  TRY(platform::sync_directory(place.parent_path()));
  return manifest;
}

}  // namespace rbee::ops
