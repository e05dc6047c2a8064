#include "cli/local_folder.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/text.hpp"

namespace rbee::cli {

namespace {

constexpr std::size_t kFolderFileBytesMax = 256'000;

/// Everything that is left of an open file; nothing on an error, or beyond `bytes_max` (errno
/// EFBIG).
std::optional<std::string> read_rest(int descriptor, std::size_t bytes_max) {
  std::string text;
  char buffer[16'384];
  for (;;) {
    const ssize_t count = read(descriptor, buffer, sizeof buffer);
    if (count == 0) return text;
    if (count < 0) {
      if (errno == EINTR) continue;
      return std::nullopt;
    }
    text.append(buffer, static_cast<std::size_t>(count));
    if (text.size() > bytes_max) {
      errno = EFBIG;
      return std::nullopt;
    }
  }
}

}  // namespace

LocalFolder::LocalFolder(const std::filesystem::path& folder, const std::filesystem::path& root) {
  std::error_code error;
  const std::filesystem::path physical = std::filesystem::canonical(folder, error);
  if (error) return;
  path_ = physical.string();
  std::filesystem::path top = physical;
  if (!root.empty()) {
    top = std::filesystem::canonical(root, error);
    const auto [at, rest] = std::mismatch(top.begin(), top.end(), physical.begin(), physical.end());
    below_root_ = !error && at == top.end();
    if (!below_root_) return;
    for (auto name = rest; name != physical.end(); ++name) below_.push_back(name->string());
  }
  root_ = platform::FileDescriptor(open(top.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
}

std::optional<std::string> LocalFolder::read(std::string_view path) const {
  pkgbuild::FileLook found = look(path);
  if (found.kind != pkgbuild::FileLook::Kind::file) return std::nullopt;
  return std::move(found.text);
}

pkgbuild::FileLook LocalFolder::look(std::string_view path) const {
  using Kind = pkgbuild::FileLook::Kind;
  if (!root_ || path.find('\0') != std::string_view::npos) return {};
  std::vector<std::string> names = below_;
  for (const std::string_view segment : split(path, '/')) {
    if (segment.empty() || segment == ".") continue;
    if (segment != "..") {
      names.emplace_back(segment);
    } else if (names.empty()) {
      return {};  // Above the root.
    } else {
      names.pop_back();
    }
  }
  if (names.empty()) return {Kind::absent, {}};
  platform::FileDescriptor at;
  // Step by step, so that no link on the way can lead outside; O_NONBLOCK so that a FIFO cannot
  // stop us.
  for (std::size_t i = 0; i < names.size(); ++i) {
    const int folder = i + 1 < names.size() ? O_DIRECTORY : 0;
    at = platform::FileDescriptor(openat(at ? at.get() : root_.get(), names[i].c_str(),
                                         O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | folder));
    // A link shows as ELOOP, or as ENOTDIR on the way.
    if (!at) return {errno == ENOENT ? Kind::absent : Kind::unknown, {}};
  }
  struct stat info {};
  if (fstat(at.get(), &info) != 0) return {};
  if (!S_ISREG(info.st_mode)) return {Kind::absent, {}};
  std::optional<std::string> text = read_rest(at.get(), kFolderFileBytesMax);
  if (!text) return {};
  return {Kind::file, std::move(*text)};
}

Result<std::string> read_whole_file(const std::filesystem::path& path, std::size_t bytes_max) {
  const platform::FileDescriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  std::optional<std::string> text;
  if (file) text = read_rest(file.get(), bytes_max);
  if (text) return std::move(*text);
  const int error = errno;
  const std::string name = printable_line(path.string());
  if (error == ENOENT || error == ENOTDIR)
    return fail(Errc::not_found, "file-not-found", fmt::format("there is no file '{}'", name));
  if (error == EFBIG)
    return fail(Errc::too_large, "file-too-large",
                fmt::format("'{}' is larger than a recipe may be", name),
                {.evidence = {fmt::format("more than {}", human_size(bytes_max))}});
  return fail(Errc::io, "file-unreadable", fmt::format("'{}' cannot be read", name),
              {.evidence = {std::strerror(error)}});
}

}  // namespace rbee::cli
