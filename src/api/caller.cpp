#include "api/caller.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/serialize.hpp>
#include <charconv>

#include "base/text.hpp"
#include "http/ascii.hpp"
#include "http/problem.hpp"
#include "wire/json_reader.hpp"

namespace rbee::api {

Result<community::Identity> identify(const http::Request& request, community::Tokens& tokens) {
  const std::string_view sent = request.headers.get("Authorization");
  constexpr std::string_view kBearer = "bearer ";
  if (sent.size() <= kBearer.size() ||
      !http::equal_ignoring_case(sent.substr(0, kBearer.size()), kBearer))
    return fail(Errc::unauthenticated, "token-needed", "this needs an API token",
                {.fix = "send it as: Authorization: Bearer rbee_…; rbee login gets one"});
  return tokens.authenticate(trim(sent.substr(kBearer.size())));
}

Result<community::Identity> identify(const http::Request& request, community::Tokens& tokens,
                                     community::Scope scope) {
  TRY_ASSIGN(community::Identity identity, identify(request, tokens));
  TRY(community::require(identity, scope));
  return identity;
}

Result<std::int64_t> number(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value <= 0)
    return fail(Errc::not_found, "no-such-resource",
                fmt::format("'{}' is no number of one", printable_line(text.substr(0, 40))));
  return value;
}

Result<Body> Body::parse(const http::Request& request,
                         std::initializer_list<std::string_view> known) {
  const auto refuse = [](std::string what, std::string fix = {}) {
    return fail(Errc::invalid_input, "body-invalid", std::move(what), {.fix = std::move(fix)});
  };
  Body body;
  if (trim(request.body).empty()) return body;
  const std::string_view type = request.headers.get("Content-Type");
  if (!type.starts_with("application/json"))
    return refuse("the body is not JSON", "send Content-Type: application/json");
  auto value = wire::parse_json(request.body);
  if (!value) return refuse(value.error().message);
  if (!value->is_object()) return refuse("the body is no JSON object");
  body.object_ = value->get_object();
  for (const auto& [key, each] : body.object_)
    if (std::find(known.begin(), known.end(), std::string_view(key)) == known.end())
      return refuse(fmt::format("there is no '{}' here",
                                printable_line(std::string_view(key).substr(0, 60))));
  return body;
}

Result<std::string> Body::text(std::string_view key, bool required) const {
  const boost::json::value* value = object_.if_contains(key);
  std::string text;
  if (value != nullptr) {
    if (!value->is_string())
      return fail(Errc::invalid_input, "body-invalid", fmt::format("'{}' is no text", key));
    text = std::string(value->get_string());
  }
  if (required && text.empty())
    return fail(Errc::invalid_input, "body-invalid", fmt::format("'{}' is missing", key));
  return text;
}

Result<std::vector<std::pair<std::string, std::string>>> Body::texts(std::string_view key) const {
  std::vector<std::pair<std::string, std::string>> all;
  const boost::json::value* value = object_.if_contains(key);
  if (value == nullptr) return all;
  const auto refuse = [&] {
    return fail(Errc::invalid_input, "body-invalid",
                fmt::format("'{}' is no object of texts", key));
  };
  if (!value->is_object()) return refuse();
  for (const auto& [name, each] : value->get_object()) {
    if (!each.is_string()) return refuse();
    all.emplace_back(name, each.get_string());
  }
  return all;
}

Result<std::int64_t> Body::integer(std::string_view key) const {
  const boost::json::value* value = object_.if_contains(key);
  if (value == nullptr) return 0;
  if (!value->is_int64())
    return fail(Errc::invalid_input, "body-invalid", fmt::format("'{}' is no whole number", key));
  return value->get_int64();
}

Result<std::optional<bool>> Body::boolean(std::string_view key) const {
  const boost::json::value* value = object_.if_contains(key);
  if (value == nullptr) return std::optional<bool>();
  if (!value->is_bool())
    return fail(Errc::invalid_input, "body-invalid",
                fmt::format("'{}' is neither true nor false", key));
  return std::optional<bool>(value->get_bool());
}

Result<boost::json::array> Body::list(std::string_view key) const {
  const boost::json::value* value = object_.if_contains(key);
  if (value == nullptr) return boost::json::array();
  if (!value->is_array())
    return fail(Errc::invalid_input, "body-invalid", fmt::format("'{}' is no list", key));
  return value->get_array();
}

http::Response json(int status, const boost::json::value& value) {
  http::Response response =
      http::reply(status, "application/json", boost::json::serialize(value) + "\n");
  response.headers.add("Cache-Control", "no-store");
  response.headers.add("X-Content-Type-Options", "nosniff");
  return response;
}

}  // namespace rbee::api
