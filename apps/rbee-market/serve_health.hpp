// What `serve` tells those who watch it: the components of /healthz, the metrics, and the service
// manager's watchdog.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "api/api.hpp"
#include "api/health.hpp"
#include "http/metrics.hpp"
#include "http/server.hpp"
#include "market_office.hpp"

namespace rbee::market {

/// The serving loop's pulse: it beats every second, and says how long a snapshot took.
struct Pulse {
  using Clock = std::chrono::steady_clock;
  std::atomic<std::int64_t> last_beat_ms = 0;
  std::atomic<std::int64_t> build_us = 0;  ///< Of the last snapshot.
  std::atomic<std::int64_t> builds = 0, failures = 0;

  void beat();
  void note_build(Clock::duration took, bool served);
  bool is_alive() const;  ///< It beat within the last 60 seconds.
};

/// What there is to watch. All of it outlives what is made of it.
struct Watched {
  const api::Api& api;
  const Pulse& pulse;
  MarketOffice* office = nullptr;           ///< nullptr: the catalog alone is served.
  std::function<bool()> upstream_is_stale;  ///< Not set: the catalog follows nobody.
  const std::atomic<http::Server*>& server;
};

std::vector<api::HealthComponent> health_components(const Watched& watched);

/// Adds to `metrics` what is asked for at each reading.
void add_metrics(http::Metrics& metrics, const Watched& watched);

/// The patterns by which requests are counted: those of `api`, of rbee's own protocol and of Git.
std::vector<std::string> counted_patterns(const api::Api& api);

}  // namespace rbee::market
