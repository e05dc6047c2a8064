#include "base/url.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>
#include <cctype>

#include "base/text.hpp"

namespace rbee {

namespace {

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

}  // namespace

Result<Url> Url::parse(std::string_view text) {
  const auto refuse = [&](std::string why) {
    return fail(
        Errc::invalid_input, "url-invalid",
        fmt::format("'{}' is not a URL that can be used", printable_line(text.substr(0, 200))),
        {.why = std::move(why)});
  };
  if (text.size() > 8000) return refuse("it is longer than 8,000 bytes");
  const auto parsed = boost::urls::parse_uri(boost::core::string_view(text.data(), text.size()));
  if (!parsed) return refuse("it does not follow RFC 3986");
  Url url;
  url.text_ = std::string(text);
  url.scheme_ = lower(std::string_view(parsed->scheme().data(), parsed->scheme().size()));
  if (url.scheme_ != "http" && url.scheme_ != "https" && url.scheme_ != "file")
    return refuse(fmt::format("the scheme '{}' is not http, https or file", url.scheme_));
  if (parsed->has_userinfo()) return refuse("it carries a user name or password");
  const auto host = parsed->encoded_host();
  url.host_ = lower(std::string_view(host.data(), host.size()));
  if (url.host_.empty() && url.scheme_ != "file") return refuse("it has no host");
  url.path_ = parsed->path();
  if (std::any_of(url.path_.begin(), url.path_.end(),
                  [](char c) { return static_cast<unsigned char>(c) < 0x20; }))
    return refuse("its path holds control characters");
  return url;
}

std::string Url::file_name() const {
  return path_.substr(path_.rfind('/') + 1);
}

std::string percent_encode(std::string_view text) {
  std::string out;
  for (char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) || c == '-' || c == '.' || c == '_' || c == '~') {
      out += c;
    } else {
      out += fmt::format("%{:02X}", byte);
    }
  }
  return out;
}

}  // namespace rbee
