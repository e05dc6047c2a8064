// The digests of sources whose checksums nobody knows yet: for writing recipes, not for trusting
// them.
//
// Reads files beside the recipe and the network; writes only below the cache, where an installation
// finds the file again by its SHA-256. Runs nothing.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <set>
#include <string>

#include "base/digest.hpp"
#include "install/installer.hpp"

namespace rbee::install {

/// Where `digests_of_source` looks and puts things.
struct SourcePlaces {
  std::filesystem::path folder;  ///< The recipe's; empty when it has none (standard input).
  std::filesystem::path cache;   ///< As in `Directories`.
};

/// Every digest asked for, of the bytes that the entry stands for now.
///
/// `http` is asked for only when something is downloaded. A local file is read beside the recipe, a
/// regular file and not through a link; http, https and file are downloaded each time; another
/// protocol only from a file of its name beside the recipe. Errors: Errc::not_found
/// "local-file-missing"; Errc::unsupported "source-unsupported"; Errc::unreachable for every
/// download that fails, a 404 too; Errc::too_large; Errc::interrupted.
Result<std::map<HashAlgorithm, std::string>> digests_of_source(
    const pkgbuild::SourceEntry& source, const std::set<HashAlgorithm>& algorithms,
    const SourcePlaces& places, const std::function<platform::HttpClient&()>& http,
    Observer& observer);

}  // namespace rbee::install
