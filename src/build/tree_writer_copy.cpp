// TreeWriter: install and cp, file by file and tree by tree.
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <memory>

#include "build/tree_writer.hpp"
#include "platform/beneath.hpp"

namespace rbee::build {

using platform::FileDescriptor;
using Refused = TreeWriter::Refused;

namespace {

/// Below this a copy costs no more than a second name.
constexpr off_t kCopiedBytesMax = 4096;

std::string last_name(const std::string& path) {
  const auto end = path.find_last_not_of('/');
  if (end == std::string::npos) return {};
  const std::string cut = path.substr(0, end + 1);
  return cut.substr(cut.rfind('/') + 1);
}

bool copy_bytes(int from, int to) {
  // The kernel shares or moves the blocks where it can; where it cannot, it says so at once.
  for (;;) {
    const ssize_t count = ::copy_file_range(from, nullptr, to, nullptr, 1 << 30, 0);
    if (count == 0) return true;
    if (count < 0) break;
  }
  if (errno != EXDEV && errno != EINVAL && errno != ENOSYS && errno != EOPNOTSUPP) return false;
  std::string block(1 << 18, '\0');
  for (;;) {
    const ssize_t count = ::read(from, block.data(), block.size());
    if (count < 0) return false;
    if (count == 0) return true;
    if (platform::write_all(to, std::string_view(block.data(), static_cast<std::size_t>(count))) !=
        0)
      return false;
  }
}

}  // namespace

/// A regular file that is to be read.
std::optional<TreeWriter::Item> TreeWriter::open_item(const std::string& path) const {
  const auto place = locate(path);
  if (!place) return std::nullopt;
  Item item{open(*place, O_RDONLY | O_NONBLOCK), 0, false, *place};
  struct stat status {};
  if (!item.file || ::fstat(item.file.get(), &status) != 0 || !S_ISREG(status.st_mode))
    return std::nullopt;
  // The package's second name of it may have another mode by now.
  const auto given = given_.find({status.st_dev, status.st_ino});
  item.mode = given == given_.end() ? status.st_mode & 0777 : given->second;
  // A file with several names may be one of a build's hard links; it gets no more.
  item.ours = place->root == Root::src && !places_.sources.contains(place->path) &&
              status.st_nlink == 1 && status.st_size > kCopiedBytesMax;
  return item;
}

/// Make `name` in the open directory `parent` from the item; nothing stands there.
Refused TreeWriter::fill(int parent, const std::string& name, const Item& item, mode_t mode,
                         bool keep) {
  if (places_.must_stop && places_.must_stop()) return "a build that is to stop";
  struct stat status {};
  if (::fstat(item.file.get(), &status) != 0) return "a file that cannot be read";
  if (item.ours && !given_.contains(std::pair(status.st_dev, status.st_ino))) {
    const std::string self = "/proc/self/fd/" + std::to_string(item.file.get());
    if (::linkat(AT_FDCWD, self.c_str(), parent, name.c_str(), AT_SYMLINK_FOLLOW) == 0) {
      given_[{status.st_dev, status.st_ino}] = status.st_mode & 0777;
      linked_.emplace_back(item.place, status.st_mode & 0777);
      return ::fchmod(item.file.get(), mode) == 0 ? Refused() : "a mode that cannot be set";
    }
  }
  const FileDescriptor out(
      ::openat(parent, name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!out || ::lseek(item.file.get(), 0, SEEK_SET) != 0 ||
      !copy_bytes(item.file.get(), out.get()) || ::fchmod(out.get(), mode) != 0)
    return "a file that cannot be copied";
  const timespec times[] = {status.st_atim, status.st_mtim};
  if (keep && ::futimens(out.get(), times) != 0) return "a time that cannot be set";
  return std::nullopt;
}

Refused TreeWriter::put(const Item& item, const Place& to, mode_t mode, bool keep, bool replace,
                        bool parents) {
  if (to.root != Root::pkg || to.path.empty()) return "a file outside pkgdir";
  const FileDescriptor parent = open_parent(to, parents);
  const std::string name = to.path.substr(to.path.rfind('/') + 1);
  if (!parent || name == "..") return "a place for a file that is not there";
  if (replace && ::unlinkat(parent.get(), name.c_str(), 0) != 0 && errno != ENOENT)
    return "a file that cannot be replaced";
  return fill(parent.get(), name, item, mode, keep);
}

Refused TreeWriter::install(const FileCommand& command) {
  std::vector<std::string> sources = command.operands;
  std::string target;
  bool inside = true;
  if (command.into) {
    target = *command.into;
    const auto place = locate(target);
    if (!place || place->root != Root::pkg) return "install outside pkgdir";
    if (command.parents) {
      if (auto refused = make_directory(*place, std::nullopt, true, false)) return refused;
    } else if (!is_directory(target).value_or(false)) {
      return "install into what is no directory";
    }
  } else {
    target = sources.back();
    sources.pop_back();
    inside = !command.no_target_directory && is_directory(target).value_or(false);
    if (!inside && (sources.size() > 1 || target.ends_with('/')))
      return "install into what is no directory";
  }
  for (const std::string& source : sources) {
    const auto item = open_item(source);
    if (!item) return "install of what is no file";
    const auto place = locate(inside ? target + "/" + last_name(source) : target);
    if (!place) return "install outside pkgdir";
    if (auto refused = put(*item, *place, command.mode->apply(0, false), command.keep, true,
                           command.parents && !inside))
      return refused;
  }
  return std::nullopt;
}

Refused TreeWriter::copy(const FileCommand& command) {
  std::vector<std::string> sources = command.operands;
  std::string target;
  if (command.into) {
    target = *command.into;
  } else {
    target = sources.back();
    sources.pop_back();
  }
  const bool is_there = is_directory(target).value_or(false);
  const bool inside = is_there && !command.no_target_directory;
  if (!inside && (command.into || sources.size() > 1 || target.ends_with('/')))
    return "cp into what is no directory";
  for (const std::string& source : sources) {
    const auto from = locate(source);
    if (!from) return "cp from elsewhere";
    const std::string name = last_name(source);
    const bool contents = name == "." || name.empty() || from->path.empty();
    if (name == "..") return "cp of ..";
    const auto to = locate(inside && !contents ? target + "/" + name : target);
    if (!to || to->root != Root::pkg) return "cp outside pkgdir";
    const FileDescriptor file = open(*from, O_PATH | O_NOFOLLOW);
    struct stat status {};
    if (!file || ::fstat(file.get(), &status) != 0) return "cp of what is not there";
    if (S_ISDIR(status.st_mode)) {
      if (!command.recursive) return "cp of a directory without -r";
      if (from->path.empty() && name != ".") return "cp of a whole folder";
      if (auto refused = copy_tree(*from, *to, command.keep, 0)) return refused;
      continue;
    }
    if (S_ISLNK(status.st_mode) && !command.follow) return "cp of a link";
    const auto item = open_item(source);
    if (!item || source.ends_with('/')) return "cp of what is no file";
    // What stands there would keep its mode, and be written through a link.
    if (open(*to, O_PATH | O_NOFOLLOW)) return "cp over what is there";
    const mode_t mode = command.keep ? item->mode : item->mode & ~mode_t{022};
    if (auto refused = put(*item, *to, mode, command.keep, false, false)) return refused;
  }
  return std::nullopt;
}

Refused TreeWriter::copy_tree(const Place& from, const Place& to, bool keep, int depth) {
  if (depth > 60) return "a tree this deep";
  FileDescriptor source = open(from, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  struct stat status {};
  if (!source || ::fstat(source.get(), &status) != 0) return "a directory that cannot be read";
  const bool there = static_cast<bool>(open(to, O_PATH | O_DIRECTORY | O_NOFOLLOW));
  if (auto refused = make_directory(to, std::nullopt, there, false)) return refused;
  const FileDescriptor target = open(to, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  if (!target) return "a directory that cannot be made";
  const int again = ::dup(source.get());
  const std::unique_ptr<DIR, int (*)(DIR*)> stream(::fdopendir(again), ::closedir);
  if (!stream) {
    if (again >= 0) ::close(again);
    return "a directory that cannot be read";
  }
  while (const dirent* entry = ::readdir(stream.get())) {
    const std::string name = entry->d_name;
    if (name == "." || name == "..") continue;
    struct stat each {};
    if (::fstatat(source.get(), name.c_str(), &each, AT_SYMLINK_NOFOLLOW) != 0)
      return "a directory that cannot be read";
    const Place inner{from.root, from.path.empty() ? name : from.path + "/" + name};
    const Place outer{to.root, to.path.empty() ? name : to.path + "/" + name};
    if (S_ISDIR(each.st_mode)) {
      if (auto refused = copy_tree(inner, outer, keep, depth + 1)) return refused;
    } else if (S_ISLNK(each.st_mode)) {
      std::string text(4096, '\0');
      const ssize_t size = ::readlinkat(source.get(), name.c_str(), text.data(), text.size());
      if (size <= 0 || static_cast<std::size_t>(size) == text.size()) return "a link this long";
      text.resize(static_cast<std::size_t>(size));
      if (::symlinkat(text.c_str(), target.get(), name.c_str()) != 0)
        return "cp over what is there";
    } else if (S_ISREG(each.st_mode)) {
      const auto given = given_.find({each.st_dev, each.st_ino});
      Item item{FileDescriptor(::openat(source.get(), name.c_str(),
                                        O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)),
                given == given_.end() ? each.st_mode & 0777 : given->second,
                from.root == Root::src && each.st_nlink == 1 && each.st_size > kCopiedBytesMax,
                inner};
      // cp -a keeps hard links between the files of a tree.
      if (!item.file || (keep && each.st_nlink > 1 && given == given_.end()))
        return "a file with several names";
      if (auto refused =
              fill(target.get(), name, item, keep ? item.mode : item.mode & ~mode_t{022}, keep))
        return refused;
    } else {
      return "a special file";
    }
  }
  if (there) return std::nullopt;
  if (::fchmod(target.get(), keep ? status.st_mode & 0777 : status.st_mode & 0755) != 0)
    return "a mode that cannot be set";
  const timespec times[] = {status.st_atim, status.st_mtim};
  if (keep && ::futimens(target.get(), times) != 0) return "a time that cannot be set";
  return std::nullopt;
}

void TreeWriter::undo() {
  for (const auto& [place, mode] : linked_)
    if (const FileDescriptor file = open(place, O_RDONLY | O_NONBLOCK)) ::fchmod(file.get(), mode);
  linked_.clear();
}

void TreeWriter::commit() {
  for (const auto& [place, mode] : linked_) {
    const FileDescriptor parent = open_parent(place, false);
    if (parent) ::unlinkat(parent.get(), place.path.substr(place.path.rfind('/') + 1).c_str(), 0);
  }
  linked_.clear();
}

}  // namespace rbee::build
