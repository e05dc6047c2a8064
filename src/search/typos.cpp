#include "search/typos.hpp"

#include <algorithm>
#include <array>
#include <bit>

#include "search/words.hpp"

namespace rbee::search {

std::size_t slips_allowed(std::string_view word) {
  // "llama2" is not "llama3", and in CJK every pair is near another.
  if (std::any_of(word.begin(), word.end(), [](char c) { return c >= '0' && c <= '9'; })) return 0;
  if (word.size() < 4) return 0;
  return word.size() < 8 ? 1 : 2;
}

std::size_t slips_between(std::string_view a, std::string_view b, std::size_t limit) {
  if (a.size() > b.size()) std::swap(a, b);
  if (b.size() - a.size() > limit || b.size() > kWordBytesMax + 4) return limit + 1;
  std::array<std::array<std::uint8_t, kWordBytesMax + 5>, 3> rows;
  auto *before = rows[0].data(), *last = rows[1].data(), *row = rows[2].data();
  for (std::size_t j = 0; j <= b.size(); ++j) last[j] = static_cast<std::uint8_t>(j);
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = static_cast<std::uint8_t>(i);
    std::uint8_t least = row[0];
    for (std::size_t j = 1; j <= b.size(); ++j) {
      int value =
          std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        value = std::min(value, before[j - 2] + 1);
      row[j] = static_cast<std::uint8_t>(value);
      least = std::min(least, row[j]);
    }
    // A swap reaches over one row, so two rows above the limit are needed to be sure.
    if (least > limit && *std::min_element(last, last + b.size() + 1) > limit) return limit + 1;
    std::swap(before, last);
    std::swap(last, row);
  }
  return std::min<std::size_t>(last[b.size()], limit + 1);
}

std::vector<NearTerm> near_terms(const Segment& segment, std::string_view word, std::size_t limit) {
  std::vector<NearTerm> near;
  std::uint32_t letters = 0;
  for (const char c : word) letters |= 1U << (static_cast<unsigned char>(c) & 31U);
  const auto length = static_cast<int>(word.size()), slack = static_cast<int>(limit);
  const auto most = static_cast<int>(2 * limit);
  for (TermId term = 0; term < segment.shapes.size(); ++term) {
    const TermShape& shape = segment.shapes[term];
    // One slip takes at most one letter away and brings one.
    if (std::popcount(shape.letters ^ letters) > most) continue;
    if (shape.length < length - slack || shape.length > length + slack) continue;
    if (const std::size_t slips = slips_between(word, segment.terms[term], limit); slips <= limit)
      near.push_back({term, slips});
  }
  return near;
}

}  // namespace rbee::search
