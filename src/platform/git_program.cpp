// Each function is one or two runs of git with a closed environment.
#include "platform/git_program.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <vector>

#include "base/text.hpp"
#include "platform/files.hpp"

namespace rbee::platform {

namespace fs = std::filesystem;

namespace {

constexpr const char* kOurRefs = "refs/rbee/";  // Of commits that no branch or tag need lead to.

/// What of the user's environment reaches git: the way to the network.
constexpr const char* kPassedOn[] = {
    "http_proxy", "https_proxy", "HTTPS_PROXY",   "all_proxy",    "ALL_PROXY",
    "no_proxy",   "NO_PROXY",    "SSL_CERT_FILE", "SSL_CERT_DIR", "GIT_SSL_CAINFO"};

std::map<std::string, std::string> environment() {
  std::map<std::string, std::string> out = {{"PATH", "/usr/local/bin:/usr/bin:/bin"},
                                            {"HOME", "/nonexistent"},
                                            {"LC_ALL", "C"},
                                            {"GIT_CONFIG_NOSYSTEM", "1"},
                                            {"GIT_CONFIG_GLOBAL", "/dev/null"},
                                            {"GIT_TERMINAL_PROMPT", "0"},
                                            {"GIT_ASKPASS", "/bin/false"},
                                            {"GIT_ALLOW_PROTOCOL", "http:https:file"},
                                            {"GIT_NO_REPLACE_OBJECTS", "1"},
                                            {"GIT_LFS_SKIP_SMUDGE", "1"}};
  for (const char* name : kPassedOn)
    if (const char* value = std::getenv(name); value != nullptr) out[name] = value;
  return out;
}

/// Settings of every run. Objects are checked on arrival; what old, honest repositories often have
/// is let pass.
constexpr const char* kSettings[] = {
    "core.hooksPath=/dev/null",  "core.fsmonitor=false",  "gc.auto=0",
    "maintenance.auto=false",    "credential.helper=",    "protocol.version=2",
    "http.lowSpeedLimit=1000",   "http.lowSpeedTime=30",  "init.defaultBranch=main",
    "advice.detachedHead=false", "fetch.fsckObjects=true"};
constexpr const char* kTolerated[] = {"zeroPaddedFilemode", "badTimezone", "missingSpaceBeforeDate",
                                      "missingSpaceBeforeEmail", "nullSha1"};

/// "Receiving objects:  42% (4/9), 1.50 MiB | 3.00 MiB/s": the bytes.
std::optional<std::uint64_t> received_bytes(std::string_view line) {
  if (!line.starts_with("Receiving objects:")) return std::nullopt;
  const auto comma = line.find("), ");
  if (comma == std::string_view::npos) return std::nullopt;
  const std::string text(line.substr(comma + 3, 32));
  char* unit = nullptr;
  const double number = std::strtod(text.c_str(), &unit);
  constexpr std::pair<std::string_view, double> kUnits[] = {
      {" bytes", 1}, {" KiB", 1024.0}, {" MiB", 1024.0 * 1024}, {" GiB", 1024.0 * 1024 * 1024}};
  for (const auto& [name, factor] : kUnits)
    if (number >= 0 && number < 1e6 && std::string_view(unit).starts_with(name))
      return static_cast<std::uint64_t>(number * factor);
  return std::nullopt;
}

struct Run {
  ProcessResult result;
  std::string output;  ///< At most 1 MiB of it.
  std::vector<std::string> last_lines() const {
    std::vector<std::string> out;
    std::string text = output;
    std::replace(text.begin(), text.end(), '\r', '\n');
    for (const std::string_view line : split(text, '\n'))
      if (!trim(line).empty() && !line.starts_with("Receiving") && !line.starts_with("Resolving") &&
          !line.starts_with("remote: C"))
        out.push_back("| " + printable_line(line.substr(0, 300)));
    if (out.size() > 8) out.erase(out.begin(), out.end() - 8);
    return out;
  }
};

Result<Run> run_git(std::vector<std::string> words, const GitWatch& watch = {},
                    const fs::path& directory = "/") {
  if (!find_program("git"))
    return fail(Errc::not_found, "git-missing", "the program 'git' is not installed",
                {.why = "this worker's sources are in a Git repository",
                 .fix = "install the package 'git' and try again"});
  ProcessSpec spec{.argv = {"git"}, .environment = environment(), .directory = directory};
  for (const char* setting : kSettings) {
    spec.argv.emplace_back("-c");
    spec.argv.emplace_back(setting);
  }
  for (const char* blemish : kTolerated)
    for (const char* when : {"fsck.", "fetch.fsck."}) {
      spec.argv.emplace_back("-c");
      spec.argv.push_back(fmt::format("{}{}=ignore", when, blemish));
    }
  spec.argv.insert(spec.argv.end(), words.begin(), words.end());
  Run run;
  std::string line;
  spec.output = [&](std::string_view bytes) {
    if (run.output.size() < (1 << 20)) run.output += bytes;
    if (!watch.progress) return;
    for (const char c : bytes) {
      if (c != '\r' && c != '\n') {
        if (line.size() < 200) line += c;
        continue;
      }
      if (const auto received = received_bytes(line)) watch.progress(*received);
      line.clear();
    }
  };
  spec.cancelled = watch.cancelled;
  spec.limits.tree_memory_bytes_max = std::uint64_t{4} << 30;
  spec.limits.wall_max = std::chrono::hours(6);
  TRY_ASSIGN(run.result, run_process(spec));
  if (run.result.end == ProcessResult::End::cancelled)
    return fail(Errc::interrupted, "interrupted", "stopped while git was at work");
  return run;
}

/// "--git-dir=…": a path that begins with '-' is no option this way.
std::string in(const fs::path& repository) {
  return "--git-dir=" + repository.string();
}

bool is_commit_id(std::string_view text) {
  return text.size() == 40 && std::all_of(text.begin(), text.end(), [](char c) {
           return std::isdigit(static_cast<unsigned char>(c)) != 0 || (c >= 'a' && c <= 'f');
         });
}

std::string lower(std::string text) {
  for (char& c : text)
    if (c >= 'A' && c <= 'F') c = static_cast<char>(c - 'A' + 'a');
  return text;
}

std::string shown(const GitRef& ref) {
  switch (ref.kind) {
    case GitRef::Kind::head:
      return "HEAD";
    case GitRef::Kind::branch:
      return "the branch '" + printable_line(ref.name) + "'";
    case GitRef::Kind::tag:
      return "the tag '" + printable_line(ref.name) + "'";
    case GitRef::Kind::commit:
      return "the commit " + printable_line(ref.name);
  }
  return {};
}

/// Its full name in our repository.
std::string full_name(const GitRef& ref) {
  switch (ref.kind) {
    case GitRef::Kind::head:
      return std::string(kOurRefs) + "HEAD";
    case GitRef::Kind::branch:
      return "refs/heads/" + ref.name;
    case GitRef::Kind::tag:
      return "refs/tags/" + ref.name;
    case GitRef::Kind::commit:
      return lower(ref.name);
  }
  return {};
}

tl::unexpected<Error> missing(const GitRef& ref) {
  return fail(Errc::not_found, "git-ref-missing",
              fmt::format("the repository does not have {}", shown(ref)),
              {.why = "it was removed or rewritten since the recipe was written",
               .fix = "tell the worker's maintainer"});
}

Result<void> check_name(const GitRef& ref) {
  const bool good = ref.kind == GitRef::Kind::head ||
                    (ref.kind == GitRef::Kind::commit
                         ? ref.name.size() >= 7 && ref.name.size() <= 40 &&
                               std::all_of(ref.name.begin(), ref.name.end(),
                                           [](unsigned char c) { return std::isxdigit(c) != 0; })
                         : is_git_ref_name(ref.name));
  if (good) return {};
  return fail(Errc::invalid_input, "git-ref-invalid",
              fmt::format("'{}' is no name of a commit, branch or tag", printable_line(ref.name)));
}

/// One fetch; the answer says whether git was content.
Result<Run> fetch_refs(const fs::path& repository, const std::string& url,
                       const std::vector<std::string>& options,
                       const std::vector<std::string>& refs, const GitWatch& watch) {
  std::vector<std::string> words = {
      in(repository), "fetch", "--progress", "--no-write-fetch-head", "--no-recurse-submodules",
      "--force"};
  words.insert(words.end(), options.begin(), options.end());
  words.insert(words.end(), {"--", url});
  words.insert(words.end(), refs.begin(), refs.end());
  return run_git(std::move(words), watch);
}

tl::unexpected<Error> fetch_failed(const std::string& url, const Run& run) {
  std::vector<std::string> evidence = run.last_lines();
  return fail(Errc::unreachable, "git-fetch-failed",
              fmt::format("git could not fetch '{}'", printable_line(url)),
              {.evidence = std::move(evidence)});
}

}  // namespace

bool is_git_ref_name(std::string_view name) {
  if (name.empty() || name.size() > 250 || name.front() == '-' || name.front() == '/' ||
      name.front() == '.' || name.back() == '/' || name.back() == '.' || name == "@" ||
      name.find("..") != std::string_view::npos || name.find("//") != std::string_view::npos ||
      name.find("/.") != std::string_view::npos || name.find("@{") != std::string_view::npos)
    return false;
  for (const std::string_view part : split(name, '/'))
    if (part.ends_with(".lock")) return false;
  return std::all_of(name.begin(), name.end(), [](char c) {
    return static_cast<unsigned char>(c) > ' ' && c != 0x7f &&
           std::string_view("~^:?*[\\").find(c) == std::string_view::npos;
  });
}

Result<void> git_fetch(const fs::path& repository, const std::string& url, const GitRef& ref,
                       bool history, const GitWatch& watch) {
  TRY(check_name(ref));
  std::error_code none;
  if (!fs::exists(repository / "HEAD", none)) {
    TRY(make_directories(repository, 0700));
    TRY_ASSIGN(const Run made,
               run_git({"init", "--quiet", "--bare", "--", repository.string()}, watch));
    if (!made.result.ok()) return fetch_failed(url, made);
  }
  const bool whole_id = ref.kind == GitRef::Kind::commit && is_commit_id(lower(ref.name));
  if (!history && whole_id) {
    // Protocol version 2 gives any commit that is asked for; older servers may not.
    const std::string id = lower(ref.name);
    TRY_ASSIGN(const Run one, fetch_refs(repository, url, {"--no-tags", "--depth=1"},
                                         {id + ":" + kOurRefs + id}, watch));
    if (one.result.ok()) return {};
  }
  if (!history && (ref.kind == GitRef::Kind::branch || ref.kind == GitRef::Kind::tag)) {
    const std::string name = full_name(ref);
    TRY_ASSIGN(const Run one, fetch_refs(repository, url, {"--no-tags", "--depth=1"},
                                         {"+" + name + ":" + name}, watch));
    if (one.result.ok()) return {};
    if (one.output.find("couldn't find remote ref") != std::string::npos) return missing(ref);
    return fetch_failed(url, one);
  }
  std::vector<std::string> options = {"--tags", "--prune"};
  if (fs::exists(repository / "shallow", none)) options.emplace_back("--unshallow");
  std::vector<std::string> refs = {"+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*"};
  if (ref.kind == GitRef::Kind::head) refs.push_back(fmt::format("+HEAD:{}HEAD", kOurRefs));
  TRY_ASSIGN(const Run all, fetch_refs(repository, url, options, refs, watch));
  if (!all.result.ok()) return fetch_failed(url, all);
  if (git_resolve(repository, ref)) return {};
  if (!whole_id) return missing(ref);
  // On no branch and under no tag: of a pull request, say.
  const std::string id = lower(ref.name);
  TRY_ASSIGN(const Run one,
             fetch_refs(repository, url, {"--no-tags"}, {id + ":" + kOurRefs + id}, watch));
  if (!one.result.ok()) return missing(ref);
  return {};
}

Result<std::string> git_resolve(const fs::path& repository, const GitRef& ref) {
  TRY(check_name(ref));
  if (ref.kind == GitRef::Kind::tag) {
    TRY_ASSIGN(const Run type, run_git({in(repository), "cat-file", "-t", full_name(ref)}));
    if (!type.result.ok()) return missing(ref);
    if (trim(type.output) == "tag") {
      // A signed tag under another tag's name would pass for it.
      TRY_ASSIGN(const std::string object, git_object(repository, "tag", full_name(ref)));
      const std::string head = object.substr(0, object.find("\n\n") + 1);
      if (head.find("\ntag " + ref.name + "\n") == std::string::npos)
        return fail(
            Errc::integrity, "git-tag-forged", fmt::format("{} calls itself otherwise", shown(ref)),
            {.why = "whoever controls the server can put an old signed tag under a new name",
             .fix = "do not install it; tell the worker's maintainer"});
    }
  }
  TRY_ASSIGN(const Run run, run_git({in(repository), "rev-parse", "--quiet", "--verify",
                                     "--end-of-options", full_name(ref) + "^{commit}"}));
  const std::string id(trim(run.output));
  if (!run.result.ok() || !is_commit_id(id)) return missing(ref);
  // The beginning of a commit id could be the name of a branch as well.
  if (ref.kind == GitRef::Kind::commit && !id.starts_with(lower(ref.name))) return missing(ref);
  return id;
}

Result<std::string> git_object(const fs::path& repository, std::string_view type,
                               const std::string& name) {
  TRY_ASSIGN(Run run, run_git({in(repository), "cat-file", std::string(type), name}));
  if (!run.result.ok())
    return fail(Errc::not_found, "git-ref-missing",
                fmt::format("the repository has no {} '{}'", type, printable_line(name)));
  return std::move(run.output);
}

Result<void> git_check_out(const fs::path& repository, const std::string& commit, bool history,
                           const fs::path& target, const GitWatch& watch) {
  const auto failed = [](const Run& run) {
    return fail(Errc::failed, "git-checkout-failed", "git could not make the working copy",
                {.evidence = run.last_lines()});
  };
  if (history) {
    // Copied, not linked: a build that writes into its repository must not write into the cache.
    TRY_ASSIGN(const Run cloned, run_git({"clone", "--quiet", "--no-hardlinks", "--no-checkout",
                                          "--", repository.string(), target.string()},
                                         watch));
    if (!cloned.result.ok()) return failed(cloned);
  } else {
    TRY_ASSIGN(const Run made, run_git({"init", "--quiet", "--", target.string()}, watch));
    if (!made.result.ok()) return failed(made);
  }
  TRY_ASSIGN(const Run fetched,
             run_git({in(target / ".git"), "fetch", "--quiet", "--no-tags", "--no-write-fetch-head",
                      "--update-shallow", "--", repository.string(), commit + ":refs/rbee/source"},
                     watch));
  if (!fetched.result.ok()) return failed(fetched);
  TRY_ASSIGN(const Run out, run_git({"checkout", "--quiet", "--force", "--no-track", "-B",
                                     "makepkg", commit, "--"},
                                    watch, target));
  if (!out.result.ok()) return failed(out);
  TRY_ASSIGN(const Run dropped, run_git({"update-ref", "-d", "refs/rbee/source"}, watch, target));
  return {};
}

Result<void> git_archive(const fs::path& repository, const std::string& commit,
                         const fs::path& file) {
  TRY_ASSIGN(const Run run, run_git({in(repository), "archive", "--format=tar",
                                     "--output=" + file.string(), commit}));
  if (run.result.ok()) return {};
  return fail(Errc::failed, "git-checkout-failed", "git could not write the archive",
              {.evidence = run.last_lines()});
}

Result<void> git_verify(const fs::path& repository, const GitWatch& watch) {
  TRY_ASSIGN(const Run run,
             run_git({in(repository), "fsck", "--full", "--no-dangling", "--no-progress"}, watch));
  if (run.result.ok()) return {};
  return fail(Errc::integrity, "git-damaged",
              fmt::format("'{}' is damaged", printable_line(repository.string())),
              {.evidence = run.last_lines()});
}

}  // namespace rbee::platform
