#include "platform/archive_writer.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <memory>

#include "base/text.hpp"
#include "platform/archive_api.hpp"
#include "platform/archive_stream.hpp"
#include "platform/files.hpp"

namespace rbee::platform {

namespace fs = std::filesystem;

namespace {

constexpr int kDepthMax = 200;
constexpr std::uint64_t kMtreeBytesMax = 64 << 20;

struct WriteFree {
  void operator()(archive* writer) const { archive_write_free(writer); }
};
struct EntryFree {
  void operator()(archive_entry* entry) const { archive_entry_free(entry); }
};

/// Where the bytes go, and what went wrong there: libarchive itself only says that something did.
struct Sink {
  int fd;
  int error = 0;
  static la_ssize_t write(archive*, void* self, const void* bytes, std::size_t size) {
    auto& sink = *static_cast<Sink*>(self);
    sink.error = write_all(sink.fd, {static_cast<const char*>(bytes), size});
    return sink.error == 0 ? static_cast<la_ssize_t>(size) : -1;
  }
};

class TreeWriter {
 public:
  TreeWriter(const fs::path& tree, const TreeArchive& how, const fs::path& out,
             const std::function<bool()>& cancelled)
      : tree_(tree), how_(how), out_(out), cancelled_(cancelled) {}

  Result<void> run(int fd) {
    TRY(load_archive());
    sink_.fd = fd;
    writer_.reset(archive_write_new());
    bool ok = writer_ != nullptr;
    if (how_.kind == TreeArchive::Kind::package) {
      ok = ok && archive_write_set_format_pax_restricted(writer_.get()) == ARCHIVE_OK &&
           archive_write_add_filter_zstd(writer_.get()) == ARCHIVE_OK;
    } else {
      ok = ok && archive_write_set_format_mtree(writer_.get()) == ARCHIVE_OK &&
           archive_write_add_filter_gzip(writer_.get()) == ARCHIVE_OK &&
           archive_write_set_options(
               writer_.get(),
               "!all,use-set,type,uid,gid,mode,time,size,md5,sha256,link,gzip:!timestamp") ==
               ARCHIVE_OK;
    }
    // No zeros behind the compressor's end: zstd takes them for a broken frame.
    ok = ok && archive_write_set_bytes_in_last_block(writer_.get(), 1) == ARCHIVE_OK;
    if (!ok ||
        archive_write_open(writer_.get(), &sink_, nullptr, &Sink::write, nullptr) != ARCHIVE_OK)
      return failure();
    TRY(walk_tree(tree_, kDepthMax, [&](const WalkEntry& entry) { return add(entry); }));
    if (archive_write_close(writer_.get()) != ARCHIVE_OK) return failure();
    return {};
  }

 private:
  tl::unexpected<Error> failure() const {
    if (sink_.error != 0) return tl::unexpected(io_failure("write", out_, sink_.error));
    const char* said = writer_ ? archive_error_string(writer_.get()) : nullptr;
    return fail(Errc::io, "archive-not-written",
                fmt::format("cannot write '{}'", printable_line(out_.string())),
                {.evidence = {said == nullptr ? "no reason was given" : printable_line(said)}});
  }

  bool left_out(std::string_view path) const {
    return std::any_of(how_.leave_out.begin(), how_.leave_out.end(), [&](const std::string& out) {
      return path == out || (path.starts_with(out) && path[out.size()] == '/');
    });
  }

  Result<void> add(const WalkEntry& found) {
    if (left_out(found.path)) return {};
    const std::unique_ptr<archive_entry, EntryFree> entry(archive_entry_new());
    archive_entry_set_pathname(entry.get(), found.path.c_str());
    const auto mode = how_.modes.find(found.path);
    archive_entry_set_mode(entry.get(), mode == how_.modes.end()
                                            ? found.mode
                                            : (found.mode & S_IFMT) | (mode->second & 07777));
    archive_entry_set_uid(entry.get(), 0);
    archive_entry_set_gid(entry.get(), 0);
    archive_entry_set_mtime(entry.get(), how_.mtime, 0);
    archive_entry_set_size(entry.get(),
                           S_ISREG(found.mode) ? static_cast<la_int64_t>(found.size_bytes) : 0);
    if (S_ISLNK(found.mode)) archive_entry_set_symlink(entry.get(), found.target.c_str());
    FileDescriptor file;
    if (S_ISREG(found.mode)) {
      file =
          FileDescriptor(::open((tree_ / found.path).c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
      struct stat status {};
      if (!file || ::fstat(file.get(), &status) != 0)
        return tl::unexpected(io_failure("read", tree_ / found.path, errno));
      // A file of several names is written once, as tar has it; mtree lists each in full.
      if (status.st_nlink > 1 && how_.kind == TreeArchive::Kind::package) {
        const auto [first, is_first] =
            names_.emplace(std::pair(status.st_dev, status.st_ino), found.path);
        if (!is_first) {
          archive_entry_set_hardlink(entry.get(), first->second.c_str());
          archive_entry_set_size(entry.get(), 0);
          file.close();
        }
      }
    }
    if (archive_write_header(writer_.get(), entry.get()) != ARCHIVE_OK) return failure();
    return file ? copy(file.get(), found) : Result<void>();
  }

  Result<void> copy(int file, const WalkEntry& found) {
    std::uint64_t left = found.size_bytes;
    while (left > 0) {
      if (cancelled_ && cancelled_())
        return fail(Errc::interrupted, "interrupted", "stopped while writing an archive");
      const ssize_t count =
          ::read(file, block_.data(), std::min<std::uint64_t>(block_.size(), left));
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) return tl::unexpected(io_failure("read", tree_ / found.path, errno));
      if (count == 0)
        return fail(
            Errc::io, "file-changed",
            fmt::format("'{}' became shorter while it was read", printable_line(found.path)));
      if (archive_write_data(writer_.get(), block_.data(), static_cast<std::size_t>(count)) !=
          count)
        return failure();
      left -= static_cast<std::uint64_t>(count);
    }
    return {};
  }

  const fs::path& tree_;
  const TreeArchive& how_;
  const fs::path& out_;
  const std::function<bool()>& cancelled_;
  Sink sink_{-1};
  std::unique_ptr<archive, WriteFree> writer_;
  std::map<std::pair<dev_t, ino_t>, std::string> names_;
  std::vector<char> block_ = std::vector<char>(256 * 1024);
};

std::string hex(const unsigned char* bytes, std::size_t size) {
  std::string out;
  for (std::size_t i = 0; i < size; ++i) out += fmt::format("{:02x}", bytes[i]);
  return out;
}

}  // namespace

Result<void> write_tree(const fs::path& tree, const TreeArchive& how, const fs::path& out,
                        const std::function<bool()>& cancelled) {
  FileDescriptor fd(
      ::open(out.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0644));
  if (!fd) return tl::unexpected(io_failure("create", out, errno));
  auto written = TreeWriter(tree, how, out, cancelled).run(fd.get());
  if (!written) ::unlink(out.c_str());
  return written;
}

Result<std::map<std::string, MtreeEntry>> read_mtree(const fs::path& file) {
  TRY_ASSIGN(const std::string text, read_file(file, kMtreeBytesMax));
  TRY(load_archive());
  const ArchiveReader reader(archive_read_new());
  const auto damaged = [&] {
    const char* said = reader ? archive_error_string(reader.get()) : nullptr;
    return fail(Errc::integrity, "mtree-damaged",
                fmt::format("'{}' cannot be read", printable_line(file.string())),
                {.evidence = {said == nullptr ? "it is no list of files" : printable_line(said)}});
  };
  if (!reader || archive_read_support_filter_gzip(reader.get()) != ARCHIVE_OK ||
      archive_read_support_format_mtree(reader.get()) != ARCHIVE_OK ||
      archive_read_open_memory(reader.get(), text.data(), text.size()) != ARCHIVE_OK)
    return damaged();
  std::map<std::string, MtreeEntry> out;
  for (;;) {
    archive_entry* entry = nullptr;
    const int status = archive_read_next_header(reader.get(), &entry);
    if (status == ARCHIVE_EOF) return out;
    if (status != ARCHIVE_OK) return damaged();
    const char* name = archive_entry_pathname(entry);
    if (name == nullptr) return damaged();
    std::string_view path = name;
    if (path.starts_with("./")) path.remove_prefix(2);
    MtreeEntry& line = out[std::string(path)];
    line.permissions = archive_entry_perm(entry) & 07777;
    switch (archive_entry_filetype(entry)) {
      case AE_IFREG:
        line.type = MtreeEntry::Type::file;
        line.size_bytes = static_cast<std::uint64_t>(archive_entry_size(entry));
        if (const unsigned char* digest = archive_entry_digest(entry, ARCHIVE_ENTRY_DIGEST_SHA256))
          line.sha256 = hex(digest, 32);
        break;
      case AE_IFDIR:
        line.type = MtreeEntry::Type::directory;
        break;
      case AE_IFLNK:
        line.type = MtreeEntry::Type::link;
        if (const char* target = archive_entry_symlink(entry)) line.target = target;
        break;
      default:
        line.type = MtreeEntry::Type::other;
    }
  }
}

}  // namespace rbee::platform
