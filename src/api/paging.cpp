#include "api/paging.hpp"

#include <fmt/format.h>

#include <charconv>

#include "api/answers.hpp"
#include "api/caller.hpp"
#include "base/url.hpp"

namespace rbee::api {

namespace {

constexpr int kRowsDefault = 20, kRowsMost = 100;

}  // namespace

Result<int> whole_number(std::string_view name, std::string_view value, int least, int most) {
  int number = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
  if (error != std::errc() || end != value.data() + value.size() || number < least || number > most)
    return invalid_parameter(name, value, fmt::format("it is a number from {} to {}", least, most));
  return number;
}

Result<int> page_limit(const http::Request& request) {
  const auto value = request.parameter("limit");
  if (value.empty()) return kRowsDefault;
  return whole_number("limit", value, 1, kRowsMost);
}

Result<std::int64_t> id_cursor(const http::Request& request) {
  const auto value = request.parameter("cursor");
  if (value.empty()) return 0;
  std::int64_t id = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), id);
  if (error != std::errc() || end != value.data() + value.size() || id < 1)
    return invalid_parameter("cursor", value, "it is not one that this server gave out");
  return id;
}

http::Response page_of(const http::Request& request, boost::json::object body,
                       const std::string& cursor) {
  if (cursor.empty()) return json(200, body);
  std::string url = fmt::format("{}{}?", request.headers.get("X-Rbee-Base"), request.path);
  for (const auto& [name, value] : request.query)
    if (name != "cursor") url += fmt::format("{}={}&", percent_encode(name), percent_encode(value));
  url += "cursor=" + percent_encode(cursor);
  body["next"] = cursor;
  http::Response response = json(200, body);
  response.headers.add("Link", fmt::format("<{}>; rel=\"next\"", url));
  return response;
}

}  // namespace rbee::api
