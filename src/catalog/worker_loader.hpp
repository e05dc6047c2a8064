// One worker's folder at one commit, loaded and evaluated.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/finding.hpp"
#include "base/result.hpp"
#include "catalog/file_source.hpp"
#include "catalog/snapshot.hpp"

namespace rbee::catalog {

struct Folder {
  Origin origin = Origin::community;
  std::string name;  ///< Of the folder itself.
  ObjectId tree;

  std::string directory() const { return origin == Origin::official ? name : "community/" + name; }
};

struct Loaded {
  std::shared_ptr<Worker> worker;  ///< nullptr when a finding blocks.
  std::vector<Finding>
      findings;  ///< All of them when a finding blocks; else they are the worker's.
};

/// The history's fields of the worker are left for the caller; `commit` stands in `last_commit`
/// until then.
Result<Loaded> load_worker(const FileSource& source, const CommitId& commit, const Folder& folder);

}  // namespace rbee::catalog
