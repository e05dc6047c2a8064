// manifest.json of a backup: what belongs to it, byte for byte.
#pragma once

#include "ops/backup.hpp"

namespace rbee::ops {

inline constexpr std::string_view kManifestName = "manifest.json";
inline constexpr std::string_view kDigestName = "manifest.sha256";
inline constexpr std::string_view kDatabaseName = "market.db";
inline constexpr std::string_view kBundleName = "catalog.bundle";
inline constexpr std::string_view kDataName = "data";

std::string print_manifest(const BackupManifest& manifest);
/// manifest.sha256 of that text, as sha256sum(1) writes and checks it.
std::string print_manifest_digest(std::string_view manifest_text);

/// Errors: Errc::integrity "backup-incomplete" when there is none; "backup-damaged" when it does
/// not follow its format, or names a path that leaves the backup.
Result<BackupManifest> read_manifest(const std::filesystem::path& backup);

/// Copy one regular file (0600), synced, and say what was written. Errors: Errc::io.
Result<BackupFile> copy_hashed(const std::filesystem::path& from, const std::filesystem::path& to,
                               std::string path);

}  // namespace rbee::ops
