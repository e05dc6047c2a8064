#include "http/cors.hpp"

namespace rbee::http {

namespace {

bool is_readable(const Request& request) {
  return request.path == "/v1" || request.path.starts_with("/v1/");
}

}  // namespace

std::optional<Response> answer_preflight(const Request& request) {
  if (request.method != Method::options || !is_readable(request) ||
      request.headers.get("Origin").empty())
    return std::nullopt;
  const std::string_view wanted = request.headers.get("Access-Control-Request-Method");
  if (wanted != "GET" && wanted != "HEAD") return std::nullopt;
  Response response{.status = 204, .headers = {}, .body = {}};
  response.headers.add("Access-Control-Allow-Origin", "*");
  response.headers.add("Access-Control-Allow-Methods", "GET, HEAD, OPTIONS");
  // Authorization is not among them.
  response.headers.add("Access-Control-Allow-Headers",
                       "Accept, Accept-Language, If-None-Match, X-Request-Id");
  response.headers.add("Access-Control-Max-Age", "86400");
  response.headers.add("Cache-Control", "public, max-age=86400");
  return response;
}

void add_cors_fields(const Request& request, Headers& headers) {
  if (request.method != Method::get && request.method != Method::head) return;
  if (!is_readable(request) || !request.headers.get("Authorization").empty()) return;
  // Whether the request names an origin or not: a cache may hand the answer to one that does.
  headers.add("Access-Control-Allow-Origin", "*");
  headers.add("Access-Control-Expose-Headers",
              "ETag, Link, RateLimit, RateLimit-Policy, Retry-After, X-Request-Id");
}

}  // namespace rbee::http
