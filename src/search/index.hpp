// The index over all workers: words, values and standings, and what a push changes of it.
//
// Immutable and shared; a change makes a new index that shares what it can. It is a list of
// segments (segment.hpp), the documents of each that a later segment replaced, and a table of
// standings. A push builds a segment of the pushed workers alone and merges it with the small one
// of the pushes before: milliseconds at 100,000 workers. When small segments have piled up, or a
// fifth of a segment is gone, `compacted` merges; that is for after the new index is visible.
//
// Several threads may search one index at once.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "search/query.hpp"
#include "search/segment.hpp"
#include "search/standing.hpp"

namespace rbee::search {

using ReadFacts = std::function<Facts(std::string_view id)>;

struct Hit {
  std::string id;
  std::int32_t score = 0;  ///< Points.
};

/// Why a hit has its score: the parts add up to it.
struct Explanation {
  std::int32_t exact = 0;
  std::int32_t text = 0;  ///< The sum of `words`.
  std::int32_t popularity = 0, freshness = 0, trust = 0;
  std::int32_t dead = 0;
  struct WordPart {
    std::string word;  ///< As searched; of a phrase all, with spaces.
    std::int32_t points = 0;
    std::uint32_t workers = 0;  ///< How many match this condition alone.
  };
  std::vector<WordPart> words;
};

struct FacetValue {
  std::string value;
  std::uint32_t count = 0;
  friend bool operator==(const FacetValue&, const FacetValue&) = default;
};
/// Of one field: most frequent first, then by value.
struct Facet {
  Field field = Field::tag;
  std::vector<FacetValue> values;
};

/// A word that no worker has, and those that were searched for instead.
struct Correction {
  std::string typed;
  std::vector<std::string> used;
};

/// A word, in the index's form, that made workers match; `beginning`: so did all that begin with
/// it.
struct Matched {
  std::string word;
  bool beginning = false;
};

struct SearchRequest {
  Query query;
  std::size_t limit = 50;
  /// The last hit of the page before.
  std::optional<Hit> after = std::nullopt;
  double min_rating = 0;
  bool explain = false;
  bool facets = false;
  std::size_t facet_values_max = 20;  ///< Of each field.
};

struct SearchAnswer {
  std::vector<Hit> hits;  ///< Best first; equal ones by id.
  std::uint64_t total = 0;
  bool more = false;                      ///< Hits follow after these.
  std::vector<Explanation> explanations;  ///< One for each hit, with `explain`.
  std::vector<Facet> facets;              ///< With `facets`.
  std::vector<Correction> corrections;
  std::vector<Matched> matched;  ///< What to show in the texts of the hits.
};

struct Suggestions {
  std::vector<std::string> words;  ///< The query with its last word completed, most frequent first.
  std::vector<Hit> workers;        ///< Whose id begins with the query.
  std::vector<FacetValue> tags;    ///< That begin with the last word.
  std::optional<std::string> did_you_mean;  ///< The query with its misspelt words mended.
};

class Index {
 public:
  /// Segments are built on `threads` threads. `read` is called once for each document, on this one;
  /// empty: nobody knows anything.
  static std::shared_ptr<const Index> build(std::span<const Document> documents,
                                            const ReadFacts& read, Time now,
                                            const BuildOptions& options = {}, unsigned threads = 1);
  /// With these documents new or replaced, and these ids gone. `read` is asked about the changed
  /// ones alone.
  std::shared_ptr<const Index> updated(std::span<const Document> changed,
                                       std::span<const std::string> removed, const ReadFacts& read,
                                       Time now, const BuildOptions& options = {}) const;
  /// With other numbers, about every document.
  std::shared_ptr<const Index> with_facts(const ReadFacts& read, Time now) const;
  /// True when every document stands as in `other`, which has the same segments.
  bool stands_like(const Index& other) const;
  /// True when `compacted` would change something.
  bool wants_compacting() const;
  std::shared_ptr<const Index> compacted() const;

  SearchAnswer search(const SearchRequest& request) const;
  Suggestions suggest(std::string_view text, std::size_t limit = 10) const;
  /// How many workers have each value, over all workers, those that begin with `prefix` alone.
  std::vector<FacetValue> values(Field field, std::string_view prefix = {}) const;

  std::size_t size() const { return size_; }
  bool contains(std::string_view id) const;
  std::size_t segment_count() const { return parts_.size(); }
  std::size_t memory_bytes() const;

 private:
  friend class Matcher;
  friend class Suggester;
  struct Part {
    std::shared_ptr<const Segment> segment;
    /// Replaced or gone; nullptr: none.
    std::shared_ptr<const std::vector<bool>> removed;
    std::uint32_t removed_count = 0;
    std::shared_ptr<const std::vector<Standing>> standings;
    std::shared_ptr<const std::vector<std::int32_t>> totals;  ///< Of the standings.
  };
  /// Document of a living worker.
  struct Place {
    std::size_t part = 0;
    DocId doc = 0;
  };
  std::optional<Place> find(std::string_view id) const;
  static void set_standings(Part& part, std::vector<Standing> standings);
  void rate(Part& part, const ReadFacts& read, Time now) const;
  /// The part's documents have the standings that they have in this index.
  void keep_standings(Part& part) const;
  void count();

  std::vector<Part> parts_;  ///< Largest first.
  std::size_t size_ = 0;     ///< Living documents.
};

}  // namespace rbee::search
