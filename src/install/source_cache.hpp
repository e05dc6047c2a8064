// Bring every source of a plan to disk and prove that it is what the recipe names.
//
// Reads the network, writes only below the cache directory, runs nothing. Files in the cache are
// named after their strongest checksum and checked again each time they are used. Source:
// PKGBUILD(5), "sha256sums".
#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "install/installer.hpp"

namespace rbee::install {

/// What `fetch_sources` found: the verified files by the names the recipe gives them, and their own
/// digests.
struct Fetched {
  std::map<std::string, std::filesystem::path> files;
  std::map<std::string, Sha256> digests;
};

/// Errors: Errc::integrity "checksum-mismatch" with array, expected and actual digest (local files
/// too); HttpClient::download's; Errc::interrupted. A failure leaves nothing in the cache but
/// verified files and parts that a later run continues.
Result<Fetched> fetch_sources(const Plan& plan, const std::filesystem::path& cache,
                              platform::HttpClient& http, Observer& observer);

}  // namespace rbee::install
