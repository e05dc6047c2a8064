// A marketplace as a directory that can be kept elsewhere: made while the server runs, verified by
// restoring it, restored whole or not at all.
//
// Order, and why: merges are held (the catalog's own lock) while the database is copied and the
// catalog's refs are listed, some milliseconds; so the database knows every merge that the catalog
// has, and no other. Objects are bundled after that, from the list: what is pushed meanwhile has no
// row yet, and is not missed. An open submission's commit is in the bundle even where its ref was
// not made yet.
//
// Layout: manifest.json (written last) and manifest.sha256, market.db, catalog.bundle, data/…
// (premium files, the server's secret, whatever else lies in the data directory).
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"

namespace rbee::ops {

enum class Secrets { with, without };

struct BackupOptions {
  std::filesystem::path data;    ///< The server's.
  std::filesystem::path target;  ///< Nothing is there yet. "….tar.zst": one file, else a directory.
  std::optional<std::filesystem::path> catalog;  ///< When it is not DATA/catalog.git.
  Secrets secrets = Secrets::with;
  std::string program;  ///< "rbee-market 0.1.0"
  std::string actor;    ///< For the audit log: "local:root".
};

struct BackupFile {
  std::string path;
  std::uint64_t size_bytes = 0;
  std::string sha256;
};

/// What manifest.json says.
struct BackupManifest {
  std::string program, commit;
  Time made_at{};
  bool has_database = false;
  std::int64_t audit_entries = 0;
  std::string audit_hash;
  std::vector<BackupFile> files;  ///< All but the manifest, by path.
  std::string sha256;             ///< Of the manifest itself: keep it elsewhere, too.
};

/// Errors: Errc::exists "backup-exists"; Errc::usage "backup-inside-data"; Errc::not_found
/// "data-missing", "git-missing"; Errc::io … After a failure or a kill, `target` is not there.
Result<BackupManifest> write_backup(const BackupOptions& options, const Clock& clock);

/// Restore it into a directory of its own and throw that away: digests, the database's pages and
/// references, the audit chain, every object of the catalog, every open submission's commit.
/// Errors: Errc::integrity "backup-incomplete", "backup-damaged", "database-corrupt",
/// "audit-chain-broken", "git-damaged".
Result<BackupManifest> verify_backup(const std::filesystem::path& backup,
                                     const std::filesystem::path& scratch_parent);

/// The same, and kept: `data` must be empty or missing, and appears by one rename.
/// Errors: those of `verify_backup`; Errc::exists "data-not-empty".
Result<BackupManifest> restore_backup(const std::filesystem::path& backup,
                                      const std::filesystem::path& data, const std::string& actor,
                                      const Clock& clock);

}  // namespace rbee::ops
