#include "http/problem.hpp"

#include <fmt/format.h>

#include "base/text.hpp"

namespace rbee::http {

int status_of(Errc code) {
  switch (code) {
    case Errc::not_found:
      return 404;
    case Errc::usage:
    case Errc::invalid_input:
      return 400;
    case Errc::exists:
      return 409;
    case Errc::unauthenticated:
      return 401;
    case Errc::forbidden:
      return 403;
    case Errc::policy:
    case Errc::unsupported:
    case Errc::does_not_fit:
      return 422;
    case Errc::too_large:
      return 413;
    case Errc::unreachable:
    case Errc::bad_response:
      return 502;
    case Errc::failed:
    case Errc::integrity:
    case Errc::partial:
    case Errc::interrupted:
    case Errc::io:
      return 500;
  }
  return 500;
}

std::string_view reason_phrase(int status) {
  switch (status) {
    case 100:
      return "Continue";
    case 200:
      return "OK";
    case 201:
      return "Created";
    case 202:
      return "Accepted";
    case 204:
      return "No Content";
    case 206:
      return "Partial Content";
    case 301:
      return "Moved Permanently";
    case 302:
      return "Found";
    case 303:
      return "See Other";
    case 304:
      return "Not Modified";
    case 307:
      return "Temporary Redirect";
    case 308:
      return "Permanent Redirect";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 406:
      return "Not Acceptable";
    case 408:
      return "Request Timeout";
    case 409:
      return "Conflict";
    case 410:
      return "Gone";
    case 411:
      return "Length Required";
    case 412:
      return "Precondition Failed";
    case 413:
      return "Content Too Large";
    case 414:
      return "URI Too Long";
    case 415:
      return "Unsupported Media Type";
    case 416:
      return "Range Not Satisfiable";
    case 417:
      return "Expectation Failed";
    case 422:
      return "Unprocessable Content";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 451:
      return "Unavailable For Legal Reasons";
    case 500:
      return "Internal Server Error";
    case 501:
      return "Not Implemented";
    case 502:
      return "Bad Gateway";
    case 503:
      return "Service Unavailable";
    case 505:
      return "HTTP Version Not Supported";
    default:
      return "Unknown";
  }
}

std::string json_quote(std::string_view text) {
  std::string clean;
  if (!is_utf8(text)) {
    clean = printable(text);
    text = clean;
  }
  std::string out = "\"";
  for (char c : text) {
    switch (c) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      default:
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) {
          out += fmt::format("\\u{:04x}", static_cast<unsigned>(static_cast<unsigned char>(c)));
        } else {
          out += c;
        }
    }
  }
  return out + '"';
}

Response reply(int status, std::string_view content_type, std::string body) {
  Response response{.status = status, .headers = {}, .body = std::move(body)};
  response.headers.add("Content-Type", std::string(content_type));
  return response;
}

Response problem(const Request& request, const Refusal& refusal) {
  std::string body = fmt::format(
      R"({{"type":{},"title":{},"status":{},"detail":{})", json_quote("/v1/problems/" + refusal.id),
      json_quote(reason_phrase(refusal.status)), refusal.status, json_quote(refusal.detail));
  for (const auto& [name, value] : refusal.more)
    body += fmt::format(",{}:{}", json_quote(name), json_quote(value));
  // A request that could not be read has no path; its target is not repeated.
  if (!request.path.empty()) body += fmt::format(R"(,"instance":{})", json_quote(request.target));
  if (!request.id.empty()) body += fmt::format(R"(,"request_id":{})", json_quote(request.id));
  body += "}\n";
  Response response = reply(refusal.status, "application/problem+json", std::move(body));
  response.headers.add("Cache-Control", "no-store");
  response.headers.add("X-Content-Type-Options", "nosniff");
  return response;
}

Response problem(const Request& request, const Error& error) {
  std::string detail = error.message;
  for (const std::string* part : {&error.why, &error.fix})
    if (!part->empty()) detail += "; " + *part;
  // RFC 7725: there is something, and it may not be had.
  const bool busy = error.id == "history-busy" || error.id == "database-busy" ||
                    error.id == "database-unreachable";
  const int status = error.id == "worker-quarantined" ? 451
                     : error.id == "frozen"           ? 403
                     : busy                           ? 503
                                                      : status_of(error.code);
  Response response = problem(request, Refusal{status, error.id, std::move(detail)});
  if (busy) response.headers.add("Retry-After", "2");
  return response;
}

}  // namespace rbee::http
