// The words of the command line, turned into a command and its arguments.
//
// Pure. CLI11 parses; only command_line.cpp includes it. Options may stand before or after the
// command.
#pragma once

#include <string>
#include <vector>

#include "base/result.hpp"
#include "cli/commands.hpp"

namespace rbee::cli {

struct CommandLine {
  Settings settings;
  Arguments arguments;
  const Command* command = nullptr;  ///< nullptr: print `text` and end well.
  std::string text;                  ///< Help or version.
};

/// `arguments` without the program's name. Errors: Errc::usage "command-unknown", "option-unknown",
/// "argument-missing", "argument-invalid" …, with a did-you-mean where there is one.
Result<CommandLine> parse_command_line(const std::vector<std::string>& arguments,
                                       const std::string& version);

/// True when "--json" stands among the options: what `report` needs when parsing failed.
bool asks_for_json(const std::vector<std::string>& arguments);

/// Help of everything, of a group, of a command. `group` may be nullptr.
std::string help(const Group* group, const Command* command);

}  // namespace rbee::cli
