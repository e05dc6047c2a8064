// Segments out of documents, and one segment out of several.
//
// Building: the words of one document after another go through a hash table; what a document has of
// a word becomes one posting; at the end the postings are dealt out to the sorted terms. Time: the
// bytes of the texts, once.
#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <map>
#include <numeric>
#include <unordered_map>

#include "search/segment.hpp"
#include "search/words.hpp"

namespace rbee::search {

namespace {

constexpr std::uint32_t kNone = ~std::uint32_t{0};
/// Between two texts of one document, so that no phrase spans them.
constexpr std::uint32_t kGap = 8;

/// Words to numbers in order of appearance. Open addressing; the texts stand in one piece.
class Vocabulary {
 public:
  Vocabulary() : slots_(kFirstSlots), mask_(kFirstSlots - 1) {}

  std::uint32_t number_of(std::string_view word, std::uint64_t hash) {
    const auto tag = static_cast<std::uint32_t>(hash >> 32);
    for (std::size_t at = hash & mask_;; at = (at + 1) & mask_) {
      Slot& slot = slots_[at];
      if (slot.number == kNone) {
        slot = {tag, static_cast<std::uint32_t>(texts_.size())};
        texts_.add(word);
        hashes_.push_back(hash);
        if (texts_.size() * 2 > slots_.size()) grow();
        return static_cast<std::uint32_t>(texts_.size() - 1);
      }
      if (slot.tag == tag && texts_[slot.number] == word) return slot.number;
    }
  }
  const TextTable& texts() const { return texts_; }

 private:
  static constexpr std::size_t kFirstSlots = 4096;
  struct Slot {
    std::uint32_t tag = 0, number = kNone;
  };
  void grow() {
    slots_.assign(slots_.size() * 2, {});
    mask_ = slots_.size() - 1;
    for (std::uint32_t i = 0; i < hashes_.size(); ++i) {
      std::size_t at = hashes_[i] & mask_;
      while (slots_[at].number != kNone) at = (at + 1) & mask_;
      slots_[at] = {static_cast<std::uint32_t>(hashes_[i] >> 32), i};
    }
  }

  std::vector<Slot> slots_;
  std::size_t mask_;
  TextTable texts_;
  std::vector<std::uint64_t> hashes_;
};

/// Field values to numbers; sorted at the end.
class ValueNumbers {
 public:
  std::uint32_t number_of(Field field, std::string_view value) {
    key_.assign(1, static_cast<char>('0' + static_cast<int>(field)));
    key_ += value;
    return numbers_.emplace(key_, static_cast<std::uint32_t>(numbers_.size())).first->second;
  }
  /// Fills the segment's table, and says which number each one has there.
  std::vector<std::uint32_t> finish(Segment& segment) const {
    std::vector<std::pair<std::string_view, std::uint32_t>> sorted;
    for (const auto& [key, number] : numbers_) sorted.emplace_back(key, number);
    std::sort(sorted.begin(), sorted.end());
    std::vector<std::uint32_t> rank(sorted.size());
    std::size_t field = 0;
    for (const auto& [key, number] : sorted) {
      for (; field < static_cast<std::size_t>(key[0] - '0'); ++field)
        segment.field_begin[field + 1] = static_cast<std::uint32_t>(segment.values.size());
      rank[number] = static_cast<std::uint32_t>(segment.values.size());
      segment.values.add(key.substr(1));
    }
    for (; field < kFields.size(); ++field)
      segment.field_begin[field + 1] = static_cast<std::uint32_t>(segment.values.size());
    return rank;
  }

 private:
  std::string key_;
  std::unordered_map<std::string, std::uint32_t> numbers_;
};

std::uint8_t impact_of(float frequency) {
  return static_cast<std::uint8_t>(
      std::clamp(std::lround(255.0F * frequency / (kSaturation + frequency)), 1L, 255L));
}

void append_positions(std::vector<std::uint8_t>& out, std::uint32_t delta, bool is_last) {
  while (delta >= 0x40) {
    out.push_back(static_cast<std::uint8_t>(0x80 | (delta & 0x7F)));
    delta >>= 7;
  }
  out.push_back(static_cast<std::uint8_t>((is_last ? 0x40 : 0) | delta));
}

std::int32_t days(Time time) {
  return static_cast<std::int32_t>(
      std::chrono::floor<std::chrono::days>(time).time_since_epoch().count());
}

/// The prefixes whose union is worth keeping: found by walking the sorted terms as if they were a
/// tree.
void prepare_prefixes(Segment& segment, TermId begin, TermId end, std::size_t depth,
                      std::vector<std::uint8_t>& dense) {
  if (segment.posting_begin[end] - segment.posting_begin[begin] < segment.prepared_postings_min ||
      end - begin < 2 || depth > kWordBytesMax)
    return;
  // An only child may have the same terms ("infer" and "inferen"): one of them is enough.
  const bool has_whole = segment.terms[begin].size() == depth;
  const bool is_known = !segment.prefixes.empty() && segment.prefixes.back().begin == begin &&
                        segment.prefixes.back().end == end &&
                        segment.prefixes.back().has_whole == has_whole;
  if (depth > 0 && !is_known) {
    PreparedPrefix prefix;
    prefix.has_whole = has_whole;
    prefix.begin = begin;
    prefix.end = end;
    std::fill(dense.begin(), dense.end(), std::uint8_t{0});
    for (TermId term = begin; term < end; ++term) {
      const bool is_whole = segment.terms[term].size() == depth;
      const Postings list = segment.postings(term);
      for (std::uint32_t i = 0; i < list.size; ++i) {
        const std::uint8_t impact = is_whole ? list.impacts[i] : weaken_completion(list.impacts[i]);
        dense[list.docs[i]] = std::max(dense[list.docs[i]], impact);
      }
    }
    const auto count = static_cast<std::size_t>(
        std::count_if(dense.begin(), dense.end(), [](std::uint8_t each) { return each != 0; }));
    prefix.docs.reserve(count);
    prefix.impacts.reserve(count);
    for (std::size_t doc = 0; doc < dense.size(); ++doc)
      if (dense[doc] != 0) {
        prefix.docs.push_back(static_cast<DocId>(doc));
        prefix.impacts.push_back(dense[doc]);
      }
    segment.prefixes.push_back(std::move(prefix));
  }
  for (TermId at = begin; at < end;) {
    const std::string_view first = segment.terms[at];
    if (first.size() <= depth) {
      ++at;
      continue;
    }
    const std::string_view stem = first.substr(0, depth + 1);
    TermId next = at + 1;
    while (next < end && segment.terms[next].starts_with(stem)) ++next;
    prepare_prefixes(segment, at, next, depth + 1, dense);
    at = next;
  }
}

void sort_shapes(Segment& segment) {
  TermShapes& shapes = segment.shapes;
  shapes.length_begin.assign(kWordBytesMax + 6, 0);
  for (TermId term = 0; term < segment.terms.size(); ++term)
    ++shapes.length_begin[segment.terms[term].size() + 1];
  std::partial_sum(shapes.length_begin.begin(), shapes.length_begin.end(),
                   shapes.length_begin.begin());
  shapes.letters.resize(segment.terms.size());
  shapes.terms.resize(segment.terms.size());
  std::vector<std::uint32_t> next = shapes.length_begin;
  for (TermId term = 0; term < segment.terms.size(); ++term) {
    const std::string_view text = segment.terms[term];
    const std::uint32_t at = next[text.size()]++;
    shapes.letters[at] = letters_of(text);
    shapes.terms[at] = term;
  }
}

void finish(Segment& segment) {
  sort_shapes(segment);
  segment.value_counts.assign(segment.values.size(), 0);
  for (const std::uint32_t value : segment.value_ids) ++segment.value_counts[value];
  std::vector<std::uint8_t> dense(segment.size());
  prepare_prefixes(segment, 0, static_cast<TermId>(segment.terms.size()), 0, dense);
  segment.ids.shrink();
  segment.terms.shrink();
  segment.values.shrink();
  segment.positions.shrink_to_fit();
  segment.value_ids.shrink_to_fit();
}

void set_exact(Segment& segment, std::vector<std::pair<std::uint64_t, DocId>>& exact) {
  std::sort(exact.begin(), exact.end());
  segment.exact_hash.reserve(exact.size());
  segment.exact_doc.reserve(exact.size());
  for (const auto& [hash, doc] : exact) {
    segment.exact_hash.push_back(hash);
    segment.exact_doc.push_back(doc);
  }
}

class Builder {
 public:
  Builder(std::span<const Document> documents, const BuildOptions& options)
      : documents_(documents), seed_(options.seed), segment_(std::make_shared<Segment>()) {
    segment_->prepared_postings_min = options.prepared_postings_min;
  }

  std::shared_ptr<const Segment> build() {
    std::vector<std::uint32_t> order(documents_.size());
    std::iota(order.begin(), order.end(), 0U);
    std::sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) {
      return documents_[a].id < documents_[b].id;
    });
    segment_->value_begin.push_back(0);
    for (std::uint32_t i = 0; i < order.size(); ++i)
      add(documents_[order[i]], static_cast<DocId>(i));
    deal_out();
    set_exact(*segment_, exact_);
    const std::vector<std::uint32_t> rank = values_.finish(*segment_);
    for (std::uint32_t& id : segment_->value_ids) id = rank[id];
    for (std::size_t doc = 0; doc < segment_->size(); ++doc)
      std::sort(segment_->value_ids.begin() + segment_->value_begin[doc],
                segment_->value_ids.begin() + segment_->value_begin[doc + 1]);
    finish(*segment_);
    segment_->is_strong.reserve(unsorted_.size());
    for (const std::uint32_t term : unsorted_) segment_->is_strong.push_back(is_strong_[term]);
    return segment_;
  }

 private:
  /// What the present document has of one word.
  struct Entry {
    std::uint32_t term = 0;
    std::uint32_t first_token = kNone, last_token = kNone;  ///< Of the chain in `tokens_`.
    float frequency = 0;
    std::uint32_t field_count = 0;  ///< Of the field that is being read.
  };
  struct Token {
    std::uint32_t position, next;
  };

  void add(const Document& document, DocId doc) {
    entries_.clear();
    tokens_.clear();
    position_ = 0;
    read(document.name, Markup::none, kNameText, true);
    read(document.id, Markup::none, kIdText, true);
    read(document.description, Markup::none, kDescriptionText, false);
    read_all(document.tags, kTagText);
    read_all(document.tasks, kTaskText);
    read_all(document.formats, kTaskText);
    read(document.readme.substr(0, kReadmeBytesMax), Markup::markdown, kReadmeText, false);
    for (const Entry& entry : entries_) {
      postings_.push_back({entry.term, doc, impact_of(entry.frequency)});
      std::uint32_t before = 0;
      for (std::uint32_t at = entry.first_token; at != kNone; at = tokens_[at].next) {
        append_positions(runs_, tokens_[at].position - before, tokens_[at].next == kNone);
        before = tokens_[at].position;
      }
      run_ends_.push_back(static_cast<std::uint32_t>(runs_.size()));
    }
    add_facts(document);
  }

  void read(std::string_view text, Markup markup, const TextField& field, bool is_strong) {
    const std::size_t first_touched = touched_.size();
    std::uint32_t length = 0;
    WordReader reader(text, markup, seed_);
    Word word;
    while (reader.next(word)) {
      if (word.position >= kReadmeWordsMax) break;
      ++length;
      // A stop word counts where every word does: in names.
      if (!is_strong && is_stop_word(word.text)) continue;
      touch(word, is_strong);
    }
    position_ += length + kGap;
    weigh(first_touched, field, length);
  }

  void read_all(std::span<const std::string> texts, const TextField& field) {
    const std::size_t first_touched = touched_.size();
    std::uint32_t length = 0;
    for (const std::string& text : texts) {
      WordReader reader(text, Markup::none, seed_);
      std::uint32_t words = 0;
      for (Word word; reader.next(word); ++words) touch(word, true);
      length += words;
      position_ += words + kGap;
    }
    weigh(first_touched, field, length);
  }

  void touch(const Word& word, bool is_strong) {
    const std::uint32_t term = vocabulary_.number_of(word.text, word.hash);
    if (term == seen_in_.size()) {
      seen_in_.push_back(kNone);
      entry_of_.push_back(0);
      is_strong_.push_back(0);
    }
    if (is_strong) is_strong_[term] = 1;
    if (seen_in_[term] != document_) {
      seen_in_[term] = document_;
      entry_of_[term] = static_cast<std::uint32_t>(entries_.size());
      entries_.push_back({.term = term});
    }
    Entry& entry = entries_[entry_of_[term]];
    const auto token = static_cast<std::uint32_t>(tokens_.size());
    tokens_.push_back({position_ + word.position, kNone});
    if (entry.first_token == kNone)
      entry.first_token = token;
    else
      tokens_[entry.last_token].next = token;
    entry.last_token = token;
    if (entry.field_count++ == 0) touched_.push_back(entry_of_[term]);
  }

  /// The field is read: what it adds to each word's frequency.
  void weigh(std::size_t first_touched, const TextField& field, std::uint32_t length) {
    const float norm = 1 - field.slope + field.slope * static_cast<float>(length) / field.pivot;
    for (std::size_t i = first_touched; i < touched_.size(); ++i) {
      Entry& entry = entries_[touched_[i]];
      entry.frequency += field.weight * static_cast<float>(entry.field_count) / norm;
      entry.field_count = 0;
    }
    touched_.resize(first_touched);
  }

  void add_facts(const Document& document) {
    Segment& s = *segment_;
    s.ids.add(document.id);
    const auto doc = static_cast<DocId>(s.ids.size() - 1);
    const std::uint64_t id_hash = hash_word(normalised(document.id));
    const std::uint64_t name_hash = hash_word(normalised(document.name));
    exact_.emplace_back(id_hash, doc);
    if (name_hash != id_hash) exact_.emplace_back(name_hash, doc);
    s.platforms.push_back(document.platforms);
    s.created_days.push_back(days(document.created));
    s.updated_days.push_back(days(document.updated));
    s.is_premium.push_back(document.premium ? 1 : 0);
    s.is_official.push_back(document.source == "official" ? 1 : 0);
    const std::size_t begin = s.value_ids.size();
    const auto value = [&](Field field, std::string_view text) {
      if (text.empty()) return;
      const std::uint32_t number = values_.number_of(field, text);
      if (std::find(s.value_ids.begin() + static_cast<std::ptrdiff_t>(begin), s.value_ids.end(),
                    number) == s.value_ids.end())
        s.value_ids.push_back(number);
    };
    for (const std::string& tag : document.tags) value(Field::tag, tag);
    for (const std::string& task : document.tasks) value(Field::task, task);
    for (const std::string& format : document.formats) value(Field::format, format);
    add_license(document.license, value);
    value(Field::source, document.source);
    value(Field::owner, document.owner);
    s.value_begin.push_back(static_cast<std::uint32_t>(s.value_ids.size()));
    ++document_;
  }

  /// "MIT OR Apache-2.0" is found under both.
  template <typename Value>
  static void add_license(std::string_view license, const Value& value) {
    std::size_t begin = 0;
    while (begin < license.size()) {
      const std::size_t end = std::min(license.find_first_of(" ()", begin), license.size());
      const std::string_view part = license.substr(begin, end - begin);
      if (part == "WITH") {  // An exception is none.
        begin = std::min(license.find_first_not_of(" ()", end), license.size());
        begin = std::min(license.find_first_of(" ()", begin), license.size());
        continue;
      }
      if (!part.empty() && part != "OR" && part != "AND") value(Field::license, part);
      begin = end + 1;
    }
  }

  /// The postings, which stand in the order of documents, to the sorted terms.
  void deal_out() {
    Segment& s = *segment_;
    const TextTable& texts = vocabulary_.texts();
    unsorted_.resize(texts.size());
    std::iota(unsorted_.begin(), unsorted_.end(), 0U);
    std::sort(unsorted_.begin(), unsorted_.end(),
              [&](std::uint32_t a, std::uint32_t b) { return texts[a] < texts[b]; });
    std::vector<std::uint32_t> rank(texts.size());
    for (std::uint32_t i = 0; i < unsorted_.size(); ++i) {
      rank[unsorted_[i]] = i;
      s.terms.add(texts[unsorted_[i]]);
    }
    s.posting_begin.assign(texts.size() + 1, 0);
    std::vector<std::uint32_t> run_begin(texts.size() + 1, 0);
    std::uint32_t run = 0;
    for (std::size_t i = 0; i < postings_.size(); ++i) {
      const std::uint32_t term = rank[postings_[i].term];
      ++s.posting_begin[term + 1];
      run_begin[term + 1] += run_ends_[i] - run;
      run = run_ends_[i];
    }
    std::partial_sum(s.posting_begin.begin(), s.posting_begin.end(), s.posting_begin.begin());
    std::partial_sum(run_begin.begin(), run_begin.end(), run_begin.begin());
    s.docs.resize(postings_.size());
    s.impacts.resize(postings_.size());
    s.positions.resize(runs_.size());
    s.position_skips.resize(postings_.size() / 64 + 1);
    std::vector<std::uint32_t> next(s.posting_begin.begin(), s.posting_begin.end() - 1);
    run = 0;
    for (std::size_t i = 0; i < postings_.size(); ++i) {
      const std::uint32_t term = rank[postings_[i].term];
      const std::uint32_t at = next[term]++;
      s.docs[at] = postings_[i].doc;
      s.impacts[at] = postings_[i].impact;
      if (at % 64 == 0) s.position_skips[at / 64] = run_begin[term];
      std::uint32_t& to = run_begin[term];
      for (; run < run_ends_[i]; ++run) s.positions[to++] = runs_[run];
    }
  }

  struct Posting {
    std::uint32_t term;
    DocId doc;
    std::uint8_t impact;
  };

  std::span<const Document> documents_;
  std::uint64_t seed_;
  std::shared_ptr<Segment> segment_;
  Vocabulary vocabulary_;
  ValueNumbers values_;
  // By term, in order of appearance.
  std::vector<std::uint32_t> seen_in_, entry_of_;
  std::vector<std::uint8_t> is_strong_;
  std::vector<std::uint32_t> unsorted_;  ///< By sorted term: its number here.
  // Of the present document.
  std::uint32_t document_ = 0, position_ = 0;
  std::vector<Entry> entries_;
  std::vector<Token> tokens_;
  std::vector<std::uint32_t> touched_;  ///< Entries that the present field has.
  // Of all.
  std::vector<std::pair<std::uint64_t, DocId>> exact_;
  std::vector<Posting> postings_;
  std::vector<std::uint8_t> runs_;
  std::vector<std::uint32_t> run_ends_;
};

/// Where a document of a source went; kNone: it is gone.
using Moves = std::vector<std::vector<std::uint32_t>>;

Moves merge_documents(std::span<const MergeSource> sources, Segment& out) {
  struct Place {
    std::string_view id;
    std::uint32_t source, doc;
  };
  std::vector<Place> places;
  Moves moves(sources.size());
  for (std::uint32_t i = 0; i < sources.size(); ++i) {
    const Segment& from = *sources[i].segment;
    moves[i].assign(from.size(), kNone);
    for (std::uint32_t doc = 0; doc < from.size(); ++doc)
      if (sources[i].removed == nullptr || !(*sources[i].removed)[doc])
        places.push_back({from.ids[doc], i, doc});
  }
  std::sort(places.begin(), places.end(),
            [](const Place& a, const Place& b) { return a.id < b.id; });
  ValueNumbers values;
  out.value_begin.push_back(0);
  for (std::uint32_t i = 0; i < places.size(); ++i) {
    const auto [id, source, doc] = places[i];
    const Segment& from = *sources[source].segment;
    moves[source][doc] = i;
    out.ids.add(id);
    out.platforms.push_back(from.platforms[doc]);
    out.created_days.push_back(from.created_days[doc]);
    out.updated_days.push_back(from.updated_days[doc]);
    out.is_premium.push_back(from.is_premium[doc]);
    out.is_official.push_back(from.is_official[doc]);
    for (const std::uint32_t value : from.values_of(static_cast<DocId>(doc))) {
      const auto after = std::upper_bound(from.field_begin.begin(), from.field_begin.end(), value);
      const auto field = static_cast<Field>(after - from.field_begin.begin() - 1);
      out.value_ids.push_back(values.number_of(field, from.values[value]));
    }
    out.value_begin.push_back(static_cast<std::uint32_t>(out.value_ids.size()));
  }
  std::vector<std::pair<std::uint64_t, DocId>> exact;
  for (std::size_t i = 0; i < sources.size(); ++i) {
    const Segment& from = *sources[i].segment;
    for (std::size_t k = 0; k < from.exact_hash.size(); ++k)
      if (const std::uint32_t doc = moves[i][from.exact_doc[k]]; doc != kNone)
        exact.emplace_back(from.exact_hash[k], static_cast<DocId>(doc));
  }
  set_exact(out, exact);
  const std::vector<std::uint32_t> rank = values.finish(out);
  for (std::uint32_t& id : out.value_ids) id = rank[id];
  for (std::size_t doc = 0; doc < out.size(); ++doc)
    std::sort(out.value_ids.begin() + out.value_begin[doc],
              out.value_ids.begin() + out.value_begin[doc + 1]);
  return moves;
}

/// One posting on its way into the merged segment.
struct Moved {
  std::uint32_t doc, source, posting;
};

}  // namespace

std::shared_ptr<const Segment> build_segment(std::span<const Document> documents,
                                             const BuildOptions& options) {
  return Builder(documents, options).build();
}

std::shared_ptr<const Segment> merge_segments(std::span<const MergeSource> sources) {
  const auto out = std::make_shared<Segment>();
  for (const MergeSource& source : sources)
    out->prepared_postings_min =
        std::max(out->prepared_postings_min, source.segment->prepared_postings_min);
  const Moves moves = merge_documents(sources, *out);
  // Where the positions of each source's postings begin.
  std::vector<std::vector<std::uint32_t>> runs(sources.size());
  for (std::size_t i = 0; i < sources.size(); ++i) {
    const auto& bytes = sources[i].segment->positions;
    runs[i].reserve(sources[i].segment->docs.size() + 1);
    runs[i].push_back(0);
    for (std::uint32_t at = 0; at < bytes.size(); ++at)
      if ((bytes[at] & 0xC0) == 0x40) runs[i].push_back(at + 1);
  }
  std::vector<TermId> next(sources.size(), 0);
  std::vector<Moved> moved;
  out->posting_begin.push_back(0);
  for (;;) {
    std::optional<std::string_view> least;
    for (std::size_t i = 0; i < sources.size(); ++i)
      if (next[i] < sources[i].segment->terms.size())
        if (const auto text = sources[i].segment->terms[next[i]]; !least || text < *least)
          least = text;
    if (!least) break;
    moved.clear();
    bool is_strong = false;
    std::size_t parts = 0;
    for (std::uint32_t i = 0; i < sources.size(); ++i) {
      const Segment& from = *sources[i].segment;
      if (next[i] >= from.terms.size() || from.terms[next[i]] != *least) continue;
      is_strong = is_strong || from.is_strong[next[i]] != 0;
      const std::size_t before = moved.size();
      for (std::uint32_t p = from.posting_begin[next[i]]; p < from.posting_begin[next[i] + 1]; ++p)
        if (const std::uint32_t doc = moves[i][from.docs[p]]; doc != kNone)
          moved.push_back({doc, i, p});
      parts += moved.size() > before ? 1 : 0;
      ++next[i];
    }
    if (moved.empty()) continue;
    if (parts > 1)
      std::sort(moved.begin(), moved.end(),
                [](const Moved& a, const Moved& b) { return a.doc < b.doc; });
    out->terms.add(*least);
    out->is_strong.push_back(is_strong ? 1 : 0);
    for (const Moved& each : moved) {
      const Segment& from = *sources[each.source].segment;
      if (out->docs.size() % 64 == 0)
        out->position_skips.push_back(static_cast<std::uint32_t>(out->positions.size()));
      out->docs.push_back(static_cast<DocId>(each.doc));
      out->impacts.push_back(from.impacts[each.posting]);
      const auto& run = runs[each.source];
      out->positions.insert(out->positions.end(), from.positions.begin() + run[each.posting],
                            from.positions.begin() + run[each.posting + 1]);
    }
    out->posting_begin.push_back(static_cast<std::uint32_t>(out->docs.size()));
  }
  out->docs.shrink_to_fit();
  out->impacts.shrink_to_fit();
  finish(*out);
  return out;
}

}  // namespace rbee::search
