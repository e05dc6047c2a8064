// A worker of the catalog as /v1 shows it.
//
// Pure. `base` is the marketplace's own address without a final '/', such as
// "https://market.example".
#pragma once

#include <string>
#include <string_view>

#include "catalog/snapshot.hpp"
#include "wire/worker.hpp"

namespace rbee::api {

wire::WorkerSummary summarise(const catalog::Worker& worker, std::string_view base);
wire::WorkerDetail detail(const catalog::Worker& worker, std::string_view commit,
                          std::string_view base);

/// `path` with every segment percent-encoded, '/' kept.
std::string encode_path(std::string_view path);

}  // namespace rbee::api
