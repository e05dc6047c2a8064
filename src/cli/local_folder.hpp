// The files beside a recipe on disk, for recipes that read them.
//
// Reads below one root and nowhere else: no symbolic link on the way, regular files of at most
// 256 kB.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "pkgbuild/recipe.hpp"
#include "platform/file_descriptor.hpp"

namespace rbee::cli {

class LocalFolder final : public pkgbuild::LocalFiles {
 public:
  /// The recipe's folder, and how far up from it a recipe may read: `root` is the folder itself or
  /// one above it. A folder that cannot be opened has no files.
  explicit LocalFolder(const std::filesystem::path& folder, const std::filesystem::path& root = {});
  std::optional<std::string> read(std::string_view path) const override;
  /// Kind::unknown for what a link, a size or the root keeps us from reading.
  pkgbuild::FileLook look(std::string_view path) const override;

  /// Physical path of the folder; empty when there is none.
  const std::string& path() const { return path_; }
  /// False when the folder is not below the root that was asked for.
  bool is_below_root() const { return below_root_; }

 private:
  std::string path_;
  std::vector<std::string> below_;  ///< The folder's names below the root.
  bool below_root_ = true;
  platform::FileDescriptor root_;
};

/// At most `bytes_max` bytes of a regular file, a pipe or a terminal.
/// Errors: Errc::not_found "file-not-found", Errc::io "file-unreadable", Errc::too_large
/// "file-too-large".
Result<std::string> read_whole_file(const std::filesystem::path& path, std::size_t bytes_max);

}  // namespace rbee::cli
