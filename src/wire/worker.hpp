// The JSON of /v1: the shapes that the server writes and the clients read.
//
// Pure. Every shape has `to_json` and a strict `parse`; unknown keys are ignored by readers, so
// that a newer server can add some. Described for users in docs/api.md.
#pragma once

#include <boost/json/value.hpp>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"

namespace rbee::wire {

/// One item of GET /v1/workers.
struct WorkerSummary {
  std::string id, name, description, version;
  std::string source;  ///< "official" or "community".
  std::string license, homepage, implementation;
  std::vector<std::string> tags;
  std::vector<std::string> accelerators;  ///< Of all variants, without repetition.
  std::vector<std::string> tasks;
  std::string pkgbuild_url;  ///< Absolute; of PKGBUILD.bin when there is one, else of PKGBUILD.
  std::string url;           ///< Of the detail, absolute.
  std::string author;
  std::string created_at, updated_at;  ///< RFC 3339.
};

/// GET /v1/workers.
struct WorkerList {
  std::vector<WorkerSummary> workers;
  std::uint64_t total = 0;
  std::optional<std::string> next;  ///< Cursor of the next page.
};

struct Source {
  std::string file_name;
  std::string url;       ///< As the recipe has it; a bare name for a local file.
  std::string protocol;  ///< "https", "local", "git" …
  std::map<std::string, std::string> checksums;  ///< "sha256sums" to digest or "SKIP".
  std::optional<std::uint64_t> size_bytes = {};  ///< Where somebody knows it: in lock files.
};

struct Variant {
  std::string os, arch, accelerator;
  std::string recipe;  ///< "PKGBUILD" or "PKGBUILD.bin".
  std::vector<std::string> features, depends;
  std::vector<Source> sources;
};

struct RecipeInfo {
  std::string file;  ///< "PKGBUILD" or "PKGBUILD.bin".
  std::string url;
  std::string sha256;  ///< Of the text at `url`.
  bool generated = false;
};

struct FileInfo {
  std::string path;
  std::uint64_t size_bytes = 0;
  bool executable = false;
  std::string url;
};

struct Capabilities {
  std::vector<std::string> tasks, supported_formats;
  std::optional<std::int64_t> max_context_length;
  std::optional<bool> supports_streaming, supports_batching;
};

struct Hardware {
  std::int64_t ram_mb = 0, vram_mb = 0, disk_mb = 0;
  std::string cuda;
};

struct Run {
  std::string protocol;
  std::vector<std::string> args;
  std::string health;
};

/// The manifest's [premium] table: whom a licence key may be shown to.
struct Premium {
  std::string license_env, purchase_url;
  std::vector<std::string> hosts;
};

/// GET /v1/workers/{id}/trust: who stands behind the release that the catalog has.
struct Trust {
  std::string version;
  std::string owner;        ///< Empty: nobody; the host put it into the catalog.
  std::string owner_since;  ///< RFC 3339; empty like `owner`.
  bool owner_is_first = true;
  std::string released_at;             ///< RFC 3339.
  bool by_submission = false;          ///< False: the host put this release into the catalog.
  std::vector<std::string> reviewers;  ///< Who approved it; none of them its author.
  std::string yanked;  ///< Why its maintainer took the release back; empty: it stands.
};

/// GET /v1/workers/{id}.
struct WorkerDetail {
  WorkerSummary summary;  ///< Its keys stand at the top level.
  std::string commit;     ///< Of the catalog.
  std::vector<RecipeInfo> recipes;
  std::vector<Variant> variants;
  std::vector<FileInfo> files;
  Capabilities capabilities;
  Hardware hardware;
  std::optional<Run> run;
  std::optional<Premium> premium;
  std::vector<std::string> locked_fetch;  ///< Package managers that prepare() may run: "cargo".
  std::string manifest_url;
  std::string readme_url;  ///< Empty when there is none.
};

/// One of GET /v1/workers/{id}/versions.
struct Release {
  std::string version, released_at, commit;
  std::string yanked;             ///< Why its maintainer took it back; empty: it stands.
  std::vector<Variant> variants;  ///< Platforms and recipes alone.
  Hardware hardware;
};

/// RFC 9457 problem details, as every error of the API.
struct Problem {
  std::string type, title, detail, instance;
  int status = 0;
};

boost::json::value to_json(const WorkerSummary& summary);
boost::json::value to_json(const WorkerList& list);
boost::json::value to_json(const WorkerDetail& detail);
boost::json::value to_json(const Problem& problem);
boost::json::value to_json(const Trust& trust);
/// Newest first.
boost::json::value to_json(const std::vector<Release>& releases);

/// Errors of these: Errc::bad_response "response-shape", naming the key and what was expected.
Result<WorkerList> parse_worker_list(std::string_view json);
Result<WorkerDetail> parse_worker_detail(std::string_view json);
Result<Problem> parse_problem(std::string_view json);
Result<Trust> parse_trust(std::string_view json);
Result<std::vector<Release>> parse_releases(std::string_view json);

}  // namespace rbee::wire
