// The syntax tree as nodes with names: what `rbee recipe ast` shows to people and programs.
//
// Pure. Kinds and roles are documented in docs/cli.md; both may grow, none changes its meaning.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/span.hpp"
#include "pkgbuild/ast.hpp"

namespace rbee::cli {

struct AstNode {
  std::string_view role;  ///< What it is to its parent: "word", "condition", "body" …
  std::string_view kind;  ///< "simple", "pipeline", "assignment", "word", "parameter" …
  Span span;              ///< Bytes of the recipe.
  std::vector<std::pair<std::string_view, std::string>> attributes;  ///< "name" → "pkgver" …
  std::vector<AstNode> children;  ///< In the order of the grammar.
};

/// The whole recipe; kind "script".
AstNode ast_nodes(const pkgbuild::Script& script);

}  // namespace rbee::cli
