// TreeWriter: where paths lead, and what the commands do there. (tree_writer_copy.cpp: files and
// trees.)
#include "build/tree_writer.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <memory>

#include "base/text.hpp"
#include "platform/beneath.hpp"
#include "platform/files.hpp"

namespace rbee::build {

using platform::FileDescriptor;
using Refused = TreeWriter::Refused;

namespace {

FileDescriptor open_root(const std::filesystem::path& path) {
  return FileDescriptor(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
}

/// Names in an open directory, sorted by bytes. Nothing: it cannot be read.
std::optional<std::vector<std::string>> names_in(FileDescriptor directory) {
  const std::unique_ptr<DIR, int (*)(DIR*)> stream(::fdopendir(directory.get()), ::closedir);
  if (!stream) return std::nullopt;
  directory.release();
  std::vector<std::string> out;
  while (const dirent* entry = ::readdir(stream.get()))
    if (const std::string_view name = entry->d_name; name != "." && name != "..")
      out.emplace_back(name);
  std::sort(out.begin(), out.end());
  return out;
}

bool has_wildcard(std::string_view part) {
  for (std::size_t i = 0; i < part.size(); ++i) {
    if (part[i] == '\\') {
      ++i;
    } else if (part[i] == '*' || part[i] == '?') {
      return true;
    }
  }
  return false;
}

std::string unescaped(std::string_view part) {
  std::string out;
  for (std::size_t i = 0; i < part.size(); ++i) {
    if (part[i] == '\\' && i + 1 < part.size()) ++i;
    out += part[i];
  }
  return out;
}

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return static_cast<signed char>(c) >= 0; });
}

}  // namespace

TreeWriter::TreeWriter(Places places)
    : places_(std::move(places)),
      src_(open_root(places_.src)),
      start_(open_root(places_.start)),
      pkg_(open_root(places_.pkg)),
      directory_(places_.srcdir) {}

std::string TreeWriter::absolute(const std::string& path) const {
  return path.starts_with('/') ? path : directory_ + "/" + path;
}

std::optional<TreeWriter::Place> TreeWriter::locate(const std::string& path) const {
  const std::string whole = absolute(path);
  const std::pair<Root, const std::string*> roots[] = {
      {Root::src, &places_.srcdir}, {Root::pkg, &places_.pkgdir}, {Root::start, &places_.startdir}};
  for (const auto& [root, prefix] : roots) {
    if (!whole.starts_with(*prefix)) continue;
    if (whole.size() > prefix->size() && whole[prefix->size()] != '/') continue;
    std::string rest = whole.substr(prefix->size());
    std::string out;
    for (const std::string_view part : split(rest, '/'))
      if (!part.empty() && part != ".") out += (out.empty() ? "" : "/") + std::string(part);
    return Place{root, out};
  }
  return std::nullopt;
}

int TreeWriter::descriptor(Root root) const {
  return root == Root::src ? src_.get() : root == Root::pkg ? pkg_.get() : start_.get();
}

FileDescriptor TreeWriter::open(const Place& place, int flags) const {
  if (place.root == Root::src)
    if (const auto source = places_.sources.find(place.path); source != places_.sources.end())
      return FileDescriptor(::open(source->second.c_str(), flags | O_CLOEXEC));
  return platform::open_beneath(descriptor(place.root), place.path, flags);
}

/// The directory that the last name of `place` stands in.
FileDescriptor TreeWriter::open_parent(const Place& place, bool create) const {
  const auto slash = place.path.rfind('/');
  const std::string parent = slash == std::string::npos ? "" : place.path.substr(0, slash);
  FileDescriptor there = open({place.root, parent}, O_RDONLY | O_DIRECTORY);
  if (there || !create || errno != ENOENT || parent.find("..") != std::string::npos) return there;
  auto made = platform::open_directory_beneath(descriptor(place.root), parent);
  return made ? std::move(*made) : FileDescriptor();
}

Refused TreeWriter::change_directory(const std::string& path) {
  const auto place = locate(path);
  if (!place || !open(*place, O_PATH | O_DIRECTORY)) return "cd to a place that is not there";
  // Names alone must say where it is: ".." after a link would not.
  if (place->path.find("..") != std::string::npos) return "cd with ..";
  const std::string& root = place->root == Root::src   ? places_.srcdir
                            : place->root == Root::pkg ? places_.pkgdir
                                                       : places_.startdir;
  directory_ = place->path.empty() ? root : root + "/" + place->path;
  return std::nullopt;
}

Refused TreeWriter::write(const std::string& path, std::string_view bytes, bool append) {
  const auto place = locate(path);
  if (!place || place->root != Root::pkg || place->path.empty()) return "writing a file";
  const FileDescriptor parent = open_parent(*place, false);
  const std::string name = place->path.substr(place->path.rfind('/') + 1);
  if (!parent || name == "..") return "writing a file";
  const int flags = O_WRONLY | O_NOFOLLOW | O_CLOEXEC | (append ? O_APPEND : 0);
  FileDescriptor file(::openat(parent.get(), name.c_str(), flags | O_CREAT | O_EXCL, 0644));
  if (file) {
    ::fchmod(file.get(), 0644);  // Whatever the user's umask says.
  } else {
    file = FileDescriptor(::openat(parent.get(), name.c_str(), flags | O_NONBLOCK));
  }
  struct stat status {};
  if (!file || ::fstat(file.get(), &status) != 0 || !S_ISREG(status.st_mode) ||
      status.st_nlink > 1 || (!append && ::ftruncate(file.get(), 0) != 0) ||
      platform::write_all(file.get(), bytes) != 0)
    return "writing a file";
  return std::nullopt;
}

std::optional<std::vector<std::string>> TreeWriter::glob(const std::string& pattern) {
  // The literal part in front decides where to look; it stays as it was written.
  std::vector<std::string> found = {pattern.starts_with('/') ? "/" : ""};
  const std::vector<std::string_view> parts = split(pattern, '/');
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const std::string_view part = parts[i];
    if (part.empty() && i == 0) continue;
    if (part.empty()) return std::nullopt;  // "a*/": directories alone.
    std::vector<std::string> next;
    for (const std::string& base : found) {
      if (!has_wildcard(part)) {
        next.push_back(base + unescaped(part) + (i + 1 < parts.size() ? "/" : ""));
        continue;
      }
      const auto place = locate(base.empty() ? "." : base);
      if (!place) return std::nullopt;
      FileDescriptor directory = open(*place, O_RDONLY | O_DIRECTORY);
      if (!directory) {
        if (errno != ENOENT && errno != ENOTDIR) return std::nullopt;
        continue;
      }
      const auto names = names_in(std::move(directory));
      if (!names) return std::nullopt;
      for (const std::string& name : *names) {
        // The C library's locale is not the recipe's: '?' would be one byte.
        if (!is_ascii(name)) return std::nullopt;
        if (::fnmatch(std::string(part).c_str(), name.c_str(), FNM_PERIOD) == 0)
          next.push_back(base + name + (i + 1 < parts.size() ? "/" : ""));
      }
    }
    found = std::move(next);
  }
  std::erase_if(found, [&](const std::string& path) {
    const auto place = locate(path);
    return !place || !open(*place, O_PATH | O_NOFOLLOW);
  });
  std::sort(found.begin(), found.end());
  return found;
}

pkgbuild::FileLook::Kind TreeWriter::look(const std::string& path) {
  using Kind = pkgbuild::FileLook::Kind;
  const auto place = locate(path);
  if (!place) return Kind::unknown;
  const FileDescriptor file = open(*place, O_PATH);
  struct stat status {};
  if (!file) return errno == ENOENT || errno == ENOTDIR ? Kind::absent : Kind::unknown;
  if (::fstat(file.get(), &status) != 0) return Kind::unknown;
  return S_ISREG(status.st_mode) ? Kind::file : Kind::absent;
}

std::optional<bool> TreeWriter::is_directory(const std::string& path) {
  const auto place = locate(path);
  if (!place) return std::nullopt;
  const FileDescriptor file = open(*place, O_PATH);
  struct stat status {};
  if (!file) return errno == ENOENT || errno == ENOTDIR ? std::optional(false) : std::nullopt;
  if (::fstat(file.get(), &status) != 0) return std::nullopt;
  return S_ISDIR(status.st_mode);
}

Refused TreeWriter::run(const std::vector<std::string>& argv) {
  if (!src_ || !start_ || !pkg_) return "folders that cannot be opened";
  if (places_.must_stop && places_.must_stop()) return "a build that is to stop";
  const auto command = parse_file_command(argv);
  if (!command) return command.error();
  switch (command->kind) {
    case FileCommand::Kind::install:
      return install(*command);
    case FileCommand::Kind::directories:
      return make_directories(*command);
    case FileCommand::Kind::copy:
      return copy(*command);
    case FileCommand::Kind::link:
      return link(*command);
    case FileCommand::Kind::mode:
      return change_modes(*command);
    case FileCommand::Kind::nothing:
      break;
  }
  return std::nullopt;
}

Refused TreeWriter::make_directories(const FileCommand& command) {
  for (const std::string& operand : command.operands) {
    const auto place = locate(operand);
    if (!place || place->root != Root::pkg) return "a directory outside pkgdir";
    if (auto refused =
            make_directory(*place, command.mode, command.parents, command.mode_of_existing))
      return refused;
  }
  return std::nullopt;
}

Refused TreeWriter::make_directory(const Place& place, const std::optional<ModeChange>& mode,
                                   bool parents, bool even_if_there) {
  if (place.path.empty()) return parents ? Refused() : "mkdir of what is there";
  if (place.path.find("..") != std::string::npos) return "a directory with ..";
  const FileDescriptor parent = open_parent(place, parents);
  if (!parent) return "a directory that cannot be made";
  const std::string name = place.path.substr(place.path.rfind('/') + 1);
  const bool made = ::mkdirat(parent.get(), name.c_str(), 0755) == 0;
  if (!made && (errno != EEXIST || !parents)) return "a directory that cannot be made";
  const FileDescriptor directory =
      platform::open_beneath(parent.get(), name, O_RDONLY | O_DIRECTORY);
  if (!directory) return "a directory that cannot be made";
  if (!made && !even_if_there) return std::nullopt;
  if (::fchmod(directory.get(), mode ? mode->apply(0755, true) : 0755) != 0)
    return "a mode that cannot be set";
  return std::nullopt;
}

Refused TreeWriter::link(const FileCommand& command) {
  struct Pair {
    std::string target, at;
  };
  std::vector<Pair> pairs;
  const auto name_of = [](const std::string& path) {
    const auto end = path.find_last_not_of('/');
    const std::string cut = path.substr(0, end == std::string::npos ? 0 : end + 1);
    return cut.substr(cut.rfind('/') + 1);
  };
  const auto& operands = command.operands;
  if (command.into) {
    for (const std::string& target : operands)
      pairs.push_back({target, *command.into + "/" + name_of(target)});
  } else if (operands.size() == 1) {
    pairs.push_back({operands[0], "./" + name_of(operands[0])});
  } else {
    const auto place = locate(operands.back());
    if (!place) return "a link outside pkgdir";
    const FileDescriptor there =
        open(*place, O_PATH | O_DIRECTORY | (command.no_dereference ? O_NOFOLLOW : 0));
    const bool inside = static_cast<bool>(there) && !command.no_target_directory;
    if (!inside && operands.size() > 2) return "ln with these operands";
    for (std::size_t i = 0; i + 1 < operands.size(); ++i)
      pairs.push_back(
          {operands[i], inside ? operands.back() + "/" + name_of(operands[i]) : operands.back()});
  }
  for (const Pair& pair : pairs) {
    const auto place = locate(pair.at);
    if (!place || place->root != Root::pkg || place->path.empty() || pair.at.ends_with('/'))
      return "a link outside pkgdir";
    std::string target = pair.target;
    if (command.relative) {
      // realpath(3) of both; where no link lies on the way, names alone say it.
      const auto to = locate(target);
      if (!to || to->root != Root::pkg || (to->path + place->path).find("..") != std::string::npos)
        return "ln -r out of pkgdir";
      std::string way;
      for (const std::string& path :
           {to->path, place->path.substr(0, place->path.rfind('/') + 1)}) {
        way.clear();
        for (const std::string_view part : split(path, '/')) {
          if (part.empty()) continue;
          way += (way.empty() ? "" : "/") + std::string(part);
          struct stat status {};
          if (::fstatat(pkg_.get(), way.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0 &&
              S_ISLNK(status.st_mode))
            return "ln -r over a link";
        }
      }
      const auto from = split(place->path, '/');
      const auto goal = split(to->path, '/');
      std::size_t same = 0;
      while (same + 1 < from.size() && same < goal.size() && from[same] == goal[same]) ++same;
      target.clear();
      for (std::size_t i = same; i + 1 < from.size(); ++i) target += "../";
      for (std::size_t i = same; i < goal.size(); ++i)
        target += std::string(goal[i]) + (i + 1 < goal.size() ? "/" : "");
      if (target.ends_with('/')) target.pop_back();
      if (target.empty()) target = ".";
    }
    const FileDescriptor parent = open_parent(*place, false);
    const std::string name = place->path.substr(place->path.rfind('/') + 1);
    if (!parent || name == "..") return "a link that cannot be made";
    if (command.replace) ::unlinkat(parent.get(), name.c_str(), 0);
    if (::symlinkat(target.c_str(), parent.get(), name.c_str()) != 0)
      return "a link that cannot be made";
  }
  return std::nullopt;
}

Refused TreeWriter::change_modes(const FileCommand& command) {
  for (const std::string& operand : command.operands) {
    const auto place = locate(operand);
    if (!place || place->root != Root::pkg) return "chmod outside pkgdir";
    if (auto refused = change_mode(*place, *command.mode, command.recursive, 0)) return refused;
  }
  return std::nullopt;
}

Refused TreeWriter::change_mode(const Place& place, const ModeChange& mode, bool recursive,
                                int depth) {
  if (depth > 60) return "a tree this deep";
  FileDescriptor file = open(place, O_RDONLY | O_NONBLOCK | (depth > 0 ? O_NOFOLLOW : 0));
  struct stat status {};
  if (!file && depth > 0 && errno == ELOOP) return std::nullopt;  // -R leaves links alone.
  if (!file || ::fstat(file.get(), &status) != 0) return "chmod of what cannot be opened";
  const bool directory = S_ISDIR(status.st_mode);
  if (::fchmod(file.get(), mode.apply(status.st_mode & 0777, directory)) != 0)
    return "a mode that cannot be set";
  if (!recursive || !directory) return std::nullopt;
  const auto names = names_in(std::move(file));
  if (!names) return "a directory that cannot be read";
  for (const std::string& name : *names)
    if (auto refused =
            change_mode({place.root, place.path.empty() ? name : place.path + "/" + name}, mode,
                        true, depth + 1))
      return refused;
  return std::nullopt;
}

}  // namespace rbee::build
