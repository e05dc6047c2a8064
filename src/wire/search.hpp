// The JSON of GET /v1/search and /v1/index, as clients read it.
//
// Pure. Described in docs/search.md.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "wire/worker.hpp"

namespace rbee::wire {

/// A word that no worker has, and those that were searched for instead.
struct Correction {
  std::string typed;
  std::vector<std::string> used;
};

struct SearchAnswer {
  WorkerList list;           ///< Best first.
  std::string did_you_mean;  ///< The query, mended; empty: there is nothing to mend.
  std::vector<Correction> corrections;
  std::vector<std::string> notes;  ///< What of the query was not understood, a sentence each.
};
/// Errors: Errc::bad_response "response-shape".
Result<SearchAnswer> parse_search_answer(std::string_view json);

/// One line of GET /v1/index: what an offline search needs.
struct IndexLine {
  std::string id, name, description, version, source, license, author;
  std::vector<std::string> tags, tasks, formats, platforms;
  bool premium = false;
  std::string created_at, updated_at;  ///< RFC 3339.
};
/// Errors: Errc::bad_response "response-shape".
Result<IndexLine> parse_index_line(std::string_view json);

}  // namespace rbee::wire
