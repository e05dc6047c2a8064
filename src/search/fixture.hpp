// For tests: documents that own their texts, and a search without an index to hold the index
// against.
#pragma once

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/text.hpp"
#include "search/index.hpp"
#include "search/typos.hpp"
#include "search/words.hpp"

namespace rbee::search {

struct TestWorker {
  std::string id, name, description, readme, owner, license, source = "community";
  std::vector<std::string> tags = {}, tasks = {}, formats = {};
  Platforms platforms = platform_bit({});
  bool premium = false;
  Facts facts = {};
  Time created{std::chrono::days(20'000)}, updated{std::chrono::days(20'100)};

  Document document() const {
    return {id,   name,  description, readme,    owner,   license, source,
            tags, tasks, formats,     platforms, premium, created, updated};
  }
};
inline const Time kTestNow{std::chrono::days(20'200)};

inline std::vector<Document> documents_of(const std::vector<TestWorker>& workers) {
  std::vector<Document> documents;
  for (const TestWorker& worker : workers) documents.push_back(worker.document());
  return documents;
}

inline ReadFacts facts_of(const std::vector<TestWorker>& workers) {
  return [&workers](std::string_view id) {
    for (const TestWorker& worker : workers)
      if (worker.id == id) return worker.facts;
    return Facts{};
  };
}

/// Reads every worker's texts for every query. Follows docs/search.md, not the index.
class NaiveSearch {
 public:
  explicit NaiveSearch(const std::vector<TestWorker>& workers) {
    for (const TestWorker& worker : workers) all_.emplace_back(worker);
  }

  /// Scored with the index's own counts of workers (`counts`, by clause): they may include replaced
  /// ones.
  std::vector<Hit> search(const Query& query, const std::vector<std::uint32_t>& counts) const {
    std::vector<Hit> hits;
    std::vector<std::vector<double>> parts;  // By clause, by worker: impact or -1.
    std::vector<std::int32_t> full;
    for (const Clause& clause : query.clauses) {
      parts.push_back(impacts(clause));
      if (!clause.excluded) full.push_back(rarity(counts[full.size()]));
    }
    for (std::size_t i = 0; i < all_.size(); ++i) {
      std::int32_t text = 0;
      bool matches = filters_match(*all_[i].worker, query);
      std::size_t condition = 0;
      for (std::size_t k = 0; k < query.clauses.size(); ++k) {
        const bool has = parts[k][i] >= 0;
        if (has == query.clauses[k].excluded) matches = false;
        if (query.clauses[k].excluded) continue;
        if (has)
          text += static_cast<std::int32_t>(
              (static_cast<std::int64_t>(full[condition]) * static_cast<std::int64_t>(parts[k][i]) +
               127) /
              255);
        ++condition;
      }
      if (!matches) continue;
      const TestWorker& worker = *all_[i].worker;
      std::int32_t score = text + standing(worker.facts, worker.source == "official",
                                           worker.created, worker.updated, kTestNow)
                                      .total();
      if (!query.exact.empty() &&
          (normalised(worker.id) == query.exact || normalised(worker.name) == query.exact))
        score += kExactPoints;
      hits.push_back({worker.id, score});
    }
    std::sort(hits.begin(), hits.end(), [](const Hit& a, const Hit& b) {
      return a.score != b.score ? a.score > b.score : a.id < b.id;
    });
    return hits;
  }

  /// How many workers meet the clause.
  std::uint32_t count(const Clause& clause) const {
    const auto all = impacts(clause);
    return static_cast<std::uint32_t>(
        std::count_if(all.begin(), all.end(), [](double each) { return each >= 0; }));
  }

 private:
  struct Read {
    explicit Read(const TestWorker& shown) : worker(&shown) {
      add({shown.name}, kNameText, true, Markup::none);
      add({shown.id}, kIdText, true, Markup::none);
      add({shown.description}, kDescriptionText, false, Markup::none);
      add(shown.tags, kTagText, true, Markup::none);
      std::vector<std::string> tasks;
      add(shown.tasks, kTaskText, true, Markup::none);
      add(shown.formats, kTaskText, true, Markup::none);
      add({shown.readme}, kReadmeText, false, Markup::markdown);
    }
    void add(const std::vector<std::string>& texts, const TextField& field, bool keeps_stops,
             Markup markup) {
      std::map<std::string, int> counts;
      float length = 0;
      for (const std::string& text : texts) {
        texts_read.push_back(words_of(text, markup));
        if (!keeps_stops)
          for (std::string& word : texts_read.back())
            if (is_stop_word(word)) word.clear();
        for (const std::string& word : texts_read.back()) {
          length += 1;
          if (!word.empty()) ++counts[word];
        }
      }
      for (const auto& [word, count] : counts)
        frequency[word] += field.weight * static_cast<float>(count) /
                           (1 - field.slope + field.slope * length / field.pivot);
    }
    const TestWorker* worker;
    std::map<std::string, float> frequency;
    std::vector<std::vector<std::string>> texts_read;  ///< "" where a word is not indexed.
  };

  std::int32_t rarity(std::uint32_t count) const {
    const double n = static_cast<double>(all_.size()), df = std::min<double>(count, n);
    return static_cast<std::int32_t>(std::lround(1000 * std::log(1 + (n - df + 0.5) / (df + 0.5))));
  }
  static double impact(float frequency) {
    return static_cast<double>(
        std::clamp(std::lround(255.0F * frequency / (kSaturation + frequency)), 1L, 255L));
  }

  std::vector<double> impacts(const Clause& clause) const {
    std::vector<double> all(all_.size(), -1);
    if (clause.kind == Clause::Kind::phrase) {
      for (std::size_t i = 0; i < all_.size(); ++i) all[i] = phrase_impact(all_[i], clause);
      return all;
    }
    const std::string& word = clause.words.front();
    bool any = false;
    for (std::size_t i = 0; i < all_.size(); ++i)
      for (const auto& [text, frequency] : all_[i].frequency) {
        const bool is_whole = text == word;
        if (!is_whole && (clause.kind != Clause::Kind::prefix || !text.starts_with(word))) continue;
        const double strength = impact(frequency);
        all[i] = std::max(all[i], is_whole ? strength : std::floor((strength * 3 + 3) / 4));
        any = true;
      }
    if (any || clause.excluded || slips_allowed(word) == 0) return all;
    // Misspelt: base's own edit distance over all words.
    std::map<std::string, std::uint32_t> workers_with;
    for (const Read& each : all_)
      for (const auto& [text, frequency] : each.frequency) ++workers_with[text];
    std::size_t least = slips_allowed(word) + 1;
    std::vector<std::pair<std::uint32_t, std::string>> near;
    for (const auto& [text, count] : workers_with) {
      const std::size_t slips = edit_distance(word, text, slips_allowed(word));
      if (slips > slips_allowed(word) || slips > least) continue;
      if (slips < least) near.clear();
      least = slips;
      near.emplace_back(count, text);
    }
    std::stable_sort(near.begin(), near.end(),
                     [](const auto& a, const auto& b) { return a.first > b.first; });
    if (near.size() > 8) near.resize(8);
    for (std::size_t i = 0; i < all_.size(); ++i)
      for (const auto& [count, text] : near)
        if (const auto at = all_[i].frequency.find(text); at != all_[i].frequency.end())
          all[i] = std::max(all[i], impact(at->second));
    return all;
  }

  static double phrase_impact(const Read& read, const Clause& phrase) {
    bool stands = false;
    for (const auto& words : read.texts_read)
      for (std::size_t start = 0; start < words.size() && !stands; ++start) {
        bool all = true;
        for (std::size_t k = 0; k < phrase.words.size(); ++k) {
          const std::size_t at = start + phrase.offsets[k];
          all = all && at < words.size() && words[at] == phrase.words[k];
        }
        stands = all;
      }
    if (!stands) return -1;
    double best = 0;
    for (const std::string& word : phrase.words)
      best = std::max(best, impact(read.frequency.at(word)));
    return best;
  }

  static bool filters_match(const TestWorker& worker, const Query& query) {
    if (query.premium && worker.premium != *query.premium) return false;
    const auto has = [](const std::vector<std::string>& all, const std::string& value) {
      return std::find(all.begin(), all.end(), value) != all.end();
    };
    std::set<Os> oses;
    std::set<Arch> arches;
    std::set<Accelerator> accelerators;
    for (const Filter& filter : query.filters) {
      Platforms set = 0;
      if (filter.field == Field::os) {
        set = platforms_of(*parse_os(filter.value));
        if (!filter.excluded) oses.insert(*parse_os(filter.value));
      } else if (filter.field == Field::arch) {
        set = platforms_of(*parse_arch(filter.value));
        if (!filter.excluded) arches.insert(*parse_arch(filter.value));
      } else if (filter.field == Field::accelerator) {
        set = platforms_of(*parse_accelerator(filter.value));
        if (!filter.excluded) accelerators.insert(*parse_accelerator(filter.value));
      } else {
        bool holds = false;
        if (filter.field == Field::tag) holds = has(worker.tags, filter.value);
        if (filter.field == Field::task) holds = has(worker.tasks, filter.value);
        if (filter.field == Field::format) holds = has(worker.formats, filter.value);
        if (filter.field == Field::license) holds = worker.license == filter.value;
        if (filter.field == Field::source) holds = worker.source == filter.value;
        if (filter.field == Field::owner) holds = worker.owner == filter.value;
        if (holds == filter.excluded) return false;
        continue;
      }
      if (filter.excluded && (worker.platforms & set) != 0) return false;
    }
    // Every combination must be one platform of the worker.
    for (const Os os : oses.empty() ? std::set<Os>(kOses.begin(), kOses.end()) : oses)
      if (!oses.empty() || os == Os::linux)
        for (const Arch arch : arches.empty() ? std::set<Arch>{Arch::x86_64} : arches)
          for (const Accelerator accelerator :
               accelerators.empty() ? std::set<Accelerator>{Accelerator::cpu} : accelerators) {
            Platforms wanted = ~Platforms{0};
            if (!oses.empty()) wanted &= platforms_of(os);
            if (!arches.empty()) wanted &= platforms_of(arch);
            if (!accelerators.empty()) wanted &= platforms_of(accelerator);
            if (wanted != ~Platforms{0} && (worker.platforms & wanted) == 0) return false;
          }
    return true;
  }

  std::vector<Read> all_;
};

}  // namespace rbee::search
