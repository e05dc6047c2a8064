#include "ops/settings.hpp"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <charconv>
#include <stdexcept>

#include "base/text.hpp"
#include "http/ascii.hpp"
#include "http/problem.hpp"
#include "manifest/report.hpp"

namespace rbee::ops {

namespace {

constexpr std::string_view kPrefix = "RBEE_MARKET_";
constexpr std::size_t kValueBytesMax = 4096;

const SettingRow* find_row(std::string_view name) {
  for (const SettingRow& row : setting_rows())
    if (row.name == name) return &row;
  return nullptr;
}

std::string_view table_of(std::string_view name) {
  return name.substr(0, name.find('.'));
}

std::string_view key_of(std::string_view name) {
  return name.substr(name.find('.') + 1);
}

/// "postgresql://user:secret@host/name", or "…?password=secret".
bool has_password(std::string_view text) {
  const std::size_t scheme = text.find("://");
  if (scheme == std::string_view::npos) return false;
  const std::size_t at = text.rfind('@');
  const std::size_t colon = text.find(':', scheme + 3);
  return (at != std::string_view::npos && colon < at) ||
         text.find("password=") != std::string_view::npos;
}

/// The items of a list as it stands in an environment variable or on the command line.
std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  std::string word;
  for (const char c : std::string(text) + ' ') {
    if (c != ' ' && c != ',') {
      word += c;
    } else if (!word.empty()) {
      words.push_back(std::exchange(word, {}));
    }
  }
  return words;
}

/// What is wrong with a value; empty when nothing is.
std::string wrong(const SettingRow& row, std::string_view value) {
  if (value.size() > kValueBytesMax) return fmt::format("longer than {} bytes", kValueBytesMax);
  for (const char c : value)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) return "it holds a control character";
  if (!is_utf8(value)) return "it is not UTF-8";
  switch (row.kind) {
    case SettingKind::boolean:
      return value == "true" || value == "false" ? "" : "it must be true or false";
    case SettingKind::integer: {
      std::int64_t number = 0;
      const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
      if (error == std::errc() && end == value.data() + value.size() && number >= row.min &&
          number <= row.max)
        return "";
      return fmt::format("it must be a whole number from {} to {}", row.min, row.max);
    }
    case SettingKind::text: {
      if (row.words.empty()) return "";
      const auto words = words_of(row.words);
      if (std::find(words.begin(), words.end(), value) != words.end()) return "";
      return fmt::format("it must be one of {}", row.words);
    }
    case SettingKind::list:
      return "";
  }
  return "";
}

std::string nearest(std::string_view word, const std::vector<std::string>& words,
                    std::string otherwise) {
  const auto found = did_you_mean(word, words);
  return found ? fmt::format("did you mean '{}'?", *found) : std::move(otherwise);
}

std::vector<std::string> all_names() {
  std::vector<std::string> names;
  for (const SettingRow& row : setting_rows()) names.emplace_back(row.name);
  return names;
}

std::vector<std::string> keys_of(std::string_view table) {
  std::vector<std::string> keys;
  for (const SettingRow& row : setting_rows())
    if (table_of(row.name) == table && row.place == SettingPlace::anywhere)
      keys.emplace_back(key_of(row.name));
  return keys;
}

std::vector<std::string> tables() {
  std::vector<std::string> all;
  for (const SettingRow& row : setting_rows())
    if (all.empty() || all.back() != table_of(row.name)) all.emplace_back(table_of(row.name));
  return all;
}

std::string joined(const std::vector<std::string>& words, std::string_view between) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : std::string(between)) + word;
  return out;
}

/// A value of the file as `set` takes it, or why it cannot be one.
tl::expected<std::string, std::string> text_of(const SettingRow& row, const toml::node& node) {
  switch (row.kind) {
    case SettingKind::boolean:
      if (const auto* value = node.as_boolean())
        return std::string(value->get() ? "true" : "false");
      return tl::unexpected<std::string>("it must be true or false, without quotes");
    case SettingKind::integer:
      if (const auto* value = node.as_integer()) return std::to_string(value->get());
      return tl::unexpected<std::string>(
          fmt::format("it must be a whole number from {} to {}", row.min, row.max));
    case SettingKind::text:
      if (const auto* value = node.as_string()) return value->get();
      return tl::unexpected<std::string>("it must be a text in quotes");
    case SettingKind::list: {
      const toml::array* array = node.as_array();
      if (array == nullptr) return tl::unexpected<std::string>("it must be a list: [\"…\", \"…\"]");
      std::vector<std::string> words;
      for (const toml::node& each : *array) {
        const auto* word = each.as_string();
        if (word == nullptr || word->get().empty() ||
            word->get().find_first_of(" ,") != std::string::npos)
          return tl::unexpected<std::string>("it must be a list of texts without spaces");
        words.push_back(word->get());
      }
      return joined(words, " ");
    }
  }
  return tl::unexpected<std::string>("it is of no known kind");
}

std::string toml_value(const SettingRow& row, const std::string& text) {
  switch (row.kind) {
    case SettingKind::boolean:
    case SettingKind::integer:
      return text;
    case SettingKind::text:
      return http::json_quote(text);
    case SettingKind::list: {
      std::vector<std::string> quoted;
      for (const std::string& word : words_of(text)) quoted.push_back(http::json_quote(word));
      return "[" + joined(quoted, ", ") + "]";
    }
  }
  return text;
}

}  // namespace

std::string variable_of(std::string_view name) {
  std::string out(kPrefix);
  for (const char c : name)
    out += c == '.' ? '_' : (c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c);
  return out;
}

Settings::Settings() {
  for (const SettingRow& row : setting_rows())
    values_.emplace(std::string(row.name), Value{std::string(row.fallback), "default"});
}

Result<void> Settings::read_file(std::string_view text, const std::string& file) {
  manifest::Report report(text, file);
  std::optional<toml::table> parsed;
  if (manifest::check_raw_toml(text, report)) parsed = manifest::parse_toml(text, report);
  const auto complain = [&](const toml::source_region& region, std::string message,
                            std::string fix) {
    report.add("config-invalid", report.span(region), std::move(message), {.fix = std::move(fix)});
  };
  std::vector<std::pair<const SettingRow*, Value>> found;
  const toml::table nothing;
  for (const auto& [table_key, table_node] : parsed ? *parsed : nothing) {
    const std::string table(table_key.str());
    const toml::table* entries = table_node.as_table();
    const std::vector<std::string> known = keys_of(table);
    if (entries == nullptr || known.empty()) {
      complain(table_key.source(),
               entries == nullptr ? fmt::format("'{}' stands in no table", printable_line(table))
                                  : fmt::format("there is no table [{}]", printable_line(table)),
               nearest(table, tables(), "tables are " + joined(tables(), ", ")));
      continue;
    }
    for (const auto& [key, node] : *entries) {
      const std::string name = table + "." + std::string(key.str());
      const SettingRow* row = find_row(name);
      if (row == nullptr) {
        complain(key.source(),
                 fmt::format("[{}] has no setting '{}'", table, printable_line(key.str())),
                 nearest(key.str(), known, "its settings are " + joined(known, ", ")));
        continue;
      }
      if (row->place != SettingPlace::anywhere) {
        complain(key.source(), fmt::format("'{}' does not belong into a file", name),
                 row->place == SettingPlace::environment
                     ? fmt::format("set {}, or name a file: {}_file = \"…\"", variable_of(name),
                                   key_of(name))
                     : fmt::format("give {} on the command line, once", row->flag));
        continue;
      }
      auto value = text_of(*row, node);
      std::string why = value ? wrong(*row, *value) : value.error();
      if (!why.empty()) {
        complain(node.source(), fmt::format("{} cannot be this: {}", name, why),
                 row->fallback.empty() ? std::string()
                                       : fmt::format("without the line it is {}",
                                                     toml_value(*row, std::string(row->fallback))));
        continue;
      }
      found.emplace_back(
          row, Value{std::move(*value), fmt::format("{}:{}", file, node.source().begin.line)});
    }
  }
  if (auto findings = report.take(); !findings.empty())
    return fail(Errc::invalid_input, "config-invalid",
                fmt::format("{} cannot be used as configuration", printable_line(file)),
                {.fix = "rbee-market config example prints a file with every setting",
                 .findings = std::move(findings)});
  for (auto& [row, value] : found)
    values_.insert_or_assign(std::string(row->name), std::move(value));
  return {};
}

Result<void> Settings::read_environment(std::span<const std::string> environment) {
  for (const std::string& line : environment) {
    if (!line.starts_with(kPrefix)) continue;
    const std::string name = line.substr(0, line.find('='));
    // Which file it is, not what it says.
    if (name == "RBEE_MARKET_CONFIG") continue;
    const SettingRow* row = nullptr;
    std::vector<std::string> variables;
    for (const SettingRow& each : setting_rows()) {
      if (each.place == SettingPlace::command_line) continue;
      variables.push_back(variable_of(each.name));
      if (variables.back() == name) row = &each;
    }
    if (row == nullptr)
      return fail(
          Errc::usage, "config-variable-unknown",
          fmt::format("no setting has the variable {}", printable_line(name)),
          {.fix = nearest(name, variables, "rbee-market config print shows every setting")});
    TRY(set(row->name, std::string_view(line).substr(name.size() + 1), name));
  }
  return {};
}

Result<void> Settings::set(std::string_view name, std::string_view value,
                           const std::string& origin) {
  const SettingRow* row = find_row(name);
  if (row == nullptr)
    return fail(
        Errc::usage, "config-key-unknown",
        fmt::format("there is no setting '{}'", printable_line(name)),
        {.fix = nearest(name, all_names(), "rbee-market config print shows every setting")});
  const std::string why = wrong(*row, value);
  if (!why.empty()) {
    const bool is_secret = row->place == SettingPlace::environment;
    return fail(Errc::usage, "config-value-invalid",
                fmt::format("{}: '{}' cannot be {}", origin,
                            is_secret ? "***" : printable_line(value.substr(0, 200)), row->name),
                {.why = why});
  }
  std::string kept =
      row->kind == SettingKind::list ? joined(words_of(value), " ") : std::string(value);
  values_.insert_or_assign(std::string(name), Value{std::move(kept), origin});
  return {};
}

const Settings::Value& Settings::value(std::string_view name) const {
  const auto found = values_.find(name);
  if (found == values_.end())
    throw std::logic_error(fmt::format("the table has no setting '{}'", name));
  return found->second;
}

const std::string& Settings::text(std::string_view name) const {
  return value(name).text;
}

std::optional<std::string> Settings::maybe(std::string_view name) const {
  const std::string& text = value(name).text;
  return text.empty() ? std::nullopt : std::optional(text);
}

std::int64_t Settings::integer(std::string_view name) const {
  const std::string& text = value(name).text;
  std::int64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

bool Settings::boolean(std::string_view name) const {
  return value(name).text == "true";
}

std::vector<std::string> Settings::list(std::string_view name) const {
  return words_of(value(name).text);
}

const std::string& Settings::origin(std::string_view name) const {
  return value(name).origin;
}

std::string Settings::print() const {
  std::string out;
  std::string_view table;
  for (const SettingRow& row : setting_rows()) {
    const Value& each = value(row.name);
    if (row.place == SettingPlace::command_line && each.origin == "default") continue;
    if (table_of(row.name) != table) {
      table = table_of(row.name);
      out += fmt::format("{}[{}]\n", out.empty() ? "" : "\n", table);
    }
    std::string line;
    if (each.text.empty() && row.kind != SettingKind::list) {
      line = fmt::format("# {} is not set", key_of(row.name));
    } else if (row.place == SettingPlace::environment || has_password(each.text)) {
      line = fmt::format("# {} is set, and not shown", key_of(row.name));
    } else {
      line = fmt::format("{} = {}", key_of(row.name), toml_value(row, each.text));
    }
    out += fmt::format("{:<48} # {}\n", line, printable_line(each.origin));
  }
  return out;
}

std::string Settings::print_json() const {
  std::string out = "{";
  for (const SettingRow& row : setting_rows()) {
    const Value& each = value(row.name);
    std::string shown = "null";
    if ((row.place == SettingPlace::environment && !each.text.empty()) || has_password(each.text)) {
      shown = "\"***\"";
    } else if (!each.text.empty() || row.kind == SettingKind::list) {
      shown = toml_value(row, each.text);  // What this prints is JSON as well.
    }
    out += fmt::format("{}\n  {}: {{\"value\": {}, \"from\": {}}}", out.size() > 1 ? "," : "",
                       http::json_quote(row.name), shown, http::json_quote(each.origin));
  }
  return out + "\n}\n";
}

std::string example_config() {
  std::string out =
      "# Configuration of rbee-market: every setting, with what holds without it.\n"
      "# A variable RBEE_MARKET_TABLE_KEY wins over this file, the command line over both.\n"
      "# Look at the result with: rbee-market config print\n";
  std::string_view table;
  for (const SettingRow& row : setting_rows()) {
    if (row.place == SettingPlace::command_line) continue;
    if (table_of(row.name) != table) {
      table = table_of(row.name);
      out += fmt::format("\n[{}]\n", table);
    }
    out += fmt::format("# {}.\n", row.summary);
    if (row.place == SettingPlace::environment) {
      out += fmt::format("# Not here: {} in the environment, or {}_file.\n", variable_of(row.name),
                         key_of(row.name));
      continue;
    }
    out += fmt::format("#{} = {}\n", key_of(row.name), toml_value(row, std::string(row.fallback)));
  }
  return out;
}

}  // namespace rbee::ops
