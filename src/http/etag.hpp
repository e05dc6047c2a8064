// Entity tags and conditional requests.
//
// Pure. Source: RFC 9110, 8.8.3 and 13.1.2.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

#include "http/message.hpp"

namespace rbee::http {

/// A strong entity tag, quotes included, of everything that the bytes of a representation depend
/// on.
std::string strong_etag(std::initializer_list<std::string_view> parts);

/// True when If-None-Match's value names `etag` (a list, or "*"; compared weakly). A malformed
/// value names nothing.
bool names_etag(std::string_view if_none_match, std::string_view etag);

/// True when the answer is 304: a GET or HEAD whose If-None-Match names `etag`.
bool is_not_modified(const Request& request, std::string_view etag);

/// `response` with its ETag; or, when it is a 200 and the client has it already, a 304 without body
/// that keeps the fields which RFC 9110, 15.4.5 wants.
Response with_etag(const Request& request, Response response, std::string_view etag);

}  // namespace rbee::http
