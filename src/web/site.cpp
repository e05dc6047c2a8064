#include "web/site.hpp"

#include <algorithm>
#include <array>
#include <span>

#include "base/text.hpp"
#include "http/encoding.hpp"
#include "http/etag.hpp"
#include "http/head.hpp"
#include "http/problem.hpp"
#include "platform/gzip.hpp"
#include "web/pages.hpp"
#include "web/read.hpp"
#include "web/session.hpp"

namespace rbee::web {

using http::Method;
using http::Request;
using http::Response;

std::span<const EmbeddedFile> web_files();  // By embed_files (CMakeLists.txt).
#ifdef RBEE_HTMX
std::span<const EmbeddedFile> htmx_files();
#endif

namespace {

/// What a post must show beside coming from this site.
enum class Form {
  free,    ///< Nothing: a log-in, or what changes nothing that matters.
  secret,  ///< The session's own hidden field.
};

struct SiteRoute {
  Method method;
  std::string_view pattern;
  Page page;
  Form form = Form::secret;
};

constexpr std::array kRoutes{
    SiteRoute{Method::get, "/", home_page},
    SiteRoute{Method::get, "/search", search_page},
    SiteRoute{Method::get, "/tags", tags_page},
    SiteRoute{Method::get, "/tags/{tag}", tag_page},
    SiteRoute{Method::get, "/w/{id}", worker_page},
    SiteRoute{Method::get, "/w/{id}/variants", variants_page},
    SiteRoute{Method::get, "/w/{id}/versions", versions_page},
    SiteRoute{Method::get, "/w/{id}/diff", diff_page},
    SiteRoute{Method::get, "/w/{id}/recipe", recipe_page},
    SiteRoute{Method::get, "/w/{id}/trust", trust_page},
    SiteRoute{Method::get, "/w/{id}/reviews", reviews_page},
    SiteRoute{Method::get, "/w/{id}/stats", stats_page},
    SiteRoute{Method::get, "/owners/{name}", owner_page},
    SiteRoute{Method::get, "/compare", compare_page},
    SiteRoute{Method::get, "/machine", machine_page},
    SiteRoute{Method::post, "/machine", choose_machine, Form::free},
    SiteRoute{Method::get, "/docs", docs_page},
    SiteRoute{Method::get, "/docs/{page...}", docs_page},
    SiteRoute{Method::get, "/opensearch.xml", opensearch},
    SiteRoute{Method::get, "/robots.txt", robots},
    SiteRoute{Method::get, "/sitemap.xml", sitemap},
    SiteRoute{Method::post, "/theme", choose_theme, Form::free},
    // session.cpp
    SiteRoute{Method::get, "/login", log_in_page},
    SiteRoute{Method::post, "/login", log_in, Form::free},
    SiteRoute{Method::post, "/logout", log_out},
    SiteRoute{Method::get, "/device", device_page},
    SiteRoute{Method::post, "/device", decide_device, Form::free},
    // account_pages.cpp
    SiteRoute{Method::get, "/signup", sign_up_page},
    SiteRoute{Method::post, "/signup", sign_up, Form::free},
    SiteRoute{Method::get, "/account", account_page},
    SiteRoute{Method::get, "/account/tokens", tokens_page},
    SiteRoute{Method::post, "/account/tokens", make_token},
    SiteRoute{Method::post, "/account/tokens/{token}/end", end_token},
    // opinion_forms.cpp
    SiteRoute{Method::post, "/w/{id}/star", set_star},
    SiteRoute{Method::post, "/w/{id}/vote", set_vote},
    SiteRoute{Method::post, "/w/{id}/rate", rate},
    SiteRoute{Method::post, "/w/{id}/rate/withdraw", withdraw_rating},
    SiteRoute{Method::post, "/w/{id}/reviews/{review}/helpful", set_helpful},
    SiteRoute{Method::post, "/w/{id}/reviews/{review}/report", report_review},
    SiteRoute{Method::post, "/w/{id}/reviews/{review}/reply", reply_to_review},
    // submission_pages.cpp
    SiteRoute{Method::get, "/submit", submit_page},
    SiteRoute{Method::get, "/submit/form", submit_form},
    SiteRoute{Method::post, "/submit/form", submit_worker},
    SiteRoute{Method::get, "/submissions", submissions_page},
    SiteRoute{Method::get, "/submissions/{number}", submission_page},
    SiteRoute{Method::get, "/submissions/{number}/live", submission_live},
    SiteRoute{Method::post, "/submissions/{number}/comment", comment_submission},
    SiteRoute{Method::post, "/submissions/{number}/withdraw", withdraw_submission},
    // review_pages.cpp
    SiteRoute{Method::get, "/review", review_queue},
    SiteRoute{Method::get, "/review/reports", reports_page},
    SiteRoute{Method::get, "/review/{number}", review_page},
    SiteRoute{Method::post, "/review/{number}/{action}", review_action},
    // admin_pages.cpp
    SiteRoute{Method::get, "/admin", admin_page},
    SiteRoute{Method::get, "/admin/users", users_page},
    SiteRoute{Method::get, "/admin/audit", audit_page},
    SiteRoute{Method::post, "/admin/switches/{name}", turn_switch},
    SiteRoute{Method::post, "/admin/quarantine", set_quarantine},
    SiteRoute{Method::post, "/admin/users/{name}", set_user_disabled},
    SiteRoute{Method::post, "/w/{id}/reviews/{review}/moderate", moderate_review},
};

constexpr std::string_view kPolicy =
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src "
    "'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
constexpr int kGzipLevel = 4;

bool is_read(const Request& request) {
  return request.method == Method::get || request.method == Method::head;
}

bool wants_html(const Request& request) {
  return is_read(request) &&
         request.headers.get("Accept").find("text/html") != std::string_view::npos;
}

/// A form that another site made the browser send. Browsers name the page's origin with every post.
bool is_foreign(const Request& request, std::string_view base) {
  const std::string_view site = request.headers.get("Sec-Fetch-Site");
  if (!site.empty() && site != "same-origin" && site != "none") return true;
  const std::string_view origin = request.headers.get("Origin");
  if (origin.empty() || origin == base) return false;
  // Behind a proxy the scheme is another; the host is the one that the browser asked.
  const std::size_t scheme = origin.find("://");
  return scheme == std::string_view::npos ||
         origin.substr(scheme + 3) != request.headers.get("Host");
}

Response redirect_to_login(Visit& visit) {
  // A form's answer is lost; the page that it stood on is not.
  const std::string back = visit.request.method == Method::post ? local_path(visit.form("return"))
                                                                : visit.request.target;
  return visit.see_other("/login?next=" + url_encode(back));
}

Error error(Errc code, std::string id, std::string message) {
  return fail(code, std::move(id), std::move(message)).value();
}

}  // namespace

Shelf::Answer Shelf::find(std::string_view target) {
  const std::lock_guard lock(mutex_);
  const auto found = answers_.find(target);
  if (found == answers_.end() || Clock::now() - found->second.first > kAge) return nullptr;
  return found->second.second;
}

void Shelf::keep(std::string target, Answer answer) {
  const std::lock_guard lock(mutex_);
  if (answers_.size() >= kAnswersMax) answers_.clear();
  answers_[std::move(target)] = {Clock::now(), std::move(answer)};
}

Site::Site(SiteOptions options, Templates templates)
    : options_(std::move(options)), templates_(std::move(templates)), assets_(web_files()) {
#ifdef RBEE_HTMX
  assets_.add("htmx.js", htmx_files().front().text);
#endif
}

Result<std::unique_ptr<Site>> Site::open(SiteOptions options) {
  TRY_ASSIGN(Templates templates, Templates::parse(web_files()));
  return std::unique_ptr<Site>(new Site(std::move(options), std::move(templates)));
}

std::vector<http::RouteName> Site::routes() {
  std::vector<http::RouteName> all{{Method::get, "/assets/{name}"}};
  for (const SiteRoute& row : kRoutes) all.push_back({row.method, row.pattern});
  return all;
}

std::string Site::base_of(const Request& request) const {
  if (!options_.public_url.empty()) return options_.public_url;
  const std::string_view host = request.headers.get("Host");
  return "http://" + std::string(http::is_host(host) ? host : "localhost");
}

std::optional<Response> Site::respond(const Request& request) const {
  if (request.path.starts_with("/assets/")) return assets_.respond(request);
  // rbee's own programs ask for "/" as well (docs/rbee-protocol.md).
  if (request.path == "/" && !wants_html(request)) return std::nullopt;
  http::Params params;
  std::vector<Method> others;
  const Method wanted = request.method == Method::head ? Method::get : request.method;
  for (const SiteRoute& row : kRoutes) {
    if (!http::match_path(row.pattern, request.path, params)) continue;
    if (row.method != wanted) {
      others.push_back(row.method);
      continue;
    }
    Visit visit(*this, request, params);
    Result<Response> response = answer(row.page, row.form == Form::secret, visit);
    if (!response && response.error().code == Errc::unauthenticated && !options_.secret.empty())
      response = redirect_to_login(visit);
    if (!response)
      response = error_page(visit, response.error(), http::status_of(response.error().code));
    return finish(visit, std::move(*response));
  }
  if (others.empty()) return std::nullopt;
  Response response = http::problem(
      request,
      http::Refusal{405, "method-not-allowed", "this path does not answer " + request.method_text});
  response.headers.set("Allow", http::allow_field(others));
  return response;
}

Result<Response> Site::answer(Page page, bool needs_secret, Visit& visit) const {
  const bool posts = visit.request.method == Method::post;
  if (posts && is_foreign(visit.request, visit.base()))
    return fail(Errc::forbidden, "cross-site", "this form was sent from another site");
  recognise(visit);
  if (posts && needs_secret && !visit.session().empty() &&
      !csrf_fits(options_.secret, visit.session(), visit.form("csrf")))
    return fail(Errc::forbidden, "form-stale", "this form is not of your session",
                {.fix = "go back, load the page again and send it once more"});
  return page(visit);
}

Response Site::dress(const Request& request, Response response) const {
  // The AUR's clients send people to "/packages/{name}" (docs/aur.md).
  constexpr std::string_view kApiWorker = "/v1/workers/";
  if (response.status == 302 && wants_html(request) && request.path.starts_with("/p")) {
    const std::string to(response.headers.get("Location"));
    if (const std::size_t at = to.find(kApiWorker); at != std::string::npos)
      response.headers.set("Location", "/w/" + to.substr(at + kApiWorker.size()));
    return response;
  }
  // Only where people come by; programs are answered in their own words.
  if (response.status != 404 || !wants_html(request) || request.path.starts_with("/v1/") ||
      request.path.starts_with("/workers") || request.path.starts_with("/pkgbuilds"))
    return response;
  const http::Params params;
  Visit visit(*this, request, params);
  recognise(visit);
  return finish(visit, error_page(visit,
                                  error(Errc::not_found, "page-not-found",
                                        "there is no page at this address"),
                                  404));
}

Response Site::error_page(Visit& visit, const Error& error, int status) const {
  View view;
  view.set("status", status);
  view.set("reason", http::reason_phrase(status));
  view.set("message", error.message);
  view.set("fix", error.fix);
  view.set("id", error.id);
  view.set("request_id", visit.request.id);
  if (status == 404) {
    // What they were after: the worker, or the last part of the address.
    const std::string& path = visit.request.path;
    std::string words(visit.params["id"].substr(0, 60));
    if (words.empty()) words = path.substr(path.rfind('/') + 1, 60);
    std::replace(words.begin(), words.end(), '-', ' ');
    if (const auto found = visit.get("/v1/search?limit=4&q=" + url_encode(words));
        found && !trim(words).empty()) {
      view.set("has_suggestions", !list(*found, "workers").empty());
      view.set("suggestions", cards_of(list(*found, "workers")));
    }
  }
  if (visit.request.method == Method::post) view.set("back", local_path(visit.form("return")));
  return visit.page(
      "error", std::move(view),
      {.title = status == 404 ? "Not found" : std::string(http::reason_phrase(status)),
       .status = status,
       .no_index = true});
}

Response Site::finish(const Visit& visit, Response response) const {
  http::Headers& fields = response.headers;
  for (const auto& [name, value] : visit.answer_fields.all()) fields.add(name, value);
  fields.set("Content-Security-Policy", std::string(kPolicy));
  fields.set("X-Content-Type-Options", "nosniff");
  fields.set("Referrer-Policy", "same-origin");
  fields.set("Permissions-Policy",
             "camera=(), geolocation=(), microphone=(), payment=(), usb=(), interest-cohort=()");
  fields.set("Cross-Origin-Opener-Policy", "same-origin");
  if (response.status != 200 || !is_read(visit.request)) {
    if (fields.get("Cache-Control").empty()) fields.add("Cache-Control", "no-store");
    return response;
  }
  // What is one account's is nobody else's, not even in this browser's store.
  const bool is_private = !visit.cookie(kSessionCookie).empty();
  if (is_private) fields.set("Cache-Control", "private, no-store");
  // What a visitor sees follows cookies: theirs alone, and asked for again each time.
  if (fields.get("Cache-Control").empty()) fields.add("Cache-Control", "private, no-cache");
  fields.add("Vary", "Accept, Accept-Encoding, Cookie");
  const std::string etag = http::strong_etag({response.body});
  if (!is_private) response = http::with_etag(visit.request, std::move(response), etag);
  // The front compresses nothing that cookies go with; here no secret stands beside text of
  // others: `csrf` is another text in each answer.
  if (response.status == 200 && http::accepts_gzip(visit.request.headers.get("Accept-Encoding"))) {
    response.body = platform::gzip(response.body, kGzipLevel);
    response.headers.set("Content-Encoding", "gzip");
    if (!is_private) response.headers.set("ETag", http::gzip_etag(etag));
  }
  return response;
}

}  // namespace rbee::web
