#include "api/form.hpp"

#include "base/text.hpp"

namespace rbee::api {

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

}  // namespace rbee::api
