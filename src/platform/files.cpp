// Files, over openat and its kin, so that nothing between a check and its use can be exchanged for
// a link.
#include "platform/files.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <random>
#include <thread>
#include <vector>

#include "base/text.hpp"

namespace rbee::platform {

namespace fs = std::filesystem;

namespace {

struct DirClose {
  void operator()(DIR* dir) const { ::closedir(dir); }
};

/// Names in an open directory, without "." and "..", in byte order.
Result<std::vector<std::string>> names_in(int directory, const fs::path& shown) {
  const int copy = ::openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (copy < 0) return tl::unexpected(io_failure("read the directory", shown, errno));
  const std::unique_ptr<DIR, DirClose> dir(::fdopendir(copy));
  if (!dir) {
    ::close(copy);
    return tl::unexpected(io_failure("read the directory", shown, errno));
  }
  std::vector<std::string> names;
  errno = 0;
  while (const dirent* entry = ::readdir(dir.get())) {
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..") names.emplace_back(name);
  }
  if (errno != 0) return tl::unexpected(io_failure("read the directory", shown, errno));
  std::sort(names.begin(), names.end());
  return names;
}

std::string random_suffix() {
  static thread_local std::mt19937_64 random(std::random_device{}());
  return fmt::format("{:016x}", random());
}

FileDescriptor open_directory(int parent, const char* name) {
  return FileDescriptor(::openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
}

/// Empties trees. Directories deeper than `kDepth` are moved up to the root first, so that neither
/// the stack nor the number of open files depends on how deep a hostile build nested them.
class Remover {
 public:
  explicit Remover(const fs::path& shown) : shown_(shown) {}

  Result<void> remove(int parent, const char* name) {
    if (::unlinkat(parent, name, 0) == 0 || errno == ENOENT) return {};
    if (errno != EISDIR && errno != EPERM && errno != EACCES) return refuse();
    // A directory that was made unsearchable is made ours again; a link in its place is not
    // followed.
    FileDescriptor dir = open_directory(parent, name);
    if (!dir && errno == EACCES && ::fchmodat(parent, name, 0700, 0) == 0)
      dir = open_directory(parent, name);
    if (!dir) return refuse();
    root_ = dir.get();
    do {
      moved_ = false;
      TRY(empty(dir.get(), 0));
    } while (moved_);
    if (::unlinkat(parent, name, AT_REMOVEDIR) != 0) return refuse();
    return {};
  }

 private:
  static constexpr int kDepth = 50;

  tl::unexpected<Error> refuse() const {
    return tl::unexpected(io_failure("remove", shown_, errno));
  }

  Result<void> empty(int directory, int depth) {
    struct stat status {};
    if (::fstat(directory, &status) != 0) return refuse();
    if ((status.st_mode & 0700) != 0700) ::fchmod(directory, 0700);
    TRY_ASSIGN(const auto names, names_in(directory, shown_));
    for (const std::string& name : names) {
      if (::unlinkat(directory, name.c_str(), 0) == 0 || errno == ENOENT) continue;
      FileDescriptor child = open_directory(directory, name.c_str());
      if (!child && errno == EACCES && ::fchmodat(directory, name.c_str(), 0700, 0) == 0)
        child = open_directory(directory, name.c_str());
      if (!child) return refuse();
      if (depth >= kDepth) {
        ::fchmod(child.get(), 0700);
        if (::renameat(directory, name.c_str(), root_, random_suffix().c_str()) != 0)
          return refuse();
        moved_ = true;
        continue;
      }
      TRY(empty(child.get(), depth + 1));
      if (::unlinkat(directory, name.c_str(), AT_REMOVEDIR) != 0) return refuse();
    }
    return {};
  }

  const fs::path& shown_;
  int root_ = -1;
  bool moved_ = false;
};

Result<void> walk(int directory, const fs::path& root, const std::string& prefix, int depth_left,
                  const std::function<Result<void>(const WalkEntry&)>& visit) {
  if (depth_left < 0)
    return fail(Errc::too_large, "tree-too-deep",
                fmt::format("'{}' is nested too deeply", printable_line(root.string())));
  TRY_ASSIGN(const auto names, names_in(directory, root));
  for (const std::string& name : names) {
    WalkEntry entry;
    entry.path = prefix + name;
    struct stat status {};
    if (::fstatat(directory, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0)
      return tl::unexpected(io_failure("look at", root / entry.path, errno));
    entry.mode = status.st_mode;
    entry.size_bytes = static_cast<std::uint64_t>(status.st_size);
    entry.links = status.st_nlink;
    if (S_ISLNK(status.st_mode)) {
      std::string target(4096, '\0');
      const ssize_t length = ::readlinkat(directory, name.c_str(), target.data(), target.size());
      if (length < 0) return tl::unexpected(io_failure("read the link", root / entry.path, errno));
      target.resize(static_cast<std::size_t>(length));
      entry.target = std::move(target);
    }
    TRY(visit(entry));
    if (!S_ISDIR(status.st_mode)) continue;
    const FileDescriptor child = open_directory(directory, name.c_str());
    if (!child) return tl::unexpected(io_failure("read the directory", root / entry.path, errno));
    TRY(walk(child.get(), root, entry.path + "/", depth_left - 1, visit));
  }
  return {};
}

/// `mode` without its write permissions, and everything on disk.
Result<void> seal(int fd, const fs::path& shown) {
  struct stat status {};
  if (::fstat(fd, &status) != 0 || ::fchmod(fd, status.st_mode & 0555) != 0 || ::fsync(fd) != 0)
    return tl::unexpected(io_failure("write", shown, errno));
  return {};
}

}  // namespace

Error io_failure(std::string_view what, const fs::path& path, int error) {
  return {Errc::io,
          error == ENOSPC || error == EDQUOT ? "disk-full" : "io",
          fmt::format("cannot {} '{}'", what, printable_line(path.string())),
          {std::strerror(error)},
          {},
          error == ENOSPC || error == EDQUOT ? "free some disk space and try again" : "",
          {}};
}

Result<std::string> read_file(const fs::path& path, std::uint64_t size_bytes_max) {
  const FileDescriptor fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!fd && errno == ENOENT)
    return fail(Errc::not_found, "file-not-found",
                fmt::format("there is no file '{}'", printable_line(path.string())));
  struct stat status {};
  if (!fd || ::fstat(fd.get(), &status) != 0)
    return tl::unexpected(io_failure("read", path, errno));
  if (!S_ISREG(status.st_mode)) return tl::unexpected(io_failure("read", path, EINVAL));
  std::string text;
  std::string block(64 * 1024, '\0');
  for (;;) {
    const ssize_t count = ::read(fd.get(), block.data(), block.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return tl::unexpected(io_failure("read", path, errno));
    if (count == 0) return text;
    text.append(block, 0, static_cast<std::size_t>(count));
    if (text.size() > size_bytes_max)
      return fail(Errc::too_large, "file-too-large",
                  fmt::format("'{}' is larger than {}", printable_line(path.string()),
                              human_size(size_bytes_max)));
  }
}

Result<AtomicFile> AtomicFile::create(fs::path path, mode_t mode) {
  fs::path temporary =
      path.parent_path() / fmt::format(".{}.{}.tmp", path.filename().string(), random_suffix());
  FileDescriptor fd(
      ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!fd || ::fchmod(fd.get(), mode) != 0)
    return tl::unexpected(io_failure("create", path, errno));
  return AtomicFile(std::move(path), std::move(temporary), std::move(fd));
}

AtomicFile::~AtomicFile() {
  if (fd_) ::unlink(temporary_.c_str());
}

Result<void> AtomicFile::write(std::string_view bytes) {
  if (const int error = write_all(fd_.get(), bytes); error != 0)
    return tl::unexpected(io_failure("write", path_, error));
  return {};
}

Result<void> AtomicFile::commit() {
  if (::fsync(fd_.get()) != 0) return tl::unexpected(io_failure("write", path_, errno));
  if (::rename(temporary_.c_str(), path_.c_str()) != 0)
    return tl::unexpected(io_failure("create", path_, errno));
  fd_.close();
  return sync_directory(path_.parent_path());
}

Result<void> write_file_atomically(const fs::path& path, std::string_view bytes, mode_t mode) {
  TRY_ASSIGN(AtomicFile file, AtomicFile::create(path, mode));
  TRY(file.write(bytes));
  return file.commit();
}

Result<void> link_atomically(const fs::path& target, const fs::path& link) {
  const fs::path temporary =
      link.parent_path() / fmt::format(".{}.{}.tmp", link.filename().string(), random_suffix());
  if (::symlink(target.c_str(), temporary.c_str()) != 0)
    return tl::unexpected(io_failure("create the link", link, errno));
  if (::rename(temporary.c_str(), link.c_str()) != 0) {
    const int error = errno;
    ::unlink(temporary.c_str());
    return tl::unexpected(io_failure("create the link", link, error));
  }
  return sync_directory(link.parent_path());
}

Result<void> make_directories(const fs::path& path, mode_t mode) {
  if (::mkdir(path.c_str(), mode) == 0) return sync_directory(path.parent_path());
  if (errno == EEXIST) {
    struct stat status {};
    if (::stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode)) return {};
    return tl::unexpected(io_failure("create the directory", path, ENOTDIR));
  }
  if (errno != ENOENT || !path.has_relative_path())
    return tl::unexpected(io_failure("create the directory", path, errno));
  TRY(make_directories(path.parent_path(), mode));
  if (::mkdir(path.c_str(), mode) != 0 && errno != EEXIST)
    return tl::unexpected(io_failure("create the directory", path, errno));
  return sync_directory(path.parent_path());
}

Result<void> sync_directory(const fs::path& path) {
  const FileDescriptor fd(
      ::open(path.empty() ? "." : path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd || (::fsync(fd.get()) != 0 && errno != EINVAL))
    return tl::unexpected(io_failure("write the directory", path, errno));
  return {};
}

Result<void> remove_tree(const fs::path& path) {
  return Remover(path).remove(AT_FDCWD, path.c_str());
}

Result<void> walk_tree(const fs::path& root, int depth_max,
                       const std::function<Result<void>(const WalkEntry&)>& visit) {
  const FileDescriptor directory = open_directory(AT_FDCWD, root.c_str());
  if (!directory) return tl::unexpected(io_failure("read the directory", root, errno));
  return walk(directory.get(), root, "", depth_max, visit);
}

void begin_writeback(const fs::path& root) {
  constexpr std::uint64_t kLarge = 1 << 20;
  static_cast<void>(walk_tree(root, 200, [&](const WalkEntry& entry) -> Result<void> {
    if (!S_ISREG(entry.mode) || entry.size_bytes < kLarge) return {};
    const FileDescriptor fd(::open((root / entry.path).c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
    if (fd) ::sync_file_range(fd.get(), 0, 0, SYNC_FILE_RANGE_WRITE);
    return {};
  }));
}

Result<void> seal_tree(const fs::path& root) {
  std::vector<std::string> directories = {""};
  TRY(walk_tree(root, 200, [&](const WalkEntry& entry) -> Result<void> {
    if (S_ISDIR(entry.mode)) directories.push_back(entry.path);
    if (!S_ISREG(entry.mode)) return {};
    const FileDescriptor fd(::open((root / entry.path).c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
    if (!fd) return tl::unexpected(io_failure("read", root / entry.path, errno));
    return seal(fd.get(), root / entry.path);
  }));
  // Innermost first, so that a directory is still writable while what it holds is sealed.
  for (auto path = directories.rbegin(); path != directories.rend(); ++path) {
    const fs::path whole = path->empty() ? root : root / *path;
    const FileDescriptor fd = open_directory(AT_FDCWD, whole.c_str());
    if (!fd) return tl::unexpected(io_failure("read the directory", whole, errno));
    TRY(seal(fd.get(), whole));
  }
  return {};
}

Result<TemporaryDirectory> TemporaryDirectory::create(const fs::path& parent,
                                                      std::string_view prefix) {
  std::string pattern = (parent / fmt::format("{}XXXXXX", prefix)).string();
  if (::mkdtemp(pattern.data()) == nullptr)
    return tl::unexpected(io_failure("create a directory in", parent, errno));
  return TemporaryDirectory(fs::path(pattern));
}

TemporaryDirectory::~TemporaryDirectory() {
  // Nobody is left to tell: what cannot be removed now is removed by the next run's recovery.
  if (!path_.empty()) static_cast<void>(remove_tree(path_));
}

Result<FileLock> FileLock::acquire(const fs::path& path, std::string_view purpose) {
  FileDescriptor fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!fd) return tl::unexpected(io_failure("open the lock", path, errno));
  if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return tl::unexpected(io_failure("lock", path, errno));
    std::string holder(512, '\0');
    const ssize_t length = ::pread(fd.get(), holder.data(), holder.size(), 0);
    holder.resize(length > 0 ? static_cast<std::size_t>(length) : 0);
    return fail(Errc::exists, "locked", "another rbee is changing the installed workers",
                {.evidence = {fmt::format("held by: {}", printable_line(trim(holder)))},
                 .fix = "wait until it is done and try again"});
  }
  const std::string text = fmt::format("process {}: {}\n", ::getpid(), printable_line(purpose));
  if (::ftruncate(fd.get(), 0) != 0 || write_all(fd.get(), text) != 0)
    return tl::unexpected(io_failure("write", path, errno));
  return FileLock(std::move(fd));
}

Result<FileLock> FileLock::wait(const fs::path& path, std::string_view purpose,
                                std::chrono::milliseconds patience) {
  // flock(2) can wait without end only, so it is asked again and again.
  constexpr std::chrono::milliseconds kPause{5};
  const auto give_up = std::chrono::steady_clock::now() + patience;
  for (;;) {
    auto lock = acquire(path, purpose);
    if (lock || lock.error().code != Errc::exists || std::chrono::steady_clock::now() >= give_up)
      return lock;
    std::this_thread::sleep_for(kPause);
  }
}

Result<FileLock> FileLock::acquire_shared(const fs::path& path) {
  FileDescriptor fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!fd) return tl::unexpected(io_failure("open the lock", path, errno));
  if (::flock(fd.get(), LOCK_SH | LOCK_NB) == 0) return FileLock(std::move(fd));
  if (errno != EWOULDBLOCK) return tl::unexpected(io_failure("lock", path, errno));
  std::string holder(512, '\0');
  const ssize_t length = ::pread(fd.get(), holder.data(), holder.size(), 0);
  holder.resize(length > 0 ? static_cast<std::size_t>(length) : 0);
  return fail(Errc::exists, "locked", "another holds it for itself alone",
              {.evidence = {fmt::format("held by: {}", printable_line(trim(holder)))},
               .fix = "wait until it is done and try again"});
}

Result<void> FileLock::share() {
  if (::flock(fd_.get(), LOCK_SH | LOCK_NB) != 0)
    return tl::unexpected(io_failure("share", "a lock", errno));
  return {};
}

Result<FileDescriptor> open_directory_beneath(int root, std::string_view relative) {
  FileDescriptor current = open_directory(root, ".");
  if (!current) return tl::unexpected(io_failure("open", "the target directory", errno));
  if (relative.empty()) return current;
  for (const std::string_view part : split(relative, '/')) {
    const std::string name(part);
    if (name.empty() || name == "." || name == "..")
      return fail(Errc::invalid_input, "path-through-link",
                  fmt::format("'{}' is not a plain path", printable_line(relative)));
    FileDescriptor next = open_directory(current.get(), name.c_str());
    if (!next && errno == ENOENT) {
      const bool made = ::mkdirat(current.get(), name.c_str(), 0755) == 0;
      if (!made && errno != EEXIST)
        return tl::unexpected(io_failure("create the directory", fs::path(relative), errno));
      next = open_directory(current.get(), name.c_str());
      if (next && made) ::fchmod(next.get(), 0755);  // Whatever the user's umask says.
    }
    if (!next && (errno == ELOOP || errno == ENOTDIR))
      return fail(Errc::invalid_input, "path-through-link",
                  fmt::format("'{}' leads through a link or a file", printable_line(relative)));
    if (!next) return tl::unexpected(io_failure("open the directory", fs::path(relative), errno));
    current = std::move(next);
  }
  return current;
}

Result<std::uint64_t> free_bytes(const fs::path& path) {
  for (fs::path at = path;; at = at.parent_path()) {
    struct statvfs status {};
    if (::statvfs(at.empty() ? "." : at.c_str(), &status) == 0)
      return static_cast<std::uint64_t>(status.f_bavail) * status.f_frsize;
    if (errno != ENOENT || !at.has_relative_path())
      return tl::unexpected(io_failure("measure the disk of", path, errno));
  }
}

}  // namespace rbee::platform
