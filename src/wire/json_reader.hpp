// Read a JSON text strictly, and say exactly what is wrong with it and where.
//
// Pure; Boost.JSON parses. Refused: depth over 16, a key twice in one object, anything that is not
// UTF-8, bytes after the value. Source: RFC 8259, with I-JSON's (RFC 7493) rule about duplicate
// names.
#pragma once

#include <boost/json/value.hpp>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace rbee::wire {

/// Errors: Errc::bad_response "response-json".
Result<boost::json::value> parse_json(std::string_view text);

/// A value with the way to it: "workers[3].tags". The first wrong shape is kept; later reads answer
/// defaults.
class Node {
 public:
  /// `value` and `error` outlive this object.
  Node(const boost::json::value& value, std::optional<Error>& error)
      : value_(&value), error_(&error) {}

  std::string string(std::string_view key) const;           ///< Required.
  std::string string_or_empty(std::string_view key) const;  ///< A missing key is "".
  bool boolean(std::string_view key) const;                 ///< Required.
  std::uint64_t count(std::string_view key) const;          ///< Required; an integer of at least 0.
  std::int64_t integer_or_zero(std::string_view key) const;
  std::optional<std::string> optional_string(std::string_view key) const;
  std::optional<std::int64_t> optional_integer(std::string_view key) const;
  std::optional<bool> optional_boolean(std::string_view key) const;
  std::vector<std::string> strings(std::string_view key) const;  ///< Required array of strings.
  std::map<std::string, std::string> string_map(std::string_view key) const;  ///< Required object.
  std::vector<Node> objects(std::string_view key) const;   ///< Required array of objects.
  std::optional<Node> object(std::string_view key) const;  ///< Nothing when it is missing.
  /// The value itself must be an object. Call it on the root.
  bool is_object() const;

 private:
  Node(const boost::json::value* value, std::optional<Error>* error, std::string path)
      : value_(value), error_(error), path_(std::move(path)) {}
  const boost::json::value* find(std::string_view key) const;
  const boost::json::value* require(std::string_view key, std::string_view expected) const;
  std::string path_of(std::string_view key) const;
  void complain(const std::string& path, const boost::json::value* found,
                std::string_view expected) const;

  const boost::json::value* value_;
  std::optional<Error>* error_;
  std::string path_;
};

}  // namespace rbee::wire
