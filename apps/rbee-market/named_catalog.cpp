#include "named_catalog.hpp"

#include <fmt/format.h>

#include "base/clock.hpp"
#include "base/text.hpp"

namespace rbee::market {

namespace fs = std::filesystem;

namespace {

bool is_bare_repository(const fs::path& path) {
  std::error_code code;
  return fs::is_regular_file(path / "HEAD", code) && fs::is_directory(path / "objects", code);
}

/// The folder as it is now, committed to a throw-away repository below `temporary`.
Result<fs::path> repository_of_folder(const fs::path& folder, const fs::path& temporary) {
  const fs::path repository = temporary / "catalog.git";
  const platform::CommitAuthor author{"rbee", "rbee@localhost", SystemClock().now()};
  std::error_code code;
  fs::path root = folder;
  if (fs::exists(folder / "worker.toml", code) || fs::exists(folder / "PKGBUILD", code) ||
      fs::exists(folder / "PKGBUILD.bin", code)) {
    // One worker: a catalog that holds it alone, at the level it stands at.
    const bool community = folder.parent_path().filename() == "community";
    root = temporary / "catalog";
    const fs::path place = (community ? root / "community" : root) / folder.filename();
    fs::create_directories(place.parent_path(), code);
    if (!code)
      fs::copy(folder, place, fs::copy_options::recursive | fs::copy_options::copy_symlinks, code);
    if (code)
      return fail(Errc::io, "directory-unreadable",
                  fmt::format("'{}' cannot be read", folder.string()),
                  {.evidence = {code.message()}});
  }
  TRY(platform::create_repository_from_directory(root, repository, author, "The folder as it is"));
  return repository;
}

}  // namespace

Result<NamedCatalog> NamedCatalog::open(const fs::path& typed, const std::string& revision) {
  std::error_code code;
  const fs::path path = fs::weakly_canonical(typed, code);
  if (code || !fs::is_directory(path, code))
    return fail(Errc::not_found, "directory-not-found",
                fmt::format("'{}' is not a folder", printable_line(typed.string())),
                {.fix = "name a catalog's folder, a worker's folder or a bare Git repository"});
  NamedCatalog named;
  named.revision = revision;
  fs::path repository = path;
  if (!is_bare_repository(path)) {
    TRY_ASSIGN(auto temporary, platform::TemporaryDirectory::create(fs::temp_directory_path(code),
                                                                    "rbee-catalog."));
    named.temporary.emplace(std::move(temporary));
    TRY_ASSIGN(repository, repository_of_folder(path, named.temporary->path()));
    named.revision = "HEAD";
  }
  TRY_ASSIGN(named.repository, platform::Repository::open(repository));
  return named;
}

}  // namespace rbee::market
