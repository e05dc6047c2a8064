// Where a worker's files come from: a tree of a Git repository, or a folder on the disk.
//
// The interface is pure; git_files.hpp and folder_files.hpp are the two sources.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/ids.hpp"
#include "base/result.hpp"
#include "platform/git.hpp"

namespace rbee::catalog {

/// One name in a folder.
struct SourceEntry {
  std::string name;
  platform::EntryKind kind = platform::EntryKind::file;
  std::string key;  ///< What the source finds it by.
};

class FileSource {
 public:
  virtual ~FileSource() = default;
  /// The names in a folder; "" is the worker's own.
  virtual Result<std::vector<SourceEntry>> list(const std::string& key) const = 0;
  virtual Result<std::uint64_t> size(const std::string& key) const = 0;
  /// Errors: Errc::too_large.
  virtual Result<std::string> read(const std::string& key, std::uint64_t size_bytes_max) const = 0;
  /// Git's id of the file's bytes.
  virtual Result<ObjectId> blob(const std::string& key) const = 0;
};

}  // namespace rbee::catalog
