// One entry of a Git tree, exchanged: what a submission changes in the catalog's top folders,
// without the rest of the catalog.
//
// Pure. Source: gitformat-pack(5), "tree"; git-mktree(1) on the order of the entries.
#pragma once

#include <string>
#include <string_view>

#include "base/ids.hpp"
#include "base/result.hpp"

namespace rbee::cli {

/// The raw tree `bytes` with folder `name` being `tree`, put in or exchanged; `bytes` may be empty.
/// Errors: Errc::bad_response "tree-invalid" when `bytes` are no tree.
Result<std::string> tree_with_folder(std::string_view bytes, std::string_view name,
                                     const ObjectId& tree);

}  // namespace rbee::cli
