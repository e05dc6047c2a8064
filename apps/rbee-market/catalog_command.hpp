// `rbee-market catalog check` and `rbee-market catalog list`: what a host or an author asks of a
// catalog.
//
// Reads a folder or a Git repository. Writes the answer to `out` and nothing else; a folder is read
// through a throw-away repository in the temporary directory, so that both see the same code.
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

/// Every finding of every worker. Exit code: 0 nothing blocks, 1 something does, 3 no such path,
/// else as `exit_code` says of the error, which goes to standard error.
int run_catalog_check(const CatalogOptions& options, std::FILE* out);

/// One line a worker: id, version, origin, accelerators, description.
int run_catalog_list(const CatalogOptions& options, std::FILE* out);

}  // namespace rbee::market
