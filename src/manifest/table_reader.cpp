#include "manifest/table_reader.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "base/text.hpp"

namespace rbee::manifest {

namespace {

std::string_view type_name(const toml::node& node) {
  switch (node.type()) {
    case toml::node_type::table:
      return "a table";
    case toml::node_type::array:
      return node.is_array_of_tables() ? "an array of tables" : "an array";
    case toml::node_type::string:
      return "a string";
    case toml::node_type::integer:
      return "an integer";
    case toml::node_type::floating_point:
      return "a number with a fraction";
    case toml::node_type::boolean:
      return "true or false";
    case toml::node_type::date:
      return "a date";
    case toml::node_type::time:
      return "a time";
    case toml::node_type::date_time:
      return "a date and time";
    case toml::node_type::none:
      break;
  }
  return "nothing";
}

std::size_t characters(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  }));
}

/// A word from the file as it may stand in a message.
std::string shown(std::string_view text) {
  std::string line = printable_line(text);
  if (line.size() <= 100) return line;
  std::size_t end = 100;
  while ((static_cast<unsigned char>(line[end]) & 0xC0) == 0x80) --end;
  return line.substr(0, end) + "…";
}

}  // namespace

TableReader::TableReader(Report& report, const toml::table& table, std::string path)
    : report_(report), table_(&table), path_(std::move(path)) {}

const toml::node* TableReader::node(std::string_view key) {
  asked_.emplace_back(key);
  return table_->get(key);
}

Span TableReader::where(std::string_view key) const {
  const toml::node* node = table_->get(key);
  return report_.span((node != nullptr ? *node : *table_).source());
}

std::string TableReader::name(std::string_view key) const {
  return path_.empty() ? std::string(key) : fmt::format("{}.{}", path_, key);
}

void TableReader::missing(std::string_view key, std::string why) {
  report_.add("toml-missing-key", header(), fmt::format("{} is missing", name(key)),
              {.why = std::move(why)});
}

void TableReader::wrong_type(std::string_view key, const toml::node& node,
                             std::string_view expected) {
  report_.add("toml-wrong-type", report_.span(node.source()),
              fmt::format("{} must be {}, and is {}", name(key), expected, type_name(node)));
}

void TableReader::wrong_word(std::string_view key, Span span, std::string_view text,
                             std::span<const std::string> words) {
  const auto near = did_you_mean(text, words);
  report_.add("toml-wrong-value", span,
              fmt::format("'{}' is not a value of {}", shown(text), name(key)),
              {.why = fmt::format("it is one of: {}", fmt::join(words, ", ")),
               .fix = near ? fmt::format("did you mean '{}'?", *near) : ""});
}

std::optional<std::string> TableReader::checked_text(std::string_view key, const toml::node& node,
                                                     const TextRule& rule) {
  const auto* string = node.as_string();
  if (string == nullptr) {
    wrong_type(key, node, "a string");
    return std::nullopt;
  }
  const std::string& value = string->get();
  const Span span = report_.span(node.source());
  if (printable_line(value) != value) {
    report_.add(
        "toml-control-character", span,
        fmt::format("{} holds a control, bidirectional or zero-width character", name(key)),
        {.why = "it is shown on terminals and pages", .fix = "remove it; a line break too"});
    return std::nullopt;
  }
  const std::size_t length = characters(value);
  if (length < rule.length_min) {
    report_.add("toml-wrong-value", span, fmt::format("{} is empty", name(key)));
    return std::nullopt;
  }
  if (length > rule.length_max) {
    report_.add("toml-too-long", span,
                fmt::format("{} has {} characters; at most {} are allowed", name(key), length,
                            rule.length_max));
    return std::nullopt;
  }
  if (rule.check != nullptr) {
    if (std::string wrong = rule.check(value); !wrong.empty()) {
      report_.add("toml-wrong-value", span,
                  fmt::format("{}: '{}' {}", name(key), shown(value), wrong));
      return std::nullopt;
    }
  }
  return value;
}

std::string TableReader::text(std::string_view key, const TextRule& rule, Need need) {
  const toml::node* found = node(key);
  if (found == nullptr) {
    if (need == Need::required) missing(key);
    return {};
  }
  return checked_text(key, *found, rule).value_or("");
}

std::vector<Text> TableReader::texts(std::string_view key, const TextRule& rule,
                                     std::size_t count_max) {
  std::vector<Text> values;
  const toml::node* found = node(key);
  if (found == nullptr) return values;
  const toml::array* array = found->as_array();
  if (array == nullptr) {
    wrong_type(key, *found, "an array of strings");
    return values;
  }
  if (array->size() > count_max) {
    report_.add("toml-too-many", report_.span(found->source()),
                fmt::format("{} has {} values; at most {} are allowed", name(key), array->size(),
                            count_max));
    return values;
  }
  for (const toml::node& element : *array) {
    auto value = checked_text(key, element, rule);
    if (!value) continue;
    const bool repeated = rule.repeats == Repeats::dropped &&
                          std::any_of(values.begin(), values.end(),
                                      [&](const Text& text) { return text.value == *value; });
    if (repeated) {
      report_.add("toml-repeated-value", report_.span(element.source()),
                  fmt::format("'{}' stands twice in {}", shown(*value), name(key)),
                  {.severity = Severity::warn});
      continue;
    }
    values.push_back({std::move(*value), element.source()});
  }
  return values;
}

std::vector<std::string> TableReader::strings(std::string_view key, const TextRule& rule,
                                              std::size_t count_max) {
  std::vector<std::string> values;
  for (Text& text : texts(key, rule, count_max)) values.push_back(std::move(text.value));
  return values;
}

std::optional<std::int64_t> TableReader::integer(std::string_view key, std::int64_t min,
                                                 std::int64_t max) {
  const toml::node* found = node(key);
  if (found == nullptr) return std::nullopt;
  const auto* value = found->as_integer();
  if (value == nullptr) {
    wrong_type(key, *found, "an integer");
    return std::nullopt;
  }
  if (value->get() >= min && value->get() <= max) return value->get();
  report_.add(
      "toml-out-of-range", report_.span(found->source()),
      fmt::format("{} is {}, and must be between {} and {}", name(key), value->get(), min, max));
  return std::nullopt;
}

std::optional<double> TableReader::number(std::string_view key, double min, double max) {
  const toml::node* found = node(key);
  if (found == nullptr) return std::nullopt;
  if (!found->is_number()) {
    wrong_type(key, *found, "a number");
    return std::nullopt;
  }
  const double value = found->value<double>().value_or(NAN);
  if (value >= min && value <= max) return value;  // False for nan.
  report_.add("toml-out-of-range", report_.span(found->source()),
              fmt::format("{} is {}, and must be between {} and {}", name(key), value, min, max));
  return std::nullopt;
}

std::optional<bool> TableReader::boolean(std::string_view key) {
  const toml::node* found = node(key);
  if (found == nullptr) return std::nullopt;
  const auto* value = found->as_boolean();
  if (value == nullptr) {
    wrong_type(key, *found, "true or false");
    return std::nullopt;
  }
  return value->get();
}

std::optional<TableReader> TableReader::table(std::string_view key) {
  const toml::node* found = node(key);
  if (found == nullptr) return std::nullopt;
  const toml::table* table = found->as_table();
  if (table == nullptr) {
    wrong_type(key, *found, "a table");
    return std::nullopt;
  }
  const std::string outer = path_.empty() ? "" : path_.substr(1, path_.size() - 2) + ".";
  return TableReader(report_, *table, fmt::format("[{}{}]", outer, key));
}

std::vector<TableReader> TableReader::tables(std::string_view key, std::size_t count_max) {
  std::vector<TableReader> readers;
  const toml::node* found = node(key);
  if (found == nullptr) return readers;
  const toml::array* array = found->as_array();
  if (array == nullptr || !array->is_array_of_tables()) {
    if (array == nullptr || !array->empty())
      report_.add(
          "toml-wrong-type", report_.span(found->source()),
          fmt::format("{} must be an array of tables, and is {}", name(key), type_name(*found)),
          {.fix = fmt::format("write [[{}]]", key)});
    return readers;
  }
  if (array->size() > count_max) {
    report_.add("toml-too-many", report_.span(found->source()),
                fmt::format("there are {} [[{}]] tables; at most {} are allowed", array->size(),
                            key, count_max));
    return readers;
  }
  for (const toml::node& element : *array)
    readers.emplace_back(report_, *element.as_table(), fmt::format("[{}]", key));
  return readers;
}

std::vector<std::pair<Text, Text>> TableReader::entries(std::size_t count_max) {
  std::vector<std::pair<Text, Text>> values;
  if (table_->size() > count_max) {
    report_.add(
        "toml-too-many", header(),
        fmt::format("{} has {} keys; at most {} are allowed", path_, table_->size(), count_max));
    return values;
  }
  for (const auto& [key, node] : *table_) {
    if (const auto* string = node.as_string())
      values.emplace_back(Text{std::string(key.str()), key.source()},
                          Text{string->get(), node.source()});
    else
      wrong_type(shown(key.str()), node, "a string");
  }
  return values;
}

void TableReader::refuse_unknown_keys() {
  for (const auto& [key, node] : *table_) {
    if (std::find(asked_.begin(), asked_.end(), key.str()) != asked_.end()) continue;
    const auto near = did_you_mean(key.str(), asked_);
    report_.add("toml-unknown-key", report_.span(key.source()),
                path_.empty() ? fmt::format("'{}' is not a table of worker.toml", shown(key.str()))
                              : fmt::format("'{}' is not a key of {}", shown(key.str()), path_),
                {.why = near ? "" : fmt::format("known here: {}", fmt::join(asked_, ", ")),
                 .fix = near ? fmt::format("did you mean '{}'?", *near) : ""});
  }
}

}  // namespace rbee::manifest
