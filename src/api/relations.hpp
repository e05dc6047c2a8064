// Which workers have to do with which: those that need it, and those that are like it.
//
// Made from one snapshot, when somebody asks first. Immutable, pure.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "catalog/snapshot.hpp"

namespace rbee::api {

class Relations {
 public:
  /// About 50 ms for 100,000 workers. `snapshot` must outlive this.
  explicit Relations(const catalog::Snapshot& snapshot);

  /// Places in the snapshot of the workers with a variant that depends on this one, by id.
  std::vector<std::uint32_t> dependants(const catalog::Entry& worker) const;

  struct Similar {
    std::uint32_t place = 0;             ///< In the snapshot.
    double score = 0;                    ///< 0 to 1: the cosine of what both say of themselves.
    std::vector<std::string> in_common;  ///< "tag:tts", "task:text-to-speech"; the rarest first.
  };
  /// The nearest first; of equal ones by id.
  std::vector<Similar> similar(const catalog::Entry& worker, std::size_t count_max) const;

 private:
  using Places = std::vector<std::uint32_t>;  ///< Sorted.

  double weight(const Places& places) const;

  const catalog::Snapshot& snapshot_;
  std::unordered_map<std::string_view, Places> dependants_;  ///< By the name that is needed.
  std::unordered_map<std::string, Places> words_;            ///< By "tag:tts".
  std::vector<float> lengths_;                               ///< Of each worker's vector.
};

}  // namespace rbee::api
