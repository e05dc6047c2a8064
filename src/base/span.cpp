#include "base/span.hpp"

#include <algorithm>

namespace rbee {

LineMap::LineMap(std::string_view text) {
  starts_.push_back(0);
  for (std::size_t at = text.find('\n'); at != std::string_view::npos; at = text.find('\n', at + 1))
    starts_.push_back(static_cast<std::uint32_t>(at + 1));
}

Position LineMap::position(std::uint32_t offset) const {
  auto after = std::upper_bound(starts_.begin(), starts_.end(), offset);
  auto line = static_cast<std::uint32_t>(after - starts_.begin());
  return {line, offset - starts_[line - 1] + 1};
}

std::string_view LineMap::line_text(std::string_view text, std::uint32_t line) {
  std::size_t begin = 0;
  for (std::uint32_t i = 1; i < line; ++i) {
    begin = text.find('\n', begin);
    if (begin == std::string_view::npos) return {};
    ++begin;
  }
  return text.substr(begin, text.find('\n', begin) - begin);
}

std::string excerpt(std::string_view text, Span span) {
  if (span.begin > text.size()) return {};
  // A line of one file may be 64 KB; people want the part around the caret.
  constexpr std::size_t kWidth = 160;
  std::size_t begin = span.begin == 0 ? 0 : text.rfind('\n', span.begin - 1) + 1;
  std::size_t end = std::min(text.find('\n', span.begin), text.size());
  if (span.begin - begin > kWidth) begin = span.begin - kWidth / 2;
  end = std::min(end, begin + kWidth);
  auto shown = [](char c) { return c == '\t' || static_cast<unsigned char>(c) >= 0x20 ? c : '?'; };
  std::string line = "  ", caret = "  ";
  for (std::size_t i = begin; i < end; ++i) {
    line += shown(text[i]);
    const bool continuation = (static_cast<unsigned char>(text[i]) & 0xC0) == 0x80;
    if (i < span.begin) {
      if (!continuation) caret += text[i] == '\t' ? '\t' : ' ';
    } else if (i == span.begin) {
      caret += '^';
    } else if (i < span.end && !continuation) {
      caret += '~';
    }
  }
  if (span.begin >= end) caret += '^';
  return line + "\n" + caret;
}

}  // namespace rbee
