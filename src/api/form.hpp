// A form's body, as browsers send it.
//
// Pure. Source: WHATWG URL, "application/x-www-form-urlencoded parsing".
#pragma once

#include <map>
#include <string>
#include <string_view>

namespace rbee::api {

/// The fields of a form's body; of a name that stands twice the first.
std::map<std::string, std::string> parse_form(std::string_view body);

}  // namespace rbee::api
