// rbee worker submit: one worker's folder, committed on top of the catalog and pushed for review.
// No fork, and no clone that the author would have to keep.
#include <fmt/format.h>

#include <filesystem>

#include "base/text.hpp"
#include "check/formats.hpp"
#include "check/rule.hpp"
#include "cli/account.hpp"
#include "cli/commands.hpp"
#include "cli/git_tree.hpp"
#include "cli/worker_folder.hpp"
#include "platform/files.hpp"
#include "platform/process.hpp"

namespace rbee::cli {

namespace {

namespace fs = std::filesystem;

std::string shell_quoted(std::string_view text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

/// git, with the user's own name and address and nothing that asks at the terminal.
class Git {
 public:
  Git(Context& context, fs::path directory, std::string base)
      : context_(context), directory_(std::move(directory)), base_(std::move(base)) {}

  /// What it printed. Errors: Errc::failed "git-failed" with its last words.
  Result<std::string> run(std::vector<std::string> words, bool shown = false) {
    std::error_code code;
    const fs::path self = fs::read_symlink("/proc/self/exe", code);
    std::vector<std::string> argv{
        "git",
        "-c",
        "credential.helper=",
        "-c",
        fmt::format("credential.{}.helper=!{} git-credential", base_, shell_quoted(self.string())),
        "-c",
        "core.hooksPath=/dev/null",
        "-c",
        "advice.detachedHead=false"};
    argv.insert(argv.end(), std::make_move_iterator(words.begin()),
                std::make_move_iterator(words.end()));
    platform::ProcessSpec spec{.argv = std::move(argv)};
    spec.environment = {{"PATH", "/usr/bin:/bin"},
                        {"GIT_TERMINAL_PROMPT", "0"},
                        {"LC_ALL", "C.UTF-8"},
                        {"HOME", context_.world.environment.home}};
    // A shell reads the helper's line, so the address goes around it.
    spec.environment["RBEE_CATALOG"] = base_;
    for (const char* name : {"XDG_CONFIG_HOME", "RBEE_TOKEN"})
      if (const auto value = context_.world.environment.variable(name); !value.empty())
        spec.environment[name] = std::string(value);
    spec.directory = directory_;
    spec.limits.wall_max = std::chrono::seconds(600);
    std::string output;
    spec.output = [&](std::string_view text) { output += text; };
    TRY_ASSIGN(const platform::ProcessResult result, platform::run_process(spec));
    if (shown || !result.ok()) context_.note(printable(trim(output)));
    if (!result.ok())
      return fail(result.code == 1 && shown ? Errc::policy : Errc::failed, "git-failed",
                  fmt::format("git ended with {}", platform::to_string(result, spec.limits)));
    return output;
  }

 private:
  Context& context_;
  fs::path directory_;
  std::string base_;
};

Result<void> copy_folder(const fs::path& from, const fs::path& to) {
  std::error_code code;
  fs::create_directories(to.parent_path(), code);
  fs::copy(from, to, fs::copy_options::recursive | fs::copy_options::copy_symlinks, code);
  if (code)
    return fail(Errc::io, "directory-unreadable",
                fmt::format("'{}' cannot be copied", from.string()),
                {.evidence = {code.message()}});
  fs::remove_all(to / ".git", code);
  return {};
}

/// HEAD's tree with `tree` at `place`: "x" or "community/x". Its id. The catalog's other folders
/// are neither fetched nor read.
Result<std::string> root_with(Git& git, const fs::path& clone, const std::string& place,
                              std::string tree) {
  std::string above = place;
  while (!above.empty()) {
    const std::size_t slash = above.rfind('/');
    const std::string name = slash == std::string::npos ? above : above.substr(slash + 1);
    above = slash == std::string::npos ? "" : above.substr(0, slash);
    // A catalog without anybody's worker has no folder "community" yet.
    const auto before = git.run({"cat-file", "tree", fmt::format("HEAD:{}", above)});
    if (!before && above.empty()) return tl::unexpected(before.error());
    TRY_ASSIGN(const ObjectId id, ObjectId::parse(tree));
    TRY_ASSIGN(const std::string bytes, tree_with_folder(before ? *before : "", name, id));
    const fs::path file = clone / ".git" / "rbee-tree";
    TRY(platform::write_file_atomically(file, bytes, 0600));
    TRY_ASSIGN(tree, git.run({"hash-object", "-t", "tree", "-w", file.string()}));
    tree = trim(tree);
  }
  return tree;
}

}  // namespace

Result<int> worker_submit(const Arguments& arguments, Context& context) {
  const fs::path path = arguments.file.empty() ? fs::path(".") : fs::path(arguments.file);
  TRY_ASSIGN(const catalog::Folder folder, folder_of(path));
  TRY_ASSIGN(const std::vector<Finding> findings, check_folder(path, folder, {}));
  const check::Counts counts = check::count(findings);
  if (counts.block > 0) {
    context.print(check::render({{path.lexically_normal().string(), findings}}, check::Format::text,
                                RBEE_VERSION));
    return fail(Errc::policy, "submission-blocked",
                fmt::format("'{}' would be refused", folder.name),
                {.evidence = {check::summary(counts)},
                 .fix = "mend what blocks; rbee explain RULE says more"});
  }
  TRY_ASSIGN(const std::string base, marketplace_base(context));
  TRY_ASSIGN(const auto credential, find_credential(context, base));
  if (!credential && !arguments.dry_run)
    return fail(Errc::unauthenticated, "not-logged-in",
                fmt::format("nobody is logged in to {}", printable_line(base)),
                {.fix = "rbee login"});

  TRY_ASSIGN(const auto directory,
             platform::TemporaryDirectory::create(fs::temp_directory_path(), "rbee-submit"));
  Git outside(context, directory.path(), base);
  // The commit alone; of its trees, only those on the way to the worker's folder.
  TRY(outside.run({"clone", "-q", "--depth", "1", "--filter=tree:0", "--no-checkout", "--",
                   base + "/catalog.git", "catalog"}));
  const fs::path clone = directory.path() / "catalog";
  Git git(context, clone, base);
  const std::string place = folder.directory();
  TRY(copy_folder(fs::canonical(path), clone / place));
  TRY(git.run({"read-tree", "--empty"}));
  TRY(git.run({"add", "-f", "--", place}));
  TRY_ASSIGN(const std::string tree, git.run({"write-tree", fmt::format("--prefix={}/", place)}));
  TRY_ASSIGN(const std::string root, root_with(git, clone, place, std::string(trim(tree))));
  TRY_ASSIGN(const std::string changed,
             git.run({"diff-tree", "--stat", "HEAD^{tree}", root, "--", place}));
  if (trim(changed).empty()) {
    context.note(fmt::format("{} is in the catalog exactly like this already", folder.name));
    return 0;
  }
  const std::string title =
      arguments.title.empty() ? fmt::format("{}: update", folder.name) : arguments.title;
  std::vector<std::string> words;
  const auto email = git.run({"config", "user.email"});
  if (!email) {
    const std::string name =
        credential && !credential->account.empty() ? credential->account : folder.name;
    words = {"-c", "user.name=" + name, "-c", "user.email=" + name + "@users.invalid"};
  }
  words.insert(words.end(), {"commit-tree", "-p", "HEAD", "-m", title, root});
  TRY_ASSIGN(const std::string commit, git.run(std::move(words)));
  if (arguments.dry_run) {
    context.print(printable(changed));
    context.note(fmt::format("would be pushed to {}/catalog.git as '{}'", printable_line(base),
                             printable_line(title)));
    return 0;
  }
  TRY(git.run({"push", "--", base + "/catalog.git",
               fmt::format("{}:refs/for/main/{}", trim(commit), folder.name)},
              true));
  if (context.settings.json) {
    TRY_ASSIGN(
        const auto list,
        call_anonymous(context, "", fmt::format("/v1/submissions?worker={}&open=1", folder.name)));
    context.print(list);
  }
  return 0;
}

}  // namespace rbee::cli
