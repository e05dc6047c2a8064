// A submission's changes as a page shows them: lines with their numbers, and what the checks and
// people said of each.
//
// Pure.
#pragma once

#include <boost/json/value.hpp>

#include "web/view.hpp"

namespace rbee::web {

/// `diff`: of /v1/submissions/{n}/diff; `detail`: of /v1/submissions/{n}. For the partial `_diff`:
/// each file has `path`, `anchor`, truths of its status, `left_out` and `lines` (`kind`: "add",
/// "del", "hunk" or ""; `old`, `now`, `text`, `notes`). What is said of a line that the diff does
/// not show, or of the file as a whole, stands in the file's `notes`.
Views diff_files(const boost::json::value& diff, const boost::json::value& detail);

}  // namespace rbee::web
