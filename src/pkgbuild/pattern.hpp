// Glob patterns as case, [[ == ]] and ${x#p} use them, extended ones included, with a bound on
// their cost.
//
// Touches nothing. Matching follows sets of positions, so its cost is at most (pattern x text),
// squared under !( ), never exponential; every step is counted. A backslash makes the next
// character itself. Characters are UTF-8 code points; a byte that is not UTF-8 is a character of
// its own. Source: bash(1), "Pattern Matching".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rbee::pkgbuild {

enum class PatternCase { sensitive, insensitive };
enum class PatternSyntax { plain, extended };

/// Counts work; `spend` is false when the budget is used up, and matching then stops with any
/// answer.
class StepMeter {
 public:
  explicit StepMeter(std::uint64_t budget) : left_(budget) {}
  bool spend(std::uint64_t steps) {
    if (left_ < steps) {
      left_ = 0;
      exhausted_ = true;
      return false;
    }
    left_ -= steps;
    return true;
  }
  bool exhausted() const { return exhausted_; }
  /// Note that an answer depends on a locale's tables (letters outside ASCII), which this engine
  /// has not.
  void doubt() { doubtful_ = true; }
  bool doubtful() const { return doubtful_; }

 private:
  std::uint64_t left_;
  bool exhausted_ = false;
  bool doubtful_ = false;
};

/// Bytes that the character at `at` takes (1 for a malformed one).
std::size_t character_length(std::string_view text, std::size_t at);
/// Number of characters.
std::size_t character_count(std::string_view text);

class Pattern {
 public:
  /// Every text is a pattern. `is_exact` tells when this engine knows it reads the pattern as bash
  /// does.
  Pattern(std::string_view text, PatternSyntax syntax, PatternCase letter_case);

  /// True when every character of the text stands for itself, whatever the syntax.
  static bool is_plain(std::string_view text);

  /// False for forms that are not reproduced (equivalence classes, collating symbols).
  bool is_exact() const { return exact_; }
  /// The text it stands for, when it has no wildcard.
  const std::optional<std::string>& literal() const { return literal_; }

  bool matches(std::string_view text, StepMeter& meter) const;
  /// Length in bytes of the prefix that matches.
  std::optional<std::size_t> shortest_prefix(std::string_view text, StepMeter& meter) const;
  std::optional<std::size_t> longest_prefix(std::string_view text, StepMeter& meter) const;
  /// Offset in bytes where the suffix that matches begins.
  std::optional<std::size_t> shortest_suffix(std::string_view text, StepMeter& meter) const;
  std::optional<std::size_t> longest_suffix(std::string_view text, StepMeter& meter) const;
  /// Offset after the longest match that begins at `from`.
  std::optional<std::size_t> longest_at(std::string_view text, std::size_t from,
                                        StepMeter& meter) const;

 private:
  struct Range {
    std::uint32_t low, high;
  };
  struct Element;
  using Sequence = std::vector<Element>;
  struct Element {
    enum class Kind : std::uint8_t { character, any, star, bracket, group };
    Kind kind = Kind::character;
    char group = 0;        ///< ? * + @ !
    bool negated = false;  ///< Of a bracket.
    std::uint32_t code = 0;
    std::vector<Range> ranges;         ///< Sorted, none touching another.
    std::vector<std::string> classes;  ///< Sorted, none twice.
    std::vector<Sequence> alternatives;
  };
  enum class Direction { forward, backward };
  using Positions = std::vector<std::uint32_t>;

  Sequence compile(std::string_view text, std::size_t& at, bool in_group, int depth);
  bool compile_bracket(std::string_view text, std::size_t& at, Element& out);
  Positions run(const Sequence& sequence, Positions from, std::string_view text,
                Direction direction, StepMeter& meter) const;
  Positions run_element(const Element& element, const Positions& from, std::string_view text,
                        Direction direction, StepMeter& meter) const;
  std::optional<std::size_t> literal_suffix(std::string_view text) const;
  static void tidy(Element& bracket);
  bool matches_one(const Element& element, std::uint32_t code, StepMeter& meter) const;

  Sequence sequence_;
  bool extended_;
  bool insensitive_;
  bool exact_ = true;
  bool is_plain_ = false;  ///< `literal_` is all there is: no sequence was made.
  int open_brackets_ = 0;  ///< Seen while compiling, that nothing closes.
  std::string unclosed_;   ///< Of ':', '.' and '=', those for which no "x]" follows any more.
  std::optional<std::string> literal_;
};

}  // namespace rbee::pkgbuild
