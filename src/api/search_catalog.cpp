#include "api/search_catalog.hpp"

#include <fmt/format.h>

#include <random>
#include <vector>

namespace rbee::api {

namespace {

/// Hangs on an entry for as long as that lives; the text itself only until it was indexed.
struct KeptPage {
  mutable std::mutex mutex;
  mutable std::string readme;
  mutable bool is_read = false;
};

/// The worker's page. Empty when it has none, or when the repository cannot give it any more.
std::string take_page(const catalog::Snapshot& snapshot, const catalog::Entry& entry) {
  if (const auto* page = static_cast<const KeptPage*>(entry.extract.get())) {
    const std::lock_guard lock(page->mutex);
    if (!page->is_read) {
      page->is_read = true;
      return std::exchange(page->readme, std::string());
    }
  }
  const auto worker = snapshot.load(entry);
  return worker ? (*worker)->readme : std::string();
}

search::Platforms platforms(const catalog::Entry& entry) {
  search::Platforms set = 0;
  for (const Os os : kOses)
    for (const Arch arch : kArches)
      for (const Accelerator accelerator : kAccelerators)
        if (const Platform platform{os, arch, accelerator}; entry.platforms.contains(platform))
          set |= search::platform_bit(platform);
  return set;
}

search::Document document(const catalog::Entry& entry, std::string_view readme) {
  search::Document out;
  out.id = entry.id.str();
  out.name = entry.name;
  out.description = entry.description;
  out.readme = readme;
  out.owner = entry.author;
  out.license = entry.license;
  out.source = catalog::to_string(entry.origin);
  out.tags = entry.tags;
  out.tasks = entry.tasks;
  out.formats = entry.formats;
  out.platforms = platforms(entry);
  out.premium = entry.is_premium;
  out.created = entry.created;
  out.updated = entry.updated;
  return out;
}

}  // namespace

std::shared_ptr<const void> keep_page(const catalog::Worker& worker) {
  auto page = std::make_shared<KeptPage>();
  page->readme = worker.readme.substr(0, search::kReadmeBytesMax);
  return page;
}

SearchCatalog::SearchCatalog(const Clock& clock, SearchCatalogOptions options)
    : clock_(clock), options_(std::move(options)) {
  std::random_device random;
  seed_ = static_cast<std::uint64_t>(random()) << 32 | random();
  nonce_ = fmt::format("{:08x}", random());
}

std::shared_ptr<const SearchState> SearchCatalog::get() const {
  const std::lock_guard lock(mutex_);
  return state_;
}

std::shared_ptr<const NumbersTable> SearchCatalog::numbers() const {
  static const auto kNobodyCounts = std::make_shared<const NumbersTable>();
  return options_.numbers ? options_.numbers() : kNobodyCounts;
}

void SearchCatalog::set(std::shared_ptr<const catalog::Snapshot> snapshot,
                        std::shared_ptr<const search::Index> index,
                        std::shared_ptr<const NumbersTable> numbers) {
  auto next = std::make_shared<SearchState>();
  next->catalog = snapshot->commit().str();
  for (const catalog::Broken& broken : snapshot->broken()) next->catalog += "," + broken.directory;
  next->version = fmt::format("{}-{}-{}", snapshot->commit().str(), nonce_, ++published_);
  next->snapshot = std::move(snapshot);
  next->index = std::move(index);
  next->numbers = std::move(numbers);
  const std::lock_guard lock(mutex_);
  state_ = std::move(next);
}

search::ReadFacts SearchCatalog::facts(const catalog::Snapshot& snapshot,
                                       std::shared_ptr<const NumbersTable> numbers) const {
  return [&snapshot, numbers = std::move(numbers),
          flags = options_.flags ? options_.flags() : nullptr](std::string_view id) {
    search::Facts facts;
    if (const auto at = numbers->find(id); at != numbers->end()) {
      facts.popularity = at->second.popularity;
      facts.stars = at->second.stars;
      facts.ratings = at->second.ratings;
      facts.rating = at->second.rating;
      facts.installs_30_days = at->second.installs_30_days;
      facts.trend = at->second.trend;
    }
    if (flags == nullptr) return facts;
    const auto [first, last] = flags->equal_range(id);
    if (first == last) return facts;
    const auto entry = snapshot.find(id);
    for (auto at = first; at != last && entry != nullptr; ++at) {
      if (!at->second.version.empty() && at->second.version != entry->version) continue;
      facts.reviewed = facts.reviewed || at->second.reviewed;
      facts.dead = facts.dead || at->second.dead;
    }
    return facts;
  };
}

void SearchCatalog::publish(std::shared_ptr<const catalog::Snapshot> snapshot) {
  const std::lock_guard lock(changing_);
  const auto before = get();
  std::vector<const catalog::Entry*> changed;
  std::vector<std::string> gone;
  // Both are sorted by id, and what did not change is shared.
  const auto& now = snapshot->workers();
  const std::vector<std::shared_ptr<const catalog::Entry>> nothing;
  const auto& old = before == nullptr ? nothing : before->snapshot->workers();
  std::size_t i = 0, k = 0;
  while (i < now.size() || k < old.size()) {
    if (i < now.size() && k < old.size() && now[i] == old[k]) {
      ++i, ++k;
    } else if (k == old.size() || (i < now.size() && now[i]->id < old[k]->id)) {
      changed.push_back(now[i++].get());
    } else if (i == now.size() || old[k]->id < now[i]->id) {
      gone.push_back(old[k++]->id.str());
    } else {
      changed.push_back(now[i++].get());
      ++k;
    }
  }
  if (before != nullptr && changed.empty() && gone.empty()) {
    set(std::move(snapshot), before->index, before->numbers);
    return;
  }
  std::vector<std::string> pages;
  std::vector<search::Document> documents;
  pages.reserve(changed.size());
  documents.reserve(changed.size());
  for (const catalog::Entry* entry : changed) {
    pages.push_back(take_page(*snapshot, *entry));
    documents.push_back(document(*entry, pages.back()));
  }
  const search::BuildOptions options{.seed = seed_};
  const auto counted = numbers();
  const search::ReadFacts known = facts(*snapshot, counted);
  auto index = before == nullptr
                   ? search::Index::build(documents, known, clock_.now(), options,
                                          static_cast<unsigned>(options_.threads))
                   : before->index->updated(documents, gone, known, clock_.now(), options);
  set(std::move(snapshot), std::move(index), counted);
}

bool SearchCatalog::tidy() {
  const auto before = get();
  if (before == nullptr) return true;
  const auto whole = before->index->wants_compacting() ? before->index->compacted() : before->index;
  const auto counted = numbers();
  auto next = whole->with_facts(facts(*before->snapshot, counted), clock_.now());
  const std::lock_guard lock(changing_);
  if (get() != before) return false;
  // The same answers keep their entity tags.
  if (counted != before->numbers || whole != before->index || !next->stands_like(*before->index))
    set(before->snapshot, std::move(next), counted);
  return true;
}

}  // namespace rbee::api
