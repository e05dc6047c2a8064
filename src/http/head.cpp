#include "http/head.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "base/text.hpp"
#include "http/ascii.hpp"

namespace rbee::http {

namespace {

Refusal bad(std::string detail) {
  return {400, "request-malformed", std::move(detail)};
}

/// RFC 9110, 5.6.2.
bool is_token(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return is_digit(c) || is_alpha(c) ||
           std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
  });
}

bool is_all_digits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), is_digit);
}

std::optional<Refusal> check_request_line(std::string_view line) {
  const std::size_t first = line.find(' ');
  const std::size_t last = line.rfind(' ');
  if (first == std::string_view::npos || first == last)
    return bad("the request line is not 'METHOD TARGET VERSION'");
  const std::string_view method = line.substr(0, first);
  const std::string_view target = line.substr(first + 1, last - first - 1);
  const std::string_view version = line.substr(last + 1);
  if (!is_token(method) || method.size() > 32) return bad("the method is not a token");
  if (target.empty() || target.find(' ') != std::string_view::npos)
    return bad("the request target holds a space or is empty");
  if (std::any_of(target.begin(), target.end(), [](char c) { return c <= 0x20 || c == 0x7F; }))
    return bad("the request target holds a byte that is not printable ASCII");
  if (version.size() != 8 || !version.starts_with("HTTP/") || !is_digit(version[5]) ||
      version[6] != '.' || !is_digit(version[7]))
    return bad("the version is not 'HTTP/1.1'");
  if (version != "HTTP/1.1" && version != "HTTP/1.0")
    return Refusal{505, "version-unsupported", "only HTTP/1.1 and HTTP/1.0 are spoken here"};
  // RFC 9112, 3.2.4: the server as a whole can be asked for its options, and for nothing else.
  if (target == "*" && method != "OPTIONS") return bad("only OPTIONS asks for '*'");
  return std::nullopt;
}

/// Fields whose number or value decides how the rest of the connection is read.
struct Framing {
  int hosts = 0, lengths = 0, encodings = 0;
};

std::optional<Refusal> check_field(std::string_view line, Framing& framing) {
  if (line.front() == ' ' || line.front() == '\t') return bad("a header line is folded");
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) return bad("a header line has no colon");
  const std::string_view name = line.substr(0, colon);
  if (!is_token(name)) return bad("a header's name is not a token (a space before the colon?)");
  const std::string_view value = trim(line.substr(colon + 1));
  for (char c : value)
    if ((static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7F)
      return bad(fmt::format("the value of {} holds a control character", name));
  if (equal_ignoring_case(name, "host")) {
    if (++framing.hosts > 1) return bad("Host stands twice");
    if (!is_host(value)) return bad("Host is not a host name with an optional port");
  } else if (equal_ignoring_case(name, "content-length")) {
    if (++framing.lengths > 1) return bad("Content-Length stands twice");
    if (!is_all_digits(value) || value.size() > 18) return bad("Content-Length is not a number");
  } else if (equal_ignoring_case(name, "transfer-encoding")) {
    if (++framing.encodings > 1) return bad("Transfer-Encoding stands twice");
    if (!equal_ignoring_case(value, "chunked"))
      return Refusal{501, "encoding-unsupported",
                     "the only Transfer-Encoding known here is chunked"};
  } else if (equal_ignoring_case(name, "expect")) {
    if (!equal_ignoring_case(value, "100-continue"))
      return Refusal{417, "expectation-unsupported",
                     "the only expectation known here is 100-continue"};
  }
  return std::nullopt;
}

}  // namespace

bool is_host(std::string_view value) {
  if (value.empty() || value.size() > 262) return false;
  std::string_view host = value;
  std::string_view rest;
  if (value.front() == '[') {
    const std::size_t close = value.find(']');
    if (close == std::string_view::npos || close < 3) return false;
    host = value.substr(1, close - 1);
    rest = value.substr(close + 1);
    if (!std::all_of(host.begin(), host.end(), [](char c) {
          return is_digit(c) || (ascii_lower(c) >= 'a' && ascii_lower(c) <= 'f') || c == ':' ||
                 c == '.';
        }))
      return false;
  } else {
    const std::size_t colon = value.find(':');
    host = value.substr(0, colon);
    rest = colon == std::string_view::npos ? std::string_view() : value.substr(colon);
    if (host.empty() || !std::all_of(host.begin(), host.end(), [](char c) {
          return is_digit(c) || is_alpha(c) || c == '-' || c == '.' || c == '_';
        }))
      return false;
  }
  if (rest.empty()) return true;
  return rest.front() == ':' && is_all_digits(rest.substr(1)) && rest.size() <= 6 &&
         std::stoi(std::string(rest.substr(1))) <= 65535;
}

std::size_t head_length(std::string_view bytes, std::size_t from) {
  const std::size_t end = bytes.find("\r\n\r\n", from < 3 ? 0 : from - 3);
  return end == std::string_view::npos ? 0 : end + 4;
}

std::optional<Refusal> check_partial_head(std::string_view bytes, const HeadLimits& limits) {
  const std::size_t line_end = bytes.find('\n');
  const std::size_t line = line_end == std::string_view::npos ? bytes.size() : line_end;
  if (line > limits.request_line_bytes_max)
    return Refusal{
        414, "request-line-too-long",
        fmt::format("the request line is longer than {} bytes", limits.request_line_bytes_max)};
  if (bytes.size() - line > limits.header_bytes_max)
    return Refusal{431, "headers-too-large",
                   fmt::format("the header is larger than {} bytes", limits.header_bytes_max)};
  // The first byte of a method; what starts otherwise (TLS, a proxy protocol, noise) never becomes
  // a request.
  if (!bytes.empty() && !is_token(bytes.substr(0, 1))) return bad("this is not an HTTP request");
  for (std::size_t at = line_end; at != std::string_view::npos; at = bytes.find('\n', at + 1))
    if (at == 0 || bytes[at - 1] != '\r') return bad("a line ends with LF alone");
  return std::nullopt;
}

std::optional<Refusal> check_head(std::string_view head, const HeadLimits& limits) {
  if (auto refusal = check_partial_head(head, limits)) return refusal;
  std::size_t fields = 0;
  Framing framing;
  std::string_view version;
  // The head ends with an empty line; every CR must belong to a CRLF.
  for (std::string_view rest = head.substr(0, head.size() - 2); !rest.empty();) {
    const std::size_t end = rest.find("\r\n");
    const std::string_view line = rest.substr(0, end);
    rest.remove_prefix(end + 2);
    if (line.find('\r') != std::string_view::npos) return bad("a CR stands alone");
    if (version.empty()) {
      if (auto refusal = check_request_line(line)) return refusal;
      version = line.substr(line.size() - 3);
      continue;
    }
    if (++fields > limits.headers_max)
      return Refusal{431, "too-many-headers",
                     fmt::format("more than {} header lines", limits.headers_max)};
    if (auto refusal = check_field(line, framing)) return refusal;
  }
  if (framing.hosts == 0 && version == "1.1") return bad("Host is missing");
  if (framing.lengths > 0 && framing.encodings > 0)
    return bad("Content-Length stands beside Transfer-Encoding");
  if (framing.encodings > 0 && version == "1.0") return bad("HTTP/1.0 has no Transfer-Encoding");
  return std::nullopt;
}

}  // namespace rbee::http
