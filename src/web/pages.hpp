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
// search_page.cpp
Result<http::Response> search_page(Visit& visit);
Result<http::Response> tags_page(Visit& visit);
Result<http::Response> tag_page(Visit& visit);
// worker_page.cpp: the tabs that say what it is
Result<http::Response> worker_page(Visit& visit);
Result<http::Response> variants_page(Visit& visit);
// worker_source_pages.cpp: the tabs that show what would run
Result<http::Response> versions_page(Visit& visit);
Result<http::Response> diff_page(Visit& visit);
Result<http::Response> recipe_page(Visit& visit);
// worker_people_pages.cpp: the tabs about people
Result<http::Response> trust_page(Visit& visit);
Result<http::Response> reviews_page(Visit& visit);
Result<http::Response> stats_page(Visit& visit);
// overview_pages.cpp
Result<http::Response> owner_page(Visit& visit);
Result<http::Response> compare_page(Visit& visit);
// machine_page.cpp
Result<http::Response> machine_page(Visit& visit);
Result<http::Response> choose_machine(Visit& visit);
// docs_page.cpp
Result<http::Response> docs_page(Visit& visit);
// robot_files.cpp
Result<http::Response> opensearch(Visit& visit);
Result<http::Response> robots(Visit& visit);
Result<http::Response> sitemap(Visit& visit);
// theme.cpp
Result<http::Response> choose_theme(Visit& visit);

}  // namespace rbee::web
