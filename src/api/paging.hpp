// Lists that come in pages: how many, from where, and where the next one is.
//
// Pure. Source: RFC 8288 for Link.
#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "http/message.hpp"

namespace rbee::api {

/// Errors: "parameter-invalid" for anything but a number from `least` to `most`.
Result<int> whole_number(std::string_view name, std::string_view value, int least, int most);

/// The parameter "limit": 1 to 100, 20 when it is missing. Errors: "parameter-invalid".
Result<int> page_limit(const http::Request& request);

/// The parameter "cursor" as the id of the last row seen; 0 when it is missing. Errors:
/// "parameter-invalid".
Result<std::int64_t> id_cursor(const http::Request& request);

/// `body` as an answer that nobody keeps; with `next` and Link unless `cursor` is empty. `request`
/// carries the marketplace's own address in X-Rbee-Base, which a Part sets.
http::Response page_of(const http::Request& request, boost::json::object body,
                       const std::string& cursor);

}  // namespace rbee::api
