// The user's settings: ~/.config/rbee/config.toml, and what overrides it.
//
// Reads and writes that one file. An edit changes one line and keeps the rest, comments included.
// toml++ parses.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/url.hpp"
#include "cli/environment.hpp"

namespace rbee::cli {

inline constexpr std::string_view kCatalogDefault = "http://127.0.0.1:8787";

/// One key that the file may hold.
struct ConfigKey {
  std::string_view name;
  std::string_view variable;  ///< Environment variable that overrides it.
  std::string_view fallback;  ///< When nothing sets it.
  std::string_view summary;
  Result<std::string> (*check)(
      std::string_view value);  ///< The value as it is kept, or why it cannot be.
};

const std::vector<ConfigKey>& config_keys();

/// Errors: Errc::usage "config-key-unknown", with a did-you-mean.
Result<const ConfigKey*> find_config_key(std::string_view name);

struct Config {
  std::map<std::string, std::string, std::less<>> values;  ///< Known keys only, checked.
  std::vector<std::string> warnings;  ///< Unknown keys: "line 3: unknown key …".
};

/// `name` is the file's name for messages. Errors: Errc::invalid_input "config-invalid".
Result<Config> parse_config(std::string_view text, std::string_view name);

/// The text of the file; empty when it is not there. Errors: Errc::io, Errc::too_large beyond 64
/// KiB.
Result<std::string> read_config_text(const std::filesystem::path& path);

/// `parse_config` of `read_config_text`, and the errors of both.
Result<Config> load_config(const std::filesystem::path& path);

/// `text` with `key = "value"`: its line replaced where it stands, else added before the first
/// table. Errors: Errc::invalid_input "config-invalid" when `text` is not TOML, or gives the key
/// over several lines.
Result<std::string> edit_config(std::string_view text, std::string_view name, const ConfigKey& key,
                                std::string_view value);

/// Write the whole file or none of it. Errors: Errc::io.
Result<void> save_config(const std::filesystem::path& path, std::string_view text);

/// A value, and who says so: "--catalog", "RBEE_CATALOG", the file's path, or "default".
struct Setting {
  std::string value;
  std::string origin;
};

/// The flag, else the variable (when not empty), else the file, else the fallback.
/// Errors: what is wrong with the value that won.
Result<Setting> effective(const ConfigKey& key, std::string_view flag,
                          const Environment& environment, const Config& config,
                          const std::filesystem::path& config_file);

}  // namespace rbee::cli
