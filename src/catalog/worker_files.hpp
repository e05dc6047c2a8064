// The files of one worker's folder in the Git tree: listed within limits, read by path.
//
// Reads the repository. What a folder must not hold is a finding (docs/worker-toml.md, "Limits").
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/finding.hpp"
#include "base/result.hpp"
#include "catalog/snapshot.hpp"
#include "pkgbuild/recipe.hpp"
#include "platform/git.hpp"

namespace rbee::catalog {

class WorkerFiles final : public pkgbuild::LocalFiles {
 public:
  /// Lists `tree`, adding what is wrong with it to `findings`.
  static Result<WorkerFiles> list(const platform::Repository& repository, const ObjectId& tree,
                                  std::vector<Finding>& findings);

  /// Sorted by path.
  const std::vector<File>& files() const { return files_; }
  bool has(std::string_view path) const { return find(path) != nullptr; }
  /// The text of a file; nothing when there is none of that path. Each is read once.
  std::optional<std::string> read(std::string_view path) const override;
  /// A tree lists what there is: what is not listed is absent. Nothing is known of what stands
  /// outside.
  pkgbuild::FileLook look(std::string_view path) const override;

 private:
  explicit WorkerFiles(const platform::Repository& repository) : repository_(&repository) {}
  const File* find(std::string_view path) const;
  Result<void> list_folder(const ObjectId& tree, const std::string& prefix, std::size_t depth,
                           std::vector<Finding>& findings);
  /// True, with one finding, when the folder holds more than a worker may.
  bool has_too_many(std::vector<Finding>& findings) const;

  const platform::Repository* repository_;
  std::vector<File> files_;
  std::size_t entries_ = 0;  ///< Seen while listing, whatever they are.
  mutable std::map<std::string, std::string, std::less<>> texts_;
};

}  // namespace rbee::catalog
