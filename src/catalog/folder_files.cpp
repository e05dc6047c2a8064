#include "catalog/folder_files.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <system_error>

#include "base/digest.hpp"
#include "base/text.hpp"
#include "catalog/builder.hpp"

namespace rbee::catalog {

namespace fs = std::filesystem;
using platform::EntryKind;

namespace {

tl::unexpected<Error> unreadable(const fs::path& path, const std::string& reason) {
  return fail(Errc::io, "file-unreadable",
              fmt::format("'{}' cannot be read", printable_line(path.string())),
              {.evidence = {reason}});
}

}  // namespace

Result<std::vector<SourceEntry>> FolderFiles::list(const std::string& key) const {
  std::vector<SourceEntry> out;
  std::error_code code;
  for (fs::directory_iterator it(folder_ / key, code), end; !code && it != end;
       it.increment(code)) {
    const fs::path& path = it->path();
    SourceEntry entry{path.filename().string(), EntryKind::file,
                      (fs::path(key) / path.filename()).string()};
    if (key.empty() && entry.name == ".git") continue;
    const fs::file_status status = it->symlink_status(code);
    if (code) break;
    if (fs::is_symlink(status))
      entry.kind = EntryKind::symlink;
    else if (fs::is_directory(status))
      entry.kind = EntryKind::folder;
    else if (!fs::is_regular_file(status))
      return unreadable(path, "it is no regular file");
    else if ((status.permissions() & fs::perms::owner_exec) != fs::perms::none)
      entry.kind = EntryKind::executable;
    out.push_back(std::move(entry));
  }
  if (code) return unreadable(folder_ / key, code.message());
  std::sort(out.begin(), out.end(),
            [](const SourceEntry& a, const SourceEntry& b) { return a.name < b.name; });
  return out;
}

Result<std::uint64_t> FolderFiles::size(const std::string& key) const {
  std::error_code code;
  const std::uint64_t size = fs::file_size(folder_ / key, code);
  if (code) return unreadable(folder_ / key, code.message());
  return size;
}

Result<std::string> FolderFiles::read(const std::string& key, std::uint64_t size_bytes_max) const {
  TRY_ASSIGN(const std::uint64_t bytes, size(key));
  if (bytes > size_bytes_max)
    return fail(Errc::too_large, "blob-too-large",
                fmt::format("'{}' has {} bytes", printable_line(key), bytes));
  std::ifstream in(folder_ / key, std::ios::binary);
  std::string text(bytes, '\0');
  in.read(text.data(), static_cast<std::streamsize>(bytes));
  if (!in) return unreadable(folder_ / key, "it changed while it was read");
  return text;
}

Result<ObjectId> FolderFiles::blob(const std::string& key) const {
  // gitformat-pack(5): SHA-1 over "blob SIZE\0" and the bytes.
  auto text = read(key, kBlobBytesMax);
  if (!text) return ObjectId::parse(std::string(40, '0'));  // Too large: it has its finding.
  Hasher hasher(HashAlgorithm::sha1);
  hasher.update(fmt::format("blob {}", text->size()));
  hasher.update(std::string_view("\0", 1));
  hasher.update(*text);
  return ObjectId::parse(hasher.finish());
}

}  // namespace rbee::catalog
