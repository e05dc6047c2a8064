#include "http/front.hpp"

#include "http/cors.hpp"

namespace rbee::http {

namespace {

/// Who watches the server asks whenever it likes.
bool is_probe(std::string_view path) {
  return path == "/livez" || path == "/readyz" || path == "/healthz" || path == "/metrics";
}

}  // namespace

Front::Front(FrontOptions options, Metrics& metrics)
    : options_(std::move(options)),
      metrics_(metrics),
      limiter_(options_.rates, options_.rates.enabled ? 1 << 16 : 1 << 8),
      compressor_(options_.gzip ? std::make_unique<Compressor>(options_.gzip) : nullptr) {}

Service Front::before(Service service) {
  auto inner = std::move(service.respond);
  service.respond = [this, inner = std::move(inner)](const Request& request) {
    return respond(inner, request);
  };
  service.admit = [this](Request& request) { return admit(request); };
  service.observe = [this](const Observation& each) { observe(each); };
  return service;
}

std::optional<Response> Front::admit(Request& request) {
  request.remote_address = client_address(request, options_.trusted_proxies);
  if (options_.cors) add_cors_fields(request, request.answer_fields);
  if (is_probe(request.path)) return std::nullopt;
  const RateVerdict verdict = limiter_.take(request, RateLimiter::Clock::now());
  add_rate_fields(request.answer_fields, verdict);
  if (!verdict.allowed) {
    metrics_.count_limited(name_of(verdict.rate_class));
    return refuse_by_rate(request, verdict);
  }
  return options_.cors ? answer_preflight(request) : std::nullopt;
}

Response Front::respond(const std::function<Response(const Request&)>& inner,
                        const Request& request) {
  struct InFlight {
    std::atomic<std::int64_t>& count;
    explicit InFlight(std::atomic<std::int64_t>& the_count) : count(the_count) {
      count.fetch_add(1, std::memory_order_relaxed);
    }
    ~InFlight() { count.fetch_sub(1, std::memory_order_relaxed); }
  } const in_flight(metrics_.in_flight());
  if (compressor_ == nullptr) return inner(request);
  const bool names_gzipped =
      request.headers.get("If-None-Match").find("-gzip\"") != std::string_view::npos;
  if (!names_gzipped) {
    Response response = inner(request);
    compressor_->encode(request, response);
    return response;
  }
  Request plain = request;
  Compressor::translate(plain);
  Response response = inner(plain);
  compressor_->encode(request, response);
  return response;
}

void Front::observe(const Observation& observation) {
  if (observation.request.method_text == "-") {
    metrics_.count_unread(observation.status);
    return;
  }
  metrics_.count(observation.request.method, observation.request.path, observation.status,
                 observation.bytes, observation.duration);
}

}  // namespace rbee::http
