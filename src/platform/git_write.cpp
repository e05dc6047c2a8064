#include "platform/git_write.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "platform/git_handles.hpp"

namespace rbee::platform {

namespace fs = std::filesystem;
using namespace git_detail;

struct RepositoryWriter::State {
  fs::path path;
  RepositoryHandle repository;
};

RepositoryWriter::RepositoryWriter(std::unique_ptr<State> state) : state_(std::move(state)) {}
RepositoryWriter::~RepositoryWriter() = default;

Result<std::unique_ptr<RepositoryWriter>> RepositoryWriter::open(const fs::path& path) {
  auto state = std::make_unique<State>();
  state->path = path;
  TRY_ASSIGN(state->repository, open_repository(path));
  return std::unique_ptr<RepositoryWriter>(new RepositoryWriter(std::move(state)));
}

Result<ObjectId> RepositoryWriter::tree_with(const ObjectId& root,
                                             std::span<const FolderChange> changes) {
  git_repository* repository = state_->repository.get();
  TRY_ASSIGN(const TreeHandle tree,
             (lookup<TreeHandle, git_tree>(repository, root, GIT_OBJECT_TREE, "folder")));
  std::vector<git_tree_update> updates;
  for (const FolderChange& change : changes) {
    git_tree_update update{};
    update.action = change.tree ? GIT_TREE_UPDATE_UPSERT : GIT_TREE_UPDATE_REMOVE;
    update.filemode = GIT_FILEMODE_TREE;
    update.path = change.path.c_str();
    if (change.tree) update.id = to_oid(*change.tree);
    updates.push_back(update);
  }
  git_oid out;
  if (const int code =
          git_tree_create_updated(&out, repository, tree.get(), updates.size(), updates.data());
      code < 0)
    return git_failure(code, "the tree cannot be written");
  return from_oid(out);
}

Result<CommitId> RepositoryWriter::commit(const ObjectId& tree_id,
                                          std::span<const CommitId> parents,
                                          const CommitAuthor& author, std::string_view message) {
  git_repository* repository = state_->repository.get();
  git_signature* raw_signature = nullptr;
  if (const int code = git_signature_new(&raw_signature, author.name.c_str(), author.email.c_str(),
                                         author.time.time_since_epoch().count(), 0);
      code < 0)
    return git_failure(code, "the author's name and e-mail address are not ones that Git can hold");
  const SignatureHandle signature(raw_signature);
  TRY_ASSIGN(const TreeHandle tree,
             (lookup<TreeHandle, git_tree>(repository, tree_id, GIT_OBJECT_TREE, "folder")));
  std::vector<CommitHandle> owners;
  std::vector<const git_commit*> raw;
  for (const CommitId& parent : parents) {
    TRY_ASSIGN(CommitHandle handle,
               (lookup<CommitHandle, git_commit>(repository, parent, GIT_OBJECT_COMMIT, "commit")));
    raw.push_back(handle.get());
    owners.push_back(std::move(handle));
  }
  git_oid out;
  if (const int code =
          git_commit_create(&out, repository, nullptr, signature.get(), signature.get(), nullptr,
                            std::string(message).c_str(), tree.get(), raw.size(), raw.data());
      code < 0)
    return git_failure(code, "the commit cannot be written");
  return from_oid(out);
}

Result<std::optional<CommitId>> RepositoryWriter::ref(std::string_view name) const {
  git_oid oid;
  const int code =
      git_reference_name_to_id(&oid, state_->repository.get(), std::string(name).c_str());
  if (code == GIT_ENOTFOUND) return std::optional<CommitId>();
  if (code < 0) return git_failure(code, fmt::format("the ref '{}' cannot be read", name));
  return std::optional(from_oid(oid));
}

Result<std::vector<std::pair<std::string, CommitId>>> RepositoryWriter::refs(
    std::string_view prefix) const {
  git_reference_iterator* raw = nullptr;
  if (const int code = git_reference_iterator_glob_new(&raw, state_->repository.get(),
                                                       fmt::format("{}*", prefix).c_str());
      code < 0)
    return git_failure(code, "the refs cannot be listed");
  const std::unique_ptr<git_reference_iterator, Deleter<git_reference_iterator_free>> iterator(raw);
  std::vector<std::pair<std::string, CommitId>> all;
  git_reference* next = nullptr;
  int code = 0;
  while ((code = git_reference_next(&next, raw)) == 0) {
    const ReferenceHandle reference(next);
    if (const git_oid* target = git_reference_target(next))
      all.emplace_back(git_reference_name(next), from_oid(*target));
  }
  if (code != GIT_ITEROVER) return git_failure(code, "the refs cannot be listed");
  std::sort(all.begin(), all.end());
  return all;
}

Result<void> RepositoryWriter::move_ref(std::string_view name, const std::optional<CommitId>& from,
                                        const CommitId& to, std::string_view why) {
  TRY(sync());  // A ref on the disk must never name a commit that is not.
  const auto moved = [&] {
    return fail(Errc::exists, "ref-moved",
                fmt::format("'{}' is not what it was a moment ago", name),
                {.evidence = {from ? "expected: " + from->str() : "expected: no such ref"}});
  };
  git_reference* raw = nullptr;
  const git_oid target = to_oid(to);
  const std::string ref_name(name), message(why);
  int code;
  if (from) {
    const git_oid expected = to_oid(*from);
    code = git_reference_create_matching(&raw, state_->repository.get(), ref_name.c_str(), &target,
                                         1, &expected, message.c_str());
  } else {
    code = git_reference_create(&raw, state_->repository.get(), ref_name.c_str(), &target, 0,
                                message.c_str());
  }
  const ReferenceHandle reference(raw);
  if (code == GIT_EMODIFIED || code == GIT_EEXISTS || code == GIT_ENOTFOUND || code == GIT_ELOCKED)
    return moved();
  if (code < 0) return git_failure(code, fmt::format("the ref '{}' cannot be written", name));
  return sync();
}

Result<void> RepositoryWriter::delete_ref(std::string_view name, const CommitId& from) {
  git_reference* raw = nullptr;
  const int found = git_reference_lookup(&raw, state_->repository.get(), std::string(name).c_str());
  if (found == GIT_ENOTFOUND) return {};
  if (found < 0) return git_failure(found, fmt::format("the ref '{}' cannot be read", name));
  const ReferenceHandle reference(raw);
  const git_oid expected = to_oid(from);
  const git_oid* target = git_reference_target(raw);
  if (target == nullptr || git_oid_cmp(target, &expected) != 0)
    return fail(Errc::exists, "ref-moved",
                fmt::format("'{}' is not what it was a moment ago", name),
                {.evidence = {"expected: " + from.str()}});
  // Deletes only while the ref still is what was looked up.
  const int code = git_reference_delete(raw);
  if (code < 0) return git_failure(code, fmt::format("the ref '{}' cannot be deleted", name));
  return sync();
}

Result<void> RepositoryWriter::clean_after_a_kill(std::chrono::seconds age_min) {
  std::error_code code;
  std::vector<fs::path> left;
  const auto newest = fs::file_time_type::clock::now() - age_min;
  const auto is_left = [&](const fs::path& path) {
    std::error_code gone;
    const auto written = fs::last_write_time(path, gone);
    return !gone && written <= newest;
  };
  for (const char* name : {"packed-refs.lock", "HEAD.lock", "config.lock"})
    if (fs::exists(state_->path / name, code) && is_left(state_->path / name))
      left.push_back(state_->path / name);
  for (fs::recursive_directory_iterator it(state_->path / "refs", code), end; !code && it != end;
       it.increment(code))
    if (it->path().extension() == ".lock" && !it->is_directory(code) && is_left(it->path()))
      left.push_back(it->path());
  for (fs::directory_iterator it(state_->path / "objects", code), end; !code && it != end;
       it.increment(code)) {
    // A git that outlived the server may still be at work in a young one.
    const bool is_old = fs::last_write_time(it->path(), code) <
                        fs::file_time_type::clock::now() - std::chrono::hours(1);
    if (it->path().filename().string().starts_with("tmp_objdir") && is_old)
      left.push_back(it->path());
  }
  for (const fs::path& path : left) {
    fs::remove_all(path, code);
    if (code && code != std::errc::no_such_file_or_directory) return disk_failure(path, code);
  }
  return {};
}

Result<void> RepositoryWriter::sync() const {
  return sync_file_system(state_->path);
}

}  // namespace rbee::platform
