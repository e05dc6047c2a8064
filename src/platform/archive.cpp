// unpack: decompress with libarchive's filters, look at the bytes ourselves, then let its tar, cpio
// and ar readers have them; zip and 7z need to seek and are read directly after their own checks.
#include "platform/archive.hpp"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <locale.h>
#include <sys/stat.h>
#include <unistd.h>
#include <wctype.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <cwchar>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <vector>

#include "base/text.hpp"
#include "platform/file_descriptor.hpp"
#include "platform/files.hpp"
#include "platform/tar_inspector.hpp"

namespace rbee::platform {

namespace {

constexpr std::uint64_t kRatioSlack =
    1 << 20;  // Small files may compress better than the ratio allows.

struct ReadFree {
  void operator()(archive* reader) const { archive_read_free(reader); }
};
using Reader = std::unique_ptr<archive, ReadFree>;

tl::unexpected<Error> refuse(std::string id, std::string message) {
  return fail(Errc::invalid_input, std::move(id), std::move(message));
}

/// libarchive converts names through the thread's locale; ours is UTF-8 while it works.
class Utf8Locale {
 public:
  Utf8Locale() : locale_(::newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr)) {
    if (locale_ != nullptr) old_ = ::uselocale(locale_);
  }
  ~Utf8Locale() {
    if (locale_ == nullptr) return;
    ::uselocale(old_);
    ::freelocale(locale_);
  }
  Utf8Locale(const Utf8Locale&) = delete;
  Utf8Locale& operator=(const Utf8Locale&) = delete;

 private:
  locale_t locale_ = nullptr;
  locale_t old_ = nullptr;
};

/// `name` with every letter in lower case: two names that some file systems take for one are equal
/// then.
std::string fold(const std::string& name) {
  std::string out;
  std::mbstate_t from{};
  std::mbstate_t to{};
  for (const char* at = name.data(); at < name.data() + name.size();) {
    wchar_t c = 0;
    const std::size_t used =
        std::mbrtowc(&c, at, static_cast<std::size_t>(name.data() + name.size() - at), &from);
    if (used == 0 || used > 4) return name;
    std::array<char, 16> bytes{};
    const std::size_t made =
        std::wcrtomb(bytes.data(), static_cast<wchar_t>(::towlower(static_cast<wint_t>(c))), &to);
    if (made > 4) return name;
    out.append(bytes.data(), made);
    at += used;
  }
  return out;
}

/// A name of an archive as a plain relative path: no leading "./", no trailing '/'. Empty for the
/// root itself.
Result<std::string> plain_path(const char* raw, const ArchiveLimits& limits) {
  if (raw == nullptr) return refuse("archive-name", "a name is missing or not UTF-8");
  std::string_view name(raw);
  const std::string shown = printable_line(name.substr(0, 200));
  if (name.size() > limits.path_bytes_max)
    return fail(Errc::too_large, "archive-path-length",
                fmt::format("a name is longer than {} bytes", limits.path_bytes_max));
  if (!is_utf8(name))
    return refuse("archive-name", fmt::format("the name '{}' is not UTF-8", shown));
  for (const char c : name)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f || c == '\\')
      return refuse("archive-name",
                    fmt::format("the name '{}' holds a control character or a backslash", shown));
  if (name.starts_with('/'))
    return refuse("archive-absolute", fmt::format("the name '{}' is absolute", shown));
  if (name.size() >= 2 && name[1] == ':' && std::isalpha(static_cast<unsigned char>(name[0])))
    return refuse("archive-absolute",
                  fmt::format("the name '{}' begins with a drive letter", shown));
  if (name == "." || name == "./") return std::string();
  if (name.starts_with("./")) name.remove_prefix(2);
  if (name.ends_with('/')) name.remove_suffix(1);
  if (name.empty()) return refuse("archive-name", "a name is empty");
  int depth = 0;
  for (const std::string_view part : split(name, '/')) {
    if (part == "..")
      return refuse("archive-traversal", fmt::format("the name '{}' leads upwards", shown));
    if (part.empty() || part == ".")
      return refuse("archive-name", fmt::format("the name '{}' is not in its plain form", shown));
    if (part.size() > 255)
      return fail(Errc::too_large, "archive-path-length",
                  "a part of a name is longer than 255 bytes");
    if (++depth > limits.depth_max)
      return fail(Errc::too_large, "archive-depth",
                  fmt::format("a name is nested deeper than {} directories", limits.depth_max));
  }
  return std::string(name);
}

/// A link's target must stay inside however the links on its way point: leading ".."s within the
/// link's own (real) directories, then plain names, which at worst lead through other links that
/// obey the same rule.
Result<void> check_link_target(const std::string& path, const char* raw,
                               const ArchiveLimits& limits) {
  const std::string_view target = raw == nullptr ? std::string_view() : std::string_view(raw);
  const auto complain = [&](std::string_view why) {
    return refuse("archive-symlink", fmt::format("the link '{}' to '{}' {}", printable_line(path),
                                                 printable_line(target.substr(0, 200)), why));
  };
  if (target.empty() || target.size() > limits.path_bytes_max || !is_utf8(target))
    return complain("is malformed");
  if (target.starts_with('/')) return complain("is absolute");
  if (target.find('\\') != std::string_view::npos) return complain("is malformed");
  auto room = std::count(path.begin(), path.end(), '/');
  bool descended = false;
  for (const std::string_view part : split(target, '/')) {
    if (part.empty() || part == ".") continue;
    if (part != "..") {
      descended = true;
      continue;
    }
    if (descended) return complain("goes down and up again");
    if (--room < 0) return complain("leads out of the archive");
  }
  return {};
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
    TRY_ASSIGN(const std::string path, plain_path(archive_entry_pathname(entry), limits_));
    const mode_t mode = archive_entry_mode(entry);
    if ((mode & (S_ISUID | S_ISGID)) != 0)
      return refuse("archive-set-id", fmt::format("'{}' has a set-user-id or set-group-id bit",
                                                  printable_line(path)));
    if (archive_entry_sparse_count(entry) > 0)
      return refuse("archive-sparse", fmt::format("'{}' is a sparse file", printable_line(path)));
    if (path.empty()) return {};  // "./", the root itself.
    if (!seen_.insert(fold(path)).second)
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
    TRY_ASSIGN(const std::string path, plain_path(name.c_str(), limits_));
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
    TRY(check_link_target(path, target, limits_));
    if (::symlinkat(target, parent, name.c_str()) != 0) return cannot_create(path);
    return {};
  }

  Result<void> hard_link(const std::string& path, const char* raw, int parent,
                         const std::string& name, archive_entry* entry) {
    TRY_ASSIGN(const std::string target, plain_path(raw, limits_));
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
      if (status != ARCHIVE_OK) return damaged(reader);
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

 public:
  static tl::unexpected<Error> damaged(archive* reader) {
    const char* text = archive_error_string(reader);
    const std::string said = printable_line(text == nullptr ? "no reason given" : text);
    if (said.find("ncrypted") != std::string::npos || said.find("passphrase") != std::string::npos)
      return fail(Errc::unsupported, "archive-encrypted", "it is encrypted");
    return fail(Errc::invalid_input, "archive-damaged", "it does not follow its format",
                {.evidence = {said}});
  }

 private:
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

std::uint64_t little_endian(std::string_view bytes) {
  std::uint64_t value = 0;
  for (std::size_t i = bytes.size(); i-- > 0;)
    value = value << 8 | static_cast<unsigned char>(bytes[i]);
  return value;
}

std::string read_at(int fd, std::uint64_t offset, std::size_t size) {
  std::string bytes(size, '\0');
  const ssize_t count = ::pread(fd, bytes.data(), size, static_cast<off_t>(offset));
  bytes.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
  return bytes;
}

constexpr std::array<std::uint32_t, 256> kCrcTable = [] {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t i = 0; i < 256; ++i) {
    std::uint32_t value = i;
    for (int bit = 0; bit < 8; ++bit)
      value = (value & 1U) != 0 ? 0xEDB88320U ^ (value >> 1) : value >> 1;
    table[i] = value;
  }
  return table;
}();

/// The decompressed bytes of a file, with the tar inspector looking on.
class Stream {
 public:
  Stream(int fd, std::uint64_t packed, const ArchiveLimits& limits)
      : fd_(fd), packed_(packed), limits_(limits), inspector_(limits.size_bytes_max) {
    reader_.reset(archive_read_new());
    archive* r = reader_.get();
    archive_read_support_format_raw(r);
    archive_read_support_filter_gzip(r);
    archive_read_support_filter_bzip2(r);
    archive_read_support_filter_compress(r);
    archive_read_support_filter_xz(r);
    archive_read_support_filter_lzma(r);
    archive_read_support_filter_lzip(r);
    archive_read_support_filter_zstd(r);
    archive_read_support_filter_rpm(r);
    ::lseek(fd, 0, SEEK_SET);
    archive_entry* entry = nullptr;
    status_ = archive_read_open_fd(r, fd, 64 * 1024);
    if (status_ == ARCHIVE_OK) status_ = archive_read_next_header(r, &entry);
  }

  bool ok() const { return status_ == ARCHIVE_OK; }
  archive* reader() { return reader_.get(); }

  int compressions() const {
    int count = 0;
    for (int i = 0; i < archive_filter_count(reader_.get()); ++i) {
      const int code = archive_filter_code(reader_.get(), i);
      if (code != ARCHIVE_FILTER_NONE && code != ARCHIVE_FILTER_RPM) ++count;
    }
    return count;
  }

  /// libarchive's read callback for the second reader.
  static la_ssize_t read(archive* outer, void* self, const void** buffer) {
    auto& stream = *static_cast<Stream*>(self);
    const la_ssize_t count = stream.next();
    *buffer = stream.block_.data();
    if (count < 0) archive_set_error(outer, EINVAL, "the bytes below were refused");
    return count;
  }

  /// What stopped `read`, if it was us.
  std::optional<Error> error;

  /// After the inner archive's end, which took `consumed` bytes: the rest must be zeros, and every
  /// packed byte must have been used.
  Result<void> rest_is_empty(std::uint64_t consumed) {
    for (la_ssize_t count = 1; count > 0;)
      if (count = next(); count < 0) return tl::unexpected(*error);
    if (is_tar_) TRY(inspector_.finish());
    if (!is_tar_ && filled_to_ > consumed) return trailing();
    return all_used();
  }

  /// A compressor's reader stops where its format ends; what follows would be invisible to us, not
  /// to others.
  Result<void> all_used() const {
    const auto used = archive_filter_bytes(reader_.get(), -1);
    if (used >= 0 && static_cast<std::uint64_t>(used) < packed_) return trailing();
    return {};
  }

  /// libarchive does not compare gzip's own checksum (RFC 1952 2.3.1). A file of several members
  /// fails here too: readers disagree on whether the second belongs to it.
  Result<void> check_gzip() {
    if (archive_filter_code(reader_.get(), 0) != ARCHIVE_FILTER_GZIP) return {};
    for (la_ssize_t count = 1; count > 0;)
      if (count = next(); count < 0) return tl::unexpected(*error);
    const std::string trailer = read_at(fd_, packed_ - 8, 8);
    if (little_endian(trailer.substr(0, 4)) == (crc_ ^ 0xffffffffU) &&
        little_endian(trailer.substr(4)) == (total_ & 0xffffffffU))
      return {};
    return fail(Errc::invalid_input, "archive-damaged",
                "its gzip checksum is wrong, or it is several gzip files in one");
  }

 private:
  static tl::unexpected<Error> trailing() {
    return refuse("archive-trailing-data", "there are bytes after its end");
  }

  la_ssize_t next() {
    if (error) return -1;
    const la_ssize_t count = archive_read_data(reader_.get(), block_.data(), block_.size());
    if (count < 0) {
      error = Writer::damaged(reader_.get()).value();
      return -1;
    }
    total_ += static_cast<std::uint64_t>(count);
    // Headers count too: a million empty files are bytes like any other.
    if (total_ > packed_ * limits_.ratio_max + 2 * kRatioSlack) {
      error = fail(Errc::too_large, "archive-ratio",
                   fmt::format("unpacked it is more than {} times larger than packed",
                               limits_.ratio_max))
                  .value();
      return -1;
    }
    const std::string_view bytes(block_.data(), static_cast<std::size_t>(count));
    if (const auto last = bytes.find_last_not_of('\0'); last != std::string_view::npos)
      filled_to_ = total_ - bytes.size() + last + 1;
    for (const char c : bytes)
      crc_ = kCrcTable[(crc_ ^ static_cast<unsigned char>(c)) & 0xffU] ^ (crc_ >> 8);
    if (!decided_ && count > 0) {
      decided_ = true;
      is_tar_ = TarInspector::is_header(bytes);
    }
    if (is_tar_)
      if (auto looked = inspector_.feed(bytes); !looked) {
        error = std::move(looked).error();
        return -1;
      }
    return count;
  }

 public:
  bool is_tar() const { return is_tar_; }

 private:
  Reader reader_;
  int fd_;
  int status_ = ARCHIVE_FATAL;
  std::uint64_t packed_;
  const ArchiveLimits& limits_;
  std::uint64_t total_ = 0;
  std::uint64_t filled_to_ = 0;  ///< Offset behind the last byte that is not zero.
  std::uint32_t crc_ = 0xffffffffU;
  std::vector<char> block_ = std::vector<char>(64 * 1024);
  TarInspector inspector_;
  bool decided_ = false;
  bool is_tar_ = false;
};

/// Read every entry of `reader` into `writer`. Anything that libarchive only warns of is a refusal.
Result<void> drain(archive* reader, archive_entry* entry, Writer& writer) {
  for (;;) {
    TRY(writer.add(reader, entry));
    const int status = archive_read_next_header(reader, &entry);
    if (status == ARCHIVE_EOF) return {};
    if (status != ARCHIVE_OK) return Writer::damaged(reader);
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
  const Reader reader(archive_read_new());
  if (magic.starts_with("PK")) {
    archive_read_support_format_zip_seekable(reader.get());
  } else {
    archive_read_support_format_7zip(reader.get());
  }
  ::lseek(fd, 0, SEEK_SET);
  archive_entry* entry = nullptr;
  if (archive_read_open_fd(reader.get(), fd, 64 * 1024) != ARCHIVE_OK)
    return Writer::damaged(reader.get());
  const int status = archive_read_next_header(reader.get(), &entry);
  if (status == ARCHIVE_EOF) return writer.finish();
  if (status != ARCHIVE_OK) return Writer::damaged(reader.get());
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

  Stream stream(fd.get(), size, limits);
  if (!stream.ok()) return Writer::damaged(stream.reader());
  const int compressions = stream.compressions();
  if (compressions > 1) return refuse("archive-nested", "it is compressed more than once");

  const Reader inner(archive_read_new());
  archive_read_support_format_tar(inner.get());
  archive_read_support_format_cpio(inner.get());
  archive_read_support_format_ar(inner.get());
  archive_entry* entry = nullptr;
  int opened = archive_read_open(inner.get(), &stream, nullptr, Stream::read, nullptr);
  if (opened == ARCHIVE_OK) opened = archive_read_next_header(inner.get(), &entry);
  if (stream.error) return tl::unexpected(*stream.error);
  if (opened == ARCHIVE_OK) {
    auto drained = drain(inner.get(), entry, writer);
    if (stream.error) return tl::unexpected(*stream.error);
    TRY(std::move(drained));
    TRY(stream.rest_is_empty(static_cast<std::uint64_t>(archive_filter_bytes(inner.get(), 0))));
    TRY(stream.check_gzip());
    return writer.finish();
  }
  if (stream.is_tar() || opened == ARCHIVE_WARN) return Writer::damaged(inner.get());
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
  Stream again(fd.get(), size, limits);
  if (!again.ok()) return Writer::damaged(again.reader());
  TRY(writer.single(again.reader(), *single));
  TRY(again.all_used());
  return writer.finish();
}

}  // namespace rbee::platform
