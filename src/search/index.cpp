#include "search/index.hpp"

#include <algorithm>
#include <thread>

namespace rbee::search {

namespace {

/// Pushed workers gather in one segment up to this size; merging it costs a few milliseconds.
constexpr std::size_t kSmallSegmentMax = 1'024;
constexpr std::size_t kSegmentsWanted = 8;
/// A segment is written anew when a fifth of it is gone.
constexpr std::uint32_t kRemovedShare = 5;
/// Below this, another thread costs more than it helps.
constexpr std::size_t kThreadDocumentsMin = 8'192;

Time day(std::int32_t number) {
  return Time(std::chrono::days(number));
}

}  // namespace

void Index::set_standings(Part& part, std::vector<Standing> standings) {
  std::vector<std::int32_t> totals;
  totals.reserve(standings.size());
  for (const Standing& each : standings) totals.push_back(each.total());
  part.standings = std::make_shared<const std::vector<Standing>>(std::move(standings));
  part.totals = std::make_shared<const std::vector<std::int32_t>>(std::move(totals));
}

void Index::rate(Part& part, const ReadFacts& read, Time now) const {
  const Segment& segment = *part.segment;
  std::vector<Standing> all;
  all.reserve(segment.size());
  for (std::size_t doc = 0; doc < segment.size(); ++doc)
    all.push_back(standing(read ? read(segment.ids[doc]) : Facts{}, segment.is_official[doc] != 0,
                           day(segment.created_days[doc]), day(segment.updated_days[doc]), now));
  set_standings(part, std::move(all));
}

void Index::keep_standings(Part& part) const {
  std::vector<Standing> all(part.segment->size());
  for (std::size_t doc = 0; doc < all.size(); ++doc)
    if (const auto place = find(part.segment->ids[doc]))
      all[doc] = (*parts_[place->part].standings)[place->doc];
  set_standings(part, std::move(all));
}

void Index::count() {
  std::erase_if(parts_,
                [](const Part& part) { return part.removed_count == part.segment->size(); });
  size_ = 0;
  for (const Part& part : parts_) size_ += part.segment->size() - part.removed_count;
}

std::shared_ptr<const Index> Index::build(std::span<const Document> documents,
                                          const ReadFacts& read, Time now,
                                          const BuildOptions& options, unsigned threads) {
  const auto index = std::make_shared<Index>();
  const std::size_t helpers =
      std::clamp<std::size_t>(documents.size() / kThreadDocumentsMin, 1, std::max(1U, threads));
  // As many segments as documents or threads need, all of a size.
  const std::size_t needed = (documents.size() + kSegmentDocumentsMax - 1) / kSegmentDocumentsMax;
  const std::size_t count = std::max(needed, helpers);
  const std::size_t each = (documents.size() + count - 1) / count;
  index->parts_.resize(count);
  const auto work = [&](std::size_t first) {
    for (std::size_t i = first; i < count; i += helpers) {
      const std::size_t begin = std::min(i * each, documents.size());
      index->parts_[i].segment = build_segment(
          documents.subspan(begin, std::min(each, documents.size() - begin)), options);
    }
  };
  std::vector<std::thread> others;
  for (std::size_t i = 1; i < helpers; ++i) others.emplace_back(work, i);
  work(0);
  for (std::thread& other : others) other.join();
  for (Part& part : index->parts_) index->rate(part, read, now);
  index->count();
  return index;
}

std::shared_ptr<const Index> Index::updated(std::span<const Document> changed,
                                            std::span<const std::string> removed,
                                            const ReadFacts& read, Time now,
                                            const BuildOptions& options) const {
  const auto next = std::make_shared<Index>(*this);
  std::vector<std::shared_ptr<std::vector<bool>>> copies(parts_.size());
  const auto take_out = [&](std::string_view id) {
    const auto place = find(id);
    if (!place) return;
    Part& part = next->parts_[place->part];
    auto& copy = copies[place->part];
    if (copy == nullptr) {
      copy = part.removed == nullptr
                 ? std::make_shared<std::vector<bool>>(part.segment->size(), false)
                 : std::make_shared<std::vector<bool>>(*part.removed);
      part.removed = copy;
    }
    if ((*copy)[place->doc]) return;
    (*copy)[place->doc] = true;
    ++part.removed_count;
  };
  for (const Document& document : changed) take_out(document.id);
  for (const std::string& id : removed) take_out(id);
  for (std::size_t begin = 0; begin < changed.size(); begin += kSegmentDocumentsMax) {
    Part fresh;
    fresh.segment = build_segment(
        changed.subspan(begin, std::min(kSegmentDocumentsMax, changed.size() - begin)), options);
    next->rate(fresh, read, now);
    Part* small = next->parts_.empty() ? nullptr : &next->parts_.back();
    if (small == nullptr ||
        small->segment->size() - small->removed_count + fresh.segment->size() > kSmallSegmentMax) {
      next->parts_.push_back(std::move(fresh));
      continue;
    }
    const std::array<MergeSource, 2> sources{
        {{small->segment.get(), small->removed.get()}, {fresh.segment.get(), nullptr}}};
    Part merged;
    merged.segment = merge_segments(sources);
    std::vector<Standing> standings(merged.segment->size());
    for (std::size_t doc = 0; doc < standings.size(); ++doc) {
      const std::string_view id = merged.segment->ids[doc];
      if (const auto is_fresh = fresh.segment->find(id))
        standings[doc] = (*fresh.standings)[*is_fresh];
      else if (const auto is_old = small->segment->find(id))
        standings[doc] = (*small->standings)[*is_old];
    }
    set_standings(merged, std::move(standings));
    *small = std::move(merged);
  }
  next->count();
  return next;
}

std::shared_ptr<const Index> Index::with_facts(const ReadFacts& read, Time now) const {
  const auto next = std::make_shared<Index>(*this);
  for (Part& part : next->parts_) next->rate(part, read, now);
  return next;
}

bool Index::stands_like(const Index& other) const {
  if (parts_.size() != other.parts_.size()) return false;
  for (std::size_t i = 0; i < parts_.size(); ++i)
    if (parts_[i].segment != other.parts_[i].segment ||
        *parts_[i].standings != *other.parts_[i].standings)
      return false;
  return true;
}

bool Index::wants_compacting() const {
  return parts_.size() > kSegmentsWanted + 2 * size_ / kSegmentDocumentsMax ||
         std::any_of(parts_.begin(), parts_.end(), [](const Part& part) {
           return part.removed_count * kRemovedShare > part.segment->size();
         });
}

std::shared_ptr<const Index> Index::compacted() const {
  const auto next = std::make_shared<Index>();
  std::vector<const Part*> by_size;
  for (const Part& part : parts_) by_size.push_back(&part);
  const auto living = [](const Part& part) { return part.segment->size() - part.removed_count; };
  std::stable_sort(by_size.begin(), by_size.end(),
                   [&](const Part* a, const Part* b) { return living(*a) > living(*b); });
  // Greedily: a group is full when the next would not fit; large whole segments stay as they are.
  for (std::size_t i = 0; i < by_size.size();) {
    std::vector<MergeSource> group;
    std::size_t size = 0;
    const std::size_t first = i;
    for (; i < by_size.size() &&
           (group.empty() || size + living(*by_size[i]) <= kSegmentDocumentsMax);
         ++i) {
      size += living(*by_size[i]);
      group.push_back({by_size[i]->segment.get(), by_size[i]->removed.get()});
    }
    if (group.size() == 1 && by_size[first]->removed_count == 0) {
      next->parts_.push_back(*by_size[first]);
      continue;
    }
    Part merged;
    merged.segment = merge_segments(group);
    keep_standings(merged);
    next->parts_.push_back(std::move(merged));
  }
  next->count();
  return next;
}

std::optional<Index::Place> Index::find(std::string_view id) const {
  // The newest ones are behind.
  for (std::size_t i = parts_.size(); i-- > 0;) {
    const Part& part = parts_[i];
    if (const auto doc = part.segment->find(id))
      if (part.removed == nullptr || !(*part.removed)[*doc]) return Place{i, *doc};
  }
  return std::nullopt;
}

bool Index::contains(std::string_view id) const {
  return find(id).has_value();
}

std::size_t Index::memory_bytes() const {
  std::size_t bytes = 0;
  for (const Part& part : parts_)
    bytes += part.segment->memory_bytes() +
             part.segment->size() * (sizeof(Standing) + sizeof(std::int32_t)) +
             (part.removed != nullptr ? part.removed->size() / 8 : 0);
  return bytes;
}

std::vector<FacetValue> Index::values(Field field, std::string_view prefix) const {
  std::vector<FacetValue> all;
  const auto number = static_cast<std::size_t>(field);
  for (const Part& part : parts_) {
    const Segment& segment = *part.segment;
    const std::size_t last = segment.field_begin[number + 1];
    const std::size_t begin = segment.values.lower_bound(prefix, segment.field_begin[number], last);
    std::size_t end = begin;
    while (end < last && segment.values[end].starts_with(prefix)) ++end;
    std::vector<std::uint32_t> count(
        segment.value_counts.begin() + static_cast<std::ptrdiff_t>(begin),
        segment.value_counts.begin() + static_cast<std::ptrdiff_t>(end));
    for (std::size_t doc = 0; part.removed != nullptr && doc < segment.size(); ++doc)
      if ((*part.removed)[doc])
        for (const std::uint32_t value : segment.values_of(static_cast<DocId>(doc)))
          if (value >= begin && value < end) --count[value - begin];
    for (std::size_t i = begin; i < end; ++i)
      if (count[i - begin] > 0) all.push_back({std::string(segment.values[i]), count[i - begin]});
  }
  // Segments have their own numbers; by the value they meet.
  std::sort(all.begin(), all.end(),
            [](const FacetValue& a, const FacetValue& b) { return a.value < b.value; });
  std::vector<FacetValue> merged;
  for (FacetValue& each : all)
    if (!merged.empty() && merged.back().value == each.value)
      merged.back().count += each.count;
    else
      merged.push_back(std::move(each));
  std::stable_sort(merged.begin(), merged.end(),
                   [](const FacetValue& a, const FacetValue& b) { return a.count > b.count; });
  return merged;
}

}  // namespace rbee::search
