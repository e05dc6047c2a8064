// The environment in which one variant's recipe is evaluated, built and installed: the same
// everywhere.
//
// Pure. The client chooses the platform and says so; a recipe has nothing to guess
// (docs/worker-toml.md).
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/platform.hpp"

namespace rbee::pkgbuild {

/// RBEE_OS "linux", RBEE_ACCELERATOR "cuda", RBEE_FEATURES "cuda,flash-attn" (joined with commas,
/// in order).
std::map<std::string, std::string> variant_environment(const Platform& platform,
                                                       const std::vector<std::string>& features);

/// CHOST as makepkg.conf has it on that platform: "x86_64-pc-linux-gnu".
std::string chost(const Platform& platform);

}  // namespace rbee::pkgbuild
