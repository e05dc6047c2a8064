// What every request passes before and after a service: the client's address behind proxies, rate
// limits, cross-origin reads, compression, and counting.
//
// Thread-safe. The parts are of their own files; this is their order.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "http/client_address.hpp"
#include "http/encoding.hpp"
#include "http/metrics.hpp"
#include "http/rate_limit.hpp"
#include "http/server.hpp"

namespace rbee::http {

struct FrontOptions {
  Networks trusted_proxies = {};
  Rates rates = {};
  bool cors = true;
  Compressor::Gzip gzip = {};  ///< Not set: nothing is compressed.
};

class Front {
 public:
  /// `metrics` outlives this.
  Front(FrontOptions options, Metrics& metrics);

  /// `service` behind this, which outlives it.
  Service before(Service service);

 private:
  std::optional<Response> admit(Request& request);
  Response respond(const std::function<Response(const Request&)>& inner, const Request& request);
  void observe(const Observation& observation);

  FrontOptions options_;
  Metrics& metrics_;
  RateLimiter limiter_;
  std::unique_ptr<Compressor> compressor_;  ///< nullptr: nothing is compressed.
};

}  // namespace rbee::http
