// Every byte of a recipe by what it is: for printing a tree back, and for showing a recipe in
// colours.
//
// Pure. Words, names, quoted text and here-documents come from the tree's nodes; what stands
// between nodes is only blanks, comments, operators and reserved words, or the tree has lost
// something. Source: bash(1), "Definitions".
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "pkgbuild/ast.hpp"

namespace rbee::pkgbuild {

enum class TokenKind : std::uint8_t {
  blank,          ///< Spaces and tabs.
  newline,        ///< One.
  continuation,   ///< A backslash and the newline that it takes away.
  comment,        ///< From '#' to the end of the line.
  operator_,      ///< ; && | ( ) = += [ ] ${ :- } and the like, and the quotes of "…".
  reserved,       ///< if, then, {, [[, function …
  word,           ///< Unquoted text, escaped characters and tildes.
  string,         ///< 'text', $'text', and the plain text inside "…".
  name,           ///< Of a variable where it is assigned, of a function, of a loop's variable.
  expansion,      ///< The name in $x and ${x}; `…` when it holds escapes.
  here_document,  ///< Lines of a here-document with the closing delimiter.
  unknown,        ///< Never, for a tree that this parser made.
};
/// "blank", "newline", … as the API and the CLI name them.
std::string_view to_string(TokenKind kind);

struct Token {
  TokenKind kind = TokenKind::unknown;
  Span span;
};

/// The script's tokens in order. They do not overlap and leave nothing out: put together they are
/// `script.text`.
std::vector<Token> tokens(const Script& script);

}  // namespace rbee::pkgbuild
