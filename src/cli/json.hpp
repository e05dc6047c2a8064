// The shapes of --json, documented in docs/cli.md. Keys may be added; none changes its meaning or
// goes away.
//
// Pure. What a marketplace says of a worker has the shape of its own API (wire/worker.hpp).
#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "install/installer.hpp"

namespace rbee::cli {

/// {"error":{"id","message","evidence":[],"why","fix","findings":[…]},"exit_code":N}
boost::json::value to_json(const Error& error);

/// {"rule","severity","file","line","column","message","excerpt","why","fix"}
boost::json::value to_json(const Finding& finding);

/// {"id","version","name","catalog","platform","recipe","tree","installed_at","size_bytes","commands":[],
///  "run":{"protocol","args","health"}|null}
boost::json::value to_json(const install::Installed& installed);

/// Bytes as a JSON string may hold them: malformed UTF-8 becomes U+FFFD, everything else stays.
std::string json_text(std::string_view bytes);

/// An answer that must be an object. Errors: the answer's own; Errc::bad_response "response-json".
Result<boost::json::object> object_of(Result<boost::json::value> answer);

/// What an answer says under `key`, as a line may show it: strings made printable, numbers written
/// out. Empty when it says nothing.
std::string shown_text(const boost::json::object& object, std::string_view key);

}  // namespace rbee::cli
