#include "wire/json_reader.hpp"

#include <fmt/format.h>

#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/parse.hpp>
#include <limits>
#include <set>

#include "base/text.hpp"

namespace rbee::wire {

namespace json = boost::json;

namespace {

constexpr std::size_t kDepthMax = 16;

/// Events of one pass over the text, which keeps nothing but the keys of the open objects.
struct DuplicateKeyHandler {
  static constexpr std::size_t max_object_size = std::numeric_limits<std::size_t>::max();
  static constexpr std::size_t max_array_size = std::numeric_limits<std::size_t>::max();
  static constexpr std::size_t max_key_size = std::numeric_limits<std::size_t>::max();
  static constexpr std::size_t max_string_size = std::numeric_limits<std::size_t>::max();

  std::vector<std::set<std::string, std::less<>>> open;
  std::string key;
  std::optional<std::string> duplicate;

  bool on_document_begin(json::error_code&) { return true; }
  bool on_document_end(json::error_code&) { return true; }
  bool on_object_begin(json::error_code&) {
    open.emplace_back();
    return true;
  }
  bool on_object_end(std::size_t, json::error_code&) {
    open.pop_back();
    return true;
  }
  bool on_array_begin(json::error_code&) { return true; }
  bool on_array_end(std::size_t, json::error_code&) { return true; }
  bool on_key_part(json::string_view part, std::size_t, json::error_code&) {
    key.append(part.data(), part.size());
    return true;
  }
  bool on_key(json::string_view part, std::size_t, json::error_code& error) {
    key.append(part.data(), part.size());
    if (!open.back().insert(key).second) {
      duplicate = key;
      error = json::make_error_code(json::error::syntax);
      return false;
    }
    key.clear();
    return true;
  }
  bool on_string_part(json::string_view, std::size_t, json::error_code&) { return true; }
  bool on_string(json::string_view, std::size_t, json::error_code&) { return true; }
  bool on_number_part(json::string_view, json::error_code&) { return true; }
  bool on_int64(std::int64_t, json::string_view, json::error_code&) { return true; }
  bool on_uint64(std::uint64_t, json::string_view, json::error_code&) { return true; }
  bool on_double(double, json::string_view, json::error_code&) { return true; }
  bool on_bool(bool, json::error_code&) { return true; }
  bool on_null(json::error_code&) { return true; }
  bool on_comment_part(json::string_view, json::error_code&) { return true; }
  bool on_comment(json::string_view, json::error_code&) { return true; }
};

std::string_view kind_name(const json::value& value) {
  switch (value.kind()) {
    case json::kind::null:
      return "null";
    case json::kind::bool_:
      return "true or false";
    case json::kind::int64:
    case json::kind::uint64:
      return "an integer";
    case json::kind::double_:
      return "a fraction";
    case json::kind::string:
      return "a string";
    case json::kind::array:
      return "an array";
    case json::kind::object:
      return "an object";
  }
  return "null";
}

std::string text_of(const json::string& text) {
  return {text.data(), text.size()};
}

tl::unexpected<Error> not_json(std::string why) {
  return fail(Errc::bad_response, "response-json", "the answer is not JSON that can be used",
              {.why = std::move(why)});
}

}  // namespace

Result<json::value> parse_json(std::string_view text) {
  json::parse_options options;
  options.max_depth = kDepthMax;
  json::error_code error;
  json::basic_parser<DuplicateKeyHandler> parser(options);
  const std::size_t used = parser.write_some(false, text.data(), text.size(), error);
  if (parser.handler().duplicate)
    return not_json(fmt::format("the key '{}' stands twice in one object",
                                printable_line(parser.handler().duplicate->substr(0, 60))));
  if (error == json::error::too_deep)
    return not_json(fmt::format("it is nested deeper than {} levels", kDepthMax));
  if (error) return not_json(fmt::format("{} near byte {}", error.message(), used));
  json::value value = json::parse(json::string_view(text.data(), text.size()), error, {}, options);
  if (error) return not_json(error.message());
  return value;
}

bool Node::is_object() const {
  if (value_->is_object()) return true;
  complain(path_, value_, "an object");
  return false;
}

const json::value* Node::find(std::string_view key) const {
  const json::object* object = value_->if_object();
  if (object == nullptr) return nullptr;
  const json::value* value = object->if_contains(json::string_view(key.data(), key.size()));
  return value == nullptr || value->is_null() ? nullptr : value;
}

const json::value* Node::require(std::string_view key, std::string_view expected) const {
  const json::value* value = find(key);
  if (value == nullptr) complain(path_of(key), nullptr, expected);
  return value;
}

std::string Node::path_of(std::string_view key) const {
  return path_.empty() ? std::string(key) : fmt::format("{}.{}", path_, key);
}

void Node::complain(const std::string& path, const json::value* found,
                    std::string_view expected) const {
  if (*error_) return;
  const std::string where = path.empty() ? "the answer" : fmt::format("'{}'", path);
  const std::string what =
      found == nullptr ? fmt::format("{} is missing; expected {}", where, expected)
                       : fmt::format("{} is {}; expected {}", where, kind_name(*found), expected);
  *error_ = Error{Errc::bad_response, "response-shape", what, {}, {}, {}, {}};
}

std::string Node::string(std::string_view key) const {
  const json::value* value = require(key, "a string");
  if (value == nullptr) return {};
  if (const json::string* text = value->if_string()) return text_of(*text);
  complain(path_of(key), value, "a string");
  return {};
}

std::optional<std::string> Node::optional_string(std::string_view key) const {
  if (find(key) == nullptr) return std::nullopt;
  return string(key);
}

std::string Node::string_or_empty(std::string_view key) const {
  return optional_string(key).value_or(std::string());
}

std::optional<bool> Node::optional_boolean(std::string_view key) const {
  const json::value* value = find(key);
  if (value == nullptr) return std::nullopt;
  if (value->is_bool()) return value->get_bool();
  complain(path_of(key), value, "true or false");
  return std::nullopt;
}

bool Node::boolean(std::string_view key) const {
  if (require(key, "true or false") == nullptr) return false;
  return optional_boolean(key).value_or(false);
}

std::optional<std::int64_t> Node::optional_integer(std::string_view key) const {
  const json::value* value = find(key);
  if (value == nullptr) return std::nullopt;
  if (value->is_int64()) return value->get_int64();
  complain(path_of(key), value, "an integer");
  return std::nullopt;
}

std::int64_t Node::integer_or_zero(std::string_view key) const {
  return optional_integer(key).value_or(0);
}

std::uint64_t Node::count(std::string_view key) const {
  const json::value* value = require(key, "an integer of at least 0");
  if (value == nullptr) return 0;
  if (value->is_uint64()) return value->get_uint64();
  if (value->is_int64() && value->get_int64() >= 0)
    return static_cast<std::uint64_t>(value->get_int64());
  complain(path_of(key), value, "an integer of at least 0");
  return 0;
}

std::vector<std::string> Node::strings(std::string_view key) const {
  const json::value* value = require(key, "an array of strings");
  std::vector<std::string> out;
  if (value == nullptr) return out;
  const json::array* array = value->if_array();
  if (array == nullptr) {
    complain(path_of(key), value, "an array of strings");
    return out;
  }
  for (std::size_t i = 0; i < array->size(); ++i) {
    if (const json::string* text = (*array)[i].if_string()) {
      out.push_back(text_of(*text));
    } else {
      complain(fmt::format("{}[{}]", path_of(key), i), &(*array)[i], "a string");
    }
  }
  return out;
}

std::map<std::string, std::string> Node::string_map(std::string_view key) const {
  const json::value* value = require(key, "an object of strings");
  std::map<std::string, std::string> out;
  if (value == nullptr) return out;
  const json::object* object = value->if_object();
  if (object == nullptr) {
    complain(path_of(key), value, "an object of strings");
    return out;
  }
  for (const auto& item : *object) {
    const std::string name(item.key().data(), item.key().size());
    if (const json::string* text = item.value().if_string()) {
      out.emplace(name, text_of(*text));
    } else {
      complain(fmt::format("{}.{}", path_of(key), printable_line(name.substr(0, 60))),
               &item.value(), "a string");
    }
  }
  return out;
}

std::vector<Node> Node::objects(std::string_view key) const {
  const json::value* value = require(key, "an array of objects");
  std::vector<Node> out;
  if (value == nullptr) return out;
  const json::array* array = value->if_array();
  if (array == nullptr) {
    complain(path_of(key), value, "an array of objects");
    return out;
  }
  for (std::size_t i = 0; i < array->size(); ++i) {
    Node node(&(*array)[i], error_, fmt::format("{}[{}]", path_of(key), i));
    if (node.is_object()) out.push_back(std::move(node));
  }
  return out;
}

std::optional<Node> Node::object(std::string_view key) const {
  const json::value* value = find(key);
  if (value == nullptr) return std::nullopt;
  Node node(value, error_, path_of(key));
  if (!node.is_object()) return std::nullopt;
  return node;
}

}  // namespace rbee::wire
