// From a worker's id to commands that run: plan, then execute.
//
// `plan_install` decides everything and changes nothing on this machine but the recipe cache;
// `execute` fetches, verifies, unpacks, builds in the sandbox, stores and links. A failure or a
// kill -9 at any moment leaves the old generation or the new one, and no other trace that a user
// sees.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/ids.hpp"
#include "base/platform.hpp"
#include "base/result.hpp"
#include "base/text.hpp"
#include "check/sources.hpp"
#include "check/trust_delta.hpp"
#include "pkgbuild/recipe.hpp"
#include "platform/http_client.hpp"
#include "wire/worker.hpp"

namespace rbee::install {

/// Where things are on this machine (XDG Base Directory Specification).
struct Directories {
  std::filesystem::path
      data;  ///< ~/.local/share/rbee: store/, generations/, and builds/ while one runs.
  std::filesystem::path cache;  ///< ~/.cache/rbee: downloaded sources by digest, logs of builds.
  std::filesystem::path bin;    ///< ~/.local/bin: links to the commands of the current generation.
};

/// Where recipes come from: a marketplace over HTTP (sdk), or a folder on disk in tests.
class WorkerSource {
 public:
  virtual ~WorkerSource() = default;
  virtual std::string name() const = 0;  ///< For people: "http://127.0.0.1:8787".
  virtual Result<wire::WorkerDetail> detail(const WorkerId& id) = 0;
  /// An older release. Errors: Errc::not_found "release-not-found".
  virtual Result<wire::WorkerDetail> release(const WorkerId& id, const std::string& version) {
    return fail(Errc::not_found, "release-not-found",
                name() + " does not have " + id.str() + " " + printable_line(version));
  }
  /// All releases, newest first; none when this source cannot say.
  virtual Result<std::vector<wire::Release>> releases(const WorkerId&) {
    return std::vector<wire::Release>();
  }
  /// The text of a recipe, its SHA-256 checked against `recipe.sha256`.
  virtual Result<std::string> recipe(const WorkerId& id, const wire::RecipeInfo& recipe) = 0;
  virtual Result<std::string> file(const WorkerId& id, const wire::FileInfo& file) = 0;
  /// Who stands behind the release; nothing when this source cannot say.
  virtual Result<std::optional<wire::Trust>> trust(const WorkerId&) {
    return std::optional<wire::Trust>();
  }
};

/// What this machine can hold. 0 or empty: nobody knows, and nothing is refused for it.
struct Capacity {
  std::uint64_t ram_bytes = 0;
  std::optional<std::uint64_t> disk_bytes = std::nullopt;  ///< Free where workers are kept.
  std::map<Accelerator, std::uint64_t> vram_bytes = {};    ///< Of the largest device.
  std::string cuda = {};                                   ///< What the driver supports: "12.4".
};

struct InstallRequest {
  WorkerId id;
  Platform platform;                  ///< Of this machine.
  std::vector<Accelerator> present;   ///< Accelerators that this machine has, best first; cpu last.
  std::optional<std::string> recipe;  ///< "PKGBUILD" or "PKGBUILD.bin" when the user chose one.
  /// The accelerator that the user chose; `present` is then it alone.
  std::optional<Accelerator> accelerator = std::nullopt;
  bool allow_unverified =
      false;  ///< Never set by default: accept sources without a strong checksum.
  /// The release that the user named; then its age does not matter.
  std::optional<std::string> version = std::nullopt;
  Capacity capacity = {};
  /// For judging a release's age; the epoch: nobody asks.
  Time now = {};
};

/// Everything that will happen, before anything does.
struct Plan {
  std::string catalog;  ///< Name of the source that gave it.
  wire::WorkerDetail detail;
  Platform platform;        ///< Of the chosen variant.
  std::string recipe_file;  ///< "PKGBUILD" or "PKGBUILD.bin".
  std::string recipe_text;
  pkgbuild::Recipe
      recipe;  ///< Evaluated here, on this machine's engine; the server's word is not taken.
  std::vector<pkgbuild::SourceEntry> sources;
  std::map<std::string, std::string> local_files;  ///< Path beside the recipe to its bytes.
  std::vector<std::string> executable_files;  ///< Those of `local_files` with the executable bit.
  std::map<std::string, std::string> environment;  ///< For the build: RBEE_FEATURES …
  std::string why;                                 ///< "chose cpu: …; skipped cuda: …".
  /// What the user must hear although it is no failure: the CPU was chosen beside a GPU.
  std::vector<std::string> warnings;
  /// Names of sources that the user has to bring: neither the worker nor any server has them.
  std::vector<std::string> manual;
  bool accelerator_chosen = false;   ///< By the user, not by the machine.
  std::optional<wire::Trust> trust;  ///< Of this release, where somebody says.
  check::TrustFacts facts;           ///< What a later release is compared with.
};

enum class Phase { fetch, verify, unpack, prepare, build, check, package, store, link };
std::string_view to_string(Phase phase);

/// What the user sees meanwhile. Called from the thread that runs `execute`.
class Observer {
 public:
  virtual ~Observer() = default;
  virtual void phase(Phase phase, std::string_view detail) = 0;
  virtual void progress(std::string_view file, std::uint64_t received_bytes,
                        std::uint64_t total_bytes) = 0;
  virtual void build_output(std::string_view bytes) = 0;
  /// Asked often; true ends the installation with Errc::interrupted.
  virtual bool cancelled() = 0;
};

/// One installed worker, as `rbee worker list` shows it and generation manifests keep it.
struct Installed {
  std::string id, version, name, catalog;
  std::string commit;        ///< Of the catalog.
  std::string platform;      ///< "linux-x86_64-cpu".
  std::string recipe;        ///< "PKGBUILD" or "PKGBUILD.bin".
  std::string tree;          ///< Absolute path in the store.
  std::string installed_at;  ///< RFC 3339.
  std::uint64_t size_bytes = 0;
  std::vector<std::string> commands;  ///< Names linked into the bin directory.
  std::optional<wire::Run> run;
  wire::Capabilities capabilities;
  bool pinned = false;  ///< `upgrade` leaves it alone.
  /// The user named the accelerator: `upgrade` keeps it, whatever the machine has by then.
  bool accelerator_chosen = false;
  check::TrustFacts facts;  ///< What a later release is compared with.
};

/// What one entry of the history says.
struct Generation {
  std::uint64_t number = 0;
  std::string created_at;  ///< RFC 3339.
  std::string action;      ///< "install tts-worker 1.2-1".
  bool current = false;
  std::vector<Installed> workers;  ///< Sorted by id.
};

/// Errors: Errc::not_found "worker-not-found", "release-not-found"; Errc::does_not_fit
/// "no-variant-fits" (all variants and why), "memory-too-small", "disk-too-small", each with the
/// newest release that fits where there is one; Errc::policy "checksum-missing"
/// and its like, "release-yanked", "release-too-young"; Errc::invalid_input/unsupported from the
/// recipe.
Result<Plan> plan_install(const InstallRequest& request, WorkerSource& source);

/// What `execute` is allowed and given.
struct ExecuteOptions {
  bool offline = false;  ///< Use the cache alone.
  std::string
      license_key;  ///< Shown to the hosts of the manifest's [premium] table, as a bearer token.
};

/// Errors: Errc::integrity "checksum-mismatch" (both digests), Errc::unreachable, "archive-…"
/// refusals, "build-failed" (phase, exit code, last lines, path of the log), "command-conflict",
/// "sandbox-unavailable".
Result<Installed> execute(const Plan& plan, const Directories& directories,
                          platform::HttpClient& http, Observer& observer, const Clock& clock,
                          const ExecuteOptions& options = {});

/// Workers of the current generation, sorted by id.
Result<std::vector<Installed>> list_installed(const Directories& directories);

/// Removes one worker in a new generation; its tree leaves the store when no generation that is
/// kept needs it. Errors: Errc::not_found "worker-not-installed".
Result<Installed> remove(const WorkerId& id, const Directories& directories, const Clock& clock);

}  // namespace rbee::install
