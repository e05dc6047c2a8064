// What a source tree, or a release's archive, says of itself: for the first files of a worker.
//
// Reads the tree; of a release, the network and a temporary directory.
#pragma once

#include <filesystem>
#include <string>

#include "base/result.hpp"
#include "base/url.hpp"
#include "cli/context.hpp"

namespace rbee::cli {

/// Empty where it says nothing. Texts come from strangers: they are checked or quoted where used.
struct SourceTree {
  std::string implementation = "other", license, version, formats, build, package, makedepends;
  // Of a release only:
  std::string source;    ///< Its address, the version written as $pkgver.
  std::string sha256;    ///< Of its archive.
  std::string homepage;  ///< The project's page on its forge.
  std::string folder;    ///< What the archive unpacks to, the version written as $pkgver.
};

/// By the files at its top: build system, licence, version, model formats.
SourceTree look_at_tree(const std::filesystem::path& tree);

/// Downloads the archive, unpacks it in a temporary directory and looks at it. Errors: those of the
/// download; "archive-…"; Errc::invalid_input "release-empty".
Result<SourceTree> look_at_release(Context& context, const Url& url);

}  // namespace rbee::cli
