// Words of a dictionary that are one or two slips away from a misspelt one.
//
// Pure. Every term's letters and length (`TermShape`) are looked at, eight bytes each, and the few
// that could be near are measured: 40,000 terms take about 50 us and no table of misspellings is
// kept.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "search/segment.hpp"

namespace rbee::search {

/// Slips (a letter more, less, other, or two swapped) that a word of this many bytes may have; 0:
/// too short to guess.
std::size_t slips_allowed(std::string_view word);

/// Slips between two words of at most kWordBytesMax bytes; `limit` + 1 when there are more than
/// `limit`.
std::size_t slips_between(std::string_view a, std::string_view b, std::size_t limit);

struct NearTerm {
  TermId term = 0;
  std::size_t slips = 0;
};
/// Terms of the segment at most `limit` slips away, ascending by term.
std::vector<NearTerm> near_terms(const Segment& segment, std::string_view word, std::size_t limit);

}  // namespace rbee::search
