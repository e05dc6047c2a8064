// GET /v1/workers: which workers, in what order, which page.
//
// Pure. Words match parts of words in id, name, description and tags, letters' case ignored; every
// word must match somewhere. Order, unless another is asked for: exact id, id prefix, all words in
// the name, the rest; within each by id.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "api/numbers.hpp"
#include "base/platform.hpp"
#include "base/result.hpp"
#include "catalog/snapshot.hpp"

namespace rbee::api {

inline constexpr std::size_t kPageDefault = 50;
inline constexpr std::size_t kPageMax = 200;

/// What a list is sorted by: the most, the newest first, equal ones by id.
enum class Sort { relevance, stars, popularity, rating, trending, installs, newest, updated };

struct ListQuery {
  Sort sort = Sort::relevance;
  std::string text;                      ///< `q`, lower case.
  std::vector<std::string> words;        ///< Of `text`.
  std::vector<std::string> tags;         ///< All must be there.
  std::vector<std::string> ids;          ///< Only these, sorted; none: all.
  std::optional<PlatformSet> platforms;  ///< Some variant must be for one of these.
  std::optional<catalog::Origin> source;
  std::vector<std::string> tasks, formats;  ///< All must be there.
  std::string license;                      ///< As the manifest writes it; empty: any.
  std::string owner;                        ///< An account's name; empty: any.
  std::optional<bool> premium;
  double min_rating = 0;
  std::size_t limit = kPageDefault;
  /// The cursor: key and id of the last worker seen.
  std::optional<std::pair<std::int64_t, std::string>> after;
};

/// Errors: Errc::invalid_input "parameter-unknown", "parameter-invalid".
Result<ListQuery> parse_list_query(
    const std::vector<std::pair<std::string, std::string>>& parameters);

/// What of a worker is searched, made ready once a snapshot.
struct SearchText {
  std::string id, name, rest;  ///< Lower case; `rest` is description and tags.
};
SearchText search_text(const catalog::Entry& worker);

struct Page {
  std::vector<std::size_t> indexes;  ///< Into the snapshot's workers.
  std::size_t total = 0;             ///< On all pages.
  std::optional<std::string> next;   ///< The cursor that continues after this page.
};

/// Of each worker of a snapshot, in its order.
std::vector<Numbers> numbers_of(const catalog::Snapshot& snapshot, const NumbersTable& table);

/// `texts` and `numbers` have one entry for each worker of `snapshot`; `query.ids` stand for
/// `query.owner` already.
Page list_page(const catalog::Snapshot& snapshot,
               const std::vector<std::shared_ptr<const SearchText>>& texts,
               const std::vector<Numbers>& numbers, const ListQuery& query);

}  // namespace rbee::api
