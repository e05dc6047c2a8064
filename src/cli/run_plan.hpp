// From a worker's [run] table to the words that start it.
//
// Pure. Source: docs/worker-toml.md, "run".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "cli/commands.hpp"
#include "install/installer.hpp"

namespace rbee::cli {

/// Which of the worker's commands to start: `wanted`, else the only one, else the one called like
/// the worker. Errors: Errc::usage "command-ambiguous"; Errc::not_found "command-missing".
Result<std::string> choose_command(const install::Installed& worker, const std::string& wanted);

/// True when the worker is told a port, so that it has a URL.
bool listens(const install::Installed& worker);

/// The arguments of [run] with {port}, {host}, {model} and {device} filled in, then
/// `arguments.trailing`. Errors: Errc::usage "model-missing" when {model} stands there and no model
/// was given.
Result<std::vector<std::string>> run_arguments(const install::Installed& worker,
                                               const Arguments& arguments, std::uint16_t port);

/// "http://127.0.0.1:8080"; an IPv6 address gets its brackets, and a wildcard address becomes the
/// loopback one.
std::string worker_url(const std::string& host, std::uint16_t port);

}  // namespace rbee::cli
