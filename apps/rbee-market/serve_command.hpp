// `rbee-market serve`: the marketplace over one catalog, until a signal ends it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "base/result.hpp"
#include "http/log.hpp"
#include "http/server.hpp"

namespace rbee::market {

struct ServeOptions {
  std::filesystem::path data;
  std::optional<std::filesystem::path> catalog;
  std::optional<std::filesystem::path> bundled;
  std::optional<std::string> upstream;  ///< URL of the catalog's Git repository elsewhere.
  std::string upstream_branch = "main";
  int upstream_every = 60;                               ///< Seconds between looks.
  std::optional<std::filesystem::path> upstream_secret;  ///< Of the webhook; a file.
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
