// The files beside a recipe on disk, for recipes that read them.
//
// Reads inside one folder and nowhere else: no "..", no symbolic link on the way, regular files of
// at most 256 kB. Anything else does not exist.
#pragma once

#include <filesystem>

#include "base/result.hpp"
#include "pkgbuild/recipe.hpp"
#include "platform/file_descriptor.hpp"

namespace rbee::cli {

class LocalFolder final : public pkgbuild::LocalFiles {
 public:
  /// A folder that cannot be opened has no files.
  explicit LocalFolder(const std::filesystem::path& folder);
  std::optional<std::string> read(std::string_view path) const override;

 private:
  platform::FileDescriptor folder_;
};

/// At most `bytes_max` bytes of a regular file, a pipe or a terminal.
/// Errors: Errc::not_found "file-not-found", Errc::io "file-unreadable", Errc::too_large
/// "file-too-large".
Result<std::string> read_whole_file(const std::filesystem::path& path, std::size_t bytes_max);

}  // namespace rbee::cli
