// A worker as the checker wants it: from files, evaluated, with everything that loading found.
//
// Reads its source.
#pragma once

#include "base/result.hpp"
#include "catalog/file_source.hpp"
#include "catalog/worker_files.hpp"
#include "catalog/worker_loader.hpp"
#include "check/subject.hpp"

namespace rbee::catalog {

/// The release in `source` for `check::Subject::now`, and what loading it found. Errors are about
/// the source, never about what its author wrote.
Result<check::Release> load_release(const FileSource& source, const Folder& folder,
                                    std::vector<Finding>& findings);

}  // namespace rbee::catalog
