// What a worker's page needs for the forms of stars, votes and reviews.
//
// Fills the partials `_star`, `_rate` and `_review_actions`; what they send goes to the pages of
// opinion_forms.cpp.
#pragma once

#include <boost/json/value.hpp>
#include <string_view>

#include "base/result.hpp"
#include "web/view.hpp"
#include "web/visit.hpp"

namespace rbee::web {

/// For `_star`: `worker_id`, `star` and `vote` (`count`, `mine`; for nobody without numbers).
/// Errors: the API's.
Result<void> add_mark_forms(Visit& visit, std::string_view worker, View& view);
/// For `_rate`: `worker_id`, `maintains`, `my_review` and the five `ratings`. `reviews` is the
/// answer of /v1/workers/{id}/reviews to this visit. Returns whether the visitor maintains it.
Result<bool> add_rate_form(Visit& visit, std::string_view worker, const boost::json::value& reviews,
                           View& view);
/// For `_review_actions` in a list of reviews: `may_help`, `may_report`, `may_reply`,
/// `may_moderate`. `maintains` is what `add_rate_form` returned.
void add_review_forms(const Visit& visit, bool maintains, const boost::json::value& review,
                      View& view);

}  // namespace rbee::web
