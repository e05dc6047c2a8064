// What all tabs of a worker have in common: the API's detail, the head, the row of tabs.
#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"
#include "web/read.hpp"
#include "web/visit.hpp"

namespace rbee::web {

struct WorkerHead {
  Json detail;
  std::string id, api;  ///< "/v1/workers/{id}"
  std::string version;  ///< "?version=…" of the address, for the API; empty: the latest.
  View view;            ///< Already with the head's names.
};

/// Errors: "worker-not-found" and the other ones of /v1/workers/{id}.
Result<WorkerHead> open_worker(Visit& visit, std::string_view tab);

/// How a variant's sources are known before they are fetched.
struct SourceCount {
  std::int64_t local = 0;   ///< Files of its own folder.
  std::int64_t remote = 0;  ///< From elsewhere …
  std::int64_t pinned = 0;  ///< … of these with a checksum, or a Git commit.
};
SourceCount count_sources(const Json& variant);

}  // namespace rbee::web
