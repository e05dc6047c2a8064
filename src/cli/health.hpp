// Does an installed worker answer? Its program is started and asked where its [run] table says.
//
// Starts a process on a free port of the loopback interface and ends it again.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "cli/commands.hpp"
#include "cli/worker_process.hpp"
#include "install/installer.hpp"

namespace rbee::cli {

/// The program behind the command: through the link in the bin directory, which must still be ours.
/// Errors: Errc::integrity "command-replaced".
Result<std::filesystem::path> program_of(const install::Installed& worker,
                                         const std::string& command,
                                         const install::Directories& places);

/// Where its health is asked when it listens at `url`. Errors: Errc::usage "health-unknown".
Result<Url> health_url(const install::Installed& worker, const std::string& url);

/// Wait until `url` answers 200, the worker ends, or the user has had enough.
/// Errors: Errc::failed "worker-ended"; Errc::unreachable "worker-not-healthy"; Errc::interrupted.
Result<void> wait_until_healthy(const install::Installed& worker, const Url& url,
                                WorkerProcess& process, std::chrono::seconds patience,
                                World& world);

/// Start it, wait until it answers, end it. False when that cannot be tried: it has no health to
/// ask, or needs a model. Errors: those of `wait_until_healthy`, and of starting it.
Result<bool> probe_health(const install::Installed& worker, Context& context);

}  // namespace rbee::cli
