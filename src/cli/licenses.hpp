// Licence keys of premium workers: where they are kept, and which one a worker gets.
//
// Reads and writes licenses.json beside the configuration, mode 0600. A key is never printed, never
// an argument of a command, and never part of an environment that a recipe sees.
#pragma once

#include <string>
#include <vector>

#include "cli/context.hpp"
#include "wire/worker.hpp"

namespace rbee::cli {

/// The key for this worker: RBEE_LICENSE_KEY, RBEE_LICENSE_TOKEN, the variable that its manifest
/// names, else what `rbee license add` kept; empty when there is none. Errors: Errc::invalid_input
/// "licenses-invalid".
Result<std::string> license_key(Context& context, const wire::WorkerDetail& detail);

/// Workers that a key is kept for, sorted.
Result<std::vector<std::string>> licensed_workers(Context& context);
Result<void> keep_license(Context& context, const std::string& worker, const std::string& key);
/// Errors: Errc::not_found "license-not-found".
Result<void> forget_license(Context& context, const std::string& worker);

}  // namespace rbee::cli
