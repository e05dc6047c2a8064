// Bring every source of a plan to disk and prove that it is what the recipe names.
//
// Reads the network, writes only below the cache directory, runs nothing. Files in the cache are
// named after their strongest checksum and checked again each time they are used. Source:
// PKGBUILD(5), "sha256sums".
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "build/builder.hpp"
#include "install/installer.hpp"

namespace rbee::install {

/// No server can fill the disk: reading one source stops here.
inline constexpr std::uint64_t kSourceBytesMax = std::uint64_t{64} << 30;

/// What `fetch_sources` found: the verified files by the names the recipe gives them, and their own
/// digests.
struct Fetched {
  std::map<std::string, std::filesystem::path> files;
  std::map<std::string, Sha256> digests;
  std::map<std::string, build::Repository> repositories;  ///< Git sources, by the same names.
};

/// Several at once, a few from each host. Files that the user has to bring (`Plan::manual`) are
/// looked for in cache/manual.
///
/// Errors: Errc::integrity "checksum-mismatch" with array, expected and actual digest (local files
/// too); HttpClient::download's; Errc::not_found "manual-download" with what to bring from where;
/// Errc::unreachable "offline"; Errc::unauthenticated "license-needed" and Errc::forbidden
/// "license-refused" with where to get a licence; Errc::interrupted. A failure leaves nothing in
/// the cache but verified files and parts that a later run continues.
Result<Fetched> fetch_sources(const Plan& plan, const std::filesystem::path& cache,
                              platform::HttpClient& http, Observer& observer,
                              const ExecuteOptions& options);

/// How large the source is, if the cache has it. Nothing is verified.
std::optional<std::uint64_t> cached_size(const pkgbuild::SourceEntry& source,
                                         const std::filesystem::path& cache);

/// How large a file on a server is, from its answer to a question for one byte (RFC 9110, 14.4);
/// nothing when it does not say.
using Ask = std::function<Result<platform::HttpAnswer>(
    const Url&, std::uint64_t body_bytes_max,
    const std::vector<std::pair<std::string, std::string>>& headers)>;
std::optional<std::uint64_t> remote_size(const std::string& url, const Ask& ask);

/// A source in the cache: a file, complete and named after what it is, or a Git repository.
struct CachedFile {
  std::string name;  ///< "sha256sums-<hex>"; of a file in `manual`, "manual/<name>";
                     ///< of a repository, "git/<name>".
  std::uint64_t size_bytes = 0;
  Time last_used{};
  bool complete = true;  ///< False: a part that a later download continues.
};

/// What the cache holds, oldest first. Errors: Errc::io.
Result<std::vector<CachedFile>> list_cache(const std::filesystem::path& cache);

/// Remove what nobody used since `before`, parts included. Returns what went.
Result<std::vector<CachedFile>> prune_cache(const std::filesystem::path& cache, Time before);

/// Names of files whose bytes are not those that their name says; they are removed.
Result<std::vector<std::string>> verify_cache(const std::filesystem::path& cache,
                                              const std::function<bool()>& cancelled);

}  // namespace rbee::install
