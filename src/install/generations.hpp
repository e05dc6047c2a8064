// What is installed: the store of package trees, and the generations that choose among them.
//
//   data/store/<id>/<version>-<digest>/    one package tree, read-only, never changed; its .rbee/
//                                          holds our record of it and its lock entry
//   data/generations/<n>/manifest.json     the workers of generation n
//   data/generations/<n>/bin/<command>     links into the store
//   data/current                           link to generations/<n>: switching is one rename
//   bin/<command>                          links to data/current/bin/<command>
//
// Everything but `current` can be made again or is never looked at, so a kill -9 anywhere leaves
// one generation whole.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "install/installer.hpp"
#include "platform/files.hpp"

namespace rbee::install {

/// Proof that this process alone changes what is installed. Taking it also repairs what a killed
/// run left: half-made trees and generations go away, links in bin agree with the current
/// generation again.
class Exclusive {
 public:
  /// Errors: Errc::exists "locked" with who holds it; Errc::io.
  static Result<Exclusive> take(const Directories& directories, std::string_view purpose);

 private:
  explicit Exclusive(platform::FileLock lock) : lock_(std::move(lock)) {}
  platform::FileLock lock_;
};

/// So many generations can be gone back to, the current one among them.
inline constexpr std::size_t kGenerationsKept = 10;

/// In a tree of the store: who it is (`read_record`), and what an exported lock file says of it.
inline constexpr const char* kRecordFile = ".rbee/record.json";
inline constexpr const char* kLockFile = ".rbee/lock.json";

/// Workers of the current generation, sorted by id; none when there is no generation yet.
/// Errors: Errc::integrity "manifest-damaged".
Result<std::vector<Installed>> read_current(const Directories& directories);

/// Errors: Errc::not_found "generation-not-found" with those that there are; "manifest-damaged".
Result<Generation> read_generation(std::uint64_t generation, const Directories& directories);

/// Every generation on disk, newest first; a damaged one has no workers and says so.
Result<std::vector<Generation>> read_history(const Directories& directories);

/// What `collect` removed.
struct Collected {
  std::size_t generations = 0, trees = 0;
  std::uint64_t size_bytes = 0;
};

/// Drop all generations but the current one and the newest others, `keep` in all (at least 1), and
/// the trees that none of those needs. One without a manifest was never finished and goes, too.
/// While one of them cannot be read, nothing is removed.
Result<Collected> collect(const Exclusive& exclusive, std::size_t keep,
                          const Directories& directories);

/// The worker of that id. Errors: Errc::not_found "worker-not-installed", with the nearest id.
Result<Installed> find_worker(const std::vector<Installed>& workers, const WorkerId& id);

/// A tree that was built from the same inputs and is still there; nothing when there is none. Its
/// files are not looked at.
std::optional<Installed> find_in_store(const std::string& id, std::string_view digest,
                                       const Directories& directories);

/// False when a command of the current generation has no link in bin, or a link of ours leads
/// nowhere.
bool links_agree(const Directories& directories);

/// Who or what already has one of `commands`: another worker, a file in the bin directory, or a
/// program of the system, which a link there would hide. `id` may have them itself.
/// Errors: Errc::exists "command-conflict".
Result<void> check_commands(const std::vector<std::string>& commands, const std::string& id,
                            const std::vector<Installed>& workers, const Directories& directories);

/// Make `tree` part of the store: sealed, on disk, under store/<id>/<name>. Returns where it is.
Result<std::filesystem::path> add_to_store(const Exclusive& exclusive,
                                           const std::filesystem::path& tree, const std::string& id,
                                           const std::string& name, const Directories& directories);

/// Write a generation of these workers, switch to it, bring the links in bin and the hive's records
/// up to date, and drop what is beyond `kGenerationsKept`. Returns its number. `action` is what the
/// history says.
Result<std::uint64_t> switch_to(const Exclusive& exclusive, std::vector<Installed> workers,
                                std::string_view action, const Directories& directories, Time now);

/// Where a build may work: data/builds. Emptied by the next `Exclusive::take`.
std::filesystem::path builds_directory(const Directories& directories);

}  // namespace rbee::install
