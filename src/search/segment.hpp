// Up to 65,536 workers, indexed: which words they have, where, and how much that counts.
//
// Immutable. A document is its number in the segment, two bytes; documents are sorted by id, so
// that numbers compare as ids do. A posting is a document and an impact: BM25F's saturated
// frequency of the word in that document, 0 to 255, which depends on this one document alone. So
// scoring is a table look-up and an addition, and segments merge by copying. Terms are sorted; a
// prefix is a range of them, and the union of a large range is kept ready.
//
// Memory, for 100,000 workers of the benchmark: docs/search.md.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "search/document.hpp"

namespace rbee::search {

using DocId = std::uint16_t;
using TermId = std::uint32_t;
inline constexpr std::size_t kSegmentDocumentsMax = 65'536;

/// Documents that match one condition, ascending, and how well. Views into a segment or into
/// scratch memory.
struct Postings {
  const DocId* docs = nullptr;
  const std::uint8_t* impacts = nullptr;  ///< 1 to 255.
  std::uint32_t size = 0;
};

/// Many short texts in one piece.
class TextTable {
 public:
  std::string_view operator[](std::size_t i) const {
    return std::string_view(bytes_).substr(begins_[i], begins_[i + 1] - begins_[i]);
  }
  std::size_t size() const { return begins_.size() - 1; }
  void add(std::string_view text) {
    bytes_ += text;
    begins_.push_back(static_cast<std::uint32_t>(bytes_.size()));
  }
  /// Of a sorted table: the first that is not less.
  std::size_t lower_bound(std::string_view text, std::size_t begin, std::size_t end) const;
  std::size_t memory_bytes() const {
    return bytes_.capacity() + begins_.capacity() * sizeof(std::uint32_t);
  }
  void shrink() {
    bytes_.shrink_to_fit();
    begins_.shrink_to_fit();
  }

 private:
  std::string bytes_;
  std::vector<std::uint32_t> begins_{0};
};

/// What the words of the dictionary look like from outside, for the search of misspelt ones: by
/// length, so that those of another length are not looked at.
struct TermShapes {
  std::vector<std::uint32_t>
      letters;  ///< One bit for each letter that the word has (`letters_of`).
  std::vector<TermId> terms;
  std::vector<std::uint32_t> length_begin;  ///< The first of each length, in bytes; one more.
};
/// Letters as bits: the five low bits of each byte.
std::uint32_t letters_of(std::string_view word);

/// The union of a prefix's postings, made when the segment was.
struct PreparedPrefix {
  TermId begin = 0, end = 0;  ///< The terms that begin with it.
  bool has_whole = false;     ///< The first of them is the prefix itself.
  std::vector<DocId> docs;
  std::vector<std::uint8_t> impacts;
};

/// A completion counts this much of what the whole word would.
inline std::uint8_t weaken_completion(std::uint8_t impact) {
  return static_cast<std::uint8_t>((impact * 3 + 3) / 4);
}

/// The parts are written by segment_builder.cpp alone; everybody else holds it const.
struct Segment {
  // Documents.
  TextTable ids;  ///< Sorted.
  /// `hash_word` of the normalised id and name of every document, sorted, and whose it is.
  std::vector<std::uint64_t> exact_hash;
  std::vector<DocId> exact_doc;
  std::vector<Platforms> platforms;
  std::vector<std::int32_t> created_days, updated_days;  ///< Since 1970.
  std::vector<std::uint8_t> is_premium, is_official;
  // Values of fields that are words; those of one field stand together, sorted.
  TextTable values;
  std::array<std::uint32_t, kFields.size() + 1> field_begin{};  ///< Into `values`.
  std::vector<std::uint32_t> value_counts;                      ///< Documents that have it.
  std::vector<std::uint32_t> value_begin;  ///< Of each document, into `value_ids`; one more.
  std::vector<std::uint32_t> value_ids;    ///< Ascending for each document.
  // Words.
  TextTable terms;                      ///< Sorted.
  std::vector<std::uint8_t> is_strong;  ///< The term stands in an id, a name, a tag or a task.
  TermShapes shapes;
  std::vector<std::uint32_t> posting_begin;  ///< Of each term; one more.
  std::vector<DocId> docs;
  std::vector<std::uint8_t> impacts;
  /// For each posting its positions, ascending: six bits a byte, 0x80: more of this number follow,
  /// 0x40: the last number of the posting. `position_skips` has the offset of every 64th posting.
  std::vector<std::uint8_t> positions;
  std::vector<std::uint32_t> position_skips;
  std::vector<PreparedPrefix> prefixes;     ///< Sorted by begin, then the longer range first.
  std::uint64_t prepared_postings_min = 0;  ///< As built.

  std::size_t size() const { return ids.size(); }
  std::optional<DocId> find(std::string_view id) const;
  /// Documents whose id or name says just this (`normalised`), ascending.
  std::vector<DocId> named(std::string_view normalised_text) const;
  std::optional<TermId> term(std::string_view text) const;
  /// Terms that begin with `prefix`: [first, second).
  std::pair<TermId, TermId> range(std::string_view prefix) const;
  Postings postings(TermId term) const {
    const std::uint32_t begin = posting_begin[term];
    return {docs.data() + begin, impacts.data() + begin, posting_begin[term + 1] - begin};
  }
  /// nullptr: not kept. `has_whole`: the term `begin` is the prefix itself.
  const PreparedPrefix* prepared(TermId begin, TermId end, bool has_whole) const;
  std::span<const std::uint32_t> values_of(DocId doc) const {
    return {value_ids.data() + value_begin[doc], value_ids.data() + value_begin[doc + 1]};
  }
  /// The numbers of the values of `field` that equal `value`, letters' case ignored when none is
  /// equal as written.
  std::vector<std::uint32_t> find_values(Field field, std::string_view value) const;
  std::size_t memory_bytes() const;
};

/// Reads the positions of postings, the next one asked for being a later one.
class PositionReader {
 public:
  explicit PositionReader(const Segment& segment) : segment_(segment) {}
  /// The positions of posting number `posting` of the whole segment; until the next call.
  const std::vector<std::uint32_t>& read(std::uint32_t posting);

 private:
  const Segment& segment_;
  std::uint32_t next_posting_ = 0;
  std::size_t at_ = 0;
  std::vector<std::uint32_t> positions_;
};

struct BuildOptions {
  /// A prefix with fewer postings is cheaper to merge on demand than to keep.
  std::uint64_t prepared_postings_min = 48'000;
  std::uint64_t seed =
      0;  ///< Of the hash table. One that strangers cannot know, where their texts are read.
};

/// At most kSegmentDocumentsMax documents in any order, ids unique.
std::shared_ptr<const Segment> build_segment(std::span<const Document> documents,
                                             const BuildOptions& options = {});

/// A segment and which of its documents live on: empty: all.
struct MergeSource {
  const Segment* segment = nullptr;
  const std::vector<bool>* removed = nullptr;  ///< nullptr: none.
};
/// One segment with the living documents of all. Their number is at most kSegmentDocumentsMax, no
/// id stands twice.
std::shared_ptr<const Segment> merge_segments(std::span<const MergeSource> sources);

}  // namespace rbee::search
