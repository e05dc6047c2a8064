// How this server is, for whoever watches it: /livez, /readyz, /healthz and /metrics
// (docs/hosting.md).
//
// Thread-safe. Answers name components and error ids, never paths or messages: everybody may ask.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "api/part.hpp"
#include "catalog/snapshot.hpp"
#include "http/client_address.hpp"
#include "http/message.hpp"
#include "http/router.hpp"

namespace rbee::api {

/// Something that the server needs.
struct HealthComponent {
  std::string name;  ///< "database"
  /// Without it nothing can be served; else the server is "degraded".
  bool required = true;
  std::function<Result<void>()> check;  ///< Any thread; quick.
};

struct HealthSources {
  std::string version;  ///< Of this program.
  std::function<std::shared_ptr<const catalog::Snapshot>()> snapshot;
  std::vector<HealthComponent> components;
  std::function<std::string()> metrics;  ///< Prometheus's text.
  http::Networks metrics_allow;          ///< Who may read it by `respond`.
};

class Health : public Part {
 public:
  explicit Health(HealthSources sources) : sources_(std::move(sources)) {}

  bool serves(std::string_view path) const override;
  http::Response respond(const http::Request& request, std::string_view base) const override;
  /// The same on an address of its own: /metrics is for everybody who reaches it.
  http::Response respond_inside(const http::Request& request) const;
  std::vector<http::RouteName> routes() const override;

  /// From now on /readyz says 503.
  void drain() { draining_ = true; }

  Result<http::Response> live(const http::Request&, const http::Params&) const;
  Result<http::Response> ready(const http::Request&, const http::Params&) const;
  Result<http::Response> health(const http::Request&, const http::Params&) const;
  /// Errors: Errc::forbidden "metrics-private".
  Result<http::Response> metrics(const http::Request&, const http::Params&) const;

 private:
  struct Checked {
    std::string name;
    bool required = true;
    std::string error_id;  ///< Empty: it is well.
  };
  std::vector<Checked> check() const;

  HealthSources sources_;
  std::atomic<bool> draining_ = false;
};

}  // namespace rbee::api
