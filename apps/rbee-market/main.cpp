// The rbee-market program: reads the command line, runs one command, and catches what must not
// happen.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>
#include <string>
#include <vector>

#include "base/text.hpp"
#include "catalog_command.hpp"
#include "host_commands.hpp"
#include "serve_command.hpp"
#include "serve_options.hpp"

namespace {

using rbee::market::CatalogOptions;

int report(const rbee::Error& error) {
  fmt::print(stderr, "rbee-market: {}\n", rbee::describe(error));
  return rbee::exit_code(error.code);
}

int serve(const rbee::market::TypedSettings& typed) {
  const auto settings = typed.load();
  if (!settings) return report(settings.error());
  const auto options = rbee::market::serve_options_of(*settings);
  if (!options) return report(options.error());
  const auto result = rbee::market::run_serve(*options);
  return result ? 0 : report(result.error());
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
  rbee::market::TypedSettings serve_settings;
  CLI::App* serve_command = app.add_subcommand("serve", "Serve a catalog over HTTP");
  serve_settings.add_to(*serve_command);
  CLI::App* catalog_command = app.add_subcommand("catalog", "Look at a catalog without serving it");
  catalog_command->require_subcommand(1);
  CatalogOptions list_options;
  CLI::App* list_command = catalog_command->add_subcommand("list", "One line a worker");
  add_catalog_options(*list_command, list_options);

  std::function<int()> host_command;
  rbee::market::add_config_commands(app, host_command);
  rbee::market::add_user_commands(app, host_command);
  rbee::market::add_license_commands(app, host_command);
  rbee::market::add_review_commands(app, host_command);
  rbee::market::add_check_command(app, host_command);
  rbee::market::add_backup_commands(app, host_command);
  rbee::market::add_database_commands(app, host_command);
  rbee::market::add_switch_commands(app, host_command);
  rbee::market::add_hook_command(app, host_command);

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  if (serve_command->parsed()) return serve(serve_settings);
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
