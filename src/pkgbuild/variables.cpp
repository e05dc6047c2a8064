// Shell variables: see variables.hpp.
#include "pkgbuild/variables.hpp"

#include <algorithm>

namespace rbee::pkgbuild {
namespace {

// bash 5.2 hash_string: FNV-1 over signed characters.
std::uint32_t bash_hash(std::string_view text) {
  std::uint32_t hash = 2166136261u;
  for (const char c : text) {
    hash *= 16777619u;
    hash ^= static_cast<std::uint32_t>(static_cast<std::int32_t>(static_cast<signed char>(c)));
  }
  return hash;
}

}  // namespace

std::size_t IndexedArray::lower_bound(std::int64_t index) const {
  // Dense arrays are the rule.
  if (index >= 0 && static_cast<std::size_t>(index) < items_.size() &&
      items_[static_cast<std::size_t>(index)].first == index) {
    return static_cast<std::size_t>(index);
  }
  const auto found =
      std::lower_bound(items_.begin(), items_.end(), index,
                       [](const Item& item, std::int64_t wanted) { return item.first < wanted; });
  return static_cast<std::size_t>(found - items_.begin());
}

const std::string* IndexedArray::find(std::int64_t index) const {
  const std::size_t at = lower_bound(index);
  return at < items_.size() && items_[at].first == index ? &items_[at].second : nullptr;
}

std::string& IndexedArray::at_or_new(std::int64_t index) {
  const std::size_t at = lower_bound(index);
  if (at >= items_.size() || items_[at].first != index) {
    items_.insert(items_.begin() + static_cast<std::ptrdiff_t>(at), Item{index, std::string()});
  }
  return items_[at].second;
}

void IndexedArray::erase(std::int64_t index) {
  const std::size_t at = lower_bound(index);
  if (at < items_.size() && items_[at].first == index)
    items_.erase(items_.begin() + static_cast<std::ptrdiff_t>(at));
}

void IndexedArray::append(std::string value) {
  items_.emplace_back(next_index(), std::move(value));
}

const std::string* AssociativeArray::find(const std::string& key) const {
  const auto found = values_.find(key);
  return found == values_.end() ? nullptr : &found->second.value;
}

std::string& AssociativeArray::at_or_new(const std::string& key) {
  const auto [found, fresh] = values_.try_emplace(key);
  if (fresh) found->second.serial = ++serial_;
  return found->second.value;
}

std::vector<std::pair<std::string_view, const std::string*>> AssociativeArray::items() const {
  struct Place {
    std::uint32_t bucket;
    std::uint64_t serial;
    std::string_view key;
    const std::string* value;
  };
  std::vector<Place> places;
  places.reserve(values_.size());
  for (const auto& [key, entry] : values_) {
    places.push_back({bash_hash(key) & 1023u, entry.serial, key, &entry.value});
  }
  std::sort(places.begin(), places.end(), [](const Place& a, const Place& b) {
    return a.bucket != b.bucket ? a.bucket < b.bucket : a.serial > b.serial;
  });
  std::vector<std::pair<std::string_view, const std::string*>> out;
  out.reserve(places.size());
  for (const Place& place : places) out.emplace_back(place.key, place.value);
  return out;
}

std::size_t AssociativeArray::memory_bytes() const {
  std::size_t bytes = 0;
  for (const auto& [key, entry] : values_) bytes += key.size() + entry.value.size() + 64;
  return bytes;
}

std::size_t Variable::memory_bytes() const {
  std::size_t bytes = sizeof(Variable) + scalar.size();
  for (const auto& item : indexed.items()) bytes += item.second.size() + sizeof(item);
  return bytes + associative.memory_bytes();
}

}  // namespace rbee::pkgbuild
