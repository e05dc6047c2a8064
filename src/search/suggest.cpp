// Index::suggest: what somebody who is typing may want to type.
#include <algorithm>

#include "search/index.hpp"
#include "search/matcher.hpp"
#include "search/typos.hpp"
#include "search/words.hpp"

namespace rbee::search {

namespace {

/// Ids below one prefix that are ranked; a prefix of one letter has thousands.
constexpr std::size_t kIdsLookedAt = 2'000;
/// Completions that are tried together with the words before.
constexpr std::size_t kTried = 24;

struct Completion {
  std::string word;
  std::uint32_t workers = 0;
};

/// "fast inf": the words before, as typed, and the word that is being typed.
struct Typed {
  std::string_view head;
  std::string last;
};

Typed split_last(std::string_view text) {
  Typed typed{text, {}};
  WordReader reader(text);
  for (Word word; reader.next(word);)
    if (word.end == text.size()) {
      // Of a run of CJK the pair that is last says more than the last character.
      if (word.ends_run && !typed.last.empty()) continue;
      typed.head = text.substr(0, word.begin);
      typed.last = word.text;
    }
  return typed;
}

}  // namespace

class Suggester {
 public:
  explicit Suggester(const Index& index) : index_(index) {}

  /// Words of names, tags and tasks that begin so, most used first.
  std::vector<Completion> completions(const std::string& beginning, std::size_t limit) const {
    std::vector<Completion> all;
    for (const auto& part : index_.parts_) {
      const Segment& segment = *part.segment;
      const auto [begin, end] = segment.range(beginning);
      std::vector<TermId> terms;
      for (TermId term = begin; term < end; ++term)
        if (segment.is_strong[term] != 0) terms.push_back(term);
      const auto more = [&](TermId a, TermId b) {
        return segment.postings(a).size > segment.postings(b).size;
      };
      const std::size_t keep = std::min(terms.size(), limit * 4);
      std::partial_sort(terms.begin(), terms.begin() + static_cast<std::ptrdiff_t>(keep),
                        terms.end(), more);
      for (std::size_t i = 0; i < keep; ++i) {
        const std::string_view word = segment.terms[terms[i]];
        if (std::none_of(all.begin(), all.end(),
                         [&](const Completion& each) { return each.word == word; }))
          all.push_back({std::string(word), workers_with(word)});
      }
    }
    std::sort(all.begin(), all.end(), [](const Completion& a, const Completion& b) {
      return a.workers != b.workers ? a.workers > b.workers : a.word < b.word;
    });
    std::erase_if(all, [](const Completion& each) { return each.workers == 0; });
    if (all.size() > limit) all.resize(limit);
    return all;
  }

  std::uint32_t workers_with(std::string_view word) const {
    std::uint32_t count = 0;
    for (const auto& part : index_.parts_)
      if (const auto term = part.segment->term(word)) {
        const Postings list = part.segment->postings(*term);
        count += list.size;
        if (part.removed != nullptr)
          for (std::uint32_t i = 0; i < list.size; ++i)
            count -= (*part.removed)[list.docs[i]] ? 1 : 0;
      }
    return count;
  }

  /// Workers whose id begins so, best standing first.
  std::vector<Hit> ids(std::string_view beginning, std::size_t limit) const {
    struct Found {
      std::string_view id;
      std::int32_t total;
    };
    std::vector<Found> found;
    for (const auto& part : index_.parts_) {
      const Segment& segment = *part.segment;
      std::size_t doc = segment.ids.lower_bound(beginning, 0, segment.ids.size());
      for (std::size_t seen = 0; doc < segment.ids.size() && seen < kIdsLookedAt; ++doc, ++seen) {
        if (!segment.ids[doc].starts_with(beginning)) break;
        if (part.removed != nullptr && (*part.removed)[doc]) continue;
        found.push_back({segment.ids[doc], (*part.totals)[doc]});
      }
    }
    const std::size_t keep = std::min(limit, found.size());
    std::partial_sort(found.begin(), found.begin() + static_cast<std::ptrdiff_t>(keep), found.end(),
                      [](const Found& a, const Found& b) {
                        return a.total != b.total ? a.total > b.total : a.id < b.id;
                      });
    std::vector<Hit> hits;
    for (std::size_t i = 0; i < keep; ++i)
      hits.push_back({std::string(found[i].id), found[i].total});
    return hits;
  }

  /// The most used of the nearest words, when nobody has this one; nothing when somebody has.
  std::optional<std::string> mended(const std::string& word) const {
    Query query;
    query.clauses.push_back({Clause::Kind::word, {word}, {}, false});
    const Matcher matcher(index_, query, 0);
    const auto& corrected = matcher.conditions().front().corrected;
    if (corrected.empty()) return std::nullopt;
    return corrected.front();
  }

 private:
  const Index& index_;
};

Suggestions Index::suggest(std::string_view text, std::size_t limit) const {
  Suggestions out;
  text = text.substr(0, kQueryBytesMax);
  const Suggester suggester(*this);
  const Typed typed = split_last(text);
  if (!typed.last.empty()) {
    const Query head = parse_query(typed.head, LastWord::whole).query;
    const bool is_alone = head.clauses.empty() && head.filters.empty();
    for (const Completion& each : suggester.completions(typed.last, is_alone ? limit : kTried)) {
      if (out.words.size() == limit) break;
      if (!is_alone) {
        SearchRequest request{.query = head, .limit = 0};
        request.query.clauses.push_back({Clause::Kind::word, {each.word}, {}, false});
        if (search(request).total == 0) continue;
      }
      out.words.push_back(std::string(typed.head) + each.word);
    }
    out.tags = values(Field::tag, typed.last);
    if (out.tags.size() > limit) out.tags.resize(limit);
  }
  std::string beginning = normalised(text);
  std::replace(beginning.begin(), beginning.end(), ' ', '-');
  if (!beginning.empty()) out.workers = suggester.ids(beginning, limit);

  // Mend what nobody has; what is being typed may become something.
  std::string better;
  bool has_changed = false;
  std::size_t copied = 0;
  WordReader reader(text);
  for (Word word; reader.next(word);) {
    if (word.is_cjk || is_stop_word(word.text)) continue;
    const std::string read(word.text);
    if (word.end == text.size() && !suggester.completions(read, 1).empty()) continue;
    const auto mended = suggester.mended(read);
    if (!mended) continue;
    better += text.substr(copied, word.begin - copied);
    better += *mended;
    copied = word.end;
    has_changed = true;
  }
  if (has_changed) {
    better += text.substr(copied);
    out.did_you_mean = std::move(better);
  }
  return out;
}

}  // namespace rbee::search
