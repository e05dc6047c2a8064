#include "api/api.hpp"

#include <fmt/format.h>

#include "api/rbee.hpp"
#include "base/text.hpp"
#include "base/url.hpp"
#include "http/head.hpp"

namespace rbee::api {

Result<std::string> parse_public_url(std::string_view text) {
  while (text.ends_with('/')) text.remove_suffix(1);
  const auto url = Url::parse(text);
  if (!url || url->scheme() == "file" || text.find_first_of("?#\"\\<>'") != std::string_view::npos)
    return fail(Errc::usage, "public-url-invalid",
                fmt::format("'{}' cannot be the marketplace's address", printable_line(text)),
                {.fix = "write it as people reach it, for example https://market.example"});
  return std::string(text);
}

Api::Api(ApiOptions options, std::shared_ptr<const catalog::Snapshot> snapshot, ReadBlob read_blob,
         ReadReleases read_releases)
    : options_(std::move(options)),
      releases_(std::move(read_releases)),
      tools_{.read_blob = std::move(read_blob),
             .releases = releases_,
             .routes = V1::routes(),
             .version = options_.version},
      current_(std::make_shared<const Publication>(std::move(snapshot), nullptr)) {}

void Api::add(const Part& part) {
  parts_.push_back(&part);
  for (const http::RouteName& route : part.routes()) tools_.routes.push_back(route);
}

void Api::follow(const Upstream& upstream) {
  upstream_ = &upstream;
  add(upstream);
}

std::shared_ptr<const NumbersTable> Api::numbers() const {
  static const auto kNone = std::make_shared<const NumbersTable>();
  return tools_.numbers ? tools_.numbers() : kNone;
}

std::vector<http::RouteName> Api::routes() const {
  return tools_.routes;
}

void Api::publish(std::shared_ptr<const catalog::Snapshot> snapshot) {
  const auto before = current_.get();
  current_.set(std::make_shared<const Publication>(std::move(snapshot), before.get()));
}

std::shared_ptr<const catalog::Snapshot> Api::snapshot() const {
  const auto publication = current_.get();
  return {publication, &publication->snapshot()};
}

Result<std::shared_ptr<const catalog::Worker>> Api::worker(std::string_view id,
                                                           std::string_view version) const {
  const auto publication = current_.get();
  TRY_ASSIGN(const auto found, find_release(*publication, releases_, id, version));
  return found->worker;
}

http::Response Api::respond(const http::Request& request) const {
  std::string base = options_.public_url;
  if (base.empty()) {
    // The transport checks Host; a service that is called without one must not trust it either.
    const std::string_view host = request.headers.get("Host");
    base = "http://" + std::string(http::is_host(host) ? host : "localhost");
  }
  for (const Part* part : parts_)
    if (part->serves(request.path)) {
      http::Response response = part->respond(request, base);
      if (upstream_ != nullptr) upstream_->mark(response);
      return response;
    }
  http::Response response = respond_from_catalog(request, std::move(base));
  if (upstream_ != nullptr) upstream_->mark(response);
  return response;
}

http::Response Api::respond_from_catalog(const http::Request& request, std::string base) const {
  const auto publication = current_.get();
  const std::string_view path = request.path;
  if (path == "/v1" || path.starts_with("/v1/"))
    return V1(*publication, tools_, std::move(base)).respond(request);
  const auto counted = numbers();
  return Rbee(*publication, *counted, std::move(base), options_.home_url).respond(request);
}

http::Response Api::refuse(const http::Request& request, const http::Refusal& refusal) const {
  return request.target.starts_with("/workers/") ? Rbee::refuse_id(request)
                                                 : http::problem(request, refusal);
}

}  // namespace rbee::api
