// A worker's folder on the author's own machine.
//
// Reads the folder.
#pragma once

#include <filesystem>
#include <vector>

#include "base/finding.hpp"
#include "base/result.hpp"
#include "catalog/worker_loader.hpp"
#include "check/policy.hpp"

namespace rbee::cli {

/// The folder as a worker: its name is its id. Beside a folder "community" it is an official one.
/// Errors: Errc::not_found "directory-not-found", "worker-not-there".
Result<catalog::Folder> folder_of(const std::filesystem::path& path);

/// Every finding that can be made without the marketplace.
Result<std::vector<Finding>> check_folder(const std::filesystem::path& path,
                                          const catalog::Folder& folder,
                                          const check::Policy& policy);

}  // namespace rbee::cli
