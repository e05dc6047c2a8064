// One long-lived bash that runs scripts, each in a subshell of its own: a start per script would
// cost more than the script.
//
// It is a restricted bash with an empty environment, an empty PATH and an empty working directory,
// so that nothing but builtins can run and nothing can be written, whatever a script says.
#pragma once

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace rbee::fuzz {

class BashCoprocess {
 public:
  struct Run {
    std::string output;
    int status = 0;
  };

  BashCoprocess() = default;
  BashCoprocess(const BashCoprocess&) = delete;
  BashCoprocess& operator=(const BashCoprocess&) = delete;
  ~BashCoprocess() {
    stop();
    std::error_code ignored;
    if (!folder_.empty()) std::filesystem::remove(folder_, ignored);
  }

  /// What bash makes of the script; nothing when it does not answer within `patience_ms`.
  std::optional<Run> run(std::string_view script, int patience_ms = 5000) {
    if (pid_ == 0 && !start()) return std::nullopt;
    std::string request(script);
    request.push_back('\0');
    for (std::size_t at = 0; at < request.size();) {
      const ssize_t n = ::write(to_, request.data() + at, request.size() - at);
      if (n <= 0) return give_up();
      at += static_cast<std::size_t>(n);
    }
    // Output, then a line of its own: the mark and the status.
    std::string answer;
    while (true) {
      if (const std::size_t mark = answer.rfind(kMark);
          mark != std::string::npos && answer.ends_with('\n')) {
        return Run{answer.substr(0, mark), std::atoi(answer.c_str() + mark + kMark.size())};
      }
      pollfd wait{from_, POLLIN, 0};
      if (::poll(&wait, 1, patience_ms) <= 0) return give_up();
      std::array<char, 65536> buffer;
      const ssize_t n = ::read(from_, buffer.data(), buffer.size());
      if (n <= 0) return give_up();
      answer.append(buffer.data(), static_cast<std::size_t>(n));
    }
  }

 private:
  static constexpr std::string_view kMark = "\n=7f3a9c41d2=";
  static constexpr const char* kDriver =
      "while IFS= read -r -d '' RBEE_s; do (eval \"$RBEE_s\"); printf '\\n=7f3a9c41d2=%d\\n' "
      "\"$?\"; "
      "done";

  bool start() {
    if (folder_.empty()) {
      std::string pattern = std::filesystem::temp_directory_path() / "rbee-fuzz-XXXXXX";
      if (::mkdtemp(pattern.data()) == nullptr) return false;
      folder_ = pattern;
    }
    int in[2], out[2];
    if (::pipe2(in, O_CLOEXEC) != 0 || ::pipe2(out, O_CLOEXEC) != 0) return false;
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, in[0], 0);
    posix_spawn_file_actions_adddup2(&actions, out[1], 1);
    posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addchdir_np(&actions, folder_.c_str());
    std::array<std::string, 6> words = {"/bin/bash", "--norc", "--noprofile", "-r", "-c", kDriver};
    std::array<std::string, 2> variables = {"PATH=/nonexistent", "LANG=C.UTF-8"};
    std::array<char*, 7> argv{};
    for (std::size_t i = 0; i < words.size(); ++i) argv[i] = words[i].data();
    std::array<char*, 3> envp{variables[0].data(), variables[1].data(), nullptr};
    const int failed =
        ::posix_spawn(&pid_, "/bin/bash", &actions, nullptr, argv.data(), envp.data());
    posix_spawn_file_actions_destroy(&actions);
    ::close(in[0]);
    ::close(out[1]);
    to_ = in[1];
    from_ = out[0];
    if (failed != 0) pid_ = 0;
    return failed == 0;
  }

  std::optional<Run> give_up() {
    ::kill(pid_, SIGKILL);
    stop();
    return std::nullopt;
  }

  void stop() {
    if (pid_ == 0) return;
    ::close(to_);
    ::close(from_);
    ::waitpid(pid_, nullptr, 0);
    pid_ = 0;
  }

  std::filesystem::path folder_;
  pid_t pid_ = 0;
  int to_ = -1, from_ = -1;
};

}  // namespace rbee::fuzz
