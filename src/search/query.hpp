// What somebody typed into the search box, as conditions.
//
// Pure. `fast inf` · `"text to speech"` · `-windows` · `tag:cuda` · `-license:MIT` · `owner:ann`.
// All conditions must hold. The last word is taken for the beginning of one, because people are
// typing. Source: docs/search.md.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/finding.hpp"
#include "base/result.hpp"
#include "search/document.hpp"

namespace rbee::search {

inline constexpr std::size_t kQueryBytesMax = 200;
inline constexpr std::size_t kQueryTermsMax = 16;

/// One condition on the words of a worker.
struct Clause {
  enum class Kind {
    word,
    prefix,  ///< Some word begins with it.
    phrase,  ///< The words stand one behind the other.
  };
  Kind kind = Kind::word;
  std::vector<std::string> words;      ///< One, or those of the phrase.
  std::vector<std::uint32_t> offsets;  ///< Of a phrase: where each stands, counted from the first.
  bool excluded = false;
  friend bool operator==(const Clause&, const Clause&) = default;
};

/// One condition on a field's value.
struct Filter {
  Field field = Field::tag;
  std::string value;
  bool excluded = false;
  friend bool operator==(const Filter&, const Filter&) = default;
};

struct Query {
  std::vector<Clause> clauses;
  std::vector<Filter> filters;
  std::optional<bool> premium;
  /// The free words with a space between: the id or name that equals it stands first.
  std::string exact;
};

struct ParsedQuery {
  Query query;
  /// A finding of Severity::block means that the query cannot be answered ("query-too-long",
  /// "query-too-many", "query-value"); Severity::info ("query-field") that something was taken for
  /// words.
  std::vector<Finding> findings;
  bool blocked() const;
};

enum class LastWord { whole, beginning };

/// `last`: how the last word is read when nothing follows it. Any bytes will do.
ParsedQuery parse_query(std::string_view text, LastWord last = LastWord::beginning);

/// "accelerator", "licence" … as typed in a query. Nothing for any other word.
std::optional<Field> parse_field(std::string_view name);

/// Is this a value that the field can have? Checked for platforms and sources alone. Errors:
/// Errc::invalid_input with the words that are allowed.
Result<void> check_value(Field field, std::string_view value);

}  // namespace rbee::search
