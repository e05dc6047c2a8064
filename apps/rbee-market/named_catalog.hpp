// The catalog that a command line names: a bare Git repository, or a folder as it is now.
//
// A folder is read through a throw-away repository in the temporary directory, so that both are
// read by the same code. Reads the disk; writes below the temporary directory only.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "base/result.hpp"
#include "platform/files.hpp"
#include "platform/git.hpp"

namespace rbee::market {

struct NamedCatalog {
  std::optional<platform::TemporaryDirectory> temporary;  ///< Gone with this object.
  std::unique_ptr<platform::Repository> repository;
  std::string revision;  ///< What to look at in it.

  /// `path`: a catalog's folder, one worker's folder (it holds worker.toml or a recipe), or a bare
  /// Git repository, of which `revision` is taken (a ref or a full commit id). Errors:
  /// Errc::not_found "directory-not-found"; those of the repository.
  static Result<NamedCatalog> open(const std::filesystem::path& path, const std::string& revision);
};

}  // namespace rbee::market
