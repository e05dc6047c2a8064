// list_cache, prune_cache, verify_cache: the cache as its owner sees it.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>

#include "base/digest.hpp"
#include "base/text.hpp"
#include "install/source_cache.hpp"
#include "platform/files.hpp"
#include "platform/git_program.hpp"

namespace rbee::install {

namespace fs = std::filesystem;

namespace {

/// The folders below the cache, and what their files' names begin with in a list.
constexpr std::pair<const char*, const char*> kFolders[] = {
    {"sources", ""}, {"parts", "parts/"}, {"manual", "manual/"}};

fs::path place_of(const fs::path& cache, const std::string& name) {
  return name.find('/') == std::string::npos ? cache / "sources" / name : cache / name;
}

}  // namespace

Result<std::vector<CachedFile>> list_cache(const fs::path& cache) {
  std::vector<CachedFile> out;
  for (const auto& [folder, prefix] : kFolders) {
    std::error_code none;  // A folder that is not there holds nothing.
    for (const auto& entry : fs::directory_iterator(cache / folder, none)) {
      struct stat status {};
      if (::lstat(entry.path().c_str(), &status) != 0 || !S_ISREG(status.st_mode)) continue;
      out.push_back({.name = prefix + entry.path().filename().string(),
                     .size_bytes = static_cast<std::uint64_t>(status.st_size),
                     .last_used = Time(std::chrono::seconds(status.st_mtime)),
                     .complete = std::string_view(folder) != "parts"});
    }
  }
  std::error_code none;
  for (const auto& entry : fs::directory_iterator(cache / "git", none)) {
    struct stat status {};
    if (::lstat(entry.path().c_str(), &status) != 0 || !S_ISDIR(status.st_mode)) continue;
    CachedFile repository{.name = "git/" + entry.path().filename().string(),
                          .size_bytes = 0,
                          .last_used = Time(std::chrono::seconds(status.st_mtime)),
                          .complete = true};
    TRY(platform::walk_tree(entry.path(), 64, [&](const platform::WalkEntry& each) -> Result<void> {
      if (S_ISREG(each.mode)) repository.size_bytes += each.size_bytes;
      return {};
    }));
    out.push_back(std::move(repository));
  }
  std::sort(out.begin(), out.end(), [](const CachedFile& a, const CachedFile& b) {
    return std::pair(a.last_used, a.name) < std::pair(b.last_used, b.name);
  });
  return out;
}

Result<std::vector<CachedFile>> prune_cache(const fs::path& cache, Time before) {
  TRY_ASSIGN(const std::vector<CachedFile> all, list_cache(cache));
  std::vector<CachedFile> out;
  for (const CachedFile& file : all) {
    // What the user brought is not ours to take away.
    if (file.last_used >= before || file.name.starts_with("manual/")) continue;
    TRY(platform::remove_tree(place_of(cache, file.name)));
    out.push_back(file);
  }
  return out;
}

Result<std::vector<std::string>> verify_cache(const fs::path& cache,
                                              const std::function<bool()>& cancelled) {
  TRY_ASSIGN(const std::vector<CachedFile> all, list_cache(cache));
  std::vector<std::string> out;
  for (const CachedFile& file : all) {
    if (file.name.starts_with("git/")) {
      const auto whole = platform::git_verify(cache / file.name, {.cancelled = cancelled});
      if (whole) continue;
      if (whole.error().id != "git-damaged") return tl::unexpected(whole.error());
      TRY(platform::remove_tree(cache / file.name));
      out.push_back(file.name);
      continue;
    }
    const auto dash = file.name.find('-');
    const auto algorithm = hash_algorithm(file.name.substr(0, dash));
    if (!algorithm || dash == std::string::npos) continue;  // Nothing says what it should be.
    const fs::path place = place_of(cache, file.name);
    const platform::FileDescriptor open(::open(place.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
    if (!open) return tl::unexpected(platform::io_failure("read", place, errno));
    Hasher hasher(*algorithm);
    std::string block(1 << 20, '\0');
    for (;;) {
      if (cancelled && cancelled())
        return fail(Errc::interrupted, "interrupted", "stopped while checking the cache");
      const ssize_t count = ::read(open.get(), block.data(), block.size());
      if (count < 0) return tl::unexpected(platform::io_failure("read", place, errno));
      if (count == 0) break;
      hasher.update(std::string_view(block).substr(0, static_cast<std::size_t>(count)));
    }
    if (hasher.finish() == file.name.substr(dash + 1)) continue;
    TRY(platform::remove_tree(place));
    out.push_back(file.name);
  }
  return out;
}

}  // namespace rbee::install
