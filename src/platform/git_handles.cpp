#include "platform/git_handles.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <mutex>

namespace rbee::platform::git_detail {

namespace fs = std::filesystem;

/// Once per process. The options are libgit2's own global state; we set them before its first use.
void initialise() {
  static std::once_flag once;
  std::call_once(once, [] {
    git_libgit2_init();
    for (const int level : {GIT_CONFIG_LEVEL_PROGRAMDATA, GIT_CONFIG_LEVEL_SYSTEM,
                            GIT_CONFIG_LEVEL_XDG, GIT_CONFIG_LEVEL_GLOBAL})
      git_libgit2_opts(GIT_OPT_SET_SEARCH_PATH, level, "");
    git_libgit2_opts(GIT_OPT_SET_TEMPLATE_PATH, "");
    // libgit2 runs no hook and no command from a repository's configuration, which is what the
    // check of the owner protects the git program from. A server reads repositories that another
    // account pushes to.
    git_libgit2_opts(GIT_OPT_SET_OWNER_VALIDATION, 0);
    git_libgit2_opts(GIT_OPT_ENABLE_STRICT_HASH_VERIFICATION, 1);
    // The folder of 100,000 workers is a tree of 4 MB, and each push is compared with the last.
    git_libgit2_opts(GIT_OPT_SET_CACHE_OBJECT_LIMIT, GIT_OBJECT_TREE, std::size_t{16} << 20);
    git_libgit2_opts(GIT_OPT_SET_CACHE_MAX_SIZE, static_cast<ssize_t>(24) << 20);
    // Packs are looked into, not mapped whole.
    git_libgit2_opts(GIT_OPT_SET_MWINDOW_SIZE, std::size_t{16} << 20);
    git_libgit2_opts(GIT_OPT_SET_MWINDOW_MAPPED_LIMIT, std::size_t{96} << 20);
  });
}

namespace {

std::string last_message() {
  const git_error* error = git_error_last();
  return error != nullptr && error->message != nullptr ? error->message : "no reason was given";
}

}  // namespace

tl::unexpected<Error> git_failure(int code, std::string what) {
  if (code == GIT_ENOTFOUND)
    return fail(Errc::not_found, "object-not-found", std::move(what),
                {.evidence = {last_message()}});
  return fail(Errc::io, "repository-unreadable", std::move(what), {.evidence = {last_message()}});
}

git_oid to_oid(const ObjectId& id) {
  git_oid oid;
  git_oid_fromstr(&oid, id.str().c_str());  // Cannot fail: ObjectId holds 40 hexadecimal digits.
  return oid;
}

ObjectId from_oid(const git_oid& oid) {
  char digits[GIT_OID_HEXSZ];
  git_oid_fmt(digits, &oid);
  return *ObjectId::parse(std::string_view(digits, sizeof digits));
}

tl::unexpected<Error> disk_failure(const fs::path& path, const std::error_code& code) {
  return fail(Errc::io, "directory-unreadable", fmt::format("'{}' cannot be read", path.string()),
              {.evidence = {code.message()}});
}

Result<RepositoryHandle> open_repository(const fs::path& path) {
  initialise();
  git_repository* raw = nullptr;
  const int code =
      git_repository_open_ext(&raw, path.c_str(), GIT_REPOSITORY_OPEN_NO_SEARCH, nullptr);
  if (code == GIT_ENOTFOUND)
    return fail(Errc::not_found, "repository-not-found",
                fmt::format("'{}' is not a Git repository", path.string()));
  if (code < 0)
    return git_failure(code,
                       fmt::format("the Git repository '{}' cannot be opened", path.string()));
  return RepositoryHandle(raw);
}

Result<void> sync_file_system(const fs::path& folder) {
  const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return disk_failure(folder, std::error_code(errno, std::generic_category()));
  const int code = ::syncfs(descriptor);
  const int reason = errno;
  ::close(descriptor);
  if (code != 0) return disk_failure(folder, std::error_code(reason, std::generic_category()));
  return {};
}

}  // namespace rbee::platform::git_detail
