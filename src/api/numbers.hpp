// What people did with each worker, as the listing, the search and other protocols show it.
//
// A value: community and analytics count, the server puts the two together and replaces the table
// as a whole. Readers keep the one they hold.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

namespace rbee::api {

struct Numbers {
  std::int64_t stars = 0;
  std::int64_t votes = 0;
  double popularity = 0;      ///< Votes, each worth 0.98 as much a day later (the AUR's formula).
  std::int64_t ratings = 0;   ///< How many.
  double rating = 0;          ///< Bayesian mean, 1 to 5; 0: nobody rated it.
  std::int64_t installs = 0;  ///< Reported by clients that agreed, CI left out.
  std::int64_t installs_30_days = 0;
  double trend = 0;  ///< Growth of installs of late; higher is hotter.
};

struct TextHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const {
    return std::hash<std::string_view>()(text);
  }
};

/// By worker id; who is not in it has zeros.
using NumbersTable = std::unordered_map<std::string, Numbers, TextHash, std::equal_to<>>;

/// Never nullptr. Called from several threads at once.
using ReadNumbers = std::function<std::shared_ptr<const NumbersTable>()>;

}  // namespace rbee::api
