// The bash script that runs a recipe's functions inside the sandbox, and the lines by which it
// reports.
//
// Pure text. Everything the recipe could change (functions, options, variables) is set again before
// each phase.
#pragma once

#include <string_view>

namespace rbee::build {

/// Run as: bash driver NONCE RECIPE PKGVER SRCDIR PKGDIR STARTDIR CARCH PHASES…
///
/// Reports on standard output, on lines of their own: "\x1e<NONCE> phase build", "\x1e<NONCE>
/// pkgver 1.2",
/// "\x1e<NONCE> failed build 2". A recipe can forge them; all it gains is a wrong word on its own
/// progress line, or a version of its own choice, which is what pkgver() is for.
extern const std::string_view kDriver;

}  // namespace rbee::build
