// Who asks, and what they sent: the parts that all writing routes share.
//
// Touches nothing but the token's row. Source: RFC 6750.
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "community/tokens.hpp"
#include "http/message.hpp"

namespace rbee::api {

/// Who shows the bearer token of `request`. Errors: Errc::unauthenticated "token-needed",
/// "token-invalid".
Result<community::Identity> identify(const http::Request& request, community::Tokens& tokens);
/// And that the token may do this. Errors: Errc::forbidden "scope-missing".
Result<community::Identity> identify(const http::Request& request, community::Tokens& tokens,
                                     community::Scope scope);

/// A row's number out of a path. Errors: Errc::not_found "no-such-resource".
Result<std::int64_t> number(std::string_view text);

/// The request's JSON object, whose texts are read by name: every key must be one of `known`.
class Body {
 public:
  /// Errors: Errc::invalid_input "body-invalid".
  static Result<Body> parse(const http::Request& request,
                            std::initializer_list<std::string_view> known);
  /// Empty when it is missing. Errors: "body-invalid" when it is no text, or `required` and empty.
  Result<std::string> text(std::string_view key, bool required = false) const;
  /// An object of texts, in its order; none when it is missing. Errors: "body-invalid".
  Result<std::vector<std::pair<std::string, std::string>>> texts(std::string_view key) const;
  Result<std::int64_t> integer(std::string_view key) const;  ///< 0 when it is missing.
  /// Nothing when it is missing. Errors: "body-invalid" for anything but true and false.
  Result<std::optional<bool>> boolean(std::string_view key) const;
  /// Empty when it is missing. Errors: "body-invalid" for anything but an array.
  Result<boost::json::array> list(std::string_view key) const;

 private:
  boost::json::object object_;
};

/// A JSON answer that nobody keeps.
http::Response json(int status, const boost::json::value& value);

}  // namespace rbee::api
