#include "catalog/git_files.hpp"

namespace rbee::catalog {

Result<std::vector<SourceEntry>> GitFiles::list(const std::string& key) const {
  ObjectId id = tree_;
  if (!key.empty()) {
    TRY_ASSIGN(id, ObjectId::parse(key));
  }
  TRY_ASSIGN(const auto entries, repository_.tree(id));
  std::vector<SourceEntry> out;
  for (const platform::TreeEntry& entry : entries)
    out.push_back({entry.name, entry.kind, entry.id.str()});
  return out;
}

Result<std::uint64_t> GitFiles::size(const std::string& key) const {
  TRY_ASSIGN(const ObjectId id, ObjectId::parse(key));
  return repository_.blob_size(id);
}

Result<std::string> GitFiles::read(const std::string& key, std::uint64_t size_bytes_max) const {
  TRY_ASSIGN(const ObjectId id, ObjectId::parse(key));
  return repository_.blob(id, size_bytes_max);
}

}  // namespace rbee::catalog
