// A worker as rbee's own programs read it: one object that holds all three generations of their
// JSON.
//
// Pure. Generation 3 (variants, capabilities) stands beside the flat keys of 1 (snake_case) and 2
// (camelCase); no key means two things. Enumerations are clamped to what the strictest reader
// accepts, and the true value stands under a key of its own (`accelerator`, `build.system`).
// Source: docs/rbee-protocol.md.
#pragma once

#include <boost/json/value.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "base/platform.hpp"
#include "catalog/snapshot.hpp"

namespace rbee::api {

/// The whole worker, or with `only` the entry "{id}-{accelerator}" of that accelerator's variants.
boost::json::value rbee_worker(const catalog::Worker& worker, std::optional<Accelerator> only,
                               std::string_view base);

/// cpu, cuda, metal or rocm: the four that every reader knows. Others are "cpu".
std::string_view clamped_backend(Accelerator accelerator);

/// "1.2.3" of "4:1.2.3-5".
std::string upstream_version(std::string_view release);

}  // namespace rbee::api
