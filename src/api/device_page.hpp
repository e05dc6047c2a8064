// The page where a person approves a program's log-in: one form, no script, nothing from elsewhere.
//
// Pure. Source: RFC 8628, 3.3; WHATWG URL, "application/x-www-form-urlencoded parsing".
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "http/message.hpp"

namespace rbee::api {

struct DevicePage {
  std::string code;     ///< As typed; untrusted.
  std::string message;  ///< Of what happened; may be empty.
  bool done = false;
};

http::Response render_device_page(const DevicePage& page);

/// The fields of a form's body; of a name that stands twice the first.
std::map<std::string, std::string> parse_form(std::string_view body);

/// `text` for HTML, in elements and in quoted attributes.
std::string escape_html(std::string_view text);

}  // namespace rbee::api
