#include "api/upstream.hpp"

#include <boost/json/object.hpp>

#include "api/caller.hpp"
#include "base/text.hpp"
#include "platform/random.hpp"

namespace rbee::api {

using http::Method;
using http::Params;
using http::Request;
using http::Response;
namespace bj = boost::json;

namespace {

constexpr std::array<http::Route<Upstream>, 2> kUpstreamRoutes{{
    {Method::get, "/v1/upstream", &Upstream::show},
    {Method::post, "/v1/upstream/notify", &Upstream::notify},
}};

bj::value or_null(const std::string& text) {
  return text.empty() ? bj::value() : bj::value(printable(text));
}

bj::value or_null(const std::optional<Time>& time) {
  return time ? bj::value(rfc3339(*time)) : bj::value();
}

}  // namespace

bool Upstream::serves(std::string_view path) const {
  return http::has_route(kUpstreamRoutes, path);
}

std::vector<http::RouteName> Upstream::routes() const {
  return http::names_of(kUpstreamRoutes);
}

Response Upstream::respond(const Request& request, std::string_view) const {
  return http::route(*this, kUpstreamRoutes, request);
}

void Upstream::mark(Response& response) const {
  if (const auto since = state_().stale_since)
    response.headers.set("Rbee-Stale-Since", rfc3339(*since));
}

Result<Response> Upstream::show(const Request&, const Params&) const {
  const UpstreamState state = state_();
  return json(200, bj::object{{"url", state.url},
                              {"branch", state.branch},
                              {"commit", or_null(state.commit)},
                              {"seen_at", or_null(state.seen_at)},
                              {"stale", state.stale_since.has_value()},
                              {"stale_since", or_null(state.stale_since)},
                              {"error_id", or_null(state.error_id)},
                              {"error", or_null(state.error)}});
}

Result<Response> Upstream::notify(const Request& request, const Params&) const {
  if (secret_.empty())
    return fail(Errc::not_found, "webhook-off", "this marketplace looks by itself, by the clock",
                {.fix = "its host starts it with --upstream-secret FILE to be told"});
  const std::string_view signature = request.headers.get("X-Hub-Signature-256");
  const std::string_view token = request.headers.get("X-Gitlab-Token");
  const bool is_signed =
      !signature.empty() &&
      platform::equal_secrets(signature, "sha256=" + platform::hmac_sha256(secret_, request.body));
  if (!is_signed && !platform::equal_secrets(token, secret_))
    return fail(Errc::unauthenticated, "signature-invalid",
                "the request is not signed with the secret of this webhook",
                {.fix = "give both sides the same secret"});
  wake_();
  return json(202, bj::object{{"status", "looking"}});
}

}  // namespace rbee::api
