// What a live rbee hive reads: one folder for each installed worker, in the hive's own catalog of
// workers.
//
// Writes cache/workers/<id>-<version>-<os>/ and touches only folders that it made itself. Source:
// rbee at commit 0509312f, its WorkerBinary and artifact catalog; docs/installing.md.
#pragma once

#include <vector>

#include "install/installer.hpp"

namespace rbee::install {

/// Make the hive's records those of `workers`: add what is missing, drop ours that are of nobody
/// any more. A worker whose accelerator the hive has no word for gets none, nor one without a
/// command to start. Errors: Errc::io.
Result<void> write_hive_records(const std::vector<Installed>& workers,
                                const Directories& directories);

}  // namespace rbee::install
