// What git.cpp and git_write.cpp share: libgit2's objects with owners, its errors as ours.
//
// For files of this layer only; the one header here that includes libgit2's.
#pragma once

#include <fmt/format.h>
#include <git2.h>

#include <filesystem>
#include <memory>
#include <string>
#include <system_error>

#include "base/ids.hpp"
#include "base/result.hpp"

namespace rbee::platform::git_detail {

template <auto function>
struct Deleter {
  template <typename T>
  void operator()(T* object) const {
    function(object);
  }
};
using RepositoryHandle = std::unique_ptr<git_repository, Deleter<git_repository_free>>;
using ReferenceHandle = std::unique_ptr<git_reference, Deleter<git_reference_free>>;
using ObjectHandle = std::unique_ptr<git_object, Deleter<git_object_free>>;
using CommitHandle = std::unique_ptr<git_commit, Deleter<git_commit_free>>;
using TreeHandle = std::unique_ptr<git_tree, Deleter<git_tree_free>>;
using BlobHandle = std::unique_ptr<git_blob, Deleter<git_blob_free>>;
using OdbHandle = std::unique_ptr<git_odb, Deleter<git_odb_free>>;
using RevwalkHandle = std::unique_ptr<git_revwalk, Deleter<git_revwalk_free>>;
using IndexHandle = std::unique_ptr<git_index, Deleter<git_index_free>>;
using SignatureHandle = std::unique_ptr<git_signature, Deleter<git_signature_free>>;

/// Sets libgit2 up, once per process.
void initialise();

/// The error of libgit2's last call, which returned `code`.
tl::unexpected<Error> git_failure(int code, std::string what);
tl::unexpected<Error> disk_failure(const std::filesystem::path& path, const std::error_code& code);

git_oid to_oid(const ObjectId& id);
ObjectId from_oid(const git_oid& oid);

Result<RepositoryHandle> open_repository(const std::filesystem::path& path);

/// Everything that was written to the folder's file system reaches the disk. libgit2 would sync
/// every object by itself: 500 workers took 30 s instead of one.
Result<void> sync_file_system(const std::filesystem::path& folder);

/// Look an object up as one kind; another kind is an error of its own.
template <typename Handle, typename T>
Result<Handle> lookup(git_repository* repository, const ObjectId& id, git_object_t kind,
                      const char* what) {
  const git_oid oid = to_oid(id);
  git_object* raw = nullptr;
  if (const int code = git_object_lookup(&raw, repository, &oid, GIT_OBJECT_ANY); code < 0)
    return git_failure(code, fmt::format("the object {} cannot be read", id.str()));
  ObjectHandle object(raw);
  if (git_object_type(raw) != kind)
    return fail(Errc::invalid_input, "object-kind",
                fmt::format("the object {} is not a {}", id.str(), what));
  return Handle(reinterpret_cast<T*>(object.release()));
}

}  // namespace rbee::platform::git_detail
