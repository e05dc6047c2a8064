#include "check/locked_fetch.hpp"

#include <algorithm>
#include <array>
#include <iterator>

namespace rbee::check {

namespace {

struct Manager {
  std::string_view name;
  std::array<std::string_view, 3> hosts;  ///< Empty ones do not count.
};

constexpr Manager kManagers[] = {
    {"cargo", {"index.crates.io:443", "static.crates.io:443", "crates.io:443"}},
    {"go", {"proxy.golang.org:443", "sum.golang.org:443", ""}},
    {"npm", {"registry.npmjs.org:443", "", ""}},
    {"pnpm", {"registry.npmjs.org:443", "", ""}},
    {"yarn", {"registry.yarnpkg.com:443", "registry.npmjs.org:443", "repo.yarnpkg.com:443"}},
};

}  // namespace

std::vector<std::string> registry_hosts(std::string_view manager) {
  std::vector<std::string> out;
  for (const Manager& each : kManagers)
    if (each.name == manager)
      for (const std::string_view host : each.hosts)
        if (!host.empty()) out.emplace_back(host);
  return out;
}

bool declares_locked_fetch(const manifest::Manifest& manifest, std::string_view manager) {
  if (std::find(manifest.locked_fetch.begin(), manifest.locked_fetch.end(), manager) !=
      manifest.locked_fetch.end())
    return true;
  return manifest.source &&
         ((manager == "cargo" && manifest.source->build_system == manifest::BuildSystem::cargo) ||
          (manager == "npm" && manifest.source->build_system == manifest::BuildSystem::npm));
}

std::vector<std::string> locked_fetchers(const manifest::Manifest& manifest) {
  std::vector<std::string> out;
  for (const Manager& each : kManagers)
    if (declares_locked_fetch(manifest, each.name)) out.emplace_back(each.name);
  return out;
}

}  // namespace rbee::check
