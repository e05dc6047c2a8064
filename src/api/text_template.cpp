#include "api/text_template.hpp"

namespace rbee::api {

TextTemplate::TextTemplate(std::string_view text, std::string_view marker) {
  for (;;) {
    const std::size_t at = text.find(marker);
    text_ += text.substr(0, at);
    if (at == std::string_view::npos) break;
    cuts_.push_back(text_.size());
    text.remove_prefix(at + marker.size());
  }
}

void TextTemplate::append_to(std::string& out, std::string_view base) const {
  std::size_t from = 0;
  for (std::size_t cut : cuts_) {
    out.append(text_, from, cut - from);
    out += base;
    from = cut;
  }
  out.append(text_, from);
}

std::string TextTemplate::fill(std::string_view base) const {
  std::string out;
  out.reserve(text_.size() + cuts_.size() * base.size());
  append_to(out, base);
  return out;
}

}  // namespace rbee::api
