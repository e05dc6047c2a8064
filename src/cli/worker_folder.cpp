#include "cli/worker_folder.hpp"

#include <fmt/format.h>

#include "base/text.hpp"
#include "catalog/folder_files.hpp"
#include "catalog/subject.hpp"
#include "check/rule.hpp"

namespace rbee::cli {

namespace fs = std::filesystem;

Result<catalog::Folder> folder_of(const fs::path& path) {
  std::error_code code;
  const fs::path whole = fs::canonical(path, code);
  if (code || !fs::is_directory(whole, code))
    return fail(Errc::not_found, "directory-not-found",
                fmt::format("'{}' is not a folder", printable_line(path.string())),
                {.fix = "name a worker's folder: the one that holds worker.toml"});
  if (!fs::exists(whole / "worker.toml", code) && !fs::exists(whole / "PKGBUILD", code) &&
      !fs::exists(whole / "PKGBUILD.bin", code))
    return fail(Errc::not_found, "worker-not-there",
                fmt::format("'{}' holds no worker", printable_line(whole.string())),
                {.evidence = {"there is no worker.toml, no PKGBUILD and no PKGBUILD.bin"},
                 .fix = "rbee worker new NAME makes a folder to start with"});
  TRY_ASSIGN(ObjectId tree, ObjectId::parse(std::string(40, '0')));
  // Anybody's worker is a community worker until it lies in a catalog beside community/.
  const bool official = fs::is_directory(whole.parent_path() / "community", code);
  return catalog::Folder{official ? catalog::Origin::official : catalog::Origin::community,
                         whole.filename().string(), std::move(tree)};
}

Result<std::vector<Finding>> check_folder(const fs::path& path, const catalog::Folder& folder,
                                          const check::Policy& policy) {
  check::Subject subject;
  subject.name = folder.name;
  subject.directory = folder.directory();
  subject.is_official = folder.origin == catalog::Origin::official;
  TRY_ASSIGN(subject.now,
             catalog::load_release(catalog::FolderFiles(path), folder, subject.loading));
  return check::check(subject, policy);
}

}  // namespace rbee::cli
