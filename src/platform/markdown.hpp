// A README's Markdown as HTML that may stand on our pages.
//
// Pure; cmark-gfm parses. The tree is written by ourselves, so that there is nothing in the output
// but the elements and attributes that this file names: no raw HTML (left out), no image (a link to
// it), no scheme but http, https and mailto. Source: spec.commonmark.org; GitHub Flavored Markdown.
#pragma once

#include <string>
#include <string_view>

namespace rbee::platform {

struct MarkdownOptions {
  /// Before relative links: "/v1/workers/x/files/". Empty: they become text.
  std::string link_base;
  /// Before the ids of headings, so that none can be one of the page's own.
  std::string id_prefix = "readme-";
  /// Added to each heading's level; 6 is the last.
  int heading_shift = 1;
  /// False for our own pages, whose links need no nofollow.
  bool untrusted = true;
};

/// At most 512 KiB of `text` are read. Bytes that are no UTF-8 become U+FFFD.
std::string markdown_to_html(std::string_view text, const MarkdownOptions& options);

}  // namespace rbee::platform
