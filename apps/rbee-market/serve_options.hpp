// From the command line, the environment and the configuration file to `ServeOptions`.
//
// The settings stand in one table (src/ops/setting_rows.cpp): who adds one adds a row there, a
// member to ServeOptions, and a line to `serve_options_of`.
#pragma once

#include <CLI/App.hpp>
#include <functional>
#include <list>
#include <memory>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "ops/settings.hpp"
#include "serve_command.hpp"

namespace rbee::market {

/// What was typed, before it means anything.
class TypedSettings {
 public:
  /// Adds --config, --set and the flag of every setting to `command`.
  void add_to(CLI::App& command);
  /// Reads the file (--config, RBEE_MARKET_CONFIG, or /etc/rbee-market/config.toml when that is
  /// there), then the environment, then what was typed. Errors: those of ops::Settings; Errc::io,
  /// Errc::not_found of a file that was named.
  Result<ops::Settings> load() const;
  /// As --config.
  void read(const std::string& file) { config_ = file; }
  /// The file that `load` reads; empty: none.
  std::string config_file() const;

 private:
  struct Typed {
    const ops::SettingRow* row = nullptr;
    CLI::Option* option = nullptr;
    std::string text;
    bool flag = false;
  };
  std::list<Typed> typed_;  ///< Addresses stay: CLI11 writes into them.
  std::string config_;
  std::vector<std::string> sets_;
};

/// Errors: Errc::usage "data-missing", "config-conflict", "log-option-invalid" …
Result<ServeOptions> serve_options_of(const ops::Settings& settings);

/// `rbee-market config check|print|example`.
void add_config_commands(CLI::App& app, std::function<int()>& run);

}  // namespace rbee::market
