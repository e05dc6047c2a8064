#include "serve_options.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <filesystem>

#include "base/text.hpp"
#include "http/client_address.hpp"
#include "platform/files.hpp"

namespace rbee::market {

namespace fs = std::filesystem;

namespace {

constexpr const char* kSystemConfig = "/etc/rbee-market/config.toml";
constexpr std::uint64_t kConfigBytesMax = 256 * 1024;

std::optional<fs::path> path_of(const ops::Settings& settings, std::string_view name) {
  const auto text = settings.maybe(name);
  return text ? std::optional<fs::path>(*text) : std::nullopt;
}

int number_of(const ops::Settings& settings, std::string_view name) {
  return static_cast<int>(settings.integer(name));
}

/// A password on the command line is everybody's who may call ps, and one in the file is copied
/// with it.
Result<void> check_database(const ops::Settings& settings) {
  const std::string& url = settings.text("storage.database");
  const std::string& origin = settings.origin("storage.database");
  if (!url.empty() && !settings.text("storage.database_file").empty())
    return fail(Errc::usage, "config-conflict",
                "storage.database and storage.database_file are both set, and the database is one",
                {.evidence = {fmt::format("storage.database from {}", origin),
                              fmt::format("storage.database_file from {}",
                                          settings.origin("storage.database_file"))},
                 .fix = "take one of them out"});
  if (without_password(url) == url || origin.starts_with("RBEE_")) return {};
  return fail(Errc::usage, "database-password-visible",
              "the database's URL holds a password where others can read it",
              {.evidence = {fmt::format("storage.database from {}", origin)},
               .fix = "put the URL into a file of mode 0600: --database-file FILE; or the password "
                      "into PGPASSFILE"});
}

/// Settings of a thing that is not there are a mistake on the command line, and harmless in a file.
Result<void> check_upstream(const ops::Settings& settings) {
  if (settings.maybe("catalog.upstream")) {
    if (!settings.maybe("catalog.path")) return {};
    return fail(
        Errc::usage, "config-conflict",
        "catalog.path and catalog.upstream are both set, and the catalog is one of them",
        {.evidence = {fmt::format("catalog.path from {}", settings.origin("catalog.path")),
                      fmt::format("catalog.upstream from {}", settings.origin("catalog.upstream"))},
         .fix = "take one of them out"});
  }
  for (const std::string_view name :
       {"catalog.upstream_branch", "catalog.upstream_every", "catalog.upstream_secret_file",
        "catalog.upstream_accept_rewind"})
    if (settings.origin(name).starts_with("--"))
      return fail(Errc::usage, "config-conflict",
                  fmt::format("{} says nothing without --upstream", settings.origin(name)),
                  {.fix = "name the repository: --upstream URL"});
  return {};
}

}  // namespace

void TypedSettings::add_to(CLI::App& command) {
  command.add_option("--config", config_,
                     fmt::format("Read this file; else {}, when it is there", kSystemConfig));
  command.add_option("--set", sets_, "TABLE.KEY=VALUE: any setting of the file");
  for (const ops::SettingRow& row : ops::setting_rows()) {
    if (row.flag.empty()) continue;
    Typed& typed = typed_.emplace_back();
    typed.row = &row;
    const bool negative = row.flag.starts_with('!');
    const std::string flag(row.flag.substr(negative ? 1 : 0));
    std::string summary(row.summary);
    if (negative) summary = "Not: " + summary;
    if (row.kind == ops::SettingKind::boolean) {
      typed.option = command.add_flag(flag, typed.flag, summary);
    } else {
      if (!row.fallback.empty()) summary += fmt::format(" [{}]", row.fallback);
      typed.option = command.add_option(flag, typed.text, summary);
    }
  }
}

std::string TypedSettings::config_file() const {
  if (!config_.empty()) return config_;
  if (const char* named = std::getenv("RBEE_MARKET_CONFIG"); named != nullptr && *named != '\0')
    return named;
  std::error_code error;
  return fs::exists(kSystemConfig, error) ? kSystemConfig : "";
}

Result<ops::Settings> TypedSettings::load() const {
  ops::Settings settings;
  if (const std::string file = config_file(); !file.empty()) {
    TRY_ASSIGN(const std::string text, platform::read_file(file, kConfigBytesMax));
    TRY(settings.read_file(text, file));
  }
  std::vector<std::string> environment;
  for (char** each = environ; *each != nullptr; ++each) environment.emplace_back(*each);
  TRY(settings.read_environment(environment));
  for (const std::string& each : sets_) {
    const std::size_t sign = each.find('=');
    if (sign == std::string::npos)
      return fail(Errc::usage, "config-value-invalid",
                  fmt::format("--set '{}' has no '='", printable_line(each.substr(0, 200))),
                  {.fix = "write --set http.listen=127.0.0.1:8787"});
    TRY(settings.set(each.substr(0, sign), each.substr(sign + 1), "--set " + each.substr(0, sign)));
  }
  for (const Typed& typed : typed_) {
    if (typed.option->count() == 0) continue;
    const bool negative = typed.row->flag.starts_with('!');
    const std::string origin(typed.row->flag.substr(negative ? 1 : 0));
    const std::string value = typed.row->kind != ops::SettingKind::boolean ? typed.text
                              : typed.flag != negative                     ? "true"
                                                                           : "false";
    TRY(settings.set(typed.row->name, value, origin));
  }
  return settings;
}

Result<ServeOptions> serve_options_of(const ops::Settings& settings) {
  TRY(check_upstream(settings));
  ServeOptions options;
  options.data = settings.text("storage.data");
  if (options.data.empty())
    return fail(Errc::usage, "data-missing", "--data is required: the server's own directory",
                {.fix = "give --data DIR, or write [storage] data = \"DIR\" into the "
                        "configuration file"});
  options.database = {settings.text("storage.database"), settings.text("storage.database_file")};
  TRY(check_database(settings));
  options.catalog = path_of(settings, "catalog.path");
  options.bundled = path_of(settings, "catalog.bundled");
  options.upstream = settings.maybe("catalog.upstream");
  options.upstream_branch = settings.text("catalog.upstream_branch");
  options.upstream_every = number_of(settings, "catalog.upstream_every");
  options.upstream_secret_file = path_of(settings, "catalog.upstream_secret_file");
  options.upstream_secret = settings.text("catalog.upstream_secret");
  options.upstream_accept_rewind = settings.boolean("catalog.upstream_accept_rewind");
  options.listen = settings.text("http.listen");
  options.public_url = settings.text("http.public_url");
  options.threads = number_of(settings, "http.threads");
  options.connections = number_of(settings, "http.connections");
  options.connections_per_address = number_of(settings, "http.connections_per_address");
  options.gzip = settings.boolean("http.gzip");
  options.cors = settings.boolean("http.cors");
  options.idempotency = std::chrono::hours(settings.integer("http.idempotency_hours"));
  options.drain_delay = std::chrono::seconds(settings.integer("http.drain_delay"));
  options.drain_max = std::chrono::seconds(settings.integer("http.drain_max"));
  options.submissions = settings.boolean("submissions.enabled");
  options.sign_up = settings.boolean("accounts.sign_up");
  options.cooling_hours = number_of(settings, "submissions.cooling_hours");
  options.policy = path_of(settings, "submissions.policy_file");
  options.metrics_listen = settings.text("metrics.listen");
  TRY_ASSIGN(options.trusted_proxies,
             http::parse_networks(settings.list("http.trusted_proxies"), "http.trusted_proxies"));
  TRY_ASSIGN(options.metrics_allow,
             http::parse_networks(settings.list("metrics.allow"), "metrics.allow"));
  options.rates.enabled = settings.boolean("limits.enabled");
  options.rates.loopback = settings.boolean("limits.loopback");
  options.rates.reads_per_minute = settings.integer("limits.reads_per_minute");
  options.rates.writes_per_minute = settings.integer("limits.writes_per_minute");
  options.rates.expensive_per_minute = settings.integer("limits.expensive_per_minute");
  options.rates.git_per_minute = settings.integer("limits.git_per_minute");
  options.rates.login_per_minute = settings.integer("limits.login_per_minute");
  TRY_ASSIGN(options.log_level, http::parse_log_level(settings.text("log.level")));
  TRY_ASSIGN(options.log_format, http::parse_log_format(settings.text("log.format")));
  TRY(parse_listen(options.listen));
  if (!options.metrics_listen.empty()) TRY(parse_listen(options.metrics_listen));
  return options;
}

}  // namespace rbee::market
