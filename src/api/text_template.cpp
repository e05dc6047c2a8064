#include "api/text_template.hpp"

#include <algorithm>

namespace rbee::api {

TextTemplate::TextTemplate(std::string_view text, Values markers) {
  for (;;) {
    // The nearest of them.
    std::size_t at = std::string_view::npos;
    std::uint32_t which = 0;
    for (std::uint32_t i = 0; i < markers.size(); ++i)
      if (const std::size_t found = text.find(markers.begin()[i]); found < at) {
        at = found;
        which = i;
      }
    text_ += text.substr(0, at);
    if (at == std::string_view::npos) break;
    cuts_.emplace_back(static_cast<std::uint32_t>(text_.size()), which);
    text.remove_prefix(at + markers.begin()[which].size());
  }
  text_.shrink_to_fit();
  cuts_.shrink_to_fit();
}

void TextTemplate::append_to(std::string& out, Values values) const {
  std::size_t from = 0;
  for (const auto& [at, which] : cuts_) {
    out.append(text_, from, at - from);
    out += values.begin()[which];
    from = at;
  }
  out.append(text_, from);
}

std::string TextTemplate::fill(Values values) const {
  std::size_t size = text_.size();
  for (const auto& [at, which] : cuts_) size += values.begin()[which].size();
  std::string out;
  out.reserve(size);
  append_to(out, values);
  return out;
}

}  // namespace rbee::api
