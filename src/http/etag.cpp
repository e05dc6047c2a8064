#include "http/etag.hpp"

#include <fmt/format.h>

#include <array>

#include "base/digest.hpp"
#include "base/text.hpp"
#include "http/ascii.hpp"

namespace rbee::http {

std::string strong_etag(std::initializer_list<std::string_view> parts) {
  std::string all;
  // The length keeps ("a", "bc") and ("ab", "c") apart.
  for (std::string_view part : parts) all += fmt::format("{}:{}", part.size(), part);
  return fmt::format("\"{}\"", Sha256::of(all).hex().substr(0, 32));
}

namespace {

bool is_etag_char(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte == 0x21 || (byte >= 0x23 && byte != 0x7F);
}

}  // namespace

bool names_etag(std::string_view if_none_match, std::string_view etag) {
  std::string_view rest = trim(if_none_match);
  if (rest == "*") return true;
  bool found = false;
  while (!rest.empty()) {
    if (rest.starts_with("W/")) rest.remove_prefix(2);
    if (rest.empty() || rest.front() != '"') return false;
    std::size_t end = 1;
    while (end < rest.size() && is_etag_char(rest[end])) ++end;
    if (end == rest.size() || rest[end] != '"') return false;
    found = found || rest.substr(0, end + 1) == etag;
    rest = trim(rest.substr(end + 1));
    if (rest.empty()) break;
    if (rest.front() != ',') return false;
    // RFC 9110, 5.6.1: empty list elements are allowed.
    while (!rest.empty() && (rest.front() == ',' || rest.front() == ' ' || rest.front() == '\t'))
      rest.remove_prefix(1);
  }
  return found;
}

bool is_not_modified(const Request& request, std::string_view etag) {
  if (request.method != Method::get && request.method != Method::head) return false;
  const std::string_view condition = request.headers.get("If-None-Match");
  return !condition.empty() && names_etag(condition, etag);
}

Response with_etag(const Request& request, Response response, std::string_view etag) {
  response.headers.set("ETag", std::string(etag));
  if (response.status != 200 || !is_not_modified(request, etag)) return response;
  constexpr std::array kDropped = {"Content-Type", "Content-Length", "Content-Encoding",
                                   "Content-Language"};
  Response unchanged{.status = 304, .headers = {}, .body = {}};
  for (const auto& [name, value] : response.headers.all()) {
    bool keep = true;
    for (std::string_view dropped : kDropped) keep = keep && !equal_ignoring_case(name, dropped);
    if (keep) unchanged.headers.add(name, value);
  }
  return unchanged;
}

}  // namespace rbee::http
