// A worker's files in a folder on the disk: an author's, before anything is committed.
//
// Reads the folder and nothing outside it; symbolic links are told of and not followed. What Git
// would not commit by default (.git) is left out. Links no Git library.
#pragma once

#include <filesystem>

#include "catalog/file_source.hpp"

namespace rbee::catalog {

/// The keys of FileSource are paths below `folder`, "" the folder itself. Errors: Errc::io;
/// Errc::too_large when a file is larger than `size_bytes_max`.
class FolderFiles final : public FileSource {
 public:
  explicit FolderFiles(std::filesystem::path folder) : folder_(std::move(folder)) {}
  Result<std::vector<SourceEntry>> list(const std::string& key) const override;
  Result<std::uint64_t> size(const std::string& key) const override;
  Result<std::string> read(const std::string& key, std::uint64_t size_bytes_max) const override;
  Result<ObjectId> blob(const std::string& key) const override;

 private:
  std::filesystem::path folder_;
};

}  // namespace rbee::catalog
