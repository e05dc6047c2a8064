#include "platform/git.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <system_error>

#include "platform/git_handles.hpp"

namespace rbee::platform {

namespace {

namespace fs = std::filesystem;
using namespace git_detail;

constexpr std::uint64_t kFileBytesMax = 64ULL << 20;
constexpr std::size_t kDirectoryFilesMax = 1'000'000;

EntryKind kind_of(git_filemode_t mode) {
  switch (mode) {
    case GIT_FILEMODE_TREE:
      return EntryKind::folder;
    case GIT_FILEMODE_BLOB_EXECUTABLE:
      return EntryKind::executable;
    case GIT_FILEMODE_LINK:
      return EntryKind::symlink;
    case GIT_FILEMODE_COMMIT:
      return EntryKind::submodule;
    default:
      return EntryKind::file;
  }
}

TreeEntry entry_of(const git_tree_entry* entry) {
  return {git_tree_entry_name(entry), kind_of(git_tree_entry_filemode(entry)),
          from_oid(*git_tree_entry_id(entry))};
}

Time to_time(git_time_t seconds) {
  return Time(std::chrono::seconds(seconds));
}

CommitInfo describe_commit(git_commit* commit) {
  CommitInfo info{from_oid(*git_commit_id(commit)),
                  from_oid(*git_commit_tree_id(commit)),
                  {},
                  {},
                  {},
                  {},
                  {},
                  {},
                  {},
                  0};
  const unsigned parents = git_commit_parentcount(commit);
  for (unsigned i = 0; i < parents; ++i)
    info.parents.push_back(from_oid(*git_commit_parent_id(commit, i)));
  if (const git_signature* author = git_commit_author(commit)) {
    info.author_name = author->name;
    info.author_email = author->email;
    info.authored = to_time(author->when.time);
  }
  if (const git_signature* committer = git_commit_committer(commit))
    info.committer_email = committer->email;
  info.committed = to_time(git_commit_time(commit));
  if (const char* message = git_commit_message(commit)) info.message = message;
  if (const char* header = git_commit_raw_header(commit)) info.header_bytes = std::strlen(header);
  return info;
}

}  // namespace

struct Repository::State {
  RepositoryHandle repository;
  OdbHandle odb;
  fs::path path;
};

Repository::Repository(std::unique_ptr<State> state) : state_(std::move(state)) {}
Repository::~Repository() = default;

Result<std::unique_ptr<Repository>> Repository::open(const fs::path& path) {
  auto state = std::make_unique<State>();
  TRY_ASSIGN(state->repository, open_repository(path));
  state->path = path;
  git_odb* odb = nullptr;
  if (const int code = git_repository_odb(&odb, state->repository.get()); code < 0)
    return git_failure(code, "the object database cannot be opened");
  state->odb.reset(odb);
  return std::unique_ptr<Repository>(new Repository(std::move(state)));
}

Result<void> Repository::add_objects(const fs::path& objects) {
  if (const int code = git_odb_add_disk_alternate(state_->odb.get(), objects.c_str()); code < 0)
    return git_failure(code, "the objects of the push cannot be read");
  return {};
}

const fs::path& Repository::path() const {
  return state_->path;
}

Result<CommitId> Repository::resolve(std::string_view name) const {
  const auto not_found = [&] {
    return fail(Errc::not_found, "ref-not-found",
                fmt::format("no commit, branch or tag is called '{}'", name));
  };
  if (name.empty()) return not_found();  // libgit2 would take it for HEAD.
  git_repository* repository = state_->repository.get();
  git_object* raw = nullptr;
  if (auto id = ObjectId::parse(name)) {
    const git_oid oid = to_oid(*id);
    if (git_object_lookup(&raw, repository, &oid, GIT_OBJECT_ANY) < 0) return not_found();
  } else {
    git_reference* reference = nullptr;
    if (git_reference_dwim(&reference, repository, std::string(name).c_str()) < 0)
      return not_found();
    const ReferenceHandle owner(reference);
    if (git_reference_peel(&raw, reference, GIT_OBJECT_ANY) < 0) return not_found();
  }
  const ObjectHandle object(raw);
  git_object* commit = nullptr;
  if (git_object_peel(&commit, object.get(), GIT_OBJECT_COMMIT) < 0) return not_found();
  const ObjectHandle owner(commit);
  return from_oid(*git_object_id(commit));
}

Result<CommitInfo> Repository::commit(const CommitId& id) const {
  TRY_ASSIGN(const CommitHandle commit,
             (lookup<CommitHandle, git_commit>(state_->repository.get(), id, GIT_OBJECT_COMMIT,
                                               "commit")));
  return describe_commit(commit.get());
}

Result<std::vector<TreeEntry>> Repository::tree(const ObjectId& id) const {
  TRY_ASSIGN(const TreeHandle tree, (lookup<TreeHandle, git_tree>(state_->repository.get(), id,
                                                                  GIT_OBJECT_TREE, "folder")));
  std::vector<TreeEntry> entries;
  const std::size_t count = git_tree_entrycount(tree.get());
  entries.reserve(count);
  for (std::size_t i = 0; i < count; ++i)
    entries.push_back(entry_of(git_tree_entry_byindex(tree.get(), i)));
  return entries;
}

Result<std::vector<TreeChange>> Repository::compare(const std::optional<ObjectId>& before,
                                                    const ObjectId& after) const {
  std::vector<TreeChange> changes;
  if (before && *before == after) return changes;
  git_repository* repository = state_->repository.get();
  TreeHandle old;
  if (before) {
    TRY_ASSIGN(old, (lookup<TreeHandle, git_tree>(repository, *before, GIT_OBJECT_TREE, "folder")));
  }
  TRY_ASSIGN(const TreeHandle now,
             (lookup<TreeHandle, git_tree>(repository, after, GIT_OBJECT_TREE, "folder")));
  const std::size_t old_count = old == nullptr ? 0 : git_tree_entrycount(old.get());
  const std::size_t now_count = git_tree_entrycount(now.get());
  // Both are in Git's order.
  std::size_t i = 0, j = 0;
  while (i < old_count || j < now_count) {
    const git_tree_entry* a = i < old_count ? git_tree_entry_byindex(old.get(), i) : nullptr;
    const git_tree_entry* b = j < now_count ? git_tree_entry_byindex(now.get(), j) : nullptr;
    const int order = a == nullptr ? 1 : b == nullptr ? -1 : git_tree_entry_cmp(a, b);
    if (order < 0) {
      changes.push_back({git_tree_entry_name(a), entry_of(a), std::nullopt});
      ++i;
    } else if (order > 0) {
      changes.push_back({git_tree_entry_name(b), std::nullopt, entry_of(b)});
      ++j;
    } else {
      if (!git_oid_equal(git_tree_entry_id(a), git_tree_entry_id(b)) ||
          git_tree_entry_filemode(a) != git_tree_entry_filemode(b))
        changes.push_back({git_tree_entry_name(b), entry_of(a), entry_of(b)});
      ++i;
      ++j;
    }
  }
  return changes;
}

Result<std::optional<TreeEntry>> Repository::find(const ObjectId& id,
                                                  const std::string& path) const {
  TRY_ASSIGN(const TreeHandle tree, (lookup<TreeHandle, git_tree>(state_->repository.get(), id,
                                                                  GIT_OBJECT_TREE, "folder")));
  git_tree_entry* found = nullptr;
  const int code = git_tree_entry_bypath(&found, tree.get(), path.c_str());
  if (code == GIT_ENOTFOUND) return std::optional<TreeEntry>();
  if (code < 0) return git_failure(code, fmt::format("the folder {} cannot be read", id.str()));
  const std::unique_ptr<git_tree_entry, void (*)(git_tree_entry*)> entry(found,
                                                                         git_tree_entry_free);
  return std::optional(TreeEntry{git_tree_entry_name(entry.get()),
                                 kind_of(git_tree_entry_filemode(entry.get())),
                                 from_oid(*git_tree_entry_id(entry.get()))});
}

Result<std::uint64_t> Repository::blob_size(const ObjectId& id) const {
  const git_oid oid = to_oid(id);
  std::size_t size = 0;
  git_object_t type = GIT_OBJECT_INVALID;
  if (const int code = git_odb_read_header(&size, &type, state_->odb.get(), &oid); code < 0)
    return git_failure(code, fmt::format("the object {} cannot be read", id.str()));
  if (type != GIT_OBJECT_BLOB)
    return fail(Errc::invalid_input, "object-kind",
                fmt::format("the object {} is not a file", id.str()));
  return size;
}

std::optional<std::uint64_t> Repository::object_size(const ObjectId& id) const {
  const git_oid oid = to_oid(id);
  std::size_t size = 0;
  git_object_t type = GIT_OBJECT_INVALID;
  if (git_odb_read_header(&size, &type, state_->odb.get(), &oid) < 0) return std::nullopt;
  return size;
}

Result<std::string> Repository::blob(const ObjectId& id, std::uint64_t size_bytes_max) const {
  TRY_ASSIGN(const std::uint64_t size, blob_size(id));
  if (size > size_bytes_max)
    return fail(Errc::too_large, "blob-too-large",
                fmt::format("the file has {} bytes; at most {} are read", size, size_bytes_max));
  TRY_ASSIGN(const BlobHandle blob,
             (lookup<BlobHandle, git_blob>(state_->repository.get(), id, GIT_OBJECT_BLOB, "file")));
  const std::size_t length = static_cast<std::size_t>(git_blob_rawsize(blob.get()));
  return length == 0
             ? std::string()
             : std::string(static_cast<const char*>(git_blob_rawcontent(blob.get())), length);
}

Result<void> Repository::walk(const CommitId& from, const std::optional<CommitId>& hide,
                              const std::function<bool(const CommitInfo&)>& visit) const {
  git_repository* repository = state_->repository.get();
  git_revwalk* raw = nullptr;
  if (const int code = git_revwalk_new(&raw, repository); code < 0)
    return git_failure(code, "no walk can begin");
  const RevwalkHandle walk(raw);
  git_revwalk_sorting(raw, GIT_SORT_TOPOLOGICAL | GIT_SORT_TIME);
  const git_oid begin = to_oid(from);
  if (const int code = git_revwalk_push(raw, &begin); code < 0)
    return git_failure(code, fmt::format("the history of {} cannot be read", from.str()));
  if (hide) {
    const git_oid end = to_oid(*hide);
    if (const int code = git_revwalk_hide(raw, &end); code < 0)
      return git_failure(code, fmt::format("the history of {} cannot be read", hide->str()));
  }
  git_oid oid;
  for (;;) {
    const int code = git_revwalk_next(&oid, raw);
    if (code == GIT_ITEROVER) return {};
    if (code < 0)
      return git_failure(code, fmt::format("the history of {} cannot be read", from.str()));
    TRY_ASSIGN(const CommitInfo info, commit(from_oid(oid)));
    if (!visit(info)) return {};
  }
}

Result<std::optional<CommitId>> Repository::merge_base(const CommitId& a, const CommitId& b) const {
  const git_oid first = to_oid(a), second = to_oid(b);
  git_oid out;
  const int code = git_merge_base(&out, state_->repository.get(), &first, &second);
  if (code == GIT_ENOTFOUND) return std::optional<CommitId>();
  if (code < 0) return git_failure(code, "no common ancestor can be found");
  return std::optional(from_oid(out));
}

Result<bool> Repository::is_ancestor(const CommitId& ancestor, const CommitId& commit) const {
  if (ancestor == commit) return true;
  const git_oid old = to_oid(ancestor), young = to_oid(commit);
  const int code = git_graph_descendant_of(state_->repository.get(), &young, &old);
  if (code < 0)
    return git_failure(code, fmt::format("the history of {} cannot be read", commit.str()));
  return code == 1;
}

namespace {

struct DiskFile {
  std::string path;  ///< Below the directory, '/' between names.
  git_filemode_t mode = GIT_FILEMODE_BLOB;
};

Result<std::vector<DiskFile>> list_files(const fs::path& directory) {
  std::vector<DiskFile> files;
  std::error_code code;
  fs::recursive_directory_iterator at(directory, fs::directory_options::none, code);
  if (code) return disk_failure(directory, code);
  for (; at != fs::recursive_directory_iterator(); at.increment(code)) {
    if (at->path().filename() == ".git") {
      at.disable_recursion_pending();
    } else if (at->is_symlink(code)) {
      files.push_back(
          {at->path().lexically_relative(directory).generic_string(), GIT_FILEMODE_LINK});
    } else if (at->is_regular_file(code)) {
      const bool executable =
          (at->status(code).permissions() & fs::perms::owner_exec) != fs::perms::none;
      files.push_back({at->path().lexically_relative(directory).generic_string(),
                       executable ? GIT_FILEMODE_BLOB_EXECUTABLE : GIT_FILEMODE_BLOB});
    }
    if (code) return disk_failure(at->path(), code);
    if (files.size() > kDirectoryFilesMax)
      return fail(
          Errc::too_large, "directory-too-large",
          fmt::format("'{}' holds more than {} files", directory.string(), kDirectoryFilesMax));
  }
  if (code) return disk_failure(directory, code);
  std::sort(files.begin(), files.end(),
            [](const DiskFile& a, const DiskFile& b) { return a.path < b.path; });
  return files;
}

Result<std::string> read_disk_file(const fs::path& path, git_filemode_t mode) {
  std::error_code code;
  if (mode == GIT_FILEMODE_LINK) {
    const fs::path target = fs::read_symlink(path, code);
    if (code) return disk_failure(path, code);
    return target.string();
  }
  std::ifstream stream(path, std::ios::binary);
  std::string bytes;
  std::vector<char> buffer(64 * 1024);
  while (stream.read(buffer.data(), static_cast<std::streamsize>(buffer.size())) ||
         stream.gcount() > 0) {
    bytes.append(buffer.data(), static_cast<std::size_t>(stream.gcount()));
    if (bytes.size() > kFileBytesMax)
      return fail(Errc::too_large, "directory-too-large",
                  fmt::format("'{}' has more than {} bytes", path.string(), kFileBytesMax));
  }
  if (!stream.eof()) return disk_failure(path, std::make_error_code(std::errc::io_error));
  return bytes;
}

/// Write the directory's files as blobs and trees; return the tree.
Result<git_oid> write_tree(git_repository* repository, const fs::path& directory) {
  TRY_ASSIGN(const std::vector<DiskFile> files, list_files(directory));
  git_index* raw = nullptr;
  if (const int code = git_index_new(&raw); code < 0)
    return git_failure(code, "no index can be made");
  const IndexHandle index(raw);
  for (const DiskFile& file : files) {
    TRY_ASSIGN(const std::string bytes, read_disk_file(directory / file.path, file.mode));
    git_index_entry entry{};
    entry.mode = file.mode;
    entry.path = file.path.c_str();
    if (const int code =
            git_blob_create_from_buffer(&entry.id, repository, bytes.data(), bytes.size());
        code < 0)
      return git_failure(code, fmt::format("'{}' cannot be stored", file.path));
    if (const int code = git_index_add(raw, &entry); code < 0)
      return git_failure(code, fmt::format("'{}' is not a name that Git can hold", file.path));
  }
  git_oid tree;
  if (const int code = git_index_write_tree_to(&tree, raw, repository); code < 0)
    return git_failure(code, "the tree cannot be written");
  return tree;
}

Result<CommitId> write_commit(git_repository* repository, const fs::path& directory,
                              const CommitAuthor& author, std::string_view message) {
  TRY_ASSIGN(const git_oid tree_id, write_tree(repository, directory));
  git_signature* raw_signature = nullptr;
  if (const int code = git_signature_new(&raw_signature, author.name.c_str(), author.email.c_str(),
                                         author.time.time_since_epoch().count(), 0);
      code < 0)
    return git_failure(code, "the author's name and e-mail address are not ones that Git can hold");
  const SignatureHandle signature(raw_signature);
  TRY_ASSIGN(const TreeHandle tree, (lookup<TreeHandle, git_tree>(repository, from_oid(tree_id),
                                                                  GIT_OBJECT_TREE, "folder")));

  CommitHandle parent;
  git_reference* raw_branch = nullptr;
  if (git_reference_lookup(&raw_branch, repository, "refs/heads/main") == 0) {
    const ReferenceHandle branch(raw_branch);
    git_object* raw_parent = nullptr;
    if (const int code = git_reference_peel(&raw_parent, raw_branch, GIT_OBJECT_COMMIT); code < 0)
      return git_failure(code, "refs/heads/main is not a commit");
    parent.reset(reinterpret_cast<git_commit*>(raw_parent));
  }
  const git_commit* parents[] = {parent.get()};
  git_oid commit;
  const int code =
      git_commit_create(&commit, repository, "refs/heads/main", signature.get(), signature.get(),
                        nullptr, std::string(message).c_str(), tree.get(), parent ? 1 : 0, parents);
  if (code < 0) return git_failure(code, "the commit cannot be written");
  return from_oid(commit);
}

/// A folder that disappears again unless it was renamed away.
class UnfinishedFolder {
 public:
  explicit UnfinishedFolder(fs::path path) : path_(std::move(path)) {}
  UnfinishedFolder(const UnfinishedFolder&) = delete;
  UnfinishedFolder& operator=(const UnfinishedFolder&) = delete;
  ~UnfinishedFolder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

}  // namespace

Result<CommitId> create_repository_from_directory(const fs::path& directory,
                                                  const fs::path& repository,
                                                  const CommitAuthor& author,
                                                  std::string_view message) {
  initialise();
  std::error_code code;
  if (fs::exists(fs::symlink_status(repository, code)))
    return fail(Errc::exists, "repository-exists",
                fmt::format("'{}' exists already", repository.string()));
  if (!fs::is_directory(directory, code))
    return fail(Errc::not_found, "directory-not-found",
                fmt::format("'{}' is not a folder", directory.string()));
  fs::path parent = fs::absolute(repository).parent_path();
  fs::create_directories(parent, code);
  const UnfinishedFolder unfinished(
      parent / fmt::format(".{}.{}.tmp", repository.filename().string(), ::getpid()));
  fs::remove_all(unfinished.path(), code);

  git_repository_init_options options{};
  git_repository_init_options_init(&options, GIT_REPOSITORY_INIT_OPTIONS_VERSION);
  options.flags =
      GIT_REPOSITORY_INIT_BARE | GIT_REPOSITORY_INIT_NO_REINIT | GIT_REPOSITORY_INIT_MKDIR;
  options.initial_head = "main";
  git_repository* raw = nullptr;
  if (const int git_code = git_repository_init_ext(&raw, unfinished.path().c_str(), &options);
      git_code < 0)
    return git_failure(git_code,
                       fmt::format("'{}' cannot be made a Git repository", repository.string()));
  RepositoryHandle handle(raw);
  TRY_ASSIGN(CommitId commit, write_commit(handle.get(), directory, author, message));
  handle.reset();
  TRY(sync_file_system(unfinished.path()));
  fs::rename(unfinished.path(), repository, code);
  if (code) return disk_failure(repository, code);
  TRY(sync_file_system(parent));
  return commit;
}

Result<CommitId> commit_directory(const fs::path& directory, const fs::path& repository,
                                  const CommitAuthor& author, std::string_view message) {
  TRY_ASSIGN(const RepositoryHandle handle, open_repository(repository));
  TRY_ASSIGN(CommitId commit, write_commit(handle.get(), directory, author, message));
  TRY(sync_file_system(repository));
  return commit;
}

}  // namespace rbee::platform
