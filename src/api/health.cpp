#include "api/health.hpp"

#include <array>
#include <boost/json/object.hpp>

#include "api/caller.hpp"
#include "base/clock.hpp"
#include "http/problem.hpp"

namespace rbee::api {

namespace {

using http::Method;
using http::Params;
using http::Request;
using http::Response;
namespace bj = boost::json;

constexpr std::array<http::Route<Health>, 4> kHealthRoutes{{
    {Method::get, "/livez", &Health::live},
    {Method::get, "/readyz", &Health::ready},
    {Method::get, "/healthz", &Health::health},
    {Method::get, "/metrics", &Health::metrics},
}};

/// Set by `respond_inside` alone: the transport would not let a client's field have this name.
constexpr std::string_view kInside = "\nInside";

}  // namespace

bool Health::serves(std::string_view path) const {
  return http::has_route(kHealthRoutes, path);
}

std::vector<http::RouteName> Health::routes() const {
  return http::names_of(kHealthRoutes);
}

Response Health::respond(const Request& request, std::string_view) const {
  return http::route(*this, kHealthRoutes, request);
}

Response Health::respond_inside(const Request& request) const {
  Request inside = request;
  inside.headers.set(kInside, "yes");
  return http::route(*this, kHealthRoutes, inside);
}

std::vector<Health::Checked> Health::check() const {
  std::vector<Checked> all;
  all.push_back({"catalog", true, sources_.snapshot() == nullptr ? "catalog-not-loaded" : ""});
  for (const HealthComponent& each : sources_.components) {
    const auto done = each.check();
    all.push_back({each.name, each.required, done ? "" : done.error().id});
  }
  return all;
}

Result<Response> Health::live(const Request&, const Params&) const {
  Response response = http::reply(200, "text/plain; charset=utf-8", "ok\n");
  response.headers.add("Cache-Control", "no-store");
  return response;
}

Result<Response> Health::ready(const Request&, const Params&) const {
  std::string why = draining_ ? "draining" : "";
  if (why.empty())
    for (const Checked& each : check())
      if (each.required && !each.error_id.empty() && why.empty()) why = each.error_id;
  const bool ready = why.empty();
  return json(ready ? 200 : 503, bj::object{{"status", ready ? "ready" : "not-ready"},
                                            {"reason", ready ? bj::value() : bj::value(why)}});
}

Result<Response> Health::health(const Request&, const Params&) const {
  bool down = false, degraded = draining_;
  bj::object components;
  for (const Checked& each : check()) {
    const bool well = each.error_id.empty();
    down = down || (!well && each.required);
    degraded = degraded || !well;
    components[each.name] = well ? bj::object{{"status", "ok"}}
                                 : bj::object{{"status", each.required ? "down" : "degraded"},
                                              {"error", each.error_id}};
  }
  bj::object answer{{"status", down       ? "down"
                               : degraded ? "degraded"
                                          : "ok"},
                    {"version", sources_.version}};
  if (const auto snapshot = sources_.snapshot()) {
    answer["commit"] = snapshot->commit().str();
    answer["committed_at"] = rfc3339(snapshot->committed());
    answer["workers"] = snapshot->workers().size();
    answer["broken"] = snapshot->broken().size();
  }
  answer["draining"] = draining_.load();
  answer["components"] = std::move(components);
  return json(down ? 503 : 200, answer);
}

Result<Response> Health::metrics(const Request& request, const Params&) const {
  const auto client = http::parse_address(request.remote_address);
  const bool may = !request.headers.get(kInside).empty() ||
                   (client && http::contains(sources_.metrics_allow, *client));
  if (!may)
    return fail(Errc::forbidden, "metrics-private", "the metrics are for who runs this server",
                {.fix = "the host allows networks with [metrics] allow, or serves them on an "
                        "address of their own with [metrics] listen"});
  Response response =
      http::reply(200, "text/plain; version=0.0.4; charset=utf-8", sources_.metrics());
  // A reader would take it for the numbers of a moment ago.
  response.headers.add("Cache-Control", "no-store, private");
  return response;
}

}  // namespace rbee::api
