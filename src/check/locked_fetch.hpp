// Package managers that fetch, in prepare(), what a lock file names: which, and from where.
//
// Pure. Source: worker.toml's [build] locked_fetch (docs/worker-toml.md); the managers' own
// defaults.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "manifest/manifest.hpp"

namespace rbee::check {

/// "index.crates.io:443" …: what `manager` has to reach. None for one that is not known.
std::vector<std::string> registry_hosts(std::string_view manager);

/// Does the manifest let `manager` fetch? A [source] with its build system says so, too.
bool declares_locked_fetch(const manifest::Manifest& manifest, std::string_view manager);

/// All that it lets, sorted.
std::vector<std::string> locked_fetchers(const manifest::Manifest& manifest);

}  // namespace rbee::check
