#include "http/target.hpp"

#include <algorithm>
#include <optional>

#include "base/text.hpp"

namespace rbee::http {

namespace {

enum class Plus { literal, space };

/// `text` with its escapes resolved once; nothing when an escape is malformed or a byte may not
/// stand there.
std::optional<std::string> decode(std::string_view text, Plus plus) {
  std::string out;
  out.reserve(text.size());
  const auto digit = [](char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
  };
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte <= 0x20 || byte >= 0x7F) return std::nullopt;  // A URL is printable ASCII.
    if (text[i] == '+' && plus == Plus::space) {
      out += ' ';
    } else if (text[i] == '%') {
      if (i + 2 >= text.size()) return std::nullopt;
      const int high = digit(text[i + 1]), low = digit(text[i + 2]);
      if (high < 0 || low < 0) return std::nullopt;
      out += static_cast<char>(high * 16 + low);
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

bool has_control(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
}

}  // namespace

std::variant<Target, Refusal> parse_target(std::string_view text) {
  const auto refuse = [](std::string why) {
    return Refusal{400, "target-invalid", std::move(why)};
  };
  if (text == "*") return Target{"*", {}};
  if (text.empty() || text.front() != '/')
    return refuse("the request target does not start with '/'");
  if (text.find('#') != std::string_view::npos)
    return refuse("the request target holds a fragment");

  const std::size_t question = text.find('?');
  const auto path = decode(text.substr(0, question), Plus::literal);
  if (!path) return refuse("the path holds a malformed escape or a byte that must be escaped");
  if (has_control(*path)) return refuse("the path holds a control character");
  if (path->find('\\') != std::string::npos) return refuse("the path holds a backslash");
  if (!is_utf8(*path)) return refuse("the path is not UTF-8");
  if (path->find("//") != std::string::npos)
    return refuse("the path holds an empty segment ('//')");
  if (path->find("/.") != std::string::npos)
    for (std::string_view segment : split(*path, '/'))
      if (segment == "." || segment == "..") return refuse("the path holds a '.' or '..' segment");

  Target target{*path, {}};
  if (question == std::string_view::npos) return target;
  for (std::string_view pair : split(text.substr(question + 1), '&')) {
    if (pair.empty()) continue;
    const std::size_t equals = pair.find('=');
    auto key = decode(pair.substr(0, equals), Plus::space);
    auto value = equals == std::string_view::npos ? std::string()
                                                  : decode(pair.substr(equals + 1), Plus::space);
    if (!key || !value)
      return refuse("the query holds a malformed escape or a byte that must be escaped");
    if (has_control(*key) || has_control(*value))
      return refuse("the query holds a control character");
    if (!is_utf8(*key) || !is_utf8(*value)) return refuse("the query is not UTF-8");
    target.query.emplace_back(std::move(*key), std::move(*value));
  }
  return target;
}

}  // namespace rbee::http
