// Reads one TOML table key by key; what was never asked for is an unknown key.
//
// Pure. Every reader says what it expects; each failure is one finding, and reading goes on.
#pragma once

#include <toml++/toml.h>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "manifest/report.hpp"

namespace rbee::manifest {

enum class Need { optional, required };
enum class Repeats { dropped, kept };

/// What a text must be. Lengths are in characters (code points).
struct TextRule {
  std::size_t length_min = 1;
  std::size_t length_max = 255;
  Repeats repeats = Repeats::dropped;  ///< In an array.
  /// Empty when the text is right, else what is wrong with it: "must start with a letter".
  std::string (*check)(std::string_view text) = nullptr;
};

/// One word of an enumeration and what it means.
template <typename E>
struct Word {
  std::string_view text;
  E value;
};

/// A string that was read, and where.
struct Text {
  std::string value;
  toml::source_region region;
};

class TableReader {
 public:
  /// `path` is how messages call it: "[worker]", or "" for the whole file.
  TableReader(Report& report, const toml::table& table, std::string path);

  /// A string, or an empty one: then a finding says why, unless the key is optional and missing.
  std::string text(std::string_view key, const TextRule& rule, Need need = Need::optional);
  /// Strings in the order of the file; without repetition where the rule does not allow any.
  std::vector<Text> texts(std::string_view key, const TextRule& rule, std::size_t count_max);
  std::vector<std::string> strings(std::string_view key, const TextRule& rule,
                                   std::size_t count_max);
  std::optional<std::int64_t> integer(std::string_view key, std::int64_t min, std::int64_t max);
  std::optional<double> number(std::string_view key, double min, double max);
  std::optional<bool> boolean(std::string_view key);

  template <typename E, std::size_t N>
  std::optional<E> word(std::string_view key, const Word<E> (&words)[N],
                        Need need = Need::optional) {
    const std::string text = this->text(key, TextRule{}, need);
    if (text.empty()) return std::nullopt;
    return find_word<E>(text, where(key), key, words);
  }

  template <typename E, std::size_t N>
  std::vector<E> words(std::string_view key, const Word<E> (&words)[N]) {
    std::vector<E> values;
    for (const Text& text : texts(key, TextRule{}, 32))
      if (const auto value = find_word<E>(text.value, report_.span(text.region), key, words))
        values.push_back(*value);
    return values;
  }

  /// A sub-table; nothing when it is missing or something else.
  std::optional<TableReader> table(std::string_view key);
  /// The tables of `[[key]]`.
  std::vector<TableReader> tables(std::string_view key, std::size_t count_max);
  /// The keys of a table of strings that the schema does not name, `sha256 = { … }`: key, value.
  std::vector<std::pair<Text, Text>> entries(std::size_t count_max);

  bool has(std::string_view key) const { return table_->contains(key); }
  const toml::node* node(std::string_view key);
  /// Of the key's value; of the table's header when the key is missing.
  Span where(std::string_view key) const;
  Span header() const { return report_.span(table_->source()); }
  Report& report() { return report_; }
  /// "[worker].id".
  std::string name(std::string_view key) const;
  void missing(std::string_view key, std::string why = {});

  /// Call last: one finding per key that nobody asked for.
  void refuse_unknown_keys();

 private:
  std::optional<std::string> checked_text(std::string_view key, const toml::node& node,
                                          const TextRule& rule);
  void wrong_type(std::string_view key, const toml::node& node, std::string_view expected);
  void wrong_word(std::string_view key, Span span, std::string_view text,
                  std::span<const std::string> words);

  template <typename E, std::size_t N>
  std::optional<E> find_word(std::string_view text, Span span, std::string_view key,
                             const Word<E> (&words)[N]) {
    std::vector<std::string> allowed;
    for (const Word<E>& word : words) {
      if (word.text == text) return word.value;
      allowed.emplace_back(word.text);
    }
    wrong_word(key, span, text, allowed);
    return std::nullopt;
  }

  Report& report_;
  const toml::table* table_;
  std::string path_;
  std::vector<std::string> asked_;
};

}  // namespace rbee::manifest
