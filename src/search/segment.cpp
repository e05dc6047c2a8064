#include "search/segment.hpp"

#include <algorithm>

#include "search/words.hpp"

namespace rbee::search {

namespace {

bool same_letters(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [&](char x, char y) { return lower(x) == lower(y); });
}

template <typename T>
std::size_t bytes_of(const std::vector<T>& all) {
  return all.capacity() * sizeof(T);
}

}  // namespace

std::size_t TextTable::lower_bound(std::string_view text, std::size_t begin,
                                   std::size_t end) const {
  while (begin < end) {
    const std::size_t middle = begin + (end - begin) / 2;
    if ((*this)[middle] < text)
      begin = middle + 1;
    else
      end = middle;
  }
  return begin;
}

std::optional<DocId> Segment::find(std::string_view id) const {
  const std::size_t at = ids.lower_bound(id, 0, ids.size());
  if (at == ids.size() || ids[at] != id) return std::nullopt;
  return static_cast<DocId>(at);
}

std::vector<DocId> Segment::named(std::string_view normalised_text) const {
  std::vector<DocId> found;
  const auto [first, last] =
      std::equal_range(exact_hash.begin(), exact_hash.end(), hash_word(normalised_text));
  for (auto at = first; at != last; ++at)
    found.push_back(exact_doc[static_cast<std::size_t>(at - exact_hash.begin())]);
  std::sort(found.begin(), found.end());
  found.erase(std::unique(found.begin(), found.end()), found.end());
  return found;
}

std::optional<TermId> Segment::term(std::string_view text) const {
  const std::size_t at = terms.lower_bound(text, 0, terms.size());
  if (at == terms.size() || terms[at] != text) return std::nullopt;
  return static_cast<TermId>(at);
}

std::pair<TermId, TermId> Segment::range(std::string_view prefix) const {
  const std::size_t begin = terms.lower_bound(prefix, 0, terms.size());
  // Words have no byte 0xFF (they are UTF-8), so this stands behind all that begin with the prefix.
  const std::string after = std::string(prefix) + '\xFF';
  const std::size_t end = terms.lower_bound(after, begin, terms.size());
  return {static_cast<TermId>(begin), static_cast<TermId>(end)};
}

const PreparedPrefix* Segment::prepared(TermId begin, TermId end, bool has_whole) const {
  const auto at = std::find_if(prefixes.begin(), prefixes.end(), [&](const PreparedPrefix& each) {
    return each.begin == begin && each.end == end && each.has_whole == has_whole;
  });
  return at == prefixes.end() ? nullptr : &*at;
}

std::vector<std::uint32_t> Segment::find_values(Field field, std::string_view value) const {
  const auto number = static_cast<std::size_t>(field);
  const std::uint32_t begin = field_begin[number], end = field_begin[number + 1];
  const std::size_t at = values.lower_bound(value, begin, end);
  if (at < end && values[at] == value) return {static_cast<std::uint32_t>(at)};
  std::vector<std::uint32_t> found;
  for (std::uint32_t i = begin; i < end; ++i)
    if (same_letters(values[i], value)) found.push_back(i);
  return found;
}

std::uint32_t letters_of(std::string_view word) {
  std::uint32_t set = 0;
  for (const char c : word) set |= 1U << (static_cast<unsigned char>(c) & 31U);
  return set;
}

std::size_t Segment::memory_bytes() const {
  std::size_t bytes =
      sizeof(Segment) + ids.memory_bytes() + values.memory_bytes() + terms.memory_bytes() +
      bytes_of(exact_hash) + bytes_of(exact_doc) + bytes_of(platforms) + bytes_of(created_days) +
      bytes_of(updated_days) + bytes_of(is_premium) + bytes_of(is_official) +
      bytes_of(value_begin) + bytes_of(value_ids) + bytes_of(value_counts) + bytes_of(is_strong) +
      bytes_of(shapes.letters) + bytes_of(shapes.terms) + bytes_of(posting_begin) + bytes_of(docs) +
      bytes_of(impacts) + bytes_of(positions) + bytes_of(position_skips) + bytes_of(prefixes);
  for (const PreparedPrefix& each : prefixes) bytes += bytes_of(each.docs) + bytes_of(each.impacts);
  return bytes;
}

const std::vector<std::uint32_t>& PositionReader::read(std::uint32_t posting) {
  const std::vector<std::uint8_t>& bytes = segment_.positions;
  if (posting / 64 > next_posting_ / 64 || posting < next_posting_) {
    next_posting_ = posting / 64 * 64;
    at_ = segment_.position_skips[posting / 64];
  }
  for (; next_posting_ < posting; ++next_posting_)
    while ((bytes[at_++] & 0xC0) != 0x40) {
    }
  positions_.clear();
  std::uint32_t position = 0;
  for (bool is_last = false; !is_last;) {
    std::uint32_t delta = 0;
    unsigned shift = 0;
    while ((bytes[at_] & 0x80) != 0) {
      delta |= static_cast<std::uint32_t>(bytes[at_++] & 0x7F) << shift;
      shift += 7;
    }
    delta |= static_cast<std::uint32_t>(bytes[at_] & 0x3F) << shift;
    is_last = (bytes[at_++] & 0x40) != 0;
    position += delta;
    positions_.push_back(position);
  }
  ++next_posting_;
  return positions_;
}

}  // namespace rbee::search
