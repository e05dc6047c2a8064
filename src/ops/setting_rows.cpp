// The table of settings, in the order in which they are printed. docs/hosting.md explains them.
#include "ops/settings.hpp"

namespace rbee::ops {

namespace {

using enum SettingKind;
constexpr SettingPlace kSecret = SettingPlace::environment;
constexpr SettingPlace kOnce = SettingPlace::command_line;

constexpr SettingRow kRows[] = {
    {"storage.data", text, "", "--data",
     "Directory of this server; it starts with the bundled catalog"},
    {"storage.database", text, "", "--database",
     "postgresql://USER@HOST/NAME instead of a file in the data directory; several servers may "
     "share "
     "both"},
    {"storage.database_file", text, "", "--database-file",
     "File whose first line is that URL, where it has a password"},

    {"catalog.path", text, "", "--catalog",
     "Serve this Git repository, or import this folder of workers"},
    {"catalog.bundled", text, "", "--bundled",
     "What an empty data directory starts with, instead of the bundled catalog"},
    {"catalog.upstream", text, "", "--upstream",
     "Follow the catalog that this Git repository (https) holds"},
    {"catalog.upstream_branch", text, "main", "--upstream-branch", "Which branch of it"},
    {"catalog.upstream_every", integer, "60", "--upstream-every", "Seconds between two looks", 1,
     86'400},
    {"catalog.upstream_secret_file", text, "", "--upstream-secret",
     "File with the secret of its webhook, which POSTs to /v1/upstream/notify"},
    {"catalog.upstream_secret", text, "", "", "The secret itself", 0, 0, {}, kSecret},
    {"catalog.upstream_accept_rewind",
     boolean,
     "false",
     "--upstream-accept-rewind",
     "Follow it once although its history was rewritten",
     0,
     0,
     {},
     kOnce},

    {"http.listen", text, "127.0.0.1:8787", "--listen",
     "Address and port; port 0 takes any free one"},
    {"http.public_url", text, "", "--public-url",
     "How people reach this server, for URLs in answers; else the request's Host"},
    {"http.threads", integer, "0", "--threads", "0: as many as the machine has", 0, 256},
    {"http.connections", integer, "4096", "--connections", "Open at once", 1, 1'000'000},
    {"http.connections_per_address", integer, "32", "--connections-per-address",
     "Open at once from one address; raise it behind a proxy", 1, 1'000'000},
    {"http.trusted_proxies", list, "", "",
     "Addresses or networks (10.0.0.0/8) whose X-Forwarded-For or Forwarded is believed"},
    {"http.gzip", boolean, "true", "", "Compress public JSON and text for who accepts it"},
    {"http.cors", boolean, "true", "", "Pages of other sites may read /v1"},
    {"http.idempotency_hours", integer, "24", "",
     "How long the answer to a POST with an Idempotency-Key is kept; 0: not at all", 0, 168},
    {"http.drain_delay", integer, "0", "--drain-delay",
     "Seconds between /readyz turning 503 and the end of accepting, for load balancers", 0, 600},
    {"http.drain_max", integer, "10", "", "Seconds that requests in flight get to finish", 1, 600},

    {"submissions.enabled", boolean, "true", "!--no-submissions",
     "Take pushes, and everything that needs accounts"},
    {"submissions.cooling_hours", integer, "168", "--cooling-hours",
     "How long the riskiest submissions wait for their merge", 0, 10'000},
    {"submissions.policy_file", text, "", "--policy", "This host's check-policy.toml"},

    {"accounts.sign_up", boolean, "true", "!--no-sign-up",
     "Anybody may make an account; else `rbee-market user add` alone"},

    {"limits.enabled", boolean, "true", "!--no-rate-limits", "Limit how often one client may ask"},
    {"limits.loopback", boolean, "false", "",
     "Limit clients on this machine, too (a proxy here needs http.trusted_proxies instead)"},
    {"limits.reads_per_minute", integer, "1200", "", "GET and HEAD, per client", 1, 10'000'000},
    {"limits.writes_per_minute", integer, "120", "", "POST, PUT, PATCH and DELETE, per client", 1,
     10'000'000},
    {"limits.expensive_per_minute", integer, "120", "",
     "Differences, histories, snapshots and whole listings, per client", 1, 10'000'000},
    {"limits.git_per_minute", integer, "120", "", "Requests of Git, per client", 1, 10'000'000},
    {"limits.login_per_minute", integer, "30", "",
     "Log-in, sign-up and licence keys, per client: what is worth guessing", 1, 10'000'000},

    {"metrics.listen", text, "", "",
     "Serve /metrics, /livez, /readyz and /healthz on this address, too"},
    {"metrics.allow", list, "127.0.0.0/8 ::1", "",
     "Who may read /metrics at http.listen: addresses or networks; a proxy's client counts"},

    {"log.level", text, "info", "--log-level", "debug, info, warn, error or off", 0, 0,
     "debug info warn error off"},
    {"log.format", text, "logfmt", "--log-format", "logfmt or json", 0, 0, "logfmt json"},
};

}  // namespace

std::span<const SettingRow> setting_rows() {
  return kRows;
}

}  // namespace rbee::ops
