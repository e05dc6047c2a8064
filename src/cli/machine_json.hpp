// A machine as JSON: what `rbee doctor --json` prints, and what RBEE_MACHINE names a file of.
//
// `to_json` and `parse_machine` are pure and each other's reverse. What is not known is null, or
// not there. docs/cli.md has the shape.
#pragma once

#include <boost/json/object.hpp>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "cli/environment.hpp"
#include "platform/machine.hpp"

namespace rbee::cli {

boost::json::object to_json(const platform::Machine& machine);

/// `name` is the file's, for messages. Wanted are "os", "arch" and "accelerators"; "checks" is
/// passed over. Errors, all Errc::invalid_input:
///   "machine-file-json"   It is not JSON.
///   "machine-file-shape"  A value is of another kind than it must be, or missing.
///   "machine-file-key"    A key that no machine has, with a did-you-mean.
///   "machine-file-value"  A word that is not known, or values that contradict each other.
Result<platform::Machine> parse_machine(std::string_view text, const std::string& name);

/// The machine that RBEE_MACHINE describes, or else this one, as RBEE_PLATFORM would have it.
/// Errors: those of `parse_machine` and `probe_machine`; Errc::not_found "machine-file-missing";
/// Errc::io and Errc::too_large "machine-file-unreadable"; Errc::usage "machine-file-conflict" when
/// both variables are set.
Result<platform::Machine> find_machine(const Environment& environment);

/// Its operating system and architecture (cpu), without a probe.
Result<Platform> find_host(const Environment& environment);

}  // namespace rbee::cli
