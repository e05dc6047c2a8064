#include "cli/config.hpp"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>

#include "base/text.hpp"
#include "platform/files.hpp"

namespace rbee::cli {

namespace {

constexpr std::size_t kConfigBytesMax = 64 << 10;

Result<std::string> check_catalog(std::string_view value) {
  Result<Url> url = Url::parse(value);
  std::string why;
  if (!url) {
    why = url.error().why;
  } else if (url->scheme() == "file") {
    why = "a marketplace is reached over http or https";
  }
  if (!why.empty())
    return fail(
        Errc::usage, "catalog-url-invalid",
        fmt::format("'{}' is not the URL of a marketplace", printable_line(value.substr(0, 200))),
        {.why = why, .fix = fmt::format("give the whole address, such as {}", kCatalogDefault)});
  std::string text = url->str();
  text.resize(std::min(text.size(), text.find_first_of("?#")));
  while (text.ends_with('/')) text.pop_back();
  return text;
}

Result<std::string> check_switch(std::string_view value) {
  for (const std::string_view yes : {"on", "1", "true", "yes"})
    if (value == yes) return std::string("on");
  for (const std::string_view no : {"off", "0", "false", "no"})
    if (value == no) return std::string("off");
  return fail(Errc::usage, "config-value-invalid",
              fmt::format("'{}' is neither on nor off", printable_line(value.substr(0, 60))),
              {.fix = "write on or off"});
}

tl::unexpected<Error> invalid(std::string_view name, std::uint32_t line, std::string why) {
  return fail(Errc::invalid_input, "config-invalid",
              fmt::format("{} cannot be read as configuration", printable_line(name)),
              {.evidence = {fmt::format("line {}: {}", line, printable_line(why))},
               .fix = "mend that line, or delete the file: every setting has a default"});
}

Result<toml::table> parse(std::string_view text, std::string_view name) {
  try {
    return toml::parse(text, name);
  } catch (const toml::parse_error& error) {
    return invalid(name, error.source().begin.line, std::string(error.description()));
  }
}

std::string quoted(std::string_view value) {
  std::string out = "\"";
  for (char c : value) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + "\"";
}

}  // namespace

const std::vector<ConfigKey>& config_keys() {
  static const std::vector<ConfigKey> keys = {
      {"catalog", "RBEE_CATALOG", kCatalogDefault, "the marketplace to search and install from",
       check_catalog},
      {"telemetry", "RBEE_TELEMETRY", "off",
       "send a receipt of each install (rbee telemetry show); DO_NOT_TRACK=1 wins", check_switch},
  };
  return keys;
}

Result<const ConfigKey*> find_config_key(std::string_view name) {
  std::vector<std::string> names;
  for (const ConfigKey& key : config_keys()) {
    if (key.name == name) return &key;
    names.emplace_back(key.name);
  }
  const auto nearest = did_you_mean(name, names);
  return fail(Errc::usage, "config-key-unknown",
              fmt::format("there is no setting called '{}'", printable_line(name)),
              {.fix = nearest ? fmt::format("did you mean '{}'?", *nearest)
                              : std::string("`rbee config list` shows every setting")});
}

Result<Config> parse_config(std::string_view text, std::string_view name) {
  TRY_ASSIGN(const toml::table table, parse(text, name));
  Config config;
  for (const auto& [key, node] : table) {
    const std::uint32_t line = node.source().begin.line;
    const Result<const ConfigKey*> known = find_config_key(key.str());
    if (!known) {
      config.warnings.push_back(fmt::format("{} line {}: unknown setting '{}'; {}",
                                            printable_line(name), line, printable_line(key.str()),
                                            known.error().fix));
      continue;
    }
    const std::optional<std::string> value = node.value<std::string>();
    if (!node.is_string() || !value)
      return invalid(name, line, fmt::format("'{}' must be a string", key.str()));
    Result<std::string> checked = (*known)->check(*value);
    if (!checked)
      return invalid(name, line,
                     fmt::format("{}: {}", checked.error().message, checked.error().why));
    config.values.emplace(std::string(key.str()), std::move(*checked));
  }
  return config;
}

Result<std::string> read_config_text(const std::filesystem::path& path) {
  Result<std::string> text = platform::read_file(path, kConfigBytesMax);
  if (!text && text.error().code == Errc::not_found) return std::string();
  return text;
}

Result<Config> load_config(const std::filesystem::path& path) {
  TRY_ASSIGN(const std::string text, read_config_text(path));
  return parse_config(text, path.string());
}

Result<std::string> edit_config(std::string_view text, std::string_view name, const ConfigKey& key,
                                std::string_view value) {
  TRY_ASSIGN(const toml::table table, parse(text, name));
  const std::string line = fmt::format("{} = {}", key.name, quoted(value));

  // Lines of the file; toml++ counts them from 1.
  std::vector<std::string> lines;
  for (std::string_view piece : split(text, '\n')) lines.emplace_back(piece);
  if (!lines.empty() && lines.back().empty()) lines.pop_back();

  std::size_t at = lines.size();
  if (const toml::node* old = table.get(key.name)) {
    const toml::source_region& where = old->source();
    if (where.begin.line != where.end.line || where.begin.line == 0 ||
        where.begin.line > lines.size())
      return invalid(name, where.begin.line, fmt::format("'{}' must stand on one line", key.name));
    at = where.begin.line - 1;
    // Keep a comment that follows the value.
    const std::size_t after = std::min<std::size_t>(where.end.column - 1, lines[at].size());
    const std::string rest = lines[at].substr(after);
    lines[at] = line + (trim(rest).starts_with('#') ? "  " + std::string(trim(rest)) : "");
  } else {
    // Before the first table, for keys after it would belong to it.
    for (const auto& [other, node] : table)
      if (node.is_table() || node.is_array_of_tables())
        at = std::min<std::size_t>(at, node.source().begin.line - 1);
    lines.insert(lines.begin() + static_cast<std::ptrdiff_t>(at), line);
  }

  std::string edited;
  for (const std::string& each : lines) edited += each + "\n";
  // The edit was made on text; what it means is checked as a whole.
  TRY_ASSIGN(const Config config, parse_config(edited, name));
  const auto kept = config.values.find(key.name);
  if (kept == config.values.end() || kept->second != value)
    return invalid(name, static_cast<std::uint32_t>(at + 1), "this line could not be edited");
  return edited;
}

Result<void> save_config(const std::filesystem::path& path, std::string_view text) {
  // A link to a file elsewhere (a dotfiles repository) stays a link.
  std::error_code followed;
  const std::filesystem::path target = std::filesystem::weakly_canonical(path, followed);
  const std::filesystem::path& file = followed ? path : target;
  TRY(platform::make_directories(file.parent_path()));
  return platform::write_file_atomically(file, text);
}

Result<Setting> effective(const ConfigKey& key, std::string_view flag,
                          const Environment& environment, const Config& config,
                          const std::filesystem::path& config_file) {
  Setting setting;
  const std::string_view variable = environment.variable(key.variable);
  const auto in_file = config.values.find(key.name);
  if (!flag.empty()) {
    setting = {std::string(flag), fmt::format("--{}", key.name)};
  } else if (!variable.empty()) {
    setting = {std::string(variable), std::string(key.variable)};
  } else if (in_file != config.values.end()) {
    return Setting{in_file->second, config_file.string()};
  } else {
    return Setting{std::string(key.fallback), "default"};
  }
  Result<std::string> checked = key.check(setting.value);
  if (!checked) {
    checked.error().evidence.push_back("from " + setting.origin);
    return tl::unexpected<Error>(std::move(checked).error());
  }
  setting.value = std::move(*checked);
  return setting;
}

}  // namespace rbee::cli
