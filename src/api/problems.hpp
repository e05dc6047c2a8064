// What each problem of the API means: the text behind a problem's `type` (GET /v1/problems/{id}).
#pragma once

#include <string_view>

namespace rbee::api {

/// One or two sentences; empty for an unknown id.
std::string_view describe_problem(std::string_view id);

}  // namespace rbee::api
