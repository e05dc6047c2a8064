#include "api/aur_view.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <tuple>

#include "base/text.hpp"

namespace rbee::api {

namespace {

using EntryPtr = std::shared_ptr<const catalog::Entry>;

constexpr std::string_view kBin = "-bin";

/// "x" of "x-bin"; empty for another name.
std::string_view stem_of(std::string_view name) {
  if (name.size() <= kBin.size() || !name.ends_with(kBin)) return {};
  return name.substr(0, name.size() - kBin.size());
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

std::string AurRow::base() const {
  std::string base = worker->id.str();
  if (base_is_bin) base += kBin;
  return base;
}

std::size_t AurView::bucket_of(std::string_view id) {
  return hash_of(id) % kBuckets;
}

std::shared_ptr<const AurView::Bucket> AurView::make_bucket(const Bucket* old,
                                                            const std::vector<EntryPtr>& added,
                                                            const std::vector<EntryPtr>& removed,
                                                            const AurIntake& intake) const {
  auto bucket = std::make_shared<Bucket>();
  std::vector<AurRow> rows;  // Their views lead into `old` or `packages` at first.
  std::vector<std::vector<AurPackage>> packages(added.size());
  if (old != nullptr) {
    const auto stays = [&](const catalog::Entry* entry) {
      return std::none_of(removed.begin(), removed.end(),
                          [&](const EntryPtr& each) { return each.get() == entry; });
    };
    for (const EntryPtr& worker : old->workers)
      if (stays(worker.get())) bucket->workers.push_back(worker);
    for (const AurRow& row : old->rows)
      if (stays(row.worker)) rows.push_back(row);
    for (const AurUnlisted& each : old->unlisted)
      if (std::any_of(bucket->workers.begin(), bucket->workers.end(),
                      [&](const EntryPtr& worker) { return worker->id.str() == each.worker; }))
        bucket->unlisted.push_back(each);
  }
  for (std::size_t i = 0; i < added.size(); ++i) {
    const EntryPtr& worker = added[i];
    const std::string& id = worker->id.str();
    bucket->workers.push_back(worker);
    if (const auto* taken = intake.find(worker->tree)) {
      packages[i] = *taken;
    } else if (const auto loaded = snapshot_->load(*worker)) {
      packages[i] = pack_packages(**loaded);
    } else {
      bucket->unlisted.push_back({id, id, loaded.error().message});
    }
    for (const AurPackage& each : packages[i]) {
      if (!each.unlisted.empty()) {
        bucket->unlisted.push_back({id, each.base, each.unlisted});
        continue;
      }
      rows.push_back({.name = each.name,
                      .text = each.text,
                      .details = each.details,
                      .relations = each.relations,
                      .worker = worker.get(),
                      .id = aur_id("package:" + each.name),
                      .base_id = aur_id("pkgbase:" + each.base),
                      .kind = each.kind,
                      .base_is_bin = each.base != id});
    }
  }
  std::sort(bucket->workers.begin(), bucket->workers.end(),
            [](const EntryPtr& a, const EntryPtr& b) { return a->id < b->id; });
  std::sort(rows.begin(), rows.end(), [](const AurRow& a, const AurRow& b) {
    return std::tie(a.name, a.worker->id) < std::tie(b.name, b.worker->id);
  });
  std::size_t texts = 0, details = 0, relations = 0;
  for (const AurRow& row : rows) {
    texts += row.text.size();
    details += row.details.size();
    relations += row.relations.size();
  }
  bucket->texts.reserve(texts);  // Views into them: they must not move.
  bucket->details.reserve(details);
  bucket->relations.reserve(relations);
  const auto keep = [](std::string& to, std::string_view text) {
    const std::size_t begin = to.size();
    to += text;
    return std::string_view(to).substr(begin, text.size());
  };
  for (AurRow& row : rows) {
    row.text = keep(bucket->texts, row.text);
    row.name = row.text.substr(0, row.name.size());
    row.details = keep(bucket->details, row.details);
    row.relations = keep(bucket->relations, row.relations);
  }
  rows.shrink_to_fit();
  bucket->rows = std::move(rows);
  for (const EntryPtr& worker : bucket->workers)
    if (!stem_of(worker->id.str()).empty()) bucket->bin_ids.push_back(worker->id.str());
  return bucket;
}

AurView::AurView(std::shared_ptr<const catalog::Snapshot> snapshot, const AurView* previous,
                 const AurIntake& intake)
    : snapshot_(std::move(snapshot)) {
  // Which buckets change. Both lists are sorted by id, and an unchanged worker is the same object.
  std::map<std::size_t, std::pair<std::vector<EntryPtr>, std::vector<EntryPtr>>> changes;
  static const std::vector<EntryPtr> kNone;
  const std::vector<EntryPtr>& now = snapshot_->workers();
  const std::vector<EntryPtr>& before =
      previous == nullptr ? kNone : previous->snapshot_->workers();
  std::size_t i = 0, j = 0;
  while (i < now.size() || j < before.size()) {
    if (i < now.size() && j < before.size() && now[i] == before[j]) {
      ++i, ++j;
      continue;
    }
    const bool only_now = j == before.size() || (i < now.size() && now[i]->id < before[j]->id);
    const bool only_before = i == now.size() || (j < before.size() && before[j]->id < now[i]->id);
    if (!only_before) {
      changes[bucket_of(now[i]->id.str())].first.push_back(now[i]);
      ++i;
    }
    if (!only_now) {
      changes[bucket_of(before[j]->id.str())].second.push_back(before[j]);
      ++j;
    }
  }
  static const std::shared_ptr<const Bucket> kEmpty = std::make_shared<const Bucket>();
  for (std::size_t at = 0; at < kBuckets; ++at) {
    const auto& old = previous == nullptr ? kEmpty : previous->buckets_[at];
    const auto change = changes.find(at);
    buckets_[at] = change == changes.end() ? old
                                           : make_bucket(old.get(), change->second.first,
                                                         change->second.second, intake);
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
    if (stem.empty()) continue;
    for (const AurRow* row : of_worker(stem)) {
      if (row->name != id && row->base() != id) continue;
      hidden_.insert(row);
      --count_;
      unlisted_.push_back({row->worker->id.str(), row->base(),
                           fmt::format("'{}' is the id of another worker", id)});
    }
  }
  std::sort(unlisted_.begin(), unlisted_.end(), [](const AurUnlisted& a, const AurUnlisted& b) {
    return std::tie(a.worker, a.base) < std::tie(b.worker, b.base);
  });
}

const AurRow* AurView::row_of(std::string_view id, std::string_view name) const {
  const auto& rows = buckets_[bucket_of(id)]->rows;
  auto at = std::lower_bound(rows.begin(), rows.end(), name,
                             [](const AurRow& row, std::string_view n) { return row.name < n; });
  for (; at != rows.end() && at->name == name; ++at)
    if (at->worker->id.str() == id && is_listed(*at)) return &*at;
  return nullptr;
}

const AurRow* AurView::base_of(std::string_view id, std::string_view base) const {
  for (const AurRow* row : of_worker(id))
    if (row->base() == base) return row;
  return nullptr;
}

const AurRow* AurView::find(std::string_view name) const {
  if (const AurRow* row = row_of(name, name)) return row;
  const std::string_view stem = stem_of(name);
  return stem.empty() ? nullptr : row_of(stem, name);
}

const AurRow* AurView::find_base(std::string_view name) const {
  if (const AurRow* row = base_of(name, name)) return row;
  if (const std::string_view stem = stem_of(name); !stem.empty())
    if (const AurRow* row = base_of(stem, name)) return row;
  if (const AurRow* row = find(name)) return row;
  const AurRow* first = nullptr;
  for (const AurRow* row : of_worker(name))
    if (first == nullptr || row->kind < first->kind) first = row;
  return first;
}

std::vector<const AurRow*> AurView::of_worker(std::string_view id) const {
  // The names of a worker are its id and id-bin, and only names that begin with the id stand
  // between the two.
  std::vector<const AurRow*> found;
  const auto& rows = buckets_[bucket_of(id)]->rows;
  auto at = std::lower_bound(rows.begin(), rows.end(), id,
                             [](const AurRow& row, std::string_view n) { return row.name < n; });
  for (; at != rows.end() && at->name.starts_with(id); ++at)
    if (at->worker->id.str() == id && is_listed(*at)) found.push_back(&*at);
  return found;
}

std::vector<const AurRow*> AurView::all() const {
  std::vector<const AurRow*> rows;
  rows.reserve(count_);
  for (const auto& bucket : buckets_)
    for (const AurRow& row : bucket->rows)
      if (is_listed(row)) rows.push_back(&row);
  std::sort(rows.begin(), rows.end(), by_name);
  return rows;
}

}  // namespace rbee::api
