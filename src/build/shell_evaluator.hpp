// Let a real bash read a recipe that the native engine cannot decide, where it can reach nothing.
//
// Starts one sandbox (platform/sandbox.hpp): no network, the system read-only, an empty home, a
// seccomp filter, and of the user's files the recipe's folder alone, read-only. Package code runs
// only in there. Why and how: docs/adr/005-bash-fallback.md.
//
// What a recipe sees there. Of the platform that is asked for: CARCH, CHOST, `Inputs::environment`,
// `uname` with -s, -m and -o (other options fail when the platform is not the host's; all of it on
// windows), and which programs tell of an accelerator (nvidia-smi, rocminfo …): they exist, do
// nothing and succeed, or are not there. Of makepkg: its configuration, its variables and the
// helpers that recipes call. Of this host: every other program of /usr and its version, the
// kernel, the number of processors and the date. A recipe that asks for those gets another answer
// elsewhere, as it does from makepkg.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "base/result.hpp"
#include "pkgbuild/recipe.hpp"
#include "pkgbuild/shell_answer.hpp"
#include "platform/sandbox.hpp"

namespace rbee::build {

/// How much one reading may cost.
struct ShellLimits {
  std::chrono::seconds cpu_max{2};             ///< Of all its processes together.
  std::chrono::seconds wall_max{5};            ///< From its start to its end.
  std::uint64_t memory_bytes_max = 256 << 20;  ///< Address space of each process; memory of all.
  std::uint64_t output_bytes_max = 1 << 20;    ///< What it prints; also of the report and any file.
  std::uint64_t processes_max = 128;           ///< At a time.
};

struct ShellRequest {
  std::string_view text;  ///< The recipe; read instead of the folder's own copy.
  const pkgbuild::Inputs& inputs;
  std::optional<std::filesystem::path> folder = {};  ///< None: the recipe stands alone.
  std::string file_name = "PKGBUILD";                ///< In the folder; no '/'.
  std::string start_directory = "/startdir";  ///< Where the sandbox shows the folder; absolute.
  /// A folder that holds `folder` and is shown instead, at its own path, for recipes that read
  /// "../x". `start_directory` must then be the path of `folder`.
  std::optional<std::filesystem::path> root = {};
  ShellLimits limits = {};
};

/// A recipe, or why makepkg would refuse it.
using ShellAnswer = tl::expected<pkgbuild::Recipe, pkgbuild::Refusal>;

/// Ask bash. The answer passes the same lint as the native engine's.
///
/// A program that the recipe starts may fail for want of memory or network, and the recipe goes on
/// with that failure, as it would below makepkg. Past any other limit there is no answer.
/// Errors:
///   Errc::failed         "sandbox-unavailable"; `run_process`'s.
///   Errc::too_large      "shell-cpu-limit", "shell-wall-limit", "shell-memory-limit",
///                        "shell-output-limit", "shell-process-limit".
///   Errc::invalid_input  "shell-exited": the recipe calls exit or exec, or it ended or disturbed
///                        the shell otherwise, so that there is no report.
///                        "shell-report-malformed": there is one, and it cannot be believed.
Result<ShellAnswer> ask_shell(const ShellRequest& request);

/// A recipe and who read it.
struct Evaluation {
  ShellAnswer answer;
  pkgbuild::Evaluator evaluator = pkgbuild::Evaluator::native;
  std::optional<pkgbuild::Refusal> undecided = {};  ///< What native said, when bash was asked.
};

/// Ask the native engine first, and bash only for what that cannot decide
/// (Refusal::Kind::unsupported and ::limit). Errors: those of `ask_shell`.
Result<Evaluation> evaluate_with_fallback(const ShellRequest& request);

}  // namespace rbee::build
