#include "search/matcher.hpp"

#include <algorithm>
#include <cmath>
#include <map>

#include "search/typos.hpp"

namespace rbee::search {

namespace {

/// One list much longer than the other: look each of the few up rather than walk the many.
constexpr std::size_t kGallopRatio = 24;
constexpr std::size_t kCorrectionsMax = 8;

/// One impact for each document of a segment; zero between uses.
std::vector<std::uint8_t>& dense_impacts() {
  thread_local std::vector<std::uint8_t> dense(kSegmentDocumentsMax, 0);
  return dense;
}

void raise(std::vector<std::uint8_t>& dense, const Postings& list, auto weaken) {
  std::uint8_t* const to = dense.data();
  for (std::uint32_t i = 0; i < list.size; ++i) {
    const std::uint8_t impact = weaken(list.impacts[i]);
    std::uint8_t& best = to[list.docs[i]];
    best = best < impact ? impact : best;
  }
}

/// What stands in `dense`, as a list; `dense` is zero again.
void drain(std::vector<std::uint8_t>& dense, std::size_t size, Condition::List& out) {
  out.docs.resize(size + 8);
  out.impacts.resize(size + 8);
  DocId* docs = out.docs.data();
  std::uint8_t* impacts = out.impacts.data();
  std::size_t count = 0;
  for (std::size_t begin = 0; begin < size; begin += 8) {
    std::uint64_t eight = 0;
    __builtin_memcpy(&eight, dense.data() + begin, sizeof(eight));
    if (eight == 0) continue;
    for (std::size_t doc = begin; doc < begin + 8; ++doc) {
      docs[count] = static_cast<DocId>(doc);
      impacts[count] = dense[doc];
      count += dense[doc] != 0 ? 1 : 0;
    }
    const std::uint64_t zero = 0;
    __builtin_memcpy(dense.data() + begin, &zero, sizeof(zero));
  }
  out.docs.resize(count);
  out.impacts.resize(count);
  out.postings = {out.docs.data(), out.impacts.data(), static_cast<std::uint32_t>(count)};
}

/// The first place at or behind `from` whose document is not less.
std::uint32_t gallop(const Postings& list, std::uint32_t from, DocId doc) {
  std::uint32_t step = 1, end = from;
  while (end < list.size && list.docs[end] < doc) {
    from = end + 1;
    end += step;
    step *= 2;
  }
  end = std::min(end, list.size);
  return static_cast<std::uint32_t>(std::lower_bound(list.docs + from, list.docs + end, doc) -
                                    list.docs);
}

void keep_common(Matches& out, const Postings& list, const std::array<std::int32_t, 256>& points) {
  std::size_t kept = 0;
  if (out.docs.size() * kGallopRatio < list.size) {
    std::uint32_t at = 0;
    for (std::size_t i = 0; i < out.docs.size() && at < list.size; ++i) {
      at = gallop(list, at, out.docs[i]);
      if (at == list.size || list.docs[at] != out.docs[i]) continue;
      out.docs[kept] = out.docs[i];
      out.points[kept++] = out.points[i] + points[list.impacts[at]];
    }
  } else {
    // Without a branch that depends on the data: where both lists are long, every second guess
    // would be wrong.
    std::vector<std::uint8_t>& dense = dense_impacts();
    for (std::uint32_t i = 0; i < list.size; ++i) dense[list.docs[i]] = list.impacts[i];
    const std::uint8_t* const impacts = dense.data();
    DocId* const docs = out.docs.data();
    std::int32_t* const sums = out.points.data();
    const std::size_t size = out.docs.size();
    for (std::size_t i = 0; i < size; ++i) {
      const DocId doc = docs[i];
      const std::uint8_t impact = impacts[doc];
      docs[kept] = doc;
      sums[kept] = sums[i] + points[impact];
      kept += impact != 0 ? 1 : 0;
    }
    for (std::uint32_t i = 0; i < list.size; ++i) dense[list.docs[i]] = 0;
  }
  out.docs.resize(kept);
  out.points.resize(kept);
}

template <typename Keep>
void keep_if(Matches& out, Keep keep) {
  std::size_t kept = 0;
  for (std::size_t i = 0; i < out.docs.size(); ++i) {
    const DocId doc = out.docs[i];
    const bool keeps = keep(doc);
    out.docs[kept] = doc;
    out.points[kept] = out.points[i];
    kept += keeps ? 1 : 0;
  }
  out.docs.resize(kept);
  out.points.resize(kept);
}

}  // namespace

std::int32_t rarity_points(std::uint64_t workers, std::uint64_t all) {
  const double with = static_cast<double>(std::min(workers, all)), total = static_cast<double>(all);
  return static_cast<std::int32_t>(
      std::lround(1000 * std::log(1 + (total - with + 0.5) / (with + 0.5))));
}

Matcher::Matcher(const Index& index, const Query& query, double min_rating)
    : index_(index),
      query_(query),
      min_rating_cents_(
          static_cast<std::uint16_t>(std::lround(std::clamp(min_rating, 0.0, 5.0) * 100))) {
  for (const Clause& clause : query.clauses) {
    Condition condition = look_up(clause);
    if (clause.excluded) {
      exclusions_.push_back(std::move(condition));
      continue;
    }
    const std::int32_t full = rarity_points(condition.workers, index.size_);
    for (std::size_t impact = 0; impact < 256; ++impact)
      condition.points[impact] =
          static_cast<std::int32_t>((full * static_cast<std::int64_t>(impact) + 127) / 255);
    conditions_.push_back(std::move(condition));
  }
  // One and the same platform must have what is asked of operating system, architecture and
  // accelerator together.
  std::vector<Platforms> oses, arches, accelerators;
  for (const Filter& filter : query.filters) {
    Platforms set = 0;
    std::vector<Platforms>* all = nullptr;
    if (filter.field == Field::os) {
      if (const auto os = parse_os(filter.value)) set = platforms_of(*os);
      all = &oses;
    } else if (filter.field == Field::arch) {
      if (const auto arch = parse_arch(filter.value)) set = platforms_of(*arch);
      all = &arches;
    } else if (filter.field == Field::accelerator) {
      if (const auto accelerator = parse_accelerator(filter.value))
        set = platforms_of(*accelerator);
      all = &accelerators;
    }
    if (all != nullptr) (filter.excluded ? forbidden_ : *all).push_back(set);
  }
  if (oses.empty() && arches.empty() && accelerators.empty()) return;
  for (auto* each : {&oses, &arches, &accelerators})
    if (each->empty()) each->push_back(~Platforms{0});
  for (const Platforms os : oses)
    for (const Platforms arch : arches)
      for (const Platforms accelerator : accelerators) needed_.push_back(os & arch & accelerator);
}

Condition Matcher::look_up(const Clause& clause) const {
  Condition condition;
  condition.clause = &clause;
  condition.lists.resize(index_.parts_.size());
  if (clause.kind == Clause::Kind::phrase)
    look_up_phrase(condition, clause);
  else if (clause.kind == Clause::Kind::prefix)
    look_up_beginning(condition, clause.words.front());
  else
    look_up_word(condition, clause.words.front());
  // Nobody excludes what he cannot spell.
  if (clause.kind != Clause::Kind::phrase && !clause.excluded && !has_living(condition))
    correct(condition, clause.words.front());
  condition.workers = 0;
  for (const Condition::List& list : condition.lists) condition.workers += list.postings.size;
  return condition;
}

void Matcher::look_up_word(Condition& condition, const std::string& word) const {
  for (std::size_t i = 0; i < condition.lists.size(); ++i)
    if (const auto term = index_.parts_[i].segment->term(word))
      condition.lists[i].postings = index_.parts_[i].segment->postings(*term);
}

void Matcher::look_up_beginning(Condition& condition, const std::string& word) const {
  for (std::size_t i = 0; i < condition.lists.size(); ++i) {
    const Segment& segment = *index_.parts_[i].segment;
    const auto [begin, end] = segment.range(word);
    if (begin == end) continue;
    const bool has_whole = segment.terms[begin].size() == word.size();
    if (end - begin == 1 && has_whole) {
      condition.lists[i].postings = segment.postings(begin);
      continue;
    }
    if (const PreparedPrefix* ready = segment.prepared(begin, end, has_whole)) {
      condition.lists[i].postings = {ready->docs.data(), ready->impacts.data(),
                                     static_cast<std::uint32_t>(ready->docs.size())};
      continue;
    }
    std::vector<std::uint8_t>& dense = dense_impacts();
    for (TermId term = begin; term < end; ++term) {
      if (term == begin && has_whole)
        raise(dense, segment.postings(term), [](std::uint8_t impact) { return impact; });
      else
        raise(dense, segment.postings(term), weaken_completion);
    }
    drain(dense, segment.size(), condition.lists[i]);
  }
}

void Matcher::look_up_phrase(Condition& condition, const Clause& phrase) const {
  for (std::size_t i = 0; i < condition.lists.size(); ++i) {
    const Segment& segment = *index_.parts_[i].segment;
    std::vector<Postings> lists;
    std::vector<std::uint32_t> begins;  // The first posting's number, of the whole segment.
    for (const std::string& word : phrase.words) {
      const auto term = segment.term(word);
      if (!term) break;
      lists.push_back(segment.postings(*term));
      begins.push_back(segment.posting_begin[*term]);
    }
    if (lists.size() < phrase.words.size()) continue;
    const auto rarest = static_cast<std::size_t>(
        std::min_element(lists.begin(), lists.end(),
                         [](const Postings& a, const Postings& b) { return a.size < b.size; }) -
        lists.begin());
    std::vector<PositionReader> readers(lists.size(), PositionReader(segment));
    std::vector<std::uint32_t> at(lists.size(), 0);
    std::vector<std::uint32_t> starts, shifted;
    Condition::List& out = condition.lists[i];
    for (std::uint32_t candidate = 0; candidate < lists[rarest].size; ++candidate) {
      const DocId doc = lists[rarest].docs[candidate];
      bool has_all = true;
      std::uint8_t best = 0;
      for (std::size_t k = 0; k < lists.size() && has_all; ++k) {
        at[k] = k == rarest ? candidate : gallop(lists[k], at[k], doc);
        has_all = at[k] < lists[k].size && lists[k].docs[at[k]] == doc;
        if (has_all) best = std::max(best, lists[k].impacts[at[k]]);
      }
      if (!has_all) continue;
      // Where the phrase could start, as the words see it one after another.
      for (std::size_t k = 0; k < lists.size(); ++k) {
        shifted.clear();
        for (const std::uint32_t position : readers[k].read(begins[k] + at[k]))
          if (position >= phrase.offsets[k]) shifted.push_back(position - phrase.offsets[k]);
        if (k == 0) {
          starts = shifted;
        } else {
          std::erase_if(starts, [&](std::uint32_t start) {
            return !std::binary_search(shifted.begin(), shifted.end(), start);
          });
        }
        if (starts.empty()) break;
      }
      if (starts.empty()) continue;
      out.docs.push_back(doc);
      out.impacts.push_back(best);
    }
    out.postings = {out.docs.data(), out.impacts.data(),
                    static_cast<std::uint32_t>(out.docs.size())};
  }
}

bool Matcher::has_living(const Condition& condition) const {
  for (std::size_t i = 0; i < condition.lists.size(); ++i) {
    const Postings& list = condition.lists[i].postings;
    const auto& part = index_.parts_[i];
    if (list.size > part.removed_count) return true;
    for (std::uint32_t k = 0; k < list.size; ++k)
      if (!(*part.removed)[list.docs[k]]) return true;
  }
  return false;
}

void Matcher::correct(Condition& condition, const std::string& word) const {
  const std::size_t allowed = slips_allowed(word);
  if (allowed == 0) return;
  struct Candidate {
    std::size_t slips = 0;
    std::uint32_t workers = 0;
  };
  std::map<std::string, Candidate, std::less<>> candidates;
  for (const auto& part : index_.parts_)
    for (const NearTerm& near : near_terms(*part.segment, word, allowed)) {
      Candidate& each = candidates[std::string(part.segment->terms[near.term])];
      each.slips = near.slips;
      const Postings list = part.segment->postings(near.term);
      each.workers += list.size;
      for (std::uint32_t i = 0; part.removed != nullptr && i < list.size; ++i)
        each.workers -= (*part.removed)[list.docs[i]] ? 1 : 0;
    }
  std::erase_if(candidates, [](const auto& each) { return each.second.workers == 0; });
  if (candidates.empty()) return;
  // Only the nearest, and of those the most used.
  std::vector<std::pair<std::string, Candidate>> nearest(candidates.begin(), candidates.end());
  std::stable_sort(nearest.begin(), nearest.end(), [](const auto& a, const auto& b) {
    return a.second.slips != b.second.slips ? a.second.slips < b.second.slips
                                            : a.second.workers > b.second.workers;
  });
  for (const auto& [text, candidate] : nearest)
    if (candidate.slips == nearest.front().second.slips &&
        condition.corrected.size() < kCorrectionsMax)
      condition.corrected.push_back(text);
  for (std::size_t i = 0; i < condition.lists.size(); ++i) {
    const Segment& segment = *index_.parts_[i].segment;
    condition.lists[i].postings = {};
    if (condition.corrected.size() == 1) {
      if (const auto term = segment.term(condition.corrected.front()))
        condition.lists[i].postings = segment.postings(*term);
      continue;
    }
    std::vector<std::uint8_t>& dense = dense_impacts();
    for (const std::string& text : condition.corrected)
      if (const auto term = segment.term(text))
        raise(dense, segment.postings(*term), [](std::uint8_t impact) { return impact; });
    drain(dense, segment.size(), condition.lists[i]);
  }
}

const Condition* Matcher::only_condition(std::size_t number) const {
  const bool is_plain = conditions_.size() == 1 && exclusions_.empty() && query_.filters.empty() &&
                        !query_.premium && min_rating_cents_ == 0 &&
                        index_.parts_[number].removed == nullptr;
  return is_plain ? &conditions_.front() : nullptr;
}

void Matcher::match(std::size_t number, Matches& out) const {
  const auto& part = index_.parts_[number];
  out.docs.clear();
  out.points.clear();
  std::vector<const Condition*> order;
  for (const Condition& each : conditions_) order.push_back(&each);
  std::sort(order.begin(), order.end(), [&](const Condition* a, const Condition* b) {
    return a->lists[number].postings.size < b->lists[number].postings.size;
  });
  if (order.empty()) {
    out.docs.resize(part.segment->size());
    out.points.assign(part.segment->size(), 0);
    for (std::size_t doc = 0; doc < out.docs.size(); ++doc) out.docs[doc] = static_cast<DocId>(doc);
  } else {
    const Postings& first = order.front()->lists[number].postings;
    if (first.size == 0) return;
    out.docs.assign(first.docs, first.docs + first.size);
    out.points.resize(first.size);
    const std::array<std::int32_t, 256>& points = order.front()->points;
    for (std::uint32_t i = 0; i < first.size; ++i) out.points[i] = points[first.impacts[i]];
    for (std::size_t i = 1; i < order.size() && !out.docs.empty(); ++i)
      keep_common(out, order[i]->lists[number].postings, order[i]->points);
  }
  if (part.removed != nullptr) keep_if(out, [&](DocId doc) { return !(*part.removed)[doc]; });
  for (const Condition& each : exclusions_) {
    const Postings& list = each.lists[number].postings;
    std::uint32_t at = 0;
    keep_if(out, [&](DocId doc) {
      at = gallop(list, at, doc);
      return at == list.size || list.docs[at] != doc;
    });
  }
  apply_filters(number, out);
}

void Matcher::apply_filters(std::size_t number, Matches& out) const {
  const auto& part = index_.parts_[number];
  const Segment& segment = *part.segment;
  for (const Platforms needed : needed_)
    keep_if(out, [&](DocId doc) { return (segment.platforms[doc] & needed) != 0; });
  for (const Platforms forbidden : forbidden_)
    keep_if(out, [&](DocId doc) { return (segment.platforms[doc] & forbidden) == 0; });
  for (const Filter& filter : query_.filters) {
    if (filter.field == Field::os || filter.field == Field::arch ||
        filter.field == Field::accelerator)
      continue;
    const std::vector<std::uint32_t> wanted = segment.find_values(filter.field, filter.value);
    keep_if(out, [&](DocId doc) {
      bool has = false;
      for (const std::uint32_t value : segment.values_of(doc))
        for (const std::uint32_t each : wanted) has = has || value == each;
      return has != filter.excluded;
    });
  }
  if (query_.premium)
    keep_if(out, [&](DocId doc) { return (segment.is_premium[doc] != 0) == *query_.premium; });
  if (min_rating_cents_ > 0)
    keep_if(out,
            [&](DocId doc) { return (*part.standings)[doc].rating_cents >= min_rating_cents_; });
}

}  // namespace rbee::search
