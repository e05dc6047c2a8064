#include "platform/tar_bytes.hpp"

#include <sys/stat.h>

#include <memory>

#include "base/text.hpp"
#include "platform/archive_api.hpp"
#include "platform/gzip.hpp"
#include "platform/utf8_locale.hpp"

namespace rbee::platform {

namespace {

struct WriteFree {
  void operator()(archive* writer) const { archive_write_free(writer); }
};
struct EntryFree {
  void operator()(archive_entry* entry) const { archive_entry_free(entry); }
};

la_ssize_t append(archive*, void* out, const void* bytes, std::size_t size) {
  static_cast<std::string*>(out)->append(static_cast<const char*>(bytes), size);
  return static_cast<la_ssize_t>(size);
}

}  // namespace

Result<std::string> tar_gz(const std::vector<TarFile>& files, std::int64_t mtime) {
  TRY(load_archive());
  const Utf8Locale locale;
  std::string tar;
  const std::unique_ptr<archive, WriteFree> writer(archive_write_new());
  const auto failure = [&] {
    const char* said = writer ? archive_error_string(writer.get()) : nullptr;
    return fail(Errc::io, "archive-not-written", "the archive cannot be written",
                {.evidence = {said == nullptr ? "no reason was given" : printable_line(said)}});
  };
  if (writer == nullptr || archive_write_set_format_pax_restricted(writer.get()) != ARCHIVE_OK ||
      archive_write_set_bytes_in_last_block(writer.get(), 1) != ARCHIVE_OK ||
      archive_write_open(writer.get(), &tar, nullptr, &append, nullptr) != ARCHIVE_OK)
    return failure();
  for (const TarFile& file : files) {
    const bool is_folder = file.path.ends_with('/');
    const std::unique_ptr<archive_entry, EntryFree> entry(archive_entry_new());
    archive_entry_set_pathname(entry.get(), file.path.c_str());
    archive_entry_set_mode(entry.get(), is_folder         ? S_IFDIR | 0755
                                        : file.executable ? S_IFREG | 0755
                                                          : S_IFREG | 0644);
    archive_entry_set_uid(entry.get(), 0);
    archive_entry_set_gid(entry.get(), 0);
    archive_entry_set_mtime(entry.get(), mtime, 0);
    archive_entry_set_size(entry.get(), static_cast<la_int64_t>(file.bytes.size()));
    if (archive_write_header(writer.get(), entry.get()) != ARCHIVE_OK) return failure();
    if (!file.bytes.empty() &&
        archive_write_data(writer.get(), file.bytes.data(), file.bytes.size()) !=
            static_cast<la_ssize_t>(file.bytes.size()))
      return failure();
  }
  if (archive_write_close(writer.get()) != ARCHIVE_OK) return failure();
  return gzip(tar);
}

}  // namespace rbee::platform
