// inspect_tree: one walk over what package() left.
#include "build/package_tree.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <optional>
#include <set>
#include <utility>

#include "base/text.hpp"
#include "platform/files.hpp"

namespace rbee::build {

namespace fs = std::filesystem;

namespace {

constexpr int kDepthMax = 64;
constexpr std::uint64_t kEntriesMax = 200'000;

tl::unexpected<Error> refuse(std::string id, std::string_view path, std::string_view why,
                             std::string fix = {}) {
  return fail(Errc::policy, std::move(id),
              fmt::format("the package's '{}' {}", printable_line(path), why),
              {.fix = std::move(fix)});
}

/// True when `path` may exist: on the way to, or below, a place where packages put things.
bool is_allowed(std::string_view path, std::string_view package) {
  constexpr std::array<std::string_view, 9> places = {
      "usr/bin",       "usr/lib",         "usr/share",         "usr/include", "usr/local/bin",
      "usr/local/lib", "usr/local/share", "usr/local/include", "etc"};
  const auto within = [&](std::string_view place) {
    return path == place || (path.starts_with(place) && path[place.size()] == '/') ||
           (place.starts_with(path) && place[path.size()] == '/');
  };
  return std::any_of(places.begin(), places.end(), within) ||
         within(fmt::format("opt/{}", package));
}

/// `target` as seen from the link at `path`, walked by names only: where it ends, or nothing when
/// it leaves the tree. Good enough since every link in the tree obeys the same rule and ".." after
/// a name is refused.
bool stays_inside(std::string_view path, std::string_view target) {
  auto room = std::count(path.begin(), path.end(), '/');
  bool descended = false;
  for (const std::string_view part : split(target, '/')) {
    if (part.empty() || part == ".") continue;
    if (part != "..") {
      descended = true;
    } else if (descended || --room < 0) {
      return false;
    }
  }
  return true;
}

/// "../../opt/x/run" for a link at "usr/bin/x" to "/opt/x/run".
std::string relative_target(std::string_view path, std::string_view absolute) {
  std::string out;
  for (auto i = std::count(path.begin(), path.end(), '/'); i > 0; --i) out += "../";
  out += absolute.substr(std::min(absolute.find_first_not_of('/'), absolute.size()));
  return out;
}

bool exists_in(const fs::path& tree, std::string_view absolute) {
  if (fmt::format("{}/", absolute).find("/../") != std::string::npos) return false;
  struct stat status {};
  return ::lstat((tree / fs::path(absolute).relative_path()).c_str(), &status) == 0;
}

Result<void> check_link(const fs::path& tree, const platform::WalkEntry& entry) {
  if (!entry.target.starts_with('/')) {
    if (entry.target.empty() || !stays_inside(entry.path, entry.target))
      return refuse(
          "package-link", entry.path,
          fmt::format("is a link out of the package, to '{}'", printable_line(entry.target)));
    return {};
  }
  if (!exists_in(tree, entry.target))
    return refuse(
        "package-link", entry.path,
        fmt::format("is a link out of the package, to '{}'", printable_line(entry.target)),
        "link to a file of the package, by a relative path");
  const std::string target = relative_target(entry.path, entry.target);
  if (!stays_inside(entry.path, target))
    return refuse("package-link", entry.path, "is a link that goes down and up again");
  const fs::path link = tree / entry.path;
  if (::unlink(link.c_str()) != 0 || ::symlink(target.c_str(), link.c_str()) != 0)
    return tl::unexpected(platform::io_failure("rewrite the link", link, errno));
  return {};
}

/// The command's name when `path` stands right in a directory of commands.
std::optional<std::string> command_name(std::string_view path) {
  for (const std::string_view directory : {"usr/bin/", "usr/local/bin/"})
    if (path.starts_with(directory) && path.find('/', directory.size()) == std::string_view::npos)
      return std::string(path.substr(directory.size()));
  return std::nullopt;
}

bool is_plain_command(std::string_view name) {
  return !name.empty() && name.size() <= 100 && name[0] != '-' && name[0] != '.' &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '-' || c == '_' || c == '.' || c == '+';
         });
}

}  // namespace

Result<TreeSummary> inspect_tree(const fs::path& tree, std::string_view package) {
  TreeSummary summary;
  std::uint64_t files = 0;
  std::set<std::pair<dev_t, ino_t>> seen;  // Of files with several names.
  TRY(platform::walk_tree(tree, kDepthMax, [&](const platform::WalkEntry& entry) -> Result<void> {
    if (++summary.entries > kEntriesMax)
      return fail(Errc::too_large, "package-entries",
                  fmt::format("the package holds more than {} files", kEntriesMax));
    if (!is_utf8(entry.path) || printable_line(entry.path) != entry.path)
      return refuse("package-path", entry.path, "has a name that cannot be printed");
    if (!is_allowed(entry.path, package))
      return refuse(
          "package-path", entry.path, "stands where packages may not put files",
          fmt::format("use usr/{{bin,lib,share,include}}, the same below usr/local, or opt/{}",
                      package));
    if (S_ISREG(entry.mode) && is_allowed(entry.path + "/x", package) == false)
      return refuse("package-path", entry.path, "stands where only a directory may");
    if ((entry.mode & (S_ISUID | S_ISGID)) != 0 && !S_ISLNK(entry.mode))
      return refuse("package-set-id", entry.path, "has a set-user-id or set-group-id bit");
    if (S_ISLNK(entry.mode)) {
      TRY(check_link(tree, entry));
    } else if (S_ISREG(entry.mode)) {
      struct stat status {};
      const bool again = entry.links > 1 && ::lstat((tree / entry.path).c_str(), &status) == 0 &&
                         !seen.emplace(status.st_dev, status.st_ino).second;
      if (!again) summary.size_bytes += entry.size_bytes;
    } else if (!S_ISDIR(entry.mode)) {
      return refuse("package-special-file", entry.path,
                    "is neither a file nor a directory nor a link");
    }
    if (S_ISDIR(entry.mode)) return {};
    ++files;
    const auto command = command_name(entry.path);
    if (!command || (S_ISREG(entry.mode) && (entry.mode & 0111) == 0)) return {};
    if (!is_plain_command(*command))
      return refuse("package-command", entry.path, "is no usable name for a command");
    summary.commands.push_back(*command);
    return {};
  }));
  if (files == 0)
    return fail(Errc::policy, "package-empty", "package() left no files",
                {.fix = "install them below \"$pkgdir\""});
  std::sort(summary.commands.begin(), summary.commands.end());
  const auto twice = std::adjacent_find(summary.commands.begin(), summary.commands.end());
  if (twice != summary.commands.end())
    return refuse("package-command", *twice, "stands in usr/bin and in usr/local/bin");
  return summary;
}

}  // namespace rbee::build
