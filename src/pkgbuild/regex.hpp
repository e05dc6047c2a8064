// POSIX regular expressions as bash's =~, grep and sed use them, with a bound on their cost.
//
// Pure; the C library's regcomp matches, in the C.UTF-8 sense. Patterns that can cost more than
// (pattern x text) are refused: back-references, large counted repetitions, deep nesting, long
// patterns. Source: POSIX.1-2017 XBD 9; regex(7).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace rbee::pkgbuild {

enum class RegexSyntax { basic, extended };
enum class RegexCase { sensitive, insensitive };

/// Offsets of one match or group; npos when the group took no part.
struct RegexGroup {
  std::size_t begin = std::string_view::npos;
  std::size_t end = std::string_view::npos;
};

class Regex {
 public:
  /// Errors: Errc::invalid_input (a syntax error), Errc::unsupported (too costly; the message names
  /// it).
  static Result<Regex> compile(std::string_view pattern, RegexSyntax syntax, RegexCase letter_case);
  Regex(Regex&&) noexcept;
  Regex& operator=(Regex&&) noexcept;
  ~Regex();
  /// Leftmost longest match at or after `from`; group 0 is the whole. Nothing when there is none.
  /// `^` matches at 0 only. Errors: Errc::too_large (more than `text_bytes_max`).
  Result<std::optional<std::vector<RegexGroup>>> search(std::string_view text,
                                                        std::size_t from = 0) const;
  /// What one search can cost at most, in the unit of Limits::steps_max. The C library starts again
  /// at every byte that may begin a match, so the work can grow with the square of the text.
  std::uint64_t steps(std::string_view text) const;
  /// The same for any text of that size.
  std::uint64_t steps(std::size_t text_bytes) const;

  /// What making it cost, in the same unit: {1,9} copies what it counts.
  std::uint64_t compile_steps() const;

  static constexpr std::size_t pattern_bytes_max = 1000;
  static constexpr std::size_t text_bytes_max = 64 * 1024;

 private:
  struct State;
  explicit Regex(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace rbee::pkgbuild
