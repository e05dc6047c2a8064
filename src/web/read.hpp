// Reading the API's JSON where a page wants a default for what is missing, and words for dates.
//
// Pure.
#pragma once

#include <boost/json/value.hpp>
#include <cstdint>
#include <string>
#include <string_view>

#include "web/view.hpp"

namespace rbee::web {

using Json = boost::json::value;

/// A member; null for a missing one, or of anything but an object.
const Json& at(const Json& json, std::string_view key);
std::string text(const Json& json, std::string_view key);    ///< Else "".
std::int64_t count(const Json& json, std::string_view key);  ///< Else 0.
double real(const Json& json, std::string_view key);         ///< Else 0.
bool flag(const Json& json, std::string_view key);           ///< Else false.
/// The elements of a list; else none.
const boost::json::array& list(const Json& json, std::string_view key);

/// The texts of a list with commas between them.
std::string joined(const Json& json, std::string_view key);

/// "27 Nov 2026" of an RFC 3339 time; the text itself when it is none.
std::string day_of(std::string_view time);
/// "3.2 GB" of megabytes.
std::string size_of_mb(std::int64_t mb);
/// "1.2 kB" of bytes.
std::string size_of_bytes(std::int64_t bytes);

/// A worker of a list (/v1/workers, /v1/search, …) as the partial `_card` shows it.
View card_of(const Json& worker);
Views cards_of(const boost::json::array& workers);

}  // namespace rbee::web
