#include "ops/backup_manifest.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <cerrno>

#include "base/digest.hpp"
#include "base/text.hpp"
#include "platform/file_descriptor.hpp"
#include "platform/files.hpp"
#include "wire/json_reader.hpp"

namespace rbee::ops {

namespace fs = std::filesystem;
namespace bj = boost::json;

namespace {

constexpr std::string_view kFormat = "rbee-market-backup/1";
constexpr std::uint64_t kManifestBytesMax = 64 << 20;

tl::unexpected<Error> damaged(std::string what, std::vector<std::string> evidence = {}) {
  return fail(Errc::integrity, "backup-damaged", std::move(what),
              {.evidence = std::move(evidence), .fix = "use another backup"});
}

/// A path that stays below where it is put: plain names between single slashes.
bool is_plain(std::string_view path) {
  if (path.empty() || path.size() > 1024 || !is_utf8(path)) return false;
  for (const std::string_view name : split(path, '/'))
    if (name.empty() || name == "." || name == "..") return false;
  for (const char c : path)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F || c == '\\') return false;
  return path == kDatabaseName || path == kBundleName ||
         path.starts_with(std::string(kDataName) + "/");
}

}  // namespace

std::string print_manifest(const BackupManifest& manifest) {
  bj::array files;
  for (const BackupFile& file : manifest.files)
    files.push_back({{"path", file.path}, {"size", file.size_bytes}, {"sha256", file.sha256}});
  const bj::object object{{"format", kFormat},
                          {"program", manifest.program},
                          {"made_at", rfc3339(manifest.made_at)},
                          {"commit", manifest.commit},
                          {"has_database", manifest.has_database},
                          {"audit_entries", manifest.audit_entries},
                          {"audit_hash", manifest.audit_hash},
                          {"files", std::move(files)}};
  return bj::serialize(object) + "\n";
}

std::string print_manifest_digest(std::string_view manifest_text) {
  return fmt::format("{}  {}\n", Sha256::of(manifest_text).hex(), kManifestName);
}

Result<BackupManifest> read_manifest(const fs::path& backup) {
  auto text = platform::read_file(backup / kManifestName, kManifestBytesMax);
  if (!text && text.error().code == Errc::not_found)
    return fail(Errc::integrity, "backup-incomplete",
                fmt::format("{} is no complete backup", backup.string()),
                {.evidence = {fmt::format("there is no {} in it", kManifestName)},
                 .why = "the manifest is written last: a backup that was interrupted has none",
                 .fix = "use another backup"});
  if (!text) return tl::unexpected(text.error());
  TRY_ASSIGN(const std::string digest, platform::read_file(backup / kDigestName, 1024));
  if (digest != print_manifest_digest(*text))
    return damaged("the manifest is not what was written",
                   {fmt::format("{} says otherwise", kDigestName)});
  const auto json = wire::parse_json(*text);
  if (!json) return damaged("the manifest is no JSON", {json.error().message});
  std::optional<Error> wrong;
  const wire::Node node(*json, wrong);
  BackupManifest manifest;
  if (!node.is_object() || node.string("format") != kFormat)
    return damaged(fmt::format("the manifest is not of the format {}", kFormat));
  manifest.program = node.string("program");
  manifest.commit = node.string("commit");
  const auto made_at = parse_rfc3339(node.string("made_at"));
  manifest.has_database = node.boolean("has_database");
  manifest.audit_entries = static_cast<std::int64_t>(node.count("audit_entries"));
  manifest.audit_hash = node.string("audit_hash");
  for (const wire::Node& each : node.objects("files"))
    manifest.files.push_back({each.string("path"), each.count("size"), each.string("sha256")});
  if (wrong) return damaged("the manifest does not follow its format", {wrong->message});
  if (!made_at) return damaged("the manifest has no time");
  manifest.made_at = *made_at;
  manifest.sha256 = Sha256::of(*text).hex();
  bool has_bundle = false, has_database = false;
  std::string before;
  for (const BackupFile& file : manifest.files) {
    if (!is_plain(file.path) || !Sha256::parse(file.sha256) || file.path <= before)
      return damaged("the manifest names a file that it cannot hold",
                     {printable_line(std::string_view(file.path).substr(0, 200))});
    before = file.path;
    has_bundle = has_bundle || file.path == kBundleName;
    has_database = has_database || file.path == kDatabaseName;
  }
  if (!has_bundle || has_database != manifest.has_database)
    return damaged("the manifest lacks the catalog or the database");
  return manifest;
}

Result<BackupFile> copy_hashed(const fs::path& from, const fs::path& to, std::string path) {
  const platform::FileDescriptor in(
      ::open(from.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY));
  if (!in) return tl::unexpected(platform::io_failure("cannot read", from, errno));
  const platform::FileDescriptor out(
      ::open(to.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!out) return tl::unexpected(platform::io_failure("cannot make", to, errno));
  BackupFile file{std::move(path), 0, ""};
  Hasher hasher(HashAlgorithm::sha256);
  std::string buffer(256 * 1024, '\0');
  for (;;) {
    const ssize_t got = ::read(in.get(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return tl::unexpected(platform::io_failure("cannot read", from, errno));
    if (got == 0) break;
    const std::string_view bytes(buffer.data(), static_cast<std::size_t>(got));
    hasher.update(bytes);
    file.size_bytes += bytes.size();
    if (const int error = platform::write_all(out.get(), bytes); error != 0)
      return tl::unexpected(platform::io_failure("cannot write", to, error));
  }
  if (::fsync(out.get()) != 0)
    return tl::unexpected(platform::io_failure("cannot sync", to, errno));
  file.sha256 = hasher.finish();
  return file;
}

}  // namespace rbee::ops
