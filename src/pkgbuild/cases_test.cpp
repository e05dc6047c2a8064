// The shell cases of tests/cases/pkgbuild, through our interpreter and through the real bash.
//
// Starts /bin/bash for each case, in an empty folder and a clean environment; writes only below
// /tmp. A case says what bash printed, so a bash that disagrees with the file shows as well.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "pkgbuild/evaluate.hpp"

namespace rbee::pkgbuild {
namespace {

namespace fs = std::filesystem;

struct Case {
  std::string name, code, output;
  int status = 0;
  bool unsupported = false, limit = false;
};

std::vector<Case> read_cases(const fs::path& path) {
  std::ifstream in(path);
  std::vector<Case> cases;
  bool in_output = false, done = false;
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("#### ")) {
      cases.push_back({line.substr(5), "", "", 0, false, false});
      in_output = done = false;
    } else if (cases.empty()) {
      continue;
    } else if (line == "## unsupported") {
      cases.back().unsupported = done = true;
    } else if (line == "## limit") {
      cases.back().limit = done = true;
    } else if (line.starts_with("## status: ")) {
      cases.back().status = std::stoi(line.substr(11));
    } else if (line == "## STDOUT:") {
      in_output = true;
    } else if (line == "## END") {
      in_output = false;
      done = true;
    } else if (line == "## no newline" && in_output) {
      cases.back().output.pop_back();
    } else if (in_output) {
      cases.back().output += line + "\n";
    } else if (!done) {
      cases.back().code += line + "\n";
    }
  }
  return cases;
}

class Folder {
 public:
  Folder() {
    char name[] = "/tmp/rbee-cases-XXXXXX";
    path_ = ::mkdtemp(name);
    fs::create_directory(path_ / "empty");
  }
  ~Folder() { fs::remove_all(path_); }
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

struct BashRun {
  std::string output;
  int status = -1;
};

BashRun run_bash(const fs::path& folder, const std::string& code) {
  const std::string script = folder / "case.sh", output = folder / "out", empty = folder / "empty";
  std::ofstream(script) << code;
  std::string words[] = {"/bin/bash", "--norc", "--noprofile", script};
  std::string variables[] = {"PATH=/usr/bin:/bin", "LANG=C.UTF-8"};
  char* argv[] = {words[0].data(), words[1].data(), words[2].data(), words[3].data(), nullptr};
  char* envp[] = {variables[0].data(), variables[1].data(), nullptr};
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, 1, output.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_addchdir_np(&actions, empty.c_str());
  pid_t pid = 0;
  const int failed = ::posix_spawn(&pid, argv[0], &actions, nullptr, argv, envp);
  posix_spawn_file_actions_destroy(&actions);
  BashRun run;
  if (failed != 0) return run;
  int status = 0;
  ::waitpid(pid, &status, 0);
  run.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  std::ifstream in(output, std::ios::binary);
  std::stringstream text;
  text << in.rdbuf();
  run.output = text.str();
  return run;
}

class ShellCases : public testing::TestWithParam<std::string> {};

TEST_P(ShellCases, AreAsBashHasThem) {
  const std::vector<Case> cases =
      read_cases(fs::path(RBEE_SOURCE_DIR) / "tests/cases/pkgbuild" / (GetParam() + ".case"));
  ASSERT_GE(cases.size(), 10u);
  const Folder folder;
  const bool has_bash = ::access("/bin/bash", X_OK) == 0;
  for (const Case& one : cases) {
    SCOPED_TRACE(one.name + "\n" + one.code);
    const auto run = run_script(one.code, Inputs{});
    if (one.unsupported || one.limit) {
      ASSERT_FALSE(run.has_value()) << "it answered: " << run->output;
      EXPECT_EQ(run.error().kind, one.limit ? Refusal::Kind::limit : Refusal::Kind::unsupported)
          << run.error().findings[0].message;
      continue;
    }
    if (!run) {
      ADD_FAILURE() << run.error().findings[0].message;
      continue;
    }
    EXPECT_EQ(run->output, one.output);
    EXPECT_EQ(run->status, one.status);
    if (!has_bash) continue;
    const BashRun bash = run_bash(folder.path(), one.code);
    EXPECT_EQ(bash.output, one.output) << "this bash does not say what the case holds";
    EXPECT_EQ(bash.status, one.status);
  }
}

INSTANTIATE_TEST_SUITE_P(Files, ShellCases,
                         testing::Values("arithmetic", "arrays", "braces", "builtins", "conditions",
                                         "functions", "loops", "parameters", "patterns", "quoting",
                                         "recipes", "redirects", "splitting"),
                         [](const auto& row) { return row.param; });

}  // namespace
}  // namespace rbee::pkgbuild
