// One request and one response, as services see them: `Response respond(const Request&)`.
//
// Touches nothing; the transport is server.hpp. Source: RFC 9110.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace rbee::http {

enum class Method { get, head, post, put, patch, del, options, other };

/// ASCII case-insensitive lookup; order kept; small.
class Headers {
 public:
  void add(std::string name, std::string value) {
    all_.emplace_back(std::move(name), std::move(value));
  }
  /// Replaces every field of that name.
  void set(std::string_view name, std::string value);
  /// Value of the first field of that name; empty when there is none.
  std::string_view get(std::string_view name) const;
  const std::vector<std::pair<std::string, std::string>>& all() const { return all_; }

 private:
  std::vector<std::pair<std::string, std::string>> all_;
};

struct Request {
  Method method = Method::get;
  std::string method_text;  ///< As sent.
  std::string target;       ///< Origin form as sent: path and query.
  std::string
      path;  ///< Percent-decoded; "//", "." and ".." segments were refused by the transport.
  std::vector<std::pair<std::string, std::string>> query;  ///< Decoded, in order.
  Headers headers;
  std::string body;
  std::string remote_address;
  std::string id;  ///< Of this request, for logs and the X-Request-Id header.
  /// Fields that every answer to it gets, but those of programs and files: what was decided before
  /// anybody answered.
  Headers answer_fields;
  /// First query parameter of that name; empty when there is none.
  std::string_view parameter(std::string_view name) const;
};

struct Response {
  int status = 200;
  Headers headers;
  std::string body;
};

}  // namespace rbee::http
