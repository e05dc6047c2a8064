// The whole program but for its objects: words in, exit code out.
//
// Touches what the commands touch, through `World`.
#pragma once

#include <string>
#include <vector>

#include "cli/context.hpp"

namespace rbee::cli {

/// Run one command line (without the program's name). Returns the exit code of base/result.hpp.
int run(const std::vector<std::string>& arguments, const std::string& version, World& world);

}  // namespace rbee::cli
