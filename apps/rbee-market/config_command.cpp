// rbee-market config: check a configuration, print what holds and where it comes from, print an
// example.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "api/api.hpp"
#include "host_commands.hpp"
#include "platform/files.hpp"
#include "serve_options.hpp"

namespace rbee::market {

namespace {

/// A secret that the file names must be readable before the server starts, and is never shown.
Result<void> check_files(const ops::Settings& settings) {
  for (const ops::SettingRow& row : ops::setting_rows()) {
    if (!row.name.ends_with("_file")) continue;
    const auto file = settings.maybe(row.name);
    if (!file) continue;
    if (const auto text = platform::read_file(*file, 64 * 1024); !text) {
      Error error = text.error();
      error.evidence.push_back(fmt::format("{} from {}", row.name, settings.origin(row.name)));
      return tl::unexpected(std::move(error));
    }
  }
  return {};
}

Result<void> check(const TypedSettings& typed) {
  TRY_ASSIGN(const ops::Settings settings, typed.load());
  TRY_ASSIGN(const ServeOptions options, serve_options_of(settings));
  if (!options.public_url.empty()) TRY(api::parse_public_url(options.public_url));
  TRY(check_files(settings));
  const std::string file = typed.config_file();
  fmt::print("{} is good; data in {}, listening on {}\n",
             file.empty() ? "the configuration (no file)" : file, options.data.string(),
             options.listen);
  return {};
}

}  // namespace

void add_config_commands(CLI::App& app, std::function<int()>& run) {
  CLI::App* config = app.add_subcommand("config", "The configuration of `serve`");
  config->require_subcommand(1);

  const auto checked = std::make_shared<TypedSettings>();
  const auto checked_file = std::make_shared<std::string>();
  CLI::App* check_command = config->add_subcommand("check", "Say whether `serve` would take it");
  checked->add_to(*check_command);
  // The file is what one checks: it may stand without --config.
  check_command->add_option("FILE", *checked_file, "As --config")->excludes("--config");
  check_command->callback([checked, checked_file, &run] {
    run = [checked, checked_file] {
      if (!checked_file->empty()) checked->read(*checked_file);
      const auto done = check(*checked);
      return done ? 0 : report_error(done.error());
    };
  });

  const auto printed = std::make_shared<TypedSettings>();
  const auto as_json = std::make_shared<bool>(false);
  CLI::App* print_command =
      config->add_subcommand("print", "Every setting, its value, and who says so; no secrets");
  printed->add_to(*print_command);
  print_command->add_flag("--json", *as_json, "For programs");
  print_command->callback([printed, as_json, &run] {
    run = [printed, as_json] {
      const auto settings = printed->load();
      if (!settings) return report_error(settings.error(), *as_json);
      fmt::print("{}", *as_json ? settings->print_json() : settings->print());
      return 0;
    };
  });

  CLI::App* example = config->add_subcommand("example", "A file with every setting, explained");
  example->callback([&run] {
    run = [] {
      fmt::print("{}", ops::example_config());
      return 0;
    };
  });
}

}  // namespace rbee::market
