// worker.toml: what a worker says of itself.
//
// Pure; toml++ parses. Source: docs/worker-toml.md, which lists every key. Unknown keys are errors
// with a did-you-mean; all problems of a file are found at once.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/finding.hpp"
#include "base/ids.hpp"
#include "base/platform.hpp"

namespace rbee::manifest {

enum class Implementation { rust, python, cpp, other };
std::string_view to_string(Implementation implementation);

/// What the worker claims to do. A missing key stays missing: it is not a claim.
struct Capabilities {
  std::vector<std::string> tasks;  ///< Hugging Face task names.
  std::vector<std::string> supported_formats;
  std::optional<std::int64_t> max_context_length;  ///< Tokens.
  std::optional<bool> supports_streaming;
  std::optional<bool> supports_batching;
};

/// The minimum to be useful.
struct Hardware {
  std::int64_t ram_mb = 0;
  std::int64_t vram_mb = 0;
  std::int64_t disk_mb = 0;
  std::string cuda;  ///< ">=12.0"; empty when it does not matter.
};

enum class RecipeKind {
  source,  ///< PKGBUILD
  binary,  ///< PKGBUILD.bin
};
/// "PKGBUILD" or "PKGBUILD.bin".
std::string_view file_name(RecipeKind kind);

/// One `[[variant]]`: the platforms os x arch with one accelerator.
struct VariantRow {
  Accelerator accelerator = Accelerator::cpu;
  std::vector<Os> os;
  std::vector<Arch> arch;
  std::optional<RecipeKind> recipe;  ///< Missing: whichever recipe the worker has.
  std::vector<std::string> features;
  std::vector<std::string> depends;
};

enum class SourceType { git, tarball };
enum class BuildSystem { cargo, cmake, make, npm, pip };
std::string_view to_string(SourceType type);
std::string_view to_string(BuildSystem system);

/// `[source]`: generate a source recipe.
struct SourceTable {
  SourceType type = SourceType::git;
  std::string url, tag, branch, commit, path;
  std::string sha256;  ///< Of a tarball.
  BuildSystem build_system = BuildSystem::cargo;
  std::string binary;  ///< The command that the build makes; empty: named as the worker.
};

/// `[release]`: generate a binary recipe. `{version} {os} {arch} {accelerator}` stand in `url`.
struct ReleaseTable {
  std::string url;
  std::string binary;
  std::map<std::string, std::string> sha256;  ///< "linux-x86_64-cpu" to 64 hexadecimal digits.
};

struct Premium {
  std::string license_env;
  std::string purchase_url;
  std::vector<std::string> hosts;
};

enum class Protocol { rbee_jobs, openai, ollama, whisper_cpp, comfyui, http, cli };
std::string_view to_string(Protocol protocol);  ///< As in worker.toml: "rbee-jobs", "whisper-cpp".

/// `[run]`: how to start it. `{port} {host} {model} {device}` stand in `args`.
struct Run {
  Protocol protocol = Protocol::http;
  std::vector<std::string> args;
  std::string health;  ///< A path such as "/health".
};

struct HuggingFace {
  std::vector<std::string> tasks, libraries, formats, languages, licenses;
  std::optional<double> min_parameters, max_parameters;  ///< Billions.
};

struct CivitAi {
  std::vector<std::string> model_types, base_models;
};

struct Manifest {
  explicit Manifest(WorkerId worker) : id(std::move(worker)) {}

  WorkerId id;
  std::string name, description, license, homepage;
  std::vector<std::string> tags;
  Implementation implementation = Implementation::other;
  std::string
      version_cargo;  ///< `version = { cargo = PATH }`; empty: the recipe's pkgver is the version.
  std::string
      version;  ///< `version = "1.2.3"`, for generated recipes without a Cargo.toml; else empty.
  Capabilities capabilities;
  Hardware hardware;
  std::vector<VariantRow> variants;
  /// `[build] locked_fetch`: managers that may fetch, in prepare(), what a lock file names.
  std::vector<std::string> locked_fetch;
  std::optional<SourceTable> source;
  std::optional<ReleaseTable> release;
  std::optional<Premium> premium;
  std::optional<Run> run;
  std::optional<HuggingFace> huggingface;
  std::optional<CivitAi> civitai;
};

struct Parsed {
  std::optional<Manifest> manifest;  ///< Nothing when a finding blocks.
  std::vector<Finding> findings;
};

/// Largest worker.toml and Cargo.toml that are read, and how deep values may nest
/// (docs/worker-toml.md).
inline constexpr std::size_t kTomlBytesMax = 64 * 1024;
inline constexpr int kTomlDepthMax = 16;

/// Parse and validate. `directory` is the worker's folder name, which `[worker].id` must equal;
/// empty: not checked.
Parsed parse_manifest(std::string_view text, std::string_view directory);

/// Version in a Cargo.toml's [package]; with `version.workspace = true`, the one in
/// `workspace_text`'s [workspace.package]. Errors: Errc::invalid_input "cargo-version-missing",
/// "cargo-toml-invalid".
Result<std::string> cargo_version(std::string_view text,
                                  std::optional<std::string_view> workspace_text);

/// True when `text` asks for the workspace's version.
bool cargo_version_is_inherited(std::string_view text);

}  // namespace rbee::manifest
