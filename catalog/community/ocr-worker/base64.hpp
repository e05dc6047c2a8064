// Base64 as data URLs use it. Pure. Source: RFC 4648, section 4.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace worker {

/// The bytes, or nothing when `text` has a byte outside the alphabet, a wrong length or wrong
/// padding. Line ends and spaces are skipped; missing padding is accepted.
std::optional<std::string> decode_base64(std::string_view text);

}  // namespace worker
