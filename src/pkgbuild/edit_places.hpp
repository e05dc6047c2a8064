// Where the assignments of a recipe stand, what their words mean, and how to write another value
// in the same hand. For edit_*.cpp.
//
// Pure.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "pkgbuild/ast.hpp"

namespace rbee::pkgbuild {

/// One assignment, and what must happen for it to be made.
struct Place {
  enum class Where {
    top,     ///< Always: a command of the file itself.
    branch,  ///< In an if, a case, or after && or ||.
    loop,
    function,
    apart,  ///< In a subshell, a pipeline or before a command: it does not last.
  };
  const Assignment* assignment = nullptr;
  const Command* command = nullptr;  ///< The simple command that holds it.
  Where where = Where::top;
};

/// Every assignment of the script, in the order of the text; not those inside of words.
std::vector<Place> places_of(const Script& script);

/// The place of the assignment that stands on `span` and makes `name`; none when a command does.
const Place* find_place(const std::vector<Place>& places, std::string_view name, Span span);

/// What a word means, when that is known from its text alone; nothing for one with expansions,
/// braces, patterns or a tilde.
std::optional<std::string> constant(const Word& word);

/// Names of the variables that a word reads, commands inside of it included.
std::set<std::string, std::less<>> names_in(const Word& word);

/// The variable that the word is nothing but: x for $x, ${x}, "$x" and "${x}".
std::optional<std::string> sole_variable(const Word& word);

/// `value` as a word, in the quotes of `model` where these can hold it. Without a model: in single
/// quotes.
std::string in_hand_of(const Word* model, std::string_view value);

/// True for a text that means itself without quotes, anywhere in a word.
bool is_bare(std::string_view value);

/// The script's shape: kinds, names and numbers of everything but what stands on `spans`.
std::string outline(const Script& script, const std::vector<Span>& spans);

}  // namespace rbee::pkgbuild
