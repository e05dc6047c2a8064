// Patterns of grep and sed as the C library's, or a refusal where the dialects differ.
//
// Pure. Source: GNU grep 3.8 and sed 4.9 manuals, "Regular Expressions".
#pragma once

#include <string_view>

#include "pkgbuild/regex.hpp"
#include "pkgbuild/text/command.hpp"

namespace rbee::pkgbuild::text {

/// Compile for `command` ("grep"), which names what is refused. Also refused: an unmatched ")" and
/// a "*" or interval with nothing before it, on which the programs and the library disagree.
Supported<Regex> compile_pattern(std::string_view command, std::string_view pattern,
                                 RegexSyntax syntax, RegexCase letter_case);

/// True when the pattern matches texts of one length only: literal characters, dots and brackets.
bool has_fixed_length(std::string_view pattern, RegexSyntax syntax);

/// `text` with a backslash before whatever a pattern would read as more than itself.
std::string literal_pattern(std::string_view text);

/// Counts the work of the searches of one call and says when it is too much.
class SearchBudget {
 public:
  explicit SearchBudget(std::string_view command) : command_(command) {}
  Supported<std::optional<std::vector<RegexGroup>>> search(const Regex& regex,
                                                           std::string_view text,
                                                           std::size_t from = 0);
  /// Work of another kind.
  Supported<bool> spend(std::uint64_t steps);
  std::uint64_t steps() const { return steps_; }

 private:
  std::string command_;
  std::uint64_t steps_ = 1;
};

}  // namespace rbee::pkgbuild::text
