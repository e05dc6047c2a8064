// generate-catalog N REPOSITORY [--seed S] [--commits C]
//
// A catalog of N made-up workers (corpus.hpp) as a bare Git repository, written through one `git
// fast-import`; the first 50 are official. C commits, a part of the workers each, so that dates
// differ; 20 when not given.
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include "corpus.hpp"

namespace {

using rbee::bench::GeneratedWorker;

/// A pipe to `git -C REPOSITORY fast-import --quiet`, without a shell.
class FastImport {
 public:
  explicit FastImport(const char* repository) {
    int ends[2];
    if (::pipe(ends) != 0) std::abort();
    child_ = ::fork();
    if (child_ == 0) {
      ::dup2(ends[0], 0);
      ::close(ends[0]);
      ::close(ends[1]);
      ::execlp("git", "git", "-C", repository, "fast-import", "--quiet",
               static_cast<char*>(nullptr));
      ::_exit(127);
    }
    ::close(ends[0]);
    out_ = ::fdopen(ends[1], "w");
  }
  void text(const std::string& text) { std::fwrite(text.data(), 1, text.size(), out_); }
  void data(const std::string& bytes) {
    text("data " + std::to_string(bytes.size()) + "\n");
    text(bytes);
    text("\n");
  }
  bool finish() {
    std::fclose(out_);
    int status = 0;
    ::waitpid(child_, &status, 0);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
  }

 private:
  pid_t child_ = -1;
  std::FILE* out_ = nullptr;
};

bool init(const char* repository) {
  const pid_t child = ::fork();
  if (child == 0) {
    ::execlp("git", "git", "init", "-q", "--bare", "-b", "main", repository,
             static_cast<char*>(nullptr));
    ::_exit(127);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

}  // namespace

int main(int count, char** arguments) {
  if (count < 3) {
    std::fputs("usage: generate-catalog N REPOSITORY [--seed S] [--commits C]\n", stderr);
    return 2;
  }
  const auto number = static_cast<std::size_t>(std::strtoull(arguments[1], nullptr, 10));
  std::uint64_t seed = 1;
  std::size_t commits = 20;
  for (int i = 3; i + 1 < count; i += 2) {
    const auto value = std::strtoull(arguments[i + 1], nullptr, 10);
    if (std::strcmp(arguments[i], "--seed") == 0) seed = value;
    if (std::strcmp(arguments[i], "--commits") == 0 && value > 0)
      commits = static_cast<std::size_t>(value);
  }
  if (!init(arguments[2])) {
    std::fputs("generate-catalog: git init failed\n", stderr);
    return 1;
  }
  const std::vector<GeneratedWorker> workers = rbee::bench::generate_workers(number, seed);
  FastImport import(arguments[2]);
  const std::size_t each = (workers.size() + commits - 1) / commits;
  for (std::size_t begin = 0, commit = 0; begin < workers.size(); begin += each, ++commit) {
    const GeneratedWorker& first = workers[begin];
    import.text("commit refs/heads/main\nauthor " + first.owner + " <" + first.owner +
                "@example.org> " + std::to_string(1'700'000'000 + commit * 86'400) +
                " +0000\ncommitter Host <host@example.org> " +
                std::to_string(1'700'000'000 + commit * 86'400) + " +0000\n");
    import.data("Workers from " + first.id);
    for (std::size_t i = begin; i < std::min(workers.size(), begin + each); ++i) {
      const GeneratedWorker& worker = workers[i];
      const std::string folder = (worker.official ? "" : "community/") + worker.id;
      import.text("M 100644 inline " + folder + "/worker.toml\n");
      import.data(worker.manifest());
      import.text("M 100644 inline " + folder + "/PKGBUILD" + (worker.has_binary ? ".bin" : "") +
                  "\n");
      import.data(worker.recipe());
      import.text("M 100644 inline " + folder + "/README.md\n");
      import.data(worker.readme);
    }
  }
  if (!import.finish()) {
    std::fputs("generate-catalog: git fast-import failed\n", stderr);
    return 1;
  }
  std::printf("%zu workers in %s\n", workers.size(), arguments[2]);
  return 0;
}
