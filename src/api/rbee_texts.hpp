// The two texts that rbee's catalog service had as files: /install.sh and /pkgbuilds/README.md.
//
// Pure. Nothing is promised that this marketplace does not have.
#pragma once

#include <string>
#include <string_view>

namespace rbee::api {

/// A POSIX script: sets an installed `rbee` up for the marketplace at `base`, or says where a
/// client comes from. It downloads nothing and writes nothing.
std::string install_script(std::string_view base);

/// What stands below /pkgbuilds, in Markdown.
std::string pkgbuilds_readme(std::string_view base);

}  // namespace rbee::api
