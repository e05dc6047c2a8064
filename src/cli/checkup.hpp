// What `rbee doctor` asks: can workers be installed here, and on what would they run.
//
// Each check looks at one thing and says what it found and what to do. Starts a sandbox and asks
// the marketplace; changes nothing.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/context.hpp"

namespace rbee::cli {

struct Check {
  enum class Status {
    ok,
    warning,  ///< Something does not work, or could work better.
    problem,  ///< Nothing can be installed.
    skipped,
  };
  std::string id;  ///< Stable: "sandbox", "gpu-0". docs/cli.md has them all.
  Status status = Status::ok;
  std::string label;  ///< For people: "sandbox".
  std::string message;
  std::string fix;                   ///< Empty: nothing to do.
  std::vector<std::string> details;  ///< Evidence, a line each.
};
std::string_view to_string(Check::Status status);

enum class Network { ask, offline };

/// All checks, in the order in which people read them. Fills in `machine.disk` where it is empty.
std::vector<Check> check_up(platform::Machine& machine, Network network, Context& context);

}  // namespace rbee::cli
