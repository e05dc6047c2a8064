// The files of one worker's folder: listed within limits, read by path.
//
// Reads its source (file_source.hpp). What a folder must not hold is a finding
// (docs/worker-toml.md, "Limits").
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/finding.hpp"
#include "base/result.hpp"
#include "catalog/file_source.hpp"
#include "catalog/snapshot.hpp"
#include "pkgbuild/recipe.hpp"

namespace rbee::catalog {

class WorkerFiles final : public pkgbuild::LocalFiles {
 public:
  /// Lists all of `source`, which must outlive this object, adding what is wrong with it to
  /// `findings`.
  static Result<WorkerFiles> list(const FileSource& source, std::vector<Finding>& findings);

  /// Sorted by path.
  const std::vector<File>& files() const { return files_; }
  bool has(std::string_view path) const { return find(path) != nullptr; }
  /// The text of a file; nothing when there is none of that path. Each is read once.
  std::optional<std::string> read(std::string_view path) const override;
  /// A tree lists what there is: what is not listed is absent. Nothing is known of what stands
  /// outside.
  pkgbuild::FileLook look(std::string_view path) const override;

 private:
  explicit WorkerFiles(const FileSource& source) : source_(&source) {}
  const File* find(std::string_view path) const;
  Result<void> list_folder(const std::string& key, const std::string& prefix, std::size_t depth,
                           std::vector<Finding>& findings);
  /// True, with one finding, when the folder holds more than a worker may.
  bool has_too_many(std::vector<Finding>& findings) const;

  const FileSource* source_;
  std::vector<File> files_;
  std::map<std::string, std::string, std::less<>> keys_;  ///< By path.
  std::size_t entries_ = 0;  ///< Seen while listing, whatever they are.
  mutable std::map<std::string, std::string, std::less<>> texts_;
};

}  // namespace rbee::catalog
