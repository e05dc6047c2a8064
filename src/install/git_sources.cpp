// fetch_repository: what the cache has, else git.
#include "install/git_sources.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cctype>

#include "base/text.hpp"
#include "base/url.hpp"
#include "install/checksums.hpp"
#include "platform/files.hpp"

namespace rbee::install {

namespace fs = std::filesystem;

namespace {

bool is_word(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '-' || c == '.';
}

/// Does `text` have "git" as a word of its own?
bool calls_git(std::string_view text) {
  for (auto at = text.find("git"); at != std::string_view::npos; at = text.find("git", at + 3))
    if ((at == 0 || !is_word(text[at - 1])) && (at + 3 == text.size() || !is_word(text[at + 3])))
      return true;
  return false;
}

/// What a repository leaves free on the disk, for others to live from.
constexpr std::uint64_t kDiskReserveBytes = 256 << 20;

bool is_whole_commit(const platform::GitRef& ref) {
  return ref.kind == platform::GitRef::Kind::commit && ref.name.size() == 40;
}

}  // namespace

Result<GitSource> parse_git_source(const pkgbuild::SourceEntry& source) {
  GitSource git;
  std::string_view text = source.url;
  if (text.starts_with("git+")) text.remove_prefix(4);
  git.url = text.substr(0, text.find_first_of("#?"));
  const auto part = [&](char sign, char other) -> std::string_view {
    const auto at = text.find(sign);
    if (at == std::string_view::npos) return {};
    const std::string_view rest = text.substr(at + 1);
    return rest.substr(0, rest.find(other));
  };
  const std::string_view fragment = part('#', '?');
  git.is_signed = part('?', '#') == "signed";
  const auto scheme = git.url.substr(0, git.url.find("://"));
  if (scheme != "https" && scheme != "http" && scheme != "file")
    return fail(Errc::unsupported, "source-unsupported",
                fmt::format("repositories are not fetched over '{}'", printable_line(scheme)),
                {.evidence = {printable_line(source.entry)},
                 .why = "only https, http and file work without an account",
                 .fix = "git+https://…#commit=<40 digits>"});
  TRY(Url::parse(git.url));
  if (fragment.empty()) return git;
  const auto equals = fragment.find('=');
  const std::string_view key = fragment.substr(0, equals);
  git.ref.name = equals == std::string_view::npos ? "" : fragment.substr(fragment.rfind('=') + 1);
  using Kind = platform::GitRef::Kind;
  if (key == "commit") {
    git.ref.kind = Kind::commit;
  } else if (key == "tag") {
    git.ref.kind = Kind::tag;
  } else if (key == "branch") {
    git.ref.kind = Kind::branch;
  } else {
    return fail(Errc::invalid_input, "git-ref-invalid",
                fmt::format("'#{}' names no commit, tag or branch", printable_line(fragment)),
                {.evidence = {printable_line(source.entry)}});
  }
  return git;
}

bool needs_history(const Plan& plan) {
  return std::any_of(
      plan.recipe.functions.begin(), plan.recipe.functions.end(),
      [&](const pkgbuild::Function& function) {
        const Span span = function.span;
        return span.end <= plan.recipe_text.size() && span.begin < span.end &&
               calls_git(
                   std::string_view(plan.recipe_text).substr(span.begin, span.end - span.begin));
      });
}

Result<build::Repository> fetch_repository(const pkgbuild::SourceEntry& source, bool history,
                                           const fs::path& cache, Observer& observer,
                                           bool offline) {
  TRY_ASSIGN(const GitSource git, parse_git_source(source));
  // The beginning of a commit id can only be looked up where all commits are.
  history = history ||
            (git.ref.kind == platform::GitRef::Kind::commit && !is_whole_commit(git.ref)) ||
            git.ref.kind == platform::GitRef::Kind::head;
  const std::string address = Sha256::of(git.url).hex();
  const fs::path folder =
      cache / "git" /
      (history ? address : address + "-" + Sha256::of(git.ref.name).hex().substr(0, 16));
  bool disk_is_low = false;
  const platform::GitWatch watch{
      .cancelled =
          [&] {
            const auto free = platform::free_bytes(cache);
            disk_is_low = disk_is_low || (free && *free < kDiskReserveBytes);
            return disk_is_low || observer.cancelled();
          },
      .progress = [&](std::uint64_t bytes) { observer.progress(source.file_name, bytes, 0); }};
  TRY(platform::make_directories(cache / "git", 0700));
  std::error_code none;
  const bool there = fs::exists(folder / "HEAD", none);
  // What a commit id names does not change; all else may have.
  const bool settled = there && git.ref.kind == platform::GitRef::Kind::commit &&
                       platform::git_resolve(folder, git.ref).has_value();
  if (!settled && !(there && offline)) {
    if (offline)
      return fail(Errc::unreachable, "offline",
                  fmt::format("'{}' is not in the cache", printable_line(source.file_name)),
                  {.evidence = {printable_line(source.url)}, .fix = "try again without --offline"});
    observer.phase(Phase::fetch, source.file_name);
    const auto done = platform::git_fetch(folder, git.url, git.ref, history, watch);
    if (!done && disk_is_low)
      return fail(
          Errc::io, "disk-full",
          fmt::format("'{}' was not fetched further when less than {} of disk space were left",
                      printable_line(source.file_name), human_size(kDiskReserveBytes)),
          {.fix = "free some disk space, rbee cache prune, and try again"});
    TRY(done);
  }
  TRY_ASSIGN(const std::string commit, platform::git_resolve(folder, git.ref));
  ::utimensat(AT_FDCWD, folder.c_str(), nullptr, 0);
  const bool has_sums = std::any_of(source.checksums.begin(), source.checksums.end(),
                                    [](const auto& sum) { return sum.second != "SKIP"; });
  if (has_sums) {
    observer.phase(Phase::verify, source.file_name);
    TRY_ASSIGN(const platform::TemporaryDirectory room,
               platform::TemporaryDirectory::create(cache / "git", "archive-"));
    TRY(platform::git_archive(folder, commit, room.path() / "tar"));
    TRY(verify_file(room.path() / "tar", source, watch.cancelled));
  }
  return build::Repository{folder, commit, history};
}

}  // namespace rbee::install
