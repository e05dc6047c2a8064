// `rbee-market catalog list`: what a catalog holds.
//
// Reads a folder or a Git repository. Writes the answer to `out` and nothing else.
#pragma once

#include <cstdio>
#include <filesystem>
#include <string>

namespace rbee::market {

struct CatalogOptions {
  /// A catalog's folder, one worker's folder (it holds worker.toml), or a bare Git repository.
  std::filesystem::path path = "catalog";
  std::string revision = "HEAD";  ///< For a repository: a ref or a full commit id.
  bool json = false;
};

/// One line a worker: id, version, origin, accelerators, description.
int run_catalog_list(const CatalogOptions& options, std::FILE* out);

}  // namespace rbee::market
