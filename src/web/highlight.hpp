// A recipe in colours, line by line, as our own parser reads it.
//
// Pure. Every byte of the text is there; lines have ids "L12", findings stand below theirs.
#pragma once

#include <boost/json/value.hpp>
#include <string_view>

#include "web/view.hpp"

namespace rbee::web {

/// Of a bash recipe. `findings`: an array of the API's findings, those with `file` stand inline.
SafeHtml highlight_recipe(std::string_view text, const boost::json::value& findings,
                          std::string_view file);
/// The same lines without colours, for a manifest or a file that does not parse.
SafeHtml number_lines(std::string_view text);
/// A unified diff, its lines marked by what they are.
SafeHtml highlight_diff(std::string_view patch);
/// Text with `marks` (pairs of byte offsets, as /v1/search answers) in <mark>.
SafeHtml mark_text(std::string_view text, const boost::json::value* marks);

/// `text` for HTML, in elements and quoted attributes.
std::string escape(std::string_view text);

}  // namespace rbee::web
