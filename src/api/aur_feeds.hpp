// /rss/ and /rss/modified: the newest packages, and those that changed last, as RSS 2.0.
//
// Pure. Source: the RSS 2.0 specification (rssboard.org), aurweb's rss.py.
#pragma once

#include <string>
#include <string_view>

#include "api/aur_answers.hpp"
#include "http/message.hpp"

namespace rbee::api {

bool is_aur_feed(std::string_view path);

/// `base`: the marketplace's own address. Entries are the 100 newest packages.
http::Response answer_aur_feed(const http::Request& request, const AurState& state,
                               std::string_view base);

/// `text` for XML: markup escaped, characters that XML 1.0 cannot hold replaced.
std::string xml_text(std::string_view text);

}  // namespace rbee::api
