// A query's conditions against the segments of an index: lists of documents, and which of them
// pass.
//
// Inside of the search layer. Two steps, because a word's weight depends on how many workers of the
// whole index have it: first the lists of every segment, then the scores.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "search/index.hpp"

namespace rbee::search {

/// One clause, looked up.
struct Condition {
  /// Of one segment: views into it, or of `docs` and `impacts`.
  struct List {
    Postings postings;
    std::vector<DocId> docs;
    std::vector<std::uint8_t> impacts;
  };
  const Clause* clause = nullptr;
  std::vector<List> lists;                 ///< One for each part of the index.
  std::uint32_t workers = 0;               ///< On all of them.
  std::vector<std::string> corrected;      ///< Words that were taken instead.
  std::array<std::int32_t, 256> points{};  ///< By impact.
};

/// Documents of one segment that match everything, ascending, and the points of their words.
struct Matches {
  std::vector<DocId> docs;
  std::vector<std::int32_t> points;
};

/// Points of a condition that `workers` of `all` meet, at full impact: 1000 ln(1 + (all - workers +
/// ½) / (workers + ½)).
std::int32_t rarity_points(std::uint64_t workers, std::uint64_t all);

class Matcher {
 public:
  /// `index` and `query` outlive this.
  Matcher(const Index& index, const Query& query, double min_rating);
  const std::vector<Condition>& conditions() const { return conditions_; }
  /// The condition whose list is all that matches in this part; nullptr: there is more to it.
  const Condition* only_condition(std::size_t part) const;
  /// Fills `out` for one part of the index.
  void match(std::size_t part, Matches& out) const;

 private:
  Condition look_up(const Clause& clause) const;
  void look_up_word(Condition& condition, const std::string& word) const;
  void look_up_beginning(Condition& condition, const std::string& word) const;
  void look_up_phrase(Condition& condition, const Clause& phrase) const;
  void correct(Condition& condition, const std::string& word) const;
  bool has_living(const Condition& condition) const;
  void apply_filters(std::size_t part, Matches& out) const;

  const Index& index_;
  const Query& query_;
  std::uint16_t min_rating_cents_;
  std::vector<Condition> conditions_, exclusions_;
  std::vector<Platforms> needed_,
      forbidden_;  ///< Each must meet the worker's platforms, or must not.
};

}  // namespace rbee::search
