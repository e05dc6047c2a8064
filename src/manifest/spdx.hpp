// SPDX licence expressions: grammar and a list of the common identifiers.
//
// Pure. Source: SPDX Specification 2.3, Annex D (operators are case-sensitive) and the SPDX License
// List 3.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/span.hpp"

namespace rbee::manifest {

/// One thing to say about an expression.
struct SpdxRemark {
  Span span;  ///< In the expression.
  std::string message, fix;
  bool error = true;  ///< False: well-formed, and the identifier is not on our list.
};

struct SpdxResult {
  std::set<std::string, std::less<>>
      ids;                          ///< Licence ids as written; exceptions are not among them.
  std::vector<SpdxRemark> remarks;  ///< At most one is an error: the first.
};

/// Parse `expression`: at most 16 levels of parentheses.
SpdxResult parse_spdx(std::string_view expression);

}  // namespace rbee::manifest
