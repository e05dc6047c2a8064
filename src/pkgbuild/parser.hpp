// Text to tree: the bash grammar that recipes use, with exact places for every fault.
//
// Pure. Recursion is bounded by `depth_max`, so that no text can exhaust the stack.
// Source: bash 5.2's parse.y for what is accepted; bash(1) for what it means.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

#include "base/span.hpp"
#include "pkgbuild/ast.hpp"

namespace rbee::pkgbuild {

enum class Extglob { off, on };

struct ParseOptions {
  int depth_max = 100;             ///< Of nested commands, quotes and expansions.
  Extglob extglob = Extglob::off;  ///< At the start; `shopt -s extglob` at top level turns it on.
  std::optional<Span> place;  ///< Where in another text it stands, for what eval or source runs.
};

/// Why there is no tree.
struct SyntaxError {
  enum class Kind {
    syntax,
    depth,
    unsupported,  ///< bash would go on; we do not follow it.
  };
  Kind kind = Kind::syntax;
  Span span;
  std::string message;  ///< One sentence without a final full stop.
};

/// The tree of a whole text.
tl::expected<std::shared_ptr<const Script>, SyntaxError> parse(std::string_view text,
                                                               const ParseOptions& options = {});

}  // namespace rbee::pkgbuild
