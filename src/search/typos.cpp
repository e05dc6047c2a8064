#include "search/typos.hpp"

#include <algorithm>
#include <array>

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
  // Only cells at most `limit` off the diagonal can be on a way that is short enough.
  const auto far = static_cast<int>(limit) + 1;
  std::array<std::array<int, kWordBytesMax + 6>, 3> rows;
  auto *before = rows[0].data(), *last = rows[1].data(), *row = rows[2].data();
  const std::size_t width = b.size();
  for (std::size_t j = 0; j <= std::min(width, limit + 1); ++j) last[j] = static_cast<int>(j);
  for (std::size_t i = 1; i <= a.size(); ++i) {
    const std::size_t from = i > limit ? i - limit : 1, to = std::min(width, i + limit);
    row[from - 1] = from == 1 ? static_cast<int>(i) : far;
    int least = row[from - 1];
    for (std::size_t j = from; j <= to; ++j) {
      int value = std::min(last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1), row[j - 1] + 1);
      value = std::min(value, last[j] + 1);
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        value = std::min(value, before[j - 2] + 1);
      row[j] = value;
      least = std::min(least, value);
    }
    // The row below reads one cell more, and a swap two rows up.
    row[to + 1] = far;
    if (least >= far && i > 1) {
      int above = far;
      for (std::size_t j = from - 1; j <= to; ++j) above = std::min(above, last[j]);
      if (above >= far) return limit + 1;
    }
    std::swap(before, last);
    std::swap(last, row);
  }
  return std::min<std::size_t>(static_cast<std::size_t>(last[width]), limit + 1);
}

namespace {

/// At most `limit` bits, 1 or 2, without an instruction that older processors lack.
bool has_few_bits(std::uint32_t set, std::size_t limit) {
  set &= set - 1;
  if (limit > 1) set &= set - 1;
  return set == 0;
}

}  // namespace

std::vector<NearTerm> near_terms(const Segment& segment, std::string_view word, std::size_t limit) {
  const TermShapes& shapes = segment.shapes;
  const std::uint32_t letters = letters_of(word);
  const std::size_t length_max = shapes.length_begin.size() - 2;
  const std::size_t shortest = word.size() > limit ? word.size() - limit : 1;
  const std::size_t longest = std::min(word.size() + limit, length_max);
  if (limit == 0 || shortest > longest) return {};
  const std::uint32_t begin = shapes.length_begin[shortest], end = shapes.length_begin[longest + 1];
  // A slip takes at most one letter away, and brings at most one.
  thread_local std::vector<std::uint32_t> likely;
  likely.resize(end - begin);
  std::uint32_t* const out = likely.data();
  const std::uint32_t* const sets = shapes.letters.data();
  std::size_t count = 0;
  for (std::uint32_t i = begin; i < end; ++i) {
    out[count] = i;
    count += has_few_bits(sets[i] & ~letters, limit) && has_few_bits(letters & ~sets[i], limit);
  }
  std::vector<NearTerm> near;
  for (std::size_t i = 0; i < count; ++i) {
    const TermId term = shapes.terms[out[i]];
    if (const std::size_t slips = slips_between(word, segment.terms[term], limit); slips <= limit)
      near.push_back({term, slips});
  }
  std::sort(near.begin(), near.end(),
            [](const NearTerm& a, const NearTerm& b) { return a.term < b.term; });
  return near;
}

}  // namespace rbee::search
