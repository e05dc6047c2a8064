// Which programs do what: network tools, package managers, decoders, and the paths that are
// nobody's business. Lists that several rules share.
//
// Pure.
#pragma once

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "check/commands.hpp"
#include "manifest/manifest.hpp"

namespace rbee::check {

template <std::size_t N>
constexpr bool contains(const std::array<std::string_view, N>& all, std::string_view word) {
  return std::find(all.begin(), all.end(), word) != all.end();
}

/// Programs that do nothing without a network: curl, wget, ssh, nc …
bool is_network_tool(std::string_view name);
/// How this invocation would use the network: "curl", "git clone", "openssl s_client"; empty: not.
std::string network_use(const Invocation& invocation);

/// npm, pip, cargo, go, gem … whatever they are asked for.
bool is_package_manager(std::string_view name);
struct Fetch {
  std::string manager;  ///< "npm", "cargo"; empty: fetches nothing.
  bool locked =
      false;  ///< Only what a lock file names: cargo fetch --locked, npm ci, go mod download.
};
Fetch package_manager_fetch(const Invocation& invocation);

/// base64 -d, xxd -r, openssl enc -d …: text in, something else out.
bool is_decoder(const Invocation& invocation);

/// nvidia-smi, rocminfo …: a recipe may ask; the engine answers for the virtual machine.
bool is_platform_probe(std::string_view name);

/// The code of `python -c CODE`, `perl -e CODE`, `node -e CODE`; empty when there is none.
std::string inline_code(const Invocation& invocation);
/// What in it fetches or executes: "urllib", "os.system"; empty: nothing that is known.
std::string_view dangerous_in(std::string_view code);

}  // namespace rbee::check
