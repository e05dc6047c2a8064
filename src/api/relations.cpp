#include "api/relations.hpp"

#include <algorithm>
#include <cmath>
#include <set>

namespace rbee::api {

namespace {

/// What a worker says of itself, each once.
std::set<std::string> words_of(const catalog::Entry& worker) {
  std::set<std::string> words;
  for (const std::string& tag : worker.tags) words.insert("tag:" + tag);
  for (const std::string& task : worker.tasks) words.insert("task:" + task);
  for (const std::string& format : worker.formats) words.insert("format:" + format);
  return words;
}

}  // namespace

Relations::Relations(const catalog::Snapshot& snapshot) : snapshot_(snapshot) {
  const auto& workers = snapshot.workers();
  for (std::uint32_t place = 0; place < workers.size(); ++place) {
    for (const std::string& name : workers[place]->depends) dependants_[name].push_back(place);
    for (const std::string& word : words_of(*workers[place])) words_[word].push_back(place);
  }
  std::vector<double> squares(workers.size());
  for (const auto& [word, places] : words_) {
    const double w = weight(places);
    for (const std::uint32_t place : places) squares[place] += w * w;
  }
  lengths_.reserve(squares.size());
  for (const double square : squares) lengths_.push_back(static_cast<float>(std::sqrt(square)));
}

double Relations::weight(const Places& places) const {
  return std::log(1.0 + static_cast<double>(snapshot_.workers().size()) /
                            static_cast<double>(places.size()));
}

std::vector<std::uint32_t> Relations::dependants(const catalog::Entry& worker) const {
  std::set<std::uint32_t> all;
  for (const std::string& name : {worker.id.str(), worker.id.str() + "-bin"}) {
    const auto found = dependants_.find(name);
    if (found == dependants_.end()) continue;
    for (const std::uint32_t place : found->second)
      if (snapshot_.workers()[place]->id != worker.id) all.insert(place);
  }
  return {all.begin(), all.end()};
}

std::vector<Relations::Similar> Relations::similar(const catalog::Entry& worker,
                                                   std::size_t count_max) const {
  // The rarest words first; of those that thousands say, the work is bounded.
  std::vector<std::pair<std::string, const Places*>> words;
  for (const std::string& word : words_of(worker))
    if (const auto found = words_.find(word); found != words_.end())
      words.emplace_back(word, &found->second);
  std::sort(words.begin(), words.end(), [](const auto& a, const auto& b) {
    return a.second->size() != b.second->size() ? a.second->size() < b.second->size()
                                                : a.first < b.first;
  });
  constexpr std::size_t kPlacesMax = 50'000;
  std::unordered_map<std::uint32_t, Similar> found;
  double square = 0;
  std::size_t looked_at = 0;
  for (const auto& [word, places] : words) {
    const double w = weight(*places);
    square += w * w;
    if (looked_at + places->size() > kPlacesMax && looked_at > 0) continue;
    looked_at += places->size();
    for (std::size_t i = 0; i < std::min(places->size(), kPlacesMax); ++i) {
      const std::uint32_t place = (*places)[i];
      if (snapshot_.workers()[place]->id == worker.id) continue;
      Similar& similar = found[place];
      similar.place = place;
      similar.score += w * w;
      similar.in_common.push_back(word);
    }
  }
  std::vector<Similar> all;
  all.reserve(found.size());
  for (auto& [place, similar] : found) {
    similar.score /= std::sqrt(square) * static_cast<double>(lengths_[place]);
    all.push_back(std::move(similar));
  }
  const auto end = all.begin() + static_cast<std::ptrdiff_t>(std::min(count_max, all.size()));
  std::partial_sort(all.begin(), end, all.end(), [](const Similar& a, const Similar& b) {
    return a.score != b.score ? a.score > b.score : a.place < b.place;
  });
  all.erase(end, all.end());
  return all;
}

}  // namespace rbee::api
