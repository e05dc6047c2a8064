#include "search/highlight.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace rbee::search {

namespace {

bool is_boundary(std::string_view text, std::size_t at) {
  return at >= text.size() || (static_cast<unsigned char>(text[at]) & 0xC0) != 0x80;
}

bool matches(const Word& word, const Matched& wanted) {
  return wanted.beginning ? word.text.starts_with(wanted.word) : word.text == wanted.word;
}

}  // namespace

std::vector<Span> highlights(std::string_view text, std::span<const Matched> matched,
                             Markup markup) {
  std::vector<Span> spans;
  WordReader reader(text, markup);
  for (Word word; reader.next(word);) {
    if (std::none_of(matched.begin(), matched.end(),
                     [&](const Matched& wanted) { return matches(word, wanted); }))
      continue;
    // Pairs of CJK overlap.
    if (!spans.empty() && spans.back().end > word.begin)
      spans.back().end = std::max(spans.back().end, word.end);
    else
      spans.push_back({word.begin, word.end});
  }
  return spans;
}

Snippet snippet(std::string_view text, std::span<const Matched> matched, Markup markup,
                std::size_t bytes_max) {
  text = text.substr(0, kReadmeBytesMax);
  const std::vector<Span> spans = highlights(text, matched, markup);
  if (spans.empty()) return {};
  // The window that begins shortly before a match and holds the most.
  std::size_t best = 0, best_count = 0;
  for (std::size_t first = 0, last = 0; first < spans.size(); ++first) {
    while (last < spans.size() && spans[last].end <= spans[first].begin + bytes_max) ++last;
    if (last > first && last - first > best_count) {
      best = first;
      best_count = last - first;
    }
  }
  const std::size_t lead = bytes_max / 4;
  std::size_t begin = spans[best].begin > lead ? spans[best].begin - lead : 0;
  if (begin > 0) {
    // At a word, if one begins before the match.
    const std::size_t space = text.find_first_of(" \n", begin);
    if (space < spans[best].begin) begin = space + 1;
  }
  while (!is_boundary(text, begin)) ++begin;
  std::size_t end = std::min(text.size(), begin + bytes_max);
  end = std::max<std::size_t>(end, spans[best].end);
  while (!is_boundary(text, end)) ++end;

  Snippet out;
  if (begin > 0) out.text += "…";
  std::size_t at = begin;
  const auto copy_to = [&](std::size_t to) {
    std::string piece = printable_line(text.substr(at, to - at));
    for (const char c : piece)
      if (c != ' ' || (!out.text.empty() && out.text.back() != ' ')) out.text += c;
    at = to;
  };
  for (const Span& span : spans) {
    if (span.begin < begin || span.end > end) continue;
    copy_to(span.begin);
    const auto mark = static_cast<std::uint32_t>(out.text.size());
    copy_to(span.end);
    out.marks.push_back({mark, static_cast<std::uint32_t>(out.text.size())});
  }
  copy_to(end);
  if (end < text.size()) out.text += "…";
  return out;
}

}  // namespace rbee::search
