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

}  // namespace rbee::pkgbuild
