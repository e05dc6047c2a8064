// One submission as its own page and the review page show it.
//
// Pure but for reading who visits.
#pragma once

#include <boost/json/value.hpp>
#include <string>

#include "web/view.hpp"
#include "web/visit.hpp"

namespace rbee::web {

/// "/v1/submissions/17" of a page whose path has {number}.
std::string submission_target(const Visit& visit);

/// `detail`: of /v1/submissions/{n}. For the partials `_submission_state`, `_findings` and
/// `_discussion`.
View submission_view(const Visit& visit, const boost::json::value& detail);

}  // namespace rbee::web
