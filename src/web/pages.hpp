// Every page: a function that asks the API and fills a template, or does what a form says and
// answers 303.
//
// One file for each group; site.cpp has the table of their paths.
#pragma once

#include "base/result.hpp"
#include "http/message.hpp"
#include "web/visit.hpp"

namespace rbee::web {

using Page = Result<http::Response> (*)(Visit&);

// home_page.cpp
Result<http::Response> home_page(Visit& visit);
// theme.cpp
Result<http::Response> choose_theme(Visit& visit);

}  // namespace rbee::web
