// An http, https or file URL that was checked once.
//
// Touches nothing; Boost.URL parses. Source: RFC 3986.
#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"

namespace rbee {

/// An absolute URL with a host (but for file:), no userinfo, no control characters, at most 8,000
/// bytes.
class Url {
 public:
  /// Schemes: http, https, file. Errors: Errc::invalid_input "url-invalid", why included.
  static Result<Url> parse(std::string_view text);
  const std::string& str() const { return text_; }
  const std::string& scheme() const { return scheme_; }  ///< Lower case.
  const std::string& host() const { return host_; }      ///< Lower case, no port; empty for file:.
  const std::string& path() const {
    return path_;
  }  ///< Percent-decoded; for file: the file's path.
  /// Last segment of the path, percent-decoded; empty when the path ends with '/'.
  std::string file_name() const;
  friend bool operator==(const Url& a, const Url& b) { return a.text_ == b.text_; }

 private:
  Url() = default;
  std::string text_, scheme_, host_, path_;
};

/// `text` with every byte but RFC 3986's unreserved ones as %XX: for one path segment or query
/// value.
std::string percent_encode(std::string_view text);

}  // namespace rbee
