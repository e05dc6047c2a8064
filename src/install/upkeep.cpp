#include "install/upkeep.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "base/text.hpp"
#include "build/package_files.hpp"
#include "platform/archive_writer.hpp"
#include "platform/files.hpp"

namespace rbee::install {

namespace fs = std::filesystem;

namespace {

constexpr int kDepthMax = 200;

tl::unexpected<Error> tree_missing(const Installed& worker) {
  return fail(Errc::integrity, "tree-missing",
              fmt::format("the files of {} {} are gone", worker.id, worker.version),
              {.evidence = {printable_line(worker.tree)},
               .fix = fmt::format("rbee worker install {}", worker.id)});
}

Result<std::string> sha256_of(const fs::path& path, const std::function<bool()>& cancelled) {
  const platform::FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!file) return tl::unexpected(platform::io_failure("read", path, errno));
  Hasher hasher(HashAlgorithm::sha256);
  std::string block(1 << 20, '\0');
  for (;;) {
    if (cancelled && cancelled())
      return fail(Errc::interrupted, "interrupted", "stopped while checking files");
    const ssize_t count = ::read(file.get(), block.data(), block.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return tl::unexpected(platform::io_failure("read", path, errno));
    if (count == 0) return hasher.finish();
    hasher.update(std::string_view(block).substr(0, static_cast<std::size_t>(count)));
  }
}

using Entry = platform::MtreeEntry;

/// What of `found` is not as `expected` says; empty: nothing. The store takes write permission
/// away.
Result<std::string> difference(const Entry& expected, const platform::WalkEntry& found,
                               const fs::path& tree, const std::function<bool()>& cancelled) {
  const bool same_kind = (expected.type == Entry::Type::file && S_ISREG(found.mode)) ||
                         (expected.type == Entry::Type::directory && S_ISDIR(found.mode)) ||
                         (expected.type == Entry::Type::link && S_ISLNK(found.mode));
  if (!same_kind) return std::string("is of another kind");
  if (S_ISLNK(found.mode))
    return found.target == expected.target
               ? std::string()
               : fmt::format("leads to '{}'", printable_line(found.target));
  if ((found.mode & 07555) != (expected.permissions & 07555) || (found.mode & 0222) != 0)
    return fmt::format("has the mode {:04o}, not {:04o}", found.mode & 07777,
                       expected.permissions & 07555);
  if (!S_ISREG(found.mode)) return std::string();
  if (found.size_bytes != expected.size_bytes)
    return fmt::format("is {} bytes long, not {}", found.size_bytes, expected.size_bytes);
  TRY_ASSIGN(const std::string digest, sha256_of(tree / found.path, cancelled));
  return digest == expected.sha256 ? std::string() : std::string("has other bytes");
}

}  // namespace

Result<Generation> roll_back(std::uint64_t to, const Directories& directories, const Clock& clock) {
  TRY_ASSIGN(const Exclusive exclusive, Exclusive::take(directories, "rbee worker rollback"));
  if (to == 0) {
    TRY_ASSIGN(const std::vector<Generation> history, read_history(directories));
    for (const Generation& each : history)
      if (!each.current && to == 0) to = each.number;
    if (to == 0)
      return fail(Errc::not_found, "nothing-to-roll-back", "there is no older generation",
                  {.fix = "rbee worker history"});
  }
  TRY_ASSIGN(const Generation wanted, read_generation(to, directories));
  for (const Installed& worker : wanted.workers) {
    struct stat status {};
    if (::lstat(worker.tree.c_str(), &status) != 0) return tree_missing(worker);
    TRY(check_commands(worker.commands, worker.id, wanted.workers, directories));
  }
  TRY_ASSIGN(const std::uint64_t number,
             switch_to(exclusive, wanted.workers, fmt::format("rollback to {}", to), directories,
                       clock.now()));
  return read_generation(number, directories);
}

Result<Installed> set_pinned(const WorkerId& id, bool pinned, const Directories& directories,
                             const Clock& clock) {
  const char* verb = pinned ? "pin" : "unpin";
  TRY_ASSIGN(const Exclusive exclusive,
             Exclusive::take(directories, fmt::format("rbee worker {} {}", verb, id.str())));
  TRY_ASSIGN(std::vector<Installed> workers, read_current(directories));
  TRY_ASSIGN(Installed changed, find_worker(workers, id));
  if (changed.pinned == pinned) return changed;
  changed.pinned = pinned;
  for (Installed& worker : workers)
    if (worker.id == changed.id) worker.pinned = pinned;
  TRY(switch_to(exclusive, std::move(workers), fmt::format("{} {}", verb, id.str()), directories,
                clock.now()));
  return changed;
}

Result<std::vector<Difference>> compare_tree(const Installed& worker,
                                             const std::function<bool()>& cancelled) {
  const fs::path tree = worker.tree;
  struct stat status {};
  if (::lstat(tree.c_str(), &status) != 0) return tree_missing(worker);
  std::vector<Difference> out;
  auto expected = platform::read_mtree(tree / build::kFileList);
  if (!expected && expected.error().code == Errc::not_found)
    return fail(
        Errc::integrity, "mtree-missing", fmt::format("{} has no list of its files", worker.id),
        {.why = "it was installed by an older rbee, or the list was taken away",
         .fix = fmt::format("rbee worker remove {0} && rbee worker install {0}", worker.id)});
  if (!expected) return tl::unexpected<Error>(std::move(expected).error());
  TRY(platform::walk_tree(tree, kDepthMax, [&](const platform::WalkEntry& found) -> Result<void> {
    if (found.path == build::kFileList || found.path == ".rbee" || found.path.starts_with(".rbee/"))
      return {};
    const auto line = expected->find(found.path);
    if (line == expected->end()) {
      out.push_back({found.path, "was not installed"});
      return {};
    }
    TRY_ASSIGN(std::string what, difference(line->second, found, tree, cancelled));
    if (!what.empty()) out.push_back({found.path, std::move(what)});
    expected->erase(line);
    return {};
  }));
  for (const auto& [path, line] : *expected) out.push_back({path, "is missing"});
  return out;
}

Result<std::vector<Difference>> verify(const Installed& worker, const Directories& directories,
                                       const std::function<bool()>& cancelled) {
  TRY_ASSIGN(std::vector<Difference> out, compare_tree(worker, cancelled));
  const fs::path tree = worker.tree;
  for (const std::string& command : worker.commands) {
    std::error_code broken;
    const fs::path program = fs::canonical(directories.bin / command, broken);
    if (broken || !program.string().starts_with(fs::canonical(tree, broken).string() + "/"))
      out.push_back({(directories.bin / command).string(), "does not lead to the worker"});
  }
  return out;
}

Result<Collected> collect_garbage(std::size_t keep, const Directories& directories) {
  TRY_ASSIGN(const Exclusive exclusive, Exclusive::take(directories, "rbee worker gc"));
  return collect(exclusive, keep, directories);
}

Result<fs::path> write_package(const Installed& worker, const fs::path& folder,
                               const std::function<bool()>& cancelled) {
  const fs::path tree = worker.tree;
  TRY_ASSIGN(const auto entries, platform::read_mtree(tree / build::kFileList));
  TRY_ASSIGN(const std::string info, platform::read_file(tree / build::kPackageInfo, 1 << 20));
  const auto value = [&](std::string_view key) {
    for (const std::string_view line : split(info, '\n'))
      if (line.starts_with(key) && line.substr(key.size()).starts_with(" = "))
        return std::string(line.substr(key.size() + 3));
    return std::string();
  };
  platform::TreeArchive how{platform::TreeArchive::Kind::package, 0, {".rbee"}, {}};
  const std::string date = value("builddate");
  for (const char c : date)
    if (c >= '0' && c <= '9' && how.mtime < (std::int64_t{1} << 50))
      how.mtime = how.mtime * 10 + (c - '0');
  // The store took the write permissions away; the list remembers them.
  for (const auto& [path, entry] : entries)
    if (entry.type != Entry::Type::link) how.modes[path] = entry.permissions;
  how.modes[build::kFileList] = 0644;
  const fs::path out = folder / fmt::format("{}-{}-{}.pkg.tar.zst", value("pkgname"),
                                            value("pkgver"), value("arch"));
  std::error_code unknown;
  if (fs::exists(fs::symlink_status(out, unknown)))
    return fail(Errc::exists, "file-exists",
                fmt::format("'{}' exists", printable_line(out.string())),
                {.fix = "remove it, or name another folder with --output"});
  const fs::path part = folder / fmt::format(".{}.part", out.filename().string());
  TRY(platform::remove_tree(part));
  TRY(platform::write_tree(tree, how, part, cancelled));
  if (::rename(part.c_str(), out.c_str()) != 0)
    return tl::unexpected(platform::io_failure("create", out, errno));
  return out;
}

}  // namespace rbee::install
