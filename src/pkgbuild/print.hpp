// The tree back as text, byte for byte; and the text with some places replaced.
//
// Touches nothing. Every node stands on bytes of one source, so printing is walking the tree's
// tokens (tokens.hpp). For updaters that must not disturb anything else.
#pragma once

#include <string>
#include <vector>

#include "pkgbuild/ast.hpp"

namespace rbee::pkgbuild {

/// The script's text, token by token. Equal to `script.text` unless the tree has lost something.
std::string print(const Script& script);

/// One place and what to write there.
struct Edit {
  Span span;
  std::string text;
};

/// The script's text with every edit made. Edits may come in any order and must not overlap;
/// an edit that overlaps an earlier one or leaves the text is left out.
std::string print(const Script& script, std::vector<Edit> edits);

}  // namespace rbee::pkgbuild
