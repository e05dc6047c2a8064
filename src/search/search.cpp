// Index::search: match, rank, count, explain.
#include <algorithm>
#include <unordered_map>

#include "search/index.hpp"
#include "search/matcher.hpp"

namespace rbee::search {

namespace {

struct Candidate {
  std::int32_t score = 0;
  std::uint32_t part = 0;
  DocId doc = 0;
};

/// The best few of many: a heap with the worst on top.
template <typename IdOf>
class Best {
 public:
  Best(std::size_t limit, IdOf id_of) : limit_(limit), id_of_(id_of) {}

  /// Nothing with fewer points can come in.
  std::int32_t floor() const { return floor_; }
  void offer(const Candidate& candidate) {
    if (limit_ == 0) return;
    if (heap_.size() == limit_) {
      if (!before(candidate, heap_.front())) return;
      std::pop_heap(heap_.begin(), heap_.end(), order());
      heap_.back() = candidate;
    } else {
      heap_.push_back(candidate);
    }
    std::push_heap(heap_.begin(), heap_.end(), order());
    if (heap_.size() == limit_) floor_ = heap_.front().score;
  }
  std::vector<Candidate> sorted() {
    std::sort(heap_.begin(), heap_.end(), order());
    return std::move(heap_);
  }

 private:
  bool before(const Candidate& a, const Candidate& b) const {
    return a.score != b.score ? a.score > b.score : id_of_(a) < id_of_(b);
  }
  auto order() const {
    return [this](const Candidate& a, const Candidate& b) { return before(a, b); };
  }

  std::size_t limit_;
  IdOf id_of_;
  std::vector<Candidate> heap_;
  std::int32_t floor_ = std::numeric_limits<std::int32_t>::min();
};

/// Offer documents by their scores; those that are `named` (ascending) have the points of an exact
/// name, too.
template <typename Best, typename ScoreOf>
void offer_all(Best& best, std::size_t count, std::uint32_t part, const DocId* docs,
               const std::vector<DocId>& named, ScoreOf score_of) {
  std::int32_t floor = best.floor();
  std::size_t begin = 0;
  for (std::size_t k = 0; k <= named.size(); ++k) {
    const std::size_t end =
        k == named.size() ? count
                          : static_cast<std::size_t>(
                                std::lower_bound(docs + begin, docs + count, named[k]) - docs);
    for (std::size_t i = begin; i < end; ++i) {
      const std::int32_t score = score_of(i);
      if (score < floor) continue;
      best.offer({score, part, docs[i]});
      floor = best.floor();
    }
    begin = end;
    if (k == named.size() || end == count || docs[end] != named[k]) continue;
    best.offer({score_of(end) + kExactPoints, part, docs[end]});
    floor = best.floor();
    begin = end + 1;
  }
}

/// Counts values over the matches of all segments.
class FacetCounts {
 public:
  void add(const Segment& segment, const std::vector<DocId>& docs) {
    std::vector<std::uint32_t> counts(segment.values.size(), 0);
    std::unordered_map<Platforms, std::uint32_t> sets;
    Platforms last = 0;
    std::uint32_t run = 0;
    for (const DocId doc : docs) {
      for (const std::uint32_t value : segment.values_of(doc)) ++counts[value];
      if (segment.platforms[doc] != last) {
        sets[last] += run;
        last = segment.platforms[doc];
        run = 0;
      }
      ++run;
    }
    sets[last] += run;
    for (const Field field : kFields) {
      if (field == Field::owner) continue;
      const auto number = static_cast<std::size_t>(field);
      for (std::uint32_t i = segment.field_begin[number]; i < segment.field_begin[number + 1]; ++i)
        if (counts[i] > 0) by_value_[number][segment.values[i]] += counts[i];
    }
    for (const auto& [set, count] : sets) {
      for (const Os os : kOses) add(Field::os, to_string(os), platforms_of(os) & set, count);
      for (const Arch arch : kArches)
        add(Field::arch, to_string(arch), platforms_of(arch) & set, count);
      for (const Accelerator each : kAccelerators)
        add(Field::accelerator, to_string(each), platforms_of(each) & set, count);
    }
  }

  std::vector<Facet> finish(std::size_t values_max) const {
    std::vector<Facet> facets;
    for (const Field field : kFields) {
      if (field == Field::owner) continue;
      Facet facet{field, {}};
      for (const auto& [value, count] : by_value_[static_cast<std::size_t>(field)])
        facet.values.push_back({std::string(value), count});
      std::sort(facet.values.begin(), facet.values.end(),
                [](const FacetValue& a, const FacetValue& b) {
                  return a.count != b.count ? a.count > b.count : a.value < b.value;
                });
      if (facet.values.size() > values_max) facet.values.resize(values_max);
      facets.push_back(std::move(facet));
    }
    return facets;
  }

 private:
  void add(Field field, std::string_view value, Platforms common, std::uint32_t count) {
    if (common != 0 && count > 0) by_value_[static_cast<std::size_t>(field)][value] += count;
  }

  std::array<std::unordered_map<std::string_view, std::uint32_t>, kFields.size()> by_value_;
};

std::string words_of_clause(const Clause& clause) {
  std::string text;
  for (const std::string& word : clause.words) {
    if (!text.empty()) text += ' ';
    text += word;
  }
  return text;
}

}  // namespace

SearchAnswer Index::search(const SearchRequest& request) const {
  SearchAnswer answer;
  const Matcher matcher(*this, request.query, request.min_rating);
  const auto id_of = [&](const Candidate& each) {
    return parts_[each.part].segment->ids[each.doc];
  };
  Best best(request.limit, id_of);
  FacetCounts counts;
  std::uint64_t eligible = 0;
  std::vector<std::vector<DocId>> named(parts_.size());
  thread_local Matches scratch;
  Matches& matches = scratch;
  for (std::uint32_t number = 0; number < parts_.size(); ++number) {
    const Part& part = parts_[number];
    if (!request.query.exact.empty()) named[number] = part.segment->named(request.query.exact);
    const std::int32_t* const totals = part.totals->data();
    if (const Condition* only = matcher.only_condition(number);
        only != nullptr && !request.after && !request.facets) {
      // The most usual search by far: no copy of the list is needed.
      const Postings& list = only->lists[number].postings;
      answer.total += list.size;
      eligible += list.size;
      offer_all(best, list.size, number, list.docs, named[number], [&](std::size_t i) {
        return only->points[list.impacts[i]] + totals[list.docs[i]];
      });
      continue;
    }
    matcher.match(number, matches);
    answer.total += matches.docs.size();
    if (request.facets) counts.add(*part.segment, matches.docs);
    const DocId* const docs = matches.docs.data();
    const std::int32_t* const points = matches.points.data();
    const auto score = [&](std::size_t i) { return points[i] + totals[docs[i]]; };
    if (!request.after) {
      eligible += matches.docs.size();
      offer_all(best, matches.docs.size(), number, docs, named[number], score);
      continue;
    }
    for (std::size_t i = 0; i < matches.docs.size(); ++i) {
      Candidate candidate{score(i), number, docs[i]};
      if (std::binary_search(named[number].begin(), named[number].end(), docs[i]))
        candidate.score += kExactPoints;
      if (candidate.score > request.after->score ||
          (candidate.score == request.after->score && id_of(candidate) <= request.after->id))
        continue;
      ++eligible;
      if (candidate.score >= best.floor()) best.offer(candidate);
    }
  }

  for (const Candidate& each : best.sorted()) {
    answer.hits.push_back({std::string(id_of(each)), each.score});
    if (!request.explain) continue;
    const Standing& standing = (*parts_[each.part].standings)[each.doc];
    Explanation why;
    why.popularity = standing.popularity;
    why.freshness = standing.freshness;
    why.trust = standing.trust;
    why.dead = standing.dead ? kDeadPoints : 0;
    const auto& same = named[each.part];
    why.exact = std::binary_search(same.begin(), same.end(), each.doc) ? kExactPoints : 0;
    for (const Condition& condition : matcher.conditions()) {
      const Postings& list = condition.lists[each.part].postings;
      const DocId* at = std::lower_bound(list.docs, list.docs + list.size, each.doc);
      const std::int32_t points = condition.points[list.impacts[at - list.docs]];
      why.words.push_back({words_of_clause(*condition.clause), points, condition.workers});
      why.text += points;
    }
    answer.explanations.push_back(std::move(why));
  }
  answer.more = eligible > answer.hits.size();
  if (request.facets) answer.facets = counts.finish(request.facet_values_max);
  for (const Condition& condition : matcher.conditions()) {
    const bool is_beginning = condition.clause->kind == Clause::Kind::prefix;
    if (condition.corrected.empty()) {
      for (const std::string& word : condition.clause->words)
        answer.matched.push_back({word, is_beginning});
    } else {
      answer.corrections.push_back({condition.clause->words.front(), condition.corrected});
      for (const std::string& word : condition.corrected) answer.matched.push_back({word, false});
    }
  }
  return answer;
}

}  // namespace rbee::search
