// RepositoryWriter: repositories, blobs and trees made from nothing.
#include <fmt/format.h>
#include <unistd.h>

#include <map>

#include "base/text.hpp"
#include "platform/git_handles.hpp"
#include "platform/git_write.hpp"
#include "platform/git_write_state.hpp"

namespace rbee::platform {

namespace fs = std::filesystem;
using namespace git_detail;

namespace {

using BuilderHandle = std::unique_ptr<git_treebuilder, Deleter<git_treebuilder_free>>;

/// Files of one folder, and its folders.
struct Folder {
  std::map<std::string, const TreeFile*, std::less<>> files;
  std::map<std::string, Folder, std::less<>> folders;
};

Result<git_oid> write_folder(git_repository* repository, const Folder& folder) {
  git_treebuilder* raw = nullptr;
  if (const int code = git_treebuilder_new(&raw, repository, nullptr); code < 0)
    return git_failure(code, "a tree cannot be written");
  const BuilderHandle builder(raw);
  const auto insert = [&](const std::string& name, const git_oid& id,
                          git_filemode_t mode) -> Result<void> {
    if (const int code = git_treebuilder_insert(nullptr, raw, name.c_str(), &id, mode); code < 0)
      return fail(Errc::invalid_input, "tree-invalid",
                  fmt::format("'{}' cannot stand in a Git tree", printable_line(name)));
    return {};
  };
  for (const auto& [name, file] : folder.files)
    TRY(insert(name, to_oid(file->blob),
               file->executable ? GIT_FILEMODE_BLOB_EXECUTABLE : GIT_FILEMODE_BLOB));
  for (const auto& [name, inner] : folder.folders) {
    if (folder.files.contains(name))
      return fail(Errc::invalid_input, "tree-invalid",
                  fmt::format("'{}' is a file and a folder", printable_line(name)));
    TRY_ASSIGN(const git_oid id, write_folder(repository, inner));
    TRY(insert(name, id, GIT_FILEMODE_TREE));
  }
  git_oid out;
  if (const int code = git_treebuilder_write(&out, raw); code < 0)
    return git_failure(code, "a tree cannot be written");
  return out;
}

}  // namespace

Result<void> create_empty_repository(const fs::path& path, std::string_view branch) {
  initialise();
  std::error_code code;
  if (fs::exists(fs::symlink_status(path, code)))
    return fail(Errc::exists, "repository-exists",
                fmt::format("'{}' exists already", path.string()));
  const fs::path parent = fs::absolute(path).parent_path();
  fs::create_directories(parent, code);
  if (code) return disk_failure(parent, code);
  const fs::path unfinished =
      parent / fmt::format(".{}.{}.tmp", path.filename().string(), ::getpid());
  fs::remove_all(unfinished, code);
  git_repository_init_options options{};
  git_repository_init_options_init(&options, GIT_REPOSITORY_INIT_OPTIONS_VERSION);
  options.flags =
      GIT_REPOSITORY_INIT_BARE | GIT_REPOSITORY_INIT_NO_REINIT | GIT_REPOSITORY_INIT_MKDIR;
  const std::string head(branch);
  options.initial_head = head.c_str();
  git_repository* raw = nullptr;
  if (const int git_code = git_repository_init_ext(&raw, unfinished.c_str(), &options);
      git_code < 0)
    return git_failure(git_code,
                       fmt::format("'{}' cannot be made a Git repository", path.string()));
  const RepositoryHandle handle(raw);
  fs::rename(unfinished, path, code);
  if (code) {
    const auto error = disk_failure(path, code);
    fs::remove_all(unfinished, code);
    return error;
  }
  return {};
}

Result<ObjectId> RepositoryWriter::blob(std::string_view bytes) {
  git_oid out;
  if (const int code =
          git_blob_create_from_buffer(&out, state_->repository.get(), bytes.data(), bytes.size());
      code < 0)
    return git_failure(code, "a file cannot be written");
  return from_oid(out);
}

Result<ObjectId> RepositoryWriter::tree(std::span<const TreeFile> files) {
  Folder root;
  for (const TreeFile& file : files) {
    Folder* folder = &root;
    std::string_view rest = file.path;
    for (std::size_t slash = rest.find('/'); slash != std::string_view::npos;
         slash = rest.find('/')) {
      folder = &folder->folders[std::string(rest.substr(0, slash))];
      rest.remove_prefix(slash + 1);
    }
    folder->files[std::string(rest)] = &file;
  }
  TRY_ASSIGN(const git_oid out, write_folder(state_->repository.get(), root));
  return from_oid(out);
}

}  // namespace rbee::platform
