// The request target: path and query, decoded once and refused when doubtful.
//
// Pure. Source: RFC 3986, 2.1 and 3.3; RFC 9112, 3.2; the WHATWG form encoding for the query's '+'.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "http/problem.hpp"

namespace rbee::http {

struct Target {
  std::string path;  ///< Decoded; starts with '/', or is "*".
  std::vector<std::pair<std::string, std::string>> query;
};

/// Parse an origin form ("/a/b?x=y") or "*". Refused with 400 "target-invalid": a malformed escape,
/// NUL and other control characters, a backslash, "." and ".." segments, "//", invalid UTF-8, a
/// fragment, another form.
std::variant<Target, Refusal> parse_target(std::string_view text);

}  // namespace rbee::http
