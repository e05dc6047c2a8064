#include "pkgbuild/environment.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace rbee::pkgbuild {

std::map<std::string, std::string> variant_environment(const Platform& platform,
                                                       const std::vector<std::string>& features) {
  return {{"RBEE_OS", std::string(to_string(platform.os))},
          {"RBEE_ACCELERATOR", std::string(to_string(platform.accelerator))},
          {"RBEE_FEATURES", fmt::format("{}", fmt::join(features, ","))}};
}

std::string chost(const Platform& platform) {
  const std::string arch(to_string(platform.arch));
  switch (platform.os) {
    case Os::linux:
      return platform.arch == Arch::x86_64    ? "x86_64-pc-linux-gnu"
             : platform.arch == Arch::aarch64 ? "aarch64-unknown-linux-gnu"
                                              : "armv7l-unknown-linux-gnueabihf";
    case Os::macos:
      return arch + "-apple-darwin";
    case Os::windows:
      return arch + "-w64-mingw32";
  }
  return "";
}

}  // namespace rbee::pkgbuild
