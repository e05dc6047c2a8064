// A worker's files in a tree of a Git repository.
//
// Reads the repository.
#pragma once

#include "catalog/file_source.hpp"

namespace rbee::catalog {

class GitFiles final : public FileSource {
 public:
  /// `repository` must outlive this object.
  GitFiles(const platform::Repository& repository, ObjectId tree)
      : repository_(repository), tree_(std::move(tree)) {}
  Result<std::vector<SourceEntry>> list(const std::string& key) const override;
  Result<std::uint64_t> size(const std::string& key) const override;
  Result<std::string> read(const std::string& key, std::uint64_t size_bytes_max) const override;
  Result<ObjectId> blob(const std::string& key) const override { return ObjectId::parse(key); }

 private:
  const platform::Repository& repository_;
  ObjectId tree_;
};

}  // namespace rbee::catalog
