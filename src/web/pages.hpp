// Every page: a function that asks the API and fills a template, or does what a form says and
// answers 303.
//
// One file for each group; site.cpp has the table of their paths.
#pragma once

#include "base/result.hpp"
#include "http/message.hpp"
#include "web/visit.hpp"

namespace rbee::web {

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

// session.cpp: log in, log out, let a program in.
Result<http::Response> log_in_page(Visit& visit);
Result<http::Response> log_in(Visit& visit);
Result<http::Response> log_out(Visit& visit);
Result<http::Response> device_page(Visit& visit);
Result<http::Response> decide_device(Visit& visit);

// account_pages.cpp: what is one's own.
Result<http::Response> sign_up_page(Visit& visit);
Result<http::Response> sign_up(Visit& visit);
Result<http::Response> account_page(Visit& visit);
Result<http::Response> tokens_page(Visit& visit);
Result<http::Response> make_token(Visit& visit);
Result<http::Response> end_token(Visit& visit);

// opinion_forms.cpp: what the forms of a worker's page do.
Result<http::Response> set_star(Visit& visit);
Result<http::Response> set_vote(Visit& visit);
Result<http::Response> rate(Visit& visit);
Result<http::Response> withdraw_rating(Visit& visit);
Result<http::Response> set_helpful(Visit& visit);
Result<http::Response> report_review(Visit& visit);
Result<http::Response> reply_to_review(Visit& visit);
Result<http::Response> moderate_review(Visit& visit);

// submission_pages.cpp
Result<http::Response> submit_page(Visit& visit);
Result<http::Response> submit_form(Visit& visit);
Result<http::Response> submit_worker(Visit& visit);
Result<http::Response> submissions_page(Visit& visit);
Result<http::Response> submission_page(Visit& visit);
Result<http::Response> submission_live(Visit& visit);
Result<http::Response> comment_submission(Visit& visit);
Result<http::Response> withdraw_submission(Visit& visit);

// review_pages.cpp: for reviewers.
Result<http::Response> review_queue(Visit& visit);
Result<http::Response> review_page(Visit& visit);
Result<http::Response> review_action(Visit& visit);
Result<http::Response> reports_page(Visit& visit);

// admin_pages.cpp: for administrators.
Result<http::Response> admin_page(Visit& visit);
Result<http::Response> users_page(Visit& visit);
Result<http::Response> audit_page(Visit& visit);
Result<http::Response> turn_switch(Visit& visit);
Result<http::Response> set_quarantine(Visit& visit);
Result<http::Response> set_user_disabled(Visit& visit);

}  // namespace rbee::web
