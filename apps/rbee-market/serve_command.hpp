// `rbee-market serve`: the marketplace over one catalog, until a signal ends it.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "base/result.hpp"
#include "http/client_address.hpp"
#include "http/log.hpp"
#include "http/rate_limit.hpp"
#include "http/server.hpp"
#include "market_database.hpp"

namespace rbee::market {

struct ServeOptions {
  std::filesystem::path data;
  DatabaseChoice database;
  std::optional<std::filesystem::path> catalog;
  std::optional<std::filesystem::path> bundled;
  std::optional<std::string> upstream;  ///< URL of the catalog's Git repository elsewhere.
  std::string upstream_branch = "main";
  int upstream_every = 60;                                    ///< Seconds between looks.
  std::optional<std::filesystem::path> upstream_secret_file;  ///< Of the webhook.
  std::string upstream_secret;  ///< Itself; it wins over the file. Empty: not given.
  bool upstream_accept_rewind = false;
  std::string listen = "127.0.0.1:8787";
  std::string public_url;
  bool submissions = true;                      ///< Take pushes, and what belongs to them.
  bool sign_up = true;                          ///< Anybody may make an account.
  int cooling_hours = 7 * 24;                   ///< Of risk tier 3.
  std::optional<std::filesystem::path> policy;  ///< check-policy.toml
  int threads = 0;                              ///< 0: as many as the machine has.
  int connections = 4096;
  int connections_per_address = 32;
  http::Networks trusted_proxies;  ///< Whose word about a client's address is believed.
  bool gzip = true, cors = true;
  http::Rates rates;
  std::chrono::seconds idempotency{24 * 3600};  ///< How long answers are kept; 0: not at all.
  std::chrono::seconds drain_delay{0};          ///< From /readyz's 503 to the end of accepting.
  std::chrono::seconds drain_max{10};           ///< For requests in flight.
  std::string metrics_listen;                   ///< Empty: /metrics stands at `listen` alone.
  http::Networks metrics_allow;                 ///< Who may read it there.
  http::LogLevel log_level = http::LogLevel::info;
  http::LogFormat log_format = http::LogFormat::logfmt;
};

/// An address and a port.
struct Endpoint {
  std::string address;
  std::uint16_t port = 0;
};

/// "127.0.0.1:8787", "[::1]:8787" or "localhost:8787". Errors: Errc::usage "listen-invalid".
Result<Endpoint> parse_listen(std::string_view text);

/// Returns after SIGTERM or SIGINT, when requests in flight are answered; a second signal ends the
/// process at once. SIGHUP reads the catalog again. Prints "listening on URL" on standard output
/// once it answers; logs go to standard error.
Result<void> run_serve(const ServeOptions& options);

}  // namespace rbee::market
