#include "api/aur_view.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <map>
#include <tuple>

#include "base/text.hpp"

namespace rbee::api {

namespace {

using WorkerPtr = std::shared_ptr<const catalog::Worker>;

constexpr std::string_view kBin = "-bin";

/// "x" of "x-bin"; empty for another name.
std::string_view stem_of(std::string_view name) {
  if (name.size() <= kBin.size() || !name.ends_with(kBin)) return {};
  return name.substr(0, name.size() - kBin.size());
}

bool is_own(std::string_view id, std::string_view name) {
  return name == id || stem_of(name) == id;
}

/// FNV-1a: the same on every machine.
std::uint64_t hash_of(std::string_view text) {
  std::uint64_t hash = 14695981039346656037U;
  for (const char c : text) {
    hash ^= static_cast<unsigned char>(c);
    hash *= 1099511628211U;
  }
  return hash;
}

/// Pointers into `vector` by a name that its elements are sorted by.
template <typename T>
const T* find_sorted(const std::vector<T>& vector, std::string_view name,
                     const std::function<bool(const T&)>& is_wanted) {
  auto at = std::lower_bound(vector.begin(), vector.end(), name,
                             [](const T& each, std::string_view n) { return each.name < n; });
  for (; at != vector.end() && at->name == name; ++at)
    if (is_wanted(*at)) return &*at;
  return nullptr;
}

bool by_name(const AurRow* a, const AurRow* b) {
  return a->name < b->name;
}

}  // namespace

bool is_aur_name(std::string_view name) {
  const auto is_plain = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  return !name.empty() && name.size() <= 255 && is_plain(name.front()) &&
         std::all_of(name.begin(), name.end(), [&](char c) {
           return is_plain(c) || c == '.' || c == '+' || c == '_' || c == '-';
         });
}

catalog::ArchPackage AurBase::package() const {
  for (const catalog::ArchPackage& each : catalog::arch_packages(*worker))
    if (each.kind == kind) return each;
  return {};  // Not reached: a base is made of one of these.
}

std::size_t AurView::bucket_of(std::string_view id) {
  return hash_of(id) % kBuckets;
}

AurView::Bucket::Bucket(std::vector<WorkerPtr> sorted) : workers(std::move(sorted)) {
  struct Piece {
    AurRecord record;
    std::size_t base;  ///< As in `made`.
  };
  std::vector<Piece> pieces;
  std::vector<AurBase> made;
  for (const WorkerPtr& worker : workers) {
    std::vector<std::string> taken;
    for (const catalog::ArchPackage& package : catalog::arch_packages(*worker)) {
      AurBase base{
          .name = package.recipe->pkgbase, .packages = {}, .worker = worker, .kind = package.kind};
      for (const pkgbuild::Package& each : package.recipe->packages)
        base.packages.push_back(each.name);
      std::vector<std::string> names = base.packages;
      if (std::find(names.begin(), names.end(), base.name) == names.end())
        names.push_back(base.name);
      std::string reason;
      for (const std::string& name : names) {
        // The catalog takes no other pkgname; a pkgbase is the recipe's own affair there.
        if (!is_own(worker->id.str(), name))
          reason = fmt::format("the pkgbase '{}' is neither '{}' nor '{}-bin'",
                               printable_line(name), worker->id.str(), worker->id.str());
        if (std::find(taken.begin(), taken.end(), name) != taken.end())
          reason =
              fmt::format("the worker's PKGBUILD has the name '{}' already; name this one '{}-bin'",
                          name, worker->id.str());
      }
      if (!reason.empty()) {
        unlisted.push_back({worker->id.str(), base.name, reason});
        continue;
      }
      taken.insert(taken.end(), names.begin(), names.end());
      for (AurRecord& record : aur_records(*worker, package))
        pieces.push_back({std::move(record), made.size()});
      made.push_back(std::move(base));
    }
  }

  // Bases first: rows point at them.
  std::vector<std::size_t> order(made.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return made[a].name < made[b].name; });
  std::vector<std::size_t> place(made.size());
  bases.reserve(made.size());
  for (const std::size_t each : order) {
    place[each] = bases.size();
    bases.push_back(std::move(made[each]));
  }
  std::stable_sort(pieces.begin(), pieces.end(),
                   [](const Piece& a, const Piece& b) { return a.record.name < b.record.name; });
  std::size_t bytes = 0, text_bytes = 0, relation_bytes = 0;
  for (const Piece& piece : pieces) {
    bytes += piece.record.name.size() + piece.record.head.size() + piece.record.tail.size();
    text_bytes += piece.record.text.size() + 1;
    relation_bytes += piece.record.relations.size();
  }
  json.reserve(bytes);  // Views into it: it must not move.
  texts.reserve(text_bytes);
  relations.reserve(relation_bytes);
  rows.reserve(pieces.size());
  for (const Piece& piece : pieces) {
    const auto keep = [&](const std::string& text) {
      const std::size_t begin = json.size();
      json += text;
      return std::string_view(json).substr(begin, text.size());
    };
    AurRow row;
    row.name = keep(piece.record.name);
    row.head = keep(piece.record.head);
    row.tail = keep(piece.record.tail);
    row.base = &bases[place[piece.base]];
    texts += piece.record.text;
    texts += kRelationEnd;
    relations += piece.record.relations;
    row.text_end = static_cast<std::uint32_t>(texts.size());
    row.relations_end = static_cast<std::uint32_t>(relations.size());
    rows.push_back(row);
  }
  for (const WorkerPtr& worker : workers)
    if (!stem_of(worker->id.str()).empty()) bin_ids.push_back(worker->id.str());
}

AurView::AurView(std::shared_ptr<const catalog::Snapshot> snapshot, const AurView* previous)
    : snapshot_(std::move(snapshot)) {
  // Which buckets change. Both lists are sorted by id, and an unchanged worker is the same object.
  std::map<std::size_t, std::vector<WorkerPtr>> added, removed;
  static const std::vector<WorkerPtr> kNone;
  const std::vector<WorkerPtr>& now = snapshot_->workers();
  const std::vector<WorkerPtr>& before =
      previous == nullptr ? kNone : previous->snapshot_->workers();
  std::size_t i = 0, j = 0;
  while (i < now.size() || j < before.size()) {
    if (i < now.size() && j < before.size() && now[i] == before[j]) {
      ++i, ++j;
      continue;
    }
    const bool only_now = j == before.size() || (i < now.size() && now[i]->id < before[j]->id);
    const bool only_before = i == now.size() || (j < before.size() && before[j]->id < now[i]->id);
    if (!only_before) added[bucket_of(now[i]->id.str())].push_back(now[i]), ++i;
    if (!only_now) removed[bucket_of(before[j]->id.str())].push_back(before[j]), ++j;
  }
  for (std::size_t at = 0; at < kBuckets; ++at) {
    const std::shared_ptr<const Bucket> old =
        previous == nullptr ? nullptr : previous->buckets_[at];
    if (old != nullptr && !added.contains(at) && !removed.contains(at)) {
      buckets_[at] = old;
    } else {
      std::vector<WorkerPtr> workers = added[at];
      if (old != nullptr)
        for (const WorkerPtr& worker : old->workers)
          if (std::find(removed[at].begin(), removed[at].end(), worker) == removed[at].end())
            workers.push_back(worker);
      std::sort(workers.begin(), workers.end(),
                [](const WorkerPtr& a, const WorkerPtr& b) { return a->id < b->id; });
      buckets_[at] = std::make_shared<const Bucket>(std::move(workers));
    }
  }
  settle_names();
}

void AurView::settle_names() {
  // A worker that is called x-bin has that name before the binary recipe of x; also while it is in
  // quarantine, so that nothing else comes to those who have it.
  std::vector<std::string_view> bin_ids;
  for (const auto& bucket : buckets_) {
    count_ += bucket->rows.size();
    unlisted_.insert(unlisted_.end(), bucket->unlisted.begin(), bucket->unlisted.end());
    bin_ids.insert(bin_ids.end(), bucket->bin_ids.begin(), bucket->bin_ids.end());
  }
  for (const catalog::Broken& broken : snapshot_->broken()) {
    const std::string_view directory = broken.directory;
    bin_ids.push_back(directory.substr(directory.rfind('/') + 1));
  }
  for (const std::string_view id : bin_ids) {
    const std::string_view stem = stem_of(id);
    const AurBase* base = stem.empty() ? nullptr : base_of(stem, id);
    if (base == nullptr) continue;
    hidden_.insert(base);
    count_ -= base->packages.size();
    unlisted_.push_back({base->worker->id.str(), base->name,
                         fmt::format("'{}' is the id of another worker", base->name)});
  }
  std::sort(unlisted_.begin(), unlisted_.end(), [](const AurUnlisted& a, const AurUnlisted& b) {
    return std::tie(a.worker, a.base) < std::tie(b.worker, b.base);
  });
}

const AurRow* AurView::row_of(std::string_view id, std::string_view name) const {
  return find_sorted<AurRow>(buckets_[bucket_of(id)]->rows, name, [&](const AurRow& row) {
    return row.base->worker->id.str() == id && is_listed(*row.base);
  });
}

const AurBase* AurView::base_of(std::string_view id, std::string_view name) const {
  return find_sorted<AurBase>(buckets_[bucket_of(id)]->bases, name, [&](const AurBase& base) {
    return base.worker->id.str() == id && is_listed(base);
  });
}

const AurRow* AurView::find(std::string_view name) const {
  if (const AurRow* row = row_of(name, name)) return row;
  const std::string_view stem = stem_of(name);
  return stem.empty() ? nullptr : row_of(stem, name);
}

const AurBase* AurView::find_base(std::string_view name) const {
  if (const AurBase* base = base_of(name, name)) return base;
  if (const std::string_view stem = stem_of(name); !stem.empty())
    if (const AurBase* base = base_of(stem, name)) return base;
  if (const AurRow* row = find(name)) return row->base;
  const AurBase* first = nullptr;
  for (const AurBase& base : buckets_[bucket_of(name)]->bases)
    if (base.worker->id.str() == name && is_listed(base) &&
        (first == nullptr || base.kind < first->kind))
      first = &base;
  return first;
}

std::vector<const AurRow*> AurView::of_worker(std::string_view id) const {
  std::vector<const AurRow*> found;
  for (const AurRow& row : buckets_[bucket_of(id)]->rows)
    if (row.base->worker->id.str() == id && is_listed(*row.base)) found.push_back(&row);
  return found;
}

std::vector<const AurRow*> AurView::all() const {
  std::vector<const AurRow*> rows;
  rows.reserve(count_);
  for (const auto& bucket : buckets_)
    for (const AurRow& row : bucket->rows)
      if (is_listed(*row.base)) rows.push_back(&row);
  std::sort(rows.begin(), rows.end(), by_name);
  return rows;
}

std::vector<const AurBase*> AurView::all_bases() const {
  std::vector<const AurBase*> all;
  for (const auto& bucket : buckets_)
    for (const AurBase& base : bucket->bases)
      if (is_listed(base)) all.push_back(&base);
  std::sort(all.begin(), all.end(),
            [](const AurBase* a, const AurBase* b) { return a->name < b->name; });
  return all;
}

}  // namespace rbee::api
