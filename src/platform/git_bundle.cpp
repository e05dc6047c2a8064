#include "platform/git_bundle.hpp"

#include <fmt/format.h>

#include "base/text.hpp"
#include "platform/files.hpp"
#include "platform/git_program.hpp"
#include "platform/process.hpp"

namespace rbee::platform {

namespace fs = std::filesystem;

namespace {

/// Standard output and error of one run. Errors: "git-missing"; `id` when git fails.
Result<std::string> run(std::vector<std::string> words, std::string_view what) {
  if (!find_program("git"))
    return fail(Errc::not_found, "git-missing", "the program 'git' is not installed",
                {.fix = "install the package 'git' and try again"});
  ProcessSpec spec{.argv = {"git", "-c", "safe.directory=*", "-c", "core.fsync=all", "-c",
                            "core.hooksPath=/dev/null", "-c", "gc.auto=0", "-c",
                            "maintenance.auto=false", "-c", "transfer.fsckObjects=true"},
                   .environment = {{"PATH", "/usr/bin:/bin"},
                                   {"HOME", "/nonexistent"},
                                   {"LC_ALL", "C.UTF-8"},
                                   {"GIT_CONFIG_NOSYSTEM", "1"},
                                   {"GIT_CONFIG_GLOBAL", "/dev/null"},
                                   {"GIT_TERMINAL_PROMPT", "0"}}};
  spec.argv.insert(spec.argv.end(), words.begin(), words.end());
  std::string output;
  spec.output = [&](std::string_view bytes) { output += bytes; };
  spec.limits.output_bytes_max = std::uint64_t{256} << 20;
  TRY_ASSIGN(const ProcessResult result, run_process(spec));
  if (result.ok()) return output;
  std::vector<std::string> lines;
  for (const std::string_view line : split(output, '\n'))
    if (!trim(line).empty()) lines.push_back("| " + printable_line(line.substr(0, 300)));
  if (lines.size() > 8) lines.erase(lines.begin(), lines.end() - 8);
  return fail(Errc::integrity, "git-damaged",
              fmt::format("{} ({})", what, to_string(result, spec.limits)),
              {.evidence = std::move(lines)});
}

bool is_object_id(std::string_view text) {
  return text.size() == 40 && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

}  // namespace

Result<GitRefs> git_list_refs(const fs::path& repository) {
  TRY_ASSIGN(
      const std::string text,
      run({"--git-dir=" + repository.string(), "for-each-ref", "--format=%(objectname) %(refname)"},
          fmt::format("the refs of {} cannot be read", repository.string())));
  GitRefs refs;
  for (const std::string_view line : split(text, '\n')) {
    if (line.empty()) continue;
    if (line.size() < 42 || !is_object_id(line.substr(0, 40)))
      return fail(Errc::integrity, "git-damaged",
                  fmt::format("the refs of {} cannot be read", repository.string()),
                  {.evidence = {printable_line(line.substr(0, 200))}});
    refs.emplace(line.substr(41), line.substr(0, 40));
  }
  return refs;
}

Result<void> git_write_bundle(const fs::path& repository, const GitRefs& refs,
                              const fs::path& scratch, const fs::path& file) {
  // A repository of our own that borrows the objects and has exactly these refs: git bundle takes
  // names, and the names of a repository in use move.
  const fs::path borrower = scratch / "borrower.git";
  TRY(run({"init", "--quiet", "--bare", "--initial-branch=main", borrower.string()},
          "a repository cannot be made"));
  std::error_code error;
  const fs::path objects = fs::canonical(repository / "objects", error);
  if (error) return tl::unexpected(io_failure("no objects", repository, error.value()));
  TRY(write_file_atomically(borrower / "objects/info/alternates", objects.string() + "\n"));
  std::string packed = "# pack-refs with:\n";
  for (const auto& [name, id] : refs) {
    if (!name.starts_with("refs/") || !is_git_ref_name(name.substr(5)) || !is_object_id(id))
      return fail(Errc::integrity, "git-damaged",
                  fmt::format("'{}' is no name of a ref", printable_line(name)));
    packed += fmt::format("{} {}\n", id, name);
  }
  TRY(write_file_atomically(borrower / "packed-refs", packed));
  TRY(run({"--git-dir=" + borrower.string(), "bundle", "create", "--quiet", file.string(), "--all"},
          fmt::format("{} cannot be bundled", repository.string())));
  return {};
}

Result<void> git_read_bundle(const fs::path& file, const fs::path& repository) {
  TRY(run({"init", "--quiet", "--bare", "--initial-branch=main", repository.string()},
          "a repository cannot be made"));
  TRY(run({"--git-dir=" + repository.string(), "fetch", "--quiet", "--no-tags", "--no-auto-gc",
           "--no-write-fetch-head", "--end-of-options", file.string(), "+refs/*:refs/*"},
          "the bundle of the catalog cannot be read"));
  TRY(run({"--git-dir=" + repository.string(), "fsck", "--full", "--no-progress", "--no-dangling"},
          "the catalog of the backup is damaged"));
  TRY(run({"--git-dir=" + repository.string(), "rev-parse", "--verify", "--quiet",
           "refs/heads/main^{commit}"},
          "the catalog of the backup has no branch 'main'"));
  return {};
}

}  // namespace rbee::platform
