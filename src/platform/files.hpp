// Files as the installer needs them: whole or not at all, never through a link, gone when nobody
// wants them.
//
// Touches the disk, only where it is told. POSIX.1-2017; flock(2), openat(2), rename(2).
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "platform/file_descriptor.hpp"

namespace rbee::platform {

/// Errc::io with errno's text as evidence, the path made printable, and a hint when the disk is
/// full.
Error io_failure(std::string_view what, const std::filesystem::path& path, int error);

/// The whole of a regular file. Errors: Errc::not_found "file-not-found", Errc::too_large,
/// Errc::io.
Result<std::string> read_file(const std::filesystem::path& path, std::uint64_t size_bytes_max);

/// A file that appears under its name complete and on disk, or not at all. Discarded unless
/// committed.
class AtomicFile {
 public:
  static Result<AtomicFile> create(std::filesystem::path path, mode_t mode = 0644);
  AtomicFile(AtomicFile&&) noexcept = default;
  AtomicFile& operator=(AtomicFile&&) = delete;
  ~AtomicFile();
  Result<void> write(std::string_view bytes);
  /// Sync, rename over `path`, sync the directory.
  Result<void> commit();

 private:
  AtomicFile(std::filesystem::path path, std::filesystem::path temporary, FileDescriptor fd)
      : path_(std::move(path)), temporary_(std::move(temporary)), fd_(std::move(fd)) {}
  std::filesystem::path path_, temporary_;
  FileDescriptor fd_;
};

Result<void> write_file_atomically(const std::filesystem::path& path, std::string_view bytes,
                                   mode_t mode = 0644);

/// Make `link` a symbolic link to `target` by one rename, whatever stood there before (not a
/// directory).
Result<void> link_atomically(const std::filesystem::path& target,
                             const std::filesystem::path& link);

/// Create a directory and its missing parents with `mode`, and sync the parents of what is new.
Result<void> make_directories(const std::filesystem::path& path, mode_t mode = 0755);

/// Wait until a directory's entries are on disk.
Result<void> sync_directory(const std::filesystem::path& path);

/// Remove a file, a link or a tree of any depth. Never follows a link; makes read-only directories
/// writable first. What does not exist is removed already.
Result<void> remove_tree(const std::filesystem::path& path);

/// What `walk_tree` shows of one entry.
struct WalkEntry {
  std::string path;  ///< Relative to the root, '/' between names.
  mode_t mode = 0;   ///< As lstat(2) has it, type included.
  std::uint64_t size_bytes = 0;
  std::uint64_t links = 0;
  std::string target;  ///< Of a symbolic link.
};

/// Visit everything below `root`, directories before their contents, names in byte order; links are
/// shown, not followed. Ends at the first error of `visit`. Errors: its own, Errc::io,
/// Errc::too_large beyond `depth_max`.
Result<void> walk_tree(const std::filesystem::path& root, int depth_max,
                       const std::function<Result<void>(const WalkEntry&)>& visit);

/// Let the disk begin to write what large files of a tree hold, and do not wait: by the time that
/// `seal_tree` waits, less is left. A hint; failures do not matter (sync_file_range(2)).
void begin_writeback(const std::filesystem::path& root);

/// Take every write permission from a tree and wait until all of it is on disk.
Result<void> seal_tree(const std::filesystem::path& root);

/// A new directory (0700) under `parent` that is removed with the object.
class TemporaryDirectory {
 public:
  static Result<TemporaryDirectory> create(const std::filesystem::path& parent,
                                           std::string_view prefix);
  TemporaryDirectory(TemporaryDirectory&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  TemporaryDirectory& operator=(TemporaryDirectory&&) = delete;
  ~TemporaryDirectory();
  const std::filesystem::path& path() const { return path_; }

 private:
  explicit TemporaryDirectory(std::filesystem::path path) : path_(std::move(path)) {}
  std::filesystem::path path_;
};

/// An exclusive lock on a file, released with the object or with the process, however it ends.
class FileLock {
 public:
  /// `purpose` is written into the file for whoever waits: "rbee worker install tts-worker".
  /// Errors: Errc::exists "locked" with the holder's process id and purpose.
  static Result<FileLock> acquire(const std::filesystem::path& path, std::string_view purpose);
  /// The same, but waits for up to `patience` until whoever holds it is done.
  static Result<FileLock> wait(const std::filesystem::path& path, std::string_view purpose,
                               std::chrono::milliseconds patience);
  /// Held together with others who call this, and never beside one that is exclusive.
  static Result<FileLock> acquire_shared(const std::filesystem::path& path);
  /// Make an exclusive one shared. Not in one step: another may take it in between.
  Result<void> share();

 private:
  explicit FileLock(FileDescriptor fd) : fd_(std::move(fd)) {}
  FileDescriptor fd_;
};

/// Open directory `relative` below `root`, without following any link; create what is missing with
/// 0755. `relative` holds plain names between single '/'s; empty means `root` itself. Errors:
/// Errc::invalid_input "path-through-link" when a part is a link or not a directory, Errc::io.
Result<FileDescriptor> open_directory_beneath(int root, std::string_view relative);

/// Bytes that an ordinary user may still write on the file system of `path`, or of its nearest
/// parent.
Result<std::uint64_t> free_bytes(const std::filesystem::path& path);

}  // namespace rbee::platform
