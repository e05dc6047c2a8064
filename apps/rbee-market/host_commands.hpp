// What a host does beside serving: people, tokens, the audit log, reviews, checking a catalog; and
// the hook that Git starts.
//
// Each adds its commands to the program's; the one that was typed is in `run` after parsing. They
// work on the data directory itself, also while a server runs on it.
#pragma once

#include <CLI/App.hpp>
#include <functional>

#include "base/result.hpp"

namespace rbee::market {

void add_user_commands(CLI::App& app, std::function<int()>& run);
void add_review_commands(CLI::App& app, std::function<int()>& run);
void add_check_command(CLI::App& app, std::function<int()>& run);
void add_hook_command(CLI::App& app, std::function<int()>& run);

/// Say it on standard error; the exit code.
int report_error(const Error& error);

/// "local:USER": how the audit log names who works on the host.
std::string local_actor();

}  // namespace rbee::market
