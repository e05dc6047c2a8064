#include "api/rbee.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/json/serialize.hpp>
#include <optional>

#include "api/homebrew.hpp"
#include "api/legacy_recipe.hpp"
#include "api/rbee_texts.hpp"
#include "api/rbee_worker.hpp"
#include "http/etag.hpp"
#include "http/problem.hpp"
#include "http/router.hpp"

namespace rbee::api {

using http::Method;
using http::Request;
using http::Response;
using manifest::RecipeKind;

namespace {

constexpr std::array<std::string_view, 13> kOrigins = {
    "http://localhost:7845", "http://localhost:7822",        "http://localhost:7823",
    "http://localhost:7844", "http://localhost:7843",        "http://127.0.0.1:7845",
    "http://127.0.0.1:7822", "http://127.0.0.1:7823",        "http://127.0.0.1:7844",
    "http://127.0.0.1:7843", "https://marketplace.rbee.dev", "https://rbee.dev",
    "https://docs.rbee.dev"};

Response json_reply(int status, std::string body) {
  return http::reply(status, "application/json", std::move(body));
}

Response error(int status, std::string_view text, std::string_view message = {}) {
  std::string body = "{\"error\":" + http::json_quote(text);
  if (!message.empty()) body += ",\"message\":" + http::json_quote(message);
  return json_reply(status, body + "}");
}

void add_security_fields(Response& response) {
  response.headers.set("X-Content-Type-Options", "nosniff");
  response.headers.set("X-Frame-Options", "DENY");
  response.headers.set("X-XSS-Protection", "1; mode=block");
  response.headers.set("Referrer-Policy", "strict-origin-when-cross-origin");
  response.headers.set(
      "Permissions-Policy",
      "geolocation=(), microphone=(), camera=(), payment=(), usb=(), magnetometer=()");
  response.headers.set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'");
  response.headers.set("Server", "rbee-gwc");
}

void add_cors_fields(const Request& request, Response& response) {
  const std::string_view origin = request.headers.get("Origin");
  if (std::find(kOrigins.begin(), kOrigins.end(), origin) != kOrigins.end())
    response.headers.set("Access-Control-Allow-Origin", std::string(origin));
  response.headers.set("Access-Control-Expose-Headers", "Content-Length,Cache-Control");
  response.headers.set("Vary", "Origin");
}

Response preflight(const Request& request) {
  Response response{.status = 204, .headers = {}, .body = {}};
  add_cors_fields(request, response);
  response.headers.add("Access-Control-Max-Age", "3600");
  response.headers.add("Access-Control-Allow-Methods", "GET,OPTIONS,HEAD");
  response.headers.add("Access-Control-Allow-Headers", "Content-Type");
  return response;
}

/// The reason against an id, the first of their checks that fails.
std::optional<Response> check_id(std::string_view id) {
  if (id.empty()) return error(400, "Worker ID is required");
  const bool plain = std::all_of(id.begin(), id.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  });
  if (!plain)
    return error(400, "Invalid worker ID format",
                 "Worker ID must contain only lowercase letters, numbers, and hyphens");
  if (id.size() > 100) return error(400, "Worker ID too long");
  return std::nullopt;
}

/// A worker, or one accelerator of it under "{id}-{accelerator}".
struct Entry {
  std::shared_ptr<const RenderedWorker> worker;
  std::optional<Accelerator> only;
};

std::optional<Entry> find_entry(const Publication& publication, std::string_view id) {
  if (auto worker = publication.find(id)) return Entry{std::move(worker), std::nullopt};
  const std::size_t dash = id.rfind('-');
  if (dash == std::string_view::npos) return std::nullopt;
  const auto accelerator = parse_accelerator(id.substr(dash + 1));
  if (!accelerator) return std::nullopt;
  auto worker = publication.find(id.substr(0, dash));
  if (worker == nullptr) return std::nullopt;
  const auto& variants = worker->worker->variants;
  if (std::none_of(variants.begin(), variants.end(), [&](const auto& variant) {
        return variant.platform.accelerator == *accelerator;
      }))
    return std::nullopt;
  return Entry{std::move(worker), *accelerator};
}

/// Their list has no pages, and each of its objects is 3 KB: the official workers first, then the
/// others by id, as many as a program can be expected to read.
std::vector<std::shared_ptr<const catalog::Entry>> listed(const catalog::Snapshot& snapshot) {
  constexpr std::size_t kListedMax = 1'000;
  const auto& workers = snapshot.workers();
  if (workers.size() <= kListedMax) return workers;
  std::vector<std::shared_ptr<const catalog::Entry>> some;
  for (const auto origin : {catalog::Origin::official, catalog::Origin::community})
    for (const auto& worker : workers)
      if (worker->origin == origin && some.size() < kListedMax) some.push_back(worker);
  std::sort(some.begin(), some.end(), [](const auto& a, const auto& b) { return a->id < b->id; });
  return some;
}

void add_catalog_cache_fields(Response& response) {
  response.headers.add("Cache-Control", "public, max-age=3600, s-maxage=3600");
  response.headers.add("CDN-Cache-Control", "max-age=3600");
}

/// True when the id in the path as sent held a '/': it is a separator to us and part of the id to
/// them.
bool has_escaped_slash(const Request& request) {
  const std::string_view path =
      std::string_view(request.target).substr(0, request.target.find('?'));
  return path.find("%2F") != std::string_view::npos || path.find("%2f") != std::string_view::npos;
}

/// A text that changes with the catalog at most.
Response rarely(const Request& request, std::string_view type, std::string text,
                int seconds = 3600) {
  const std::string etag = http::strong_etag({"text", text});
  Response response = http::reply(200, type, std::move(text));
  response.headers.add("Cache-Control", fmt::format("public, max-age={}", seconds));
  return http::with_etag(request, std::move(response), etag);
}

}  // namespace

Response Rbee::refuse_id(const Request& request) {
  Response response = *check_id(".");
  add_cors_fields(request, response);
  add_security_fields(response);
  return response;
}

Response Rbee::respond(const Request& request) const {
  Response response;
  if (request.method == Method::options) {
    response = preflight(request);
  } else if (request.method != Method::get && request.method != Method::head) {
    // Their method check runs before CORS.
    response = error(405, "Method not allowed",
                     request.method_text + " is not supported. Only GET requests are allowed.");
    response.headers.set("Allow", "GET, HEAD, OPTIONS");
  } else {
    response = get(request);
    add_cors_fields(request, response);
  }
  add_security_fields(response);
  return response;
}

Response Rbee::get(const Request& request) const {
  http::Params params;
  if (request.path == "/") {
    Response response{.status = 301, .headers = {}, .body = {}};
    response.headers.add("Location", std::string(home_url_));
    return response;
  }
  if (request.path == "/health")
    return json_reply(200, R"({"status":"ok","service":"worker-catalog","version":"0.1.0"})");
  if (request.path == "/workers") return list(request);
  if (request.path.starts_with("/workers/") && has_escaped_slash(request)) return *check_id("/");
  if (http::match_path("/workers/{id}", request.path, params)) return worker(request, params["id"]);
  if (http::match_path("/workers/{id}/PKGBUILD", request.path, params))
    return pkgbuild(request, params["id"]);
  if (http::match_path("/pkgbuilds/arch/{file}", request.path, params))
    return arch_pkgbuild(request, params["file"]);
  if (http::match_path("/pkgbuilds/homebrew/{file}", request.path, params))
    return homebrew(request, params["file"]);
  if (request.path == "/pkgbuilds/README.md")
    return rarely(request, "text/markdown; charset=utf-8", pkgbuilds_readme(base_));
  if (request.path == "/install.sh")
    return rarely(request, "text/plain", install_script(base_), 300);
  return http::reply(404, "text/plain; charset=UTF-8", "404 Not Found");
}

std::string Rbee::numbers_text(std::string_view id) const {
  Numbers numbers;
  if (const auto at = numbers_.find(id); at != numbers_.end()) numbers = at->second;
  return fmt::format(R"("downloads":{},"likes":{},"stars":{})", numbers.installs, numbers.stars,
                     numbers.stars);
}

void Rbee::close_object(std::string& object, std::string_view id) const {
  object.back() = ',';
  object += numbers_text(id);
  object += '}';
}

Response Rbee::list(const Request& request) const {
  const auto entries = listed(publication_.snapshot());
  std::string numbers;
  for (const auto& entry : entries)
    if (numbers_.contains(entry->id.str()))
      numbers += entry->id.str() + numbers_text(entry->id.str());
  const std::string etag =
      http::strong_etag({"rbee-list", publication_.snapshot().commit().str(), base_, numbers});
  Response response;
  if (http::is_not_modified(request, etag)) {
    response.status = 304;
  } else {
    std::string body = R"({"workers":[)";
    for (const auto& entry : entries) {
      const auto worker = publication_.render(entry);
      if (!worker) continue;  // Damaged; /v1/workers/{id} says so.
      if (body.back() != '[') body += ',';
      (*worker)->rbee.append_to(body, {base_});
      close_object(body, entry->id.str());
    }
    response = json_reply(200, body + "]}");
  }
  add_catalog_cache_fields(response);
  response.headers.add("ETag", etag);
  return response;
}

Response Rbee::worker(const Request& request, std::string_view id) const {
  if (auto refusal = check_id(id)) return *refusal;
  const auto entry = find_entry(publication_, id);
  if (!entry) return error(404, "Worker not found");
  std::string body =
      entry->only ? boost::json::serialize(rbee_worker(*entry->worker->worker, entry->only, base_))
                  : entry->worker->rbee.fill({base_});
  const std::string& worker = entry->worker->worker->id.str();
  close_object(body, worker);
  const std::string etag =
      http::strong_etag({"rbee", entry->worker->etag, entry->only ? to_string(*entry->only) : "",
                         base_, numbers_text(worker)});
  Response response = json_reply(200, std::move(body));
  add_catalog_cache_fields(response);
  return http::with_etag(request, std::move(response), etag);
}

Response Rbee::pkgbuild(const Request& request, std::string_view id) const {
  if (auto refusal = check_id(id)) return *refusal;
  const auto entry = find_entry(publication_, id);
  if (!entry) return error(404, "Worker not found");
  const catalog::Worker& worker = *entry->worker->worker;
  Accelerator accelerator = Accelerator::cpu;
  if (entry->only) {
    accelerator = *entry->only;
  } else {
    // Their installer reads the backend from the id's text; without one, the processor's, else the
    // first there is.
    std::optional<Accelerator> first;
    bool named = false;
    for (const catalog::Variant& variant : worker.variants) {
      if (variant.kind != RecipeKind::binary) continue;
      if (!first || variant.platform.accelerator == Accelerator::cpu)
        first = variant.platform.accelerator;
      if (id.ends_with(fmt::format("-{}", to_string(variant.platform.accelerator)))) {
        accelerator = variant.platform.accelerator;
        named = true;
      }
    }
    if (!named && first) accelerator = *first;
  }
  auto text = legacy_recipe(worker, accelerator, id, base_);
  if (!text) {
    const std::string why = text.error().why.empty() ? text.error().message : text.error().why;
    return error(404, "PKGBUILD not found",
                 fmt::format("{}; install it with: rbee worker install {}", why, worker.id.str()));
  }
  const std::string etag = http::strong_etag({"legacy", *text});
  Response response = http::reply(200, "text/plain", std::move(*text));
  response.headers.add("Cache-Control", "public, max-age=3600");
  return http::with_etag(request, std::move(response), etag);
}

Response Rbee::arch_pkgbuild(const Request& request, std::string_view file) const {
  for (const auto& [suffix, kind] :
       {std::pair<std::string_view, RecipeKind>("-bin.PKGBUILD", RecipeKind::binary),
        std::pair<std::string_view, RecipeKind>("-git.PKGBUILD", RecipeKind::source)}) {
    if (!file.ends_with(suffix)) continue;
    const auto worker = publication_.find(file.substr(0, file.size() - suffix.size()));
    const catalog::RecipeText* recipe = worker == nullptr ? nullptr : worker->worker->recipe(kind);
    if (recipe == nullptr) continue;
    Response response = http::reply(200, "text/plain", recipe->text);
    response.headers.add("Cache-Control", "public, max-age=3600");
    return http::with_etag(request, std::move(response), http::strong_etag({"arch", recipe->text}));
  }
  return http::reply(404, "text/plain; charset=UTF-8", "404 Not Found");
}

Response Rbee::homebrew(const Request& request, std::string_view file) const {
  constexpr std::string_view kSuffix = "-bin.rb";
  const auto worker = file.ends_with(kSuffix)
                          ? publication_.find(file.substr(0, file.size() - kSuffix.size()))
                          : nullptr;
  const auto formula = worker == nullptr ? std::nullopt : homebrew_formula(*worker->worker);
  if (!formula) return http::reply(404, "text/plain; charset=UTF-8", "404 Not Found");
  return rarely(request, "text/plain", *formula);
}

}  // namespace rbee::api
