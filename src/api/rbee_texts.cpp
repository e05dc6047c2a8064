#include "api/rbee_texts.hpp"

#include <fmt/format.h>

namespace rbee::api {

namespace {

/// In single quotes for a shell.
std::string shell_quote(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'')
      out += "'\\''";
    else
      out += c;
  }
  return out + "'";
}

constexpr std::string_view kInstall = R"SH(#!/bin/sh
# Use this marketplace of AI workers with the command-line client `rbee`.
#
#   curl -fsSL ADDRESS/install.sh | sh
#
# It downloads nothing and changes no file: it looks for the client, and says what to do.
set -eu
market={base}

if ! command -v rbee >/dev/null 2>&1; then
  echo "rbee is not installed, and this marketplace has no copy of it to give." >&2
  echo "Build it from its source (make, then make install), or ask who runs $market for a package." >&2
  echo "On Arch Linux the workers can be had without it: git clone $market/WORKER.git && cd WORKER && makepkg -si" >&2
  exit 1
fi
rbee --version
echo "Tell it about this marketplace, in ~/.profile or for this shell:"
echo "  export RBEE_CATALOG=$market"
echo "Then:"
echo "  rbee worker search tts"
echo "  rbee worker install WORKER"
)SH";

constexpr std::string_view kReadme = R"MD(# Recipes of this marketplace

| path | what |
|---|---|
| `/pkgbuilds/arch/ID-bin.PKGBUILD` | the worker's `PKGBUILD.bin`: installs a pre-built binary |
| `/pkgbuilds/arch/ID-git.PKGBUILD` | the worker's `PKGBUILD`: builds from source |
| `/pkgbuilds/homebrew/ID-bin.rb` | a Homebrew formula, where a binary has a SHA-256 |

What a worker lacks is 404. There is no formula that builds from source: `build()` is shell, and a translation would be a guess.

Install a worker: `rbee worker install ID`, or on Arch Linux `git clone {base}/ID.git && cd ID && makepkg -si`, or
`curl -O {base}/pkgbuilds/homebrew/ID-bin.rb && brew install --formula ./ID-bin.rb`. All workers: {base}/v1/workers
)MD";

}  // namespace

std::string install_script(std::string_view base) {
  std::string text(kInstall);
  const std::string_view place = "{base}";
  return text.replace(text.find(place), place.size(), shell_quote(base));
}

std::string pkgbuilds_readme(std::string_view base) {
  return fmt::format(kReadme, fmt::arg("base", base));
}

}  // namespace rbee::api
