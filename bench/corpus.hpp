// Workers that never were: names, descriptions, tags, pages and recipes as real ones have them, any
// number, the same for the same seed.
//
// Touches nothing. Words are drawn as people use them: a few hundred often (the words of AI
// programs and of English), tens of thousands seldom (names of models, libraries and authors), by
// Zipf's law.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace rbee::bench {

struct GeneratedWorker {
  std::string id, name, description, license, homepage, implementation, owner;
  bool official = false;
  std::vector<std::string> tags, tasks, formats, accelerators, arches;
  std::string readme;
  bool has_binary = false;                ///< A PKGBUILD.bin instead of a PKGBUILD.
  std::string version;                    ///< "1.4.2"
  std::int64_t created = 0, updated = 0;  ///< Seconds since 1970.
  std::int64_t stars = 0, installs_30_days = 0;

  std::string manifest() const;  ///< worker.toml
  std::string recipe() const;    ///< PKGBUILD or PKGBUILD.bin
};

std::vector<GeneratedWorker> generate_workers(std::size_t count, std::uint64_t seed = 1);

/// Queries that people of such a catalog would type, the same for the same seed.
struct GeneratedQueries {
  std::vector<std::string> one_word, two_words, prefixes, typos;
};
GeneratedQueries generate_queries(const std::vector<GeneratedWorker>& workers, std::size_t each,
                                  std::uint64_t seed = 1);

}  // namespace rbee::bench
