#include "api/device_page.hpp"

#include <fmt/format.h>

#include "base/text.hpp"
#include "http/problem.hpp"

namespace rbee::api {

std::string escape_html(std::string_view text) {
  std::string out;
  for (const char c : printable_line(text)) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::map<std::string, std::string> parse_form(std::string_view body) {
  const auto decode = [](std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
      const auto bytes =
          text[i] == '%' && i + 2 < text.size() ? from_hex(text.substr(i + 1, 2)) : std::nullopt;
      if (bytes) {
        out += static_cast<char>((*bytes)[0]);
        i += 2;
      } else {
        out += text[i] == '+' ? ' ' : text[i];
      }
    }
    return out;
  };
  std::map<std::string, std::string> fields;
  for (const std::string_view pair : split(body, '&')) {
    const std::size_t equals = pair.find('=');
    if (equals == std::string_view::npos) continue;
    fields.emplace(decode(pair.substr(0, equals)), decode(pair.substr(equals + 1)));
  }
  return fields;
}

http::Response render_device_page(const DevicePage& page) {
  std::string body =
      "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<title>Log in a program</title>\n</head>\n<body>\n<main>\n<h1>Log in a program</h1>\n";
  if (!page.message.empty())
    body += fmt::format("<p role=\"status\"><strong>{}</strong></p>\n", escape_html(page.message));
  if (!page.done)
    body += fmt::format(
        "<p>Compare the code with the one that the program shows. Whoever has it will act in your "
        "name.</p>\n"
        "<form method=\"post\" action=\"/device\">\n"
        "<p><label>Code <input name=\"code\" value=\"{}\" required "
        "autocomplete=\"off\"></label></p>\n"
        "<p><label>Account <input name=\"account\" required "
        "autocomplete=\"username\"></label></p>\n"
        "<p><label>Password <input name=\"password\" type=\"password\" required "
        "autocomplete=\"current-password\"></label></p>\n"
        "<p><button name=\"decision\" value=\"approve\">Approve</button> "
        "<button name=\"decision\" value=\"deny\">Deny</button></p>\n</form>\n",
        escape_html(page.code));
  body += "</main>\n</body>\n</html>\n";
  http::Response response = http::reply(200, "text/html; charset=utf-8", std::move(body));
  response.headers.add("Cache-Control", "no-store");
  response.headers.add("X-Content-Type-Options", "nosniff");
  response.headers.add("X-Frame-Options", "DENY");
  response.headers.add("Referrer-Policy", "same-origin");
  response.headers.add(
      "Content-Security-Policy",
      "default-src 'none'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'");
  return response;
}

}  // namespace rbee::api
