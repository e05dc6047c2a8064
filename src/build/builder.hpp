// One recipe and its sources into one package tree, in the sandbox, as makepkg would.
//
// Writes only inside the directory it is given; package code runs only inside the sandbox. Source:
// PKGBUILD(5), makepkg 6.0.2's behaviour. Of version control systems only Git is known.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "base/platform.hpp"
#include "base/result.hpp"
#include "pkgbuild/recipe.hpp"

namespace rbee::build {

enum class Phase { unpack, prepare, pkgver, build, check, package };
std::string_view to_string(Phase phase);

/// What the caller sees and may stop. Called from the thread that runs `build`.
class Observer {
 public:
  virtual ~Observer() = default;
  virtual void phase(Phase phase, std::string_view detail) = 0;
  virtual void output(std::string_view bytes) = 0;
  virtual bool cancelled() = 0;
};

/// A bare Git repository in the cache, and what of it is wanted.
struct Repository {
  std::filesystem::path path;
  std::string commit;    ///< 40 digits.
  bool history = false;  ///< All branches and tags are there, not one commit alone.
};

struct Request {
  const pkgbuild::Recipe& recipe;
  std::string recipe_text;
  std::string recipe_file;  ///< "PKGBUILD" or "PKGBUILD.bin".
  std::string package;      ///< One of `recipe.packages`.
  Platform platform;
  std::vector<pkgbuild::SourceEntry> sources;  ///< Of this architecture.
  std::map<std::string, std::filesystem::path>
      fetched;  ///< File name to verified bytes; not for local sources.
  std::map<std::string, Repository> repositories = {};  ///< Of Git sources, by file name.
  std::map<std::string, std::string> local_files;       ///< Beside the recipe.
  std::vector<std::string> executable_files;            ///< Those with the executable bit.
  std::map<std::string, std::string> environment;       ///< Added: RBEE_FEATURES …
  std::int64_t source_date_epoch = 0;
  /// "index.crates.io:443": the only hosts that prepare() reaches, by the proxy in its environment;
  /// no other function reaches any. Empty: nor does prepare().
  std::vector<std::string> fetch_hosts = {};
  std::uint64_t wall_seconds_max = 6 * 3600;
  bool native_package = true;  ///< False: bash runs package(), however simple it is.
  /// What a build leaves free on the disk, for others to live from.
  std::uint64_t disk_reserve_bytes = 256 << 20;
};

struct Built {
  std::string shell_for;       ///< Why package() needed a shell: "command make"; empty: it did not.
  std::filesystem::path tree;  ///< The package's files, below the directory that was given.
  std::string version;         ///< "[epoch:]pkgver-pkgrel"; pkgver() may have changed it.
  std::uint64_t size_bytes = 0;  ///< Files of several names counted once.
  std::vector<std::string>
      commands;  ///< Names in usr/bin and usr/local/bin that can be executed, sorted.
};

/// `directory` exists, is empty and ours alone (0700).
/// Errors: Errc::failed "build-failed" (phase, how it ended, last lines), "archive-…" from
/// unpacking, Errc::unsupported "source-unsupported", Errc::interrupted, Errc::io "disk-full",
/// "sandbox-unavailable", and `inspect_tree`'s.
Result<Built> build(const Request& request, const std::filesystem::path& directory,
                    Observer& observer);

}  // namespace rbee::build
