// The API's JSON as pages of the doing kind show it: times in words, states with their colour.
//
// Pure.
#pragma once

#include <boost/json/value.hpp>
#include <string>
#include <string_view>

#include "web/view.hpp"

namespace rbee::web {

/// "27 Nov 2026, 18:40" of "2026-11-27T18:40:12Z"; empty for anything else.
std::string moment_of(std::string_view time);
/// View::of, with `KEY_day` beside every time that stands under KEY.
View shown(const boost::json::value& json);
/// A submission of /v1/submissions: `shown`, with `state_words`, `state_kind` (a chip's class) and
/// truths such as `is_open`.
View shown_submission(const boost::json::value& submission);
/// The same for each of a list.
Views shown_submissions(const boost::json::value& list);
/// "3 hours" of seconds; for waiting times.
std::string duration_of(std::int64_t seconds);

}  // namespace rbee::web
