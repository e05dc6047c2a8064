// unpack: decompress with libarchive's filters, look at the bytes ourselves, then let its tar, cpio
// and ar readers have them; zip and 7z need to seek and are read directly after their own checks.
#include "platform/archive.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <set>
#include <vector>

#include "base/text.hpp"
#include "platform/archive_names.hpp"
#include "platform/archive_stream.hpp"
#include "platform/file_descriptor.hpp"
#include "platform/files.hpp"
#include "platform/utf8_locale.hpp"

namespace rbee::platform {

namespace {

tl::unexpected<Error> refuse(std::string id, std::string message) {
  return fail(Errc::invalid_input, std::move(id), std::move(message));
}

/// Writes entries below the target and keeps the rules that concern several of them.
class Writer {
 public:
  Writer(int target, const ArchiveLimits& limits, std::uint64_t packed,
         const std::function<bool()>& cancelled)
      : target_(target), limits_(limits), cancelled_(cancelled) {
    const std::uint64_t by_ratio = packed > UINT64_MAX / limits.ratio_max / 2
                                       ? UINT64_MAX / 2
                                       : packed * limits.ratio_max + kRatioSlack;
    size_max_ = std::min(limits.size_bytes_max, by_ratio);
    ratio_decides_ = by_ratio < limits.size_bytes_max;
  }

  Result<void> add(archive* reader, archive_entry* entry) {
    if (++result_.entries > limits_.entries_max)
      return fail(Errc::too_large, "archive-entries",
                  fmt::format("it holds more than {} entries", limits_.entries_max));
    if (cancelled_ && cancelled_())
      return fail(Errc::interrupted, "interrupted", "unpacking was stopped");
    if (archive_entry_is_encrypted(entry) != 0)
      return fail(Errc::unsupported, "archive-encrypted", "it is encrypted");
    TRY_ASSIGN(const std::string path, plain_archive_path(archive_entry_pathname(entry), limits_));
    const mode_t mode = archive_entry_mode(entry);
    if ((mode & (S_ISUID | S_ISGID)) != 0)
      return refuse("archive-set-id", fmt::format("'{}' has a set-user-id or set-group-id bit",
                                                  printable_line(path)));
    if (archive_entry_sparse_count(entry) > 0)
      return refuse("archive-sparse", fmt::format("'{}' is a sparse file", printable_line(path)));
    if (path.empty()) return {};  // "./", the root itself.
    if (!seen_.insert(fold_case(path)).second)
      return refuse("archive-duplicate",
                    fmt::format("'{}' comes twice, or differs from another name only in case",
                                printable_line(path)));
    const auto slash = path.rfind('/');
    const std::string name = path.substr(slash + 1);
    TRY_ASSIGN(const FileDescriptor parent,
               parent_of(slash == std::string::npos ? "" : path.substr(0, slash)));
    if (const char* hard = archive_entry_hardlink(entry))
      return hard_link(path, hard, parent.get(), name, entry);
    switch (archive_entry_filetype(entry)) {
      case AE_IFDIR:
        return directory(path, entry);
      case AE_IFLNK:
        return symbolic_link(path, archive_entry_symlink(entry), parent.get(), name);
      case AE_IFREG:
        return regular(reader, entry, path, parent.get(), name);
      default:
        return refuse("archive-special-file",
                      fmt::format("'{}' is a device, a FIFO or a socket", printable_line(path)));
    }
  }

  /// One file without an archive around it.
  Result<void> single(archive* reader, const std::string& name) {
    result_.kind = Unpacked::Kind::compressed;
    result_.entries = 1;
    TRY_ASSIGN(const std::string path, plain_archive_path(name.c_str(), limits_));
    TRY_ASSIGN(const FileDescriptor file, create(target_, path, path, 0644));
    return copy(reader, file.get(), path, std::nullopt);
  }

  /// Directories get their dates last: making what is in them changed them.
  Result<Unpacked> finish() {
    for (auto at = directory_times_.rbegin(); at != directory_times_.rend(); ++at) {
      auto opened = open_directory_beneath(target_, at->first);
      if (opened) ::futimens(opened->get(), at->second.data());
    }
    return result_;
  }

 private:
  using Times = std::array<timespec, 2>;

  static Times times(archive_entry* entry) {
    timespec when{};
    when.tv_sec = archive_entry_mtime_is_set(entry) ? archive_entry_mtime(entry) : 0;
    when.tv_nsec = archive_entry_mtime_is_set(entry) ? archive_entry_mtime_nsec(entry) : UTIME_NOW;
    return {when, when};
  }

  Result<FileDescriptor> parent_of(const std::string& path) {
    auto opened = open_directory_beneath(target_, path);
    if (!opened && opened.error().id == "path-through-link")
      return refuse("archive-through-link",
                    fmt::format("'{}' is a link or a file, and a name leads through it",
                                printable_line(path)));
    return opened;
  }

  Result<void> directory(const std::string& path, archive_entry* entry) {
    TRY_ASSIGN(const FileDescriptor opened, parent_of(path));
    ::fchmod(opened.get(), (archive_entry_perm(entry) & 0755) | 0700);
    directory_times_.emplace_back(path, times(entry));
    return {};
  }

  Result<void> symbolic_link(const std::string& path, const char* target, int parent,
                             const std::string& name) {
    TRY(check_archive_link(path, target, limits_));
    if (::symlinkat(target, parent, name.c_str()) != 0) return cannot_create(path);
    return {};
  }

  Result<void> hard_link(const std::string& path, const char* raw, int parent,
                         const std::string& name, archive_entry* entry) {
    TRY_ASSIGN(const std::string target, plain_archive_path(raw, limits_));
    if (!files_.contains(target))
      return refuse(
          "archive-hard-link",
          fmt::format("'{}' is a hard link to '{}', which is no earlier file of the archive",
                      printable_line(path), printable_line(target)));
    if (archive_entry_size_is_set(entry) && archive_entry_size(entry) > 0)
      return refuse("archive-hard-link",
                    fmt::format("the hard link '{}' has content", printable_line(path)));
    const auto slash = target.rfind('/');
    TRY_ASSIGN(const FileDescriptor from,
               parent_of(slash == std::string::npos ? "" : target.substr(0, slash)));
    if (::linkat(from.get(), target.c_str() + slash + 1, parent, name.c_str(), 0) != 0)
      return cannot_create(path);
    files_.insert(path);
    return {};
  }

  Result<void> regular(archive* reader, archive_entry* entry, const std::string& path, int parent,
                       const std::string& name) {
    std::optional<std::uint64_t> declared;
    if (archive_entry_size_is_set(entry)) {
      if (archive_entry_size(entry) < 0)
        return refuse("archive-size", "an entry's size is negative");
      declared = static_cast<std::uint64_t>(archive_entry_size(entry));
      if (*declared > size_max_ - result_.size_bytes) return too_large();
    }
    TRY_ASSIGN(const FileDescriptor file, create(parent, name, path, archive_entry_perm(entry)));
    TRY(copy(reader, file.get(), path, declared));
    const Times when = times(entry);
    ::futimens(file.get(), when.data());
    files_.insert(path);
    return {};
  }

  Result<void> copy(archive* reader, int file, const std::string& path,
                    std::optional<std::uint64_t> declared) {
    std::uint64_t written = 0;
    for (;;) {
      const void* block = nullptr;
      std::size_t size = 0;
      la_int64_t offset = 0;
      const int status = archive_read_data_block(reader, &block, &size, &offset);
      if (status == ARCHIVE_EOF) break;
      if (status != ARCHIVE_OK) return tl::unexpected(archive_damage(reader));
      if (static_cast<std::uint64_t>(offset) != written)
        return refuse("archive-sparse", fmt::format("'{}' is a sparse file", printable_line(path)));
      if (size > size_max_ - result_.size_bytes) return too_large();
      if (declared && size > *declared - written)
        return refuse("archive-size",
                      fmt::format("'{}' is larger than the archive says", printable_line(path)));
      if (const int error = write_all(file, {static_cast<const char*>(block), size}); error != 0)
        return tl::unexpected(io_failure("write", path, error));
      written += size;
      result_.size_bytes += size;
      if (cancelled_ && cancelled_())
        return fail(Errc::interrupted, "interrupted", "unpacking was stopped");
    }
    if (declared && written != *declared)
      return refuse("archive-size",
                    fmt::format("'{}' is smaller than the archive says", printable_line(path)));
    return {};
  }

  Result<FileDescriptor> create(int parent, const std::string& name, const std::string& path,
                                mode_t mode) {
    FileDescriptor file(
        ::openat(parent, name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (!file) return cannot_create(path);
    ::fchmod(file.get(), (mode & 0755) | 0600);
    return file;
  }

  static tl::unexpected<Error> cannot_create(const std::string& path) {
    if (errno == EEXIST)
      return refuse("archive-exists",
                    fmt::format("'{}' exists already, from another source or as a link",
                                printable_line(path)));
    return tl::unexpected(io_failure("create", path, errno));
  }

  tl::unexpected<Error> too_large() const {
    if (ratio_decides_)
      return fail(
          Errc::too_large, "archive-ratio",
          fmt::format("unpacked it is more than {} times larger than packed", limits_.ratio_max));
    return fail(Errc::too_large, "archive-too-large",
                fmt::format("unpacked it is larger than {}", human_size(limits_.size_bytes_max)));
  }

  int target_;
  const ArchiveLimits& limits_;
  const std::function<bool()>& cancelled_;
  std::uint64_t size_max_ = 0;
  bool ratio_decides_ = false;
  Unpacked result_{Unpacked::Kind::archive, 0, 0};
  std::set<std::string> seen_;   // Folded.
  std::set<std::string> files_;  // Regular files, for hard links.
  std::vector<std::pair<std::string, Times>> directory_times_;
};

/// Read every entry of `reader` into `writer`. Anything that libarchive only warns of is a refusal.
Result<void> drain(archive* reader, archive_entry* entry, Writer& writer) {
  for (;;) {
    TRY(writer.add(reader, entry));
    const int status = archive_read_next_header(reader, &entry);
    if (status == ARCHIVE_EOF) return {};
    if (status != ARCHIVE_OK) return tl::unexpected(archive_damage(reader));
  }
}

/// Zip and 7z name their own end; anything behind it, or (zip) a second end before it, is refused.
Result<void> check_end(int fd, std::uint64_t size, std::string_view magic) {
  if (magic.starts_with("PK")) {
    const std::uint64_t tail = std::min<std::uint64_t>(size, 65535 + 22);
    const std::string bytes = read_at(fd, size - tail, static_cast<std::size_t>(tail));
    const auto at = bytes.rfind(std::string_view("PK\5\6", 4));
    if (at == std::string::npos || at + 22 > bytes.size())
      return refuse("archive-truncated", "the zip has no end record");
    const auto comment = little_endian(std::string_view(bytes).substr(at + 20, 2));
    if (at + 22 + comment != bytes.size())
      return refuse("archive-trailing-data", "there are bytes after its end");
    const auto directory_size = little_endian(std::string_view(bytes).substr(at + 12, 4));
    const auto directory_at = little_endian(std::string_view(bytes).substr(at + 16, 4));
    const std::uint64_t end_at = size - tail + at;
    if (directory_at != 0xffffffff && directory_size != 0xffffffff &&
        directory_at + directory_size != end_at)
      return refuse("archive-polyglot", "the zip's directory does not end where the zip does");
    return {};
  }
  const std::string header = read_at(fd, 0, 32);
  if (header.size() < 32) return refuse("archive-truncated", "the 7z ends in its header");
  const auto end = 32 + little_endian(std::string_view(header).substr(12, 8)) +
                   little_endian(std::string_view(header).substr(20, 8));
  if (end < size) return refuse("archive-trailing-data", "there are bytes after its end");
  return {};
}

Result<Unpacked> unpack_seekable(int fd, std::uint64_t size, std::string_view magic,
                                 Writer& writer) {
  TRY(check_end(fd, size, magic));
  const ArchiveReader reader(archive_read_new());
  if (magic.starts_with("PK")) {
    archive_read_support_format_zip_seekable(reader.get());
  } else {
    archive_read_support_format_7zip(reader.get());
  }
  ::lseek(fd, 0, SEEK_SET);
  archive_entry* entry = nullptr;
  if (archive_read_open_fd(reader.get(), fd, 64 * 1024) != ARCHIVE_OK)
    return tl::unexpected(archive_damage(reader.get()));
  const int status = archive_read_next_header(reader.get(), &entry);
  if (status == ARCHIVE_EOF) return writer.finish();
  if (status != ARCHIVE_OK) return tl::unexpected(archive_damage(reader.get()));
  TRY(drain(reader.get(), entry, writer));
  return writer.finish();
}

/// makepkg's rule for a compressed file that is no archive: the suffix must be a compressor's own.
std::optional<std::string> without_suffix(std::string_view name) {
  for (const std::string_view suffix : {".gz", ".z", ".Z", ".bz2", ".bz", ".xz", ".zst"})
    if (name.size() > suffix.size() && name.ends_with(suffix))
      return std::string(name.substr(0, name.size() - suffix.size()));
  return std::nullopt;
}

}  // namespace

Result<Unpacked> unpack(const std::filesystem::path& file, std::string_view name, int target,
                        const ArchiveLimits& limits, const std::function<bool()>& cancelled) {
  TRY(load_archive());
  const Utf8Locale locale;
  const FileDescriptor fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat status {};
  if (!fd || ::fstat(fd.get(), &status) != 0)
    return tl::unexpected(io_failure("read", file, errno));
  const auto size = static_cast<std::uint64_t>(status.st_size);
  if (size == 0) return Unpacked{};
  Writer writer(target, limits, size, cancelled);
  const std::string magic = read_at(fd.get(), 0, 8);
  if (magic.starts_with(std::string_view("PK\3\4", 4)) ||
      magic.starts_with(std::string_view("PK\5\6", 4)) || magic.starts_with("7z\xBC\xAF\x27\x1C"))
    return unpack_seekable(fd.get(), size, magic, writer);
  if (magic.starts_with("Rar!\x1A\x07") || magic.starts_with("MSCF") || magic.starts_with("xar!") ||
      read_at(fd.get(), 0x8001, 5) == "CD001")
    return fail(Errc::unsupported, "archive-format",
                fmt::format("'{}' is of a format that is not unpacked here", printable_line(name)),
                {.why = "only tar, zip, 7z, cpio, rpm and deb are", .fix = "name it in noextract"});

  ArchiveStream stream(fd.get(), size, limits);
  if (!stream.ok()) return tl::unexpected(archive_damage(stream.reader()));
  const int compressions = stream.compressions();
  if (compressions > 1) return refuse("archive-nested", "it is compressed more than once");

  const ArchiveReader inner(archive_read_new());
  archive_read_support_format_tar(inner.get());
  archive_read_support_format_cpio(inner.get());
  archive_read_support_format_ar(inner.get());
  archive_entry* entry = nullptr;
  int opened = archive_read_open(inner.get(), &stream, nullptr, ArchiveStream::read, nullptr);
  if (opened == ARCHIVE_OK) opened = archive_read_next_header(inner.get(), &entry);
  if (stream.error) return tl::unexpected(*stream.error);
  // libarchive also takes headers with a signed checksum for a tar; those the inspector has not
  // seen.
  const bool reads_tar =
      (archive_format(inner.get()) & ARCHIVE_FORMAT_BASE_MASK) == ARCHIVE_FORMAT_TAR;
  if (opened == ARCHIVE_OK && reads_tar && !stream.is_tar())
    return refuse("archive-header", "a tar header's checksum is wrong");
  if (opened == ARCHIVE_OK) {
    auto drained = drain(inner.get(), entry, writer);
    if (stream.error) return tl::unexpected(*stream.error);
    TRY(std::move(drained));
    TRY(stream.rest_is_empty(static_cast<std::uint64_t>(archive_filter_bytes(inner.get(), 0))));
    TRY(stream.check_gzip());
    return writer.finish();
  }
  if (stream.is_tar() || opened == ARCHIVE_WARN) return tl::unexpected(archive_damage(inner.get()));
  if (opened == ARCHIVE_EOF && compressions == 0) return Unpacked{};
  if (compressions == 0) return Unpacked{};
  const auto single = without_suffix(name);
  if (!single)
    return refuse(
        "archive-unrecognized",
        fmt::format("'{}' is compressed, but what is in it is no archive", printable_line(name)));
  // Nobody looks into this file any more, so its checksum must be right before its bytes are
  // written.
  TRY(stream.check_gzip());
  ArchiveStream again(fd.get(), size, limits);
  if (!again.ok()) return tl::unexpected(archive_damage(again.reader()));
  TRY(writer.single(again.reader(), *single));
  TRY(again.all_used());
  return writer.finish();
}

Result<void> decompress(const std::filesystem::path& file, const std::filesystem::path& target,
                        const ArchiveLimits& limits, const std::function<bool()>& cancelled) {
  TRY(load_archive());
  const FileDescriptor fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat status {};
  if (!fd || ::fstat(fd.get(), &status) != 0)
    return tl::unexpected(io_failure("read", file, errno));
  const FileDescriptor out(
      ::open(target.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!out) return tl::unexpected(io_failure("create", target, errno));
  const auto packed = static_cast<std::uint64_t>(status.st_size);
  ArchiveStream stream(fd.get(), packed, limits);
  if (!stream.ok()) return tl::unexpected(archive_damage(stream.reader()));
  std::vector<char> block(256 * 1024);
  std::uint64_t total = 0;
  for (;;) {
    if (cancelled && cancelled())
      return fail(Errc::interrupted, "interrupted", "stopped while unpacking");
    const la_ssize_t count = archive_read_data(stream.reader(), block.data(), block.size());
    if (count < 0) return tl::unexpected(archive_damage(stream.reader()));
    if (count == 0) return stream.all_used();
    total += static_cast<std::uint64_t>(count);
    if (total > limits.size_bytes_max || (total > kRatioSlack && total / limits.ratio_max > packed))
      return fail(Errc::too_large, "archive-ratio", "it unpacks to far more than it is");
    if (const int error =
            write_all(out.get(), std::string_view(block.data(), static_cast<std::size_t>(count)));
        error != 0)
      return tl::unexpected(io_failure("write", target, error));
  }
}

}  // namespace rbee::platform
