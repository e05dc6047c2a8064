// The question "which variant of this worker?", from the command line's options and this machine.
//
// Touches what the machine probe touches.
#pragma once

#include "cli/commands.hpp"
#include "install/installer.hpp"

namespace rbee::cli {

/// With --accelerator, only that one is considered, whether or not this machine has it: who asks
/// for it knows. Errors: Errc::usage "recipe-name-invalid", "platform-invalid".
Result<install::InstallRequest> install_request(const WorkerId& id, const Arguments& arguments,
                                                const platform::Machine& machine);

}  // namespace rbee::cli
