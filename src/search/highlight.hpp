// Where the words of a search stand in a text, and the piece of a long text that shows most of
// them.
//
// Pure. Offsets are bytes of the plain text that is handed back beside them: no markup is added, so
// that whoever shows it escapes it as any text.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/span.hpp"
#include "search/index.hpp"
#include "search/words.hpp"

namespace rbee::search {

/// Bytes of `text` that hold a matched word, ascending, none over another.
std::vector<Span> highlights(std::string_view text, std::span<const Matched> matched,
                             Markup markup = Markup::none);

struct Snippet {
  std::string text;  ///< On one line, printable; "…" at an end where something was left out.
  std::vector<Span> marks;
};
/// About `bytes_max` bytes around the densest group of matches; empty when there is none.
Snippet snippet(std::string_view text, std::span<const Matched> matched, Markup markup,
                std::size_t bytes_max = 160);

}  // namespace rbee::search
