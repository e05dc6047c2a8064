// What a host may set about `rbee-market serve`: one table, from which the file, the environment,
// the command line, the printed configuration and the example file all follow.
//
// Pure: files and variables arrive as arguments. The command line wins over the environment, that
// over the file, that over what the table says. toml++ parses the file (manifest/report.hpp).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace rbee::ops {

enum class SettingKind { text, integer, boolean, list };

/// Where a setting may stand beside the command line.
enum class SettingPlace {
  anywhere,
  environment,   ///< A secret: never in the file, never printed.
  command_line,  ///< What is meant for one run alone.
};

struct SettingRow {
  std::string_view name;  ///< "http.listen": table and key.
  SettingKind kind = SettingKind::text;
  std::string_view fallback;  ///< As it would be written; empty: not set.
  std::string_view flag;      ///< "--listen"; "!--no-sign-up" says false; empty: `--set` only.
  std::string_view summary;
  std::int64_t min = 0, max = 0;  ///< Of an integer.
  std::string_view words = {};    ///< Of a text: "logfmt json"; empty: any.
  SettingPlace place = SettingPlace::anywhere;
};

std::span<const SettingRow> setting_rows();

/// "RBEE_MARKET_HTTP_LISTEN" of "http.listen".
std::string variable_of(std::string_view name);

class Settings {
 public:
  /// Everything as the table says.
  Settings();

  /// `file` is its name for messages. Errors: Errc::invalid_input "config-invalid", with every
  /// finding: line, column, excerpt, and the key that was probably meant.
  Result<void> read_file(std::string_view text, const std::string& file);
  /// Of "NAME=value" lines, those that begin with RBEE_MARKET_. Errors: Errc::usage
  /// "config-variable-unknown", "config-value-invalid".
  Result<void> read_environment(std::span<const std::string> environment);
  /// `origin` is how messages call the place: "--listen". Errors: Errc::usage "config-key-unknown",
  /// "config-value-invalid".
  Result<void> set(std::string_view name, std::string_view value, const std::string& origin);

  /// Empty when it is not set.
  const std::string& text(std::string_view name) const;
  std::optional<std::string> maybe(std::string_view name) const;
  std::int64_t integer(std::string_view name) const;
  bool boolean(std::string_view name) const;
  std::vector<std::string> list(std::string_view name) const;
  /// "default", "RBEE_MARKET_HTTP_LISTEN", "/etc/rbee-market/config.toml:3", "--listen".
  const std::string& origin(std::string_view name) const;

  /// As TOML, each line with where its value comes from; secrets are masked.
  std::string print() const;
  /// The same as a JSON object: {"http.listen": {"value": …, "from": …}}.
  std::string print_json() const;

 private:
  struct Value {
    std::string text;
    std::string origin;
  };
  const Value& value(std::string_view name) const;
  std::map<std::string, Value, std::less<>> values_;
};

/// A file with every setting, commented out, as the table has it.
std::string example_config();

}  // namespace rbee::ops
