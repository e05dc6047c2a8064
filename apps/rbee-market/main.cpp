// The rbee-market program: reads the command line, runs one command, and catches what must not
// happen.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>
#include <string>
#include <vector>

#include "aur_git.hpp"
#include "base/text.hpp"
#include "catalog_command.hpp"
#include "host_commands.hpp"
#include "serve_command.hpp"

namespace {

using rbee::market::CatalogOptions;
using rbee::market::ServeOptions;

int report(const rbee::Error& error) {
  fmt::print(stderr, "rbee-market: {}\n", rbee::describe(error));
  return rbee::exit_code(error.code);
}

int serve(ServeOptions options, const std::string& level, const std::string& format) {
  const auto parsed_level = rbee::http::parse_log_level(level);
  if (!parsed_level) return report(parsed_level.error());
  const auto parsed_format = rbee::http::parse_log_format(format);
  if (!parsed_format) return report(parsed_format.error());
  options.log_level = *parsed_level;
  options.log_format = *parsed_format;
  const auto result = rbee::market::run_serve(options);
  return result ? 0 : report(result.error());
}

void add_serve_options(CLI::App& command, ServeOptions& options, std::string& level,
                       std::string& format) {
  command
      .add_option("--data", options.data,
                  "Directory of this server; it starts with the bundled catalog")
      ->required();
  command.add_option("--catalog", options.catalog,
                     "Serve this Git repository, or import this folder of workers");
  command.add_option("--bundled", options.bundled,
                     "What an empty --data starts with, instead of the bundled catalog");
  CLI::Option* upstream = command.add_option(
      "--upstream", options.upstream, "Follow the catalog that this Git repository (https) holds");
  upstream->excludes("--catalog");
  command.add_option("--upstream-branch", options.upstream_branch, "Which branch of it")
      ->needs(upstream)
      ->capture_default_str();
  command.add_option("--upstream-every", options.upstream_every, "Seconds between two looks")
      ->needs(upstream)
      ->check(CLI::Range(1, 86'400))
      ->capture_default_str();
  command
      .add_option("--upstream-secret", options.upstream_secret,
                  "File with the secret of its webhook, which POSTs to /v1/upstream/notify")
      ->needs(upstream);
  command
      .add_flag("--upstream-accept-rewind", options.upstream_accept_rewind,
                "Follow it once although its history was rewritten")
      ->needs(upstream);
  command.add_option("--listen", options.listen, "Address and port; port 0 takes any free one")
      ->capture_default_str();
  command.add_option("--public-url", options.public_url,
                     "How people reach this server, for URLs in answers; else the request's Host");
  command.add_flag("!--no-submissions", options.submissions,
                   "Serve the catalog only: no accounts, no pushes");
  command.add_flag("!--no-sign-up", options.sign_up,
                   "Accounts are made with `rbee-market user add` only");
  command
      .add_option("--cooling-hours", options.cooling_hours,
                  "How long the riskiest submissions wait for their merge")
      ->check(CLI::Range(0, 10'000))
      ->capture_default_str();
  command.add_option("--policy", options.policy, "This host's check-policy.toml");
  command.add_option("--threads", options.threads, "0: as many as the machine has")
      ->check(CLI::Range(0, 256))
      ->capture_default_str();
  command.add_option("--connections", options.connections, "Open at once")
      ->check(CLI::Range(1, 1'000'000))
      ->capture_default_str();
  command
      .add_option("--connections-per-address", options.connections_per_address,
                  "Open at once from one address; raise it behind a proxy")
      ->check(CLI::Range(1, 1'000'000))
      ->capture_default_str();
  command.add_option("--log-level", level, "debug, info, warn, error or off")
      ->capture_default_str();
  command.add_option("--log-format", format, "logfmt or json")->capture_default_str();
}

void add_catalog_options(CLI::App& command, CatalogOptions& options) {
  command
      .add_option("path", options.path,
                  "A catalog's folder, one worker's folder, or a Git repository")
      ->capture_default_str();
  command.add_option("--revision", options.revision, "Of a repository: a ref or a full commit id")
      ->capture_default_str();
  command.add_flag("--json", options.json, "For programs");
}

int run(int argc, char** argv) {
  CLI::App app("Host a marketplace for AI workers.", "rbee-market");
  app.set_version_flag("--version", "rbee-market " RBEE_VERSION);
  app.require_subcommand(1);
  ServeOptions serve_options;
  std::string level = "info", format = "logfmt";
  CLI::App* serve_command = app.add_subcommand("serve", "Serve a catalog over HTTP");
  add_serve_options(*serve_command, serve_options, level, format);
  CLI::App* catalog_command = app.add_subcommand("catalog", "Look at a catalog without serving it");
  catalog_command->require_subcommand(1);
  CatalogOptions list_options;
  CLI::App* list_command = catalog_command->add_subcommand("list", "One line a worker");
  add_catalog_options(*list_command, list_options);

  std::function<int()> host_command;
  rbee::market::add_user_commands(app, host_command);
  rbee::market::add_license_commands(app, host_command);
  rbee::market::add_review_commands(app, host_command);
  rbee::market::add_check_command(app, host_command);
  rbee::market::add_hook_command(app, host_command);
  rbee::market::add_aur_git_command(app, host_command);

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  if (serve_command->parsed()) return serve(serve_options, level, format);
  if (host_command) return host_command();
  return rbee::market::run_catalog_list(list_options, stdout);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const std::exception& exception) {
    fmt::print(stderr, "rbee-market: a bug in this program: {}\n",
               rbee::printable(exception.what()));
    return 1;
  }
}
