// For tests: run the machine's own sed, grep, vercmp … with an argument vector and an input.
//
// Starts processes. Only tests include it.
#pragma once

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <optional>
#include <string>
#include <vector>

namespace rbee::pkgbuild::text {

struct RealAnswer {
  int status = 0;
  std::string output;
};

/// What the program says, in the C.UTF-8 locale; nothing when this machine does not have it.
inline std::optional<RealAnswer> ask_real_tool(const std::vector<std::string>& argv,
                                               const std::string& input,
                                               const std::string& folder = "/") {
  std::array<int, 2> in{}, out{};
  if (pipe2(in.data(), O_CLOEXEC) != 0 || pipe2(out.data(), O_CLOEXEC) != 0) return std::nullopt;
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, in[0], 0);
  posix_spawn_file_actions_adddup2(&actions, out[1], 1);
  posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_addchdir_np(&actions, folder.c_str());
  std::vector<char*> words;
  for (const std::string& word : argv) words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);
  std::string locale = "LC_ALL=C.UTF-8", zone = "TZ=UTC", path = "PATH=/usr/bin:/bin";
  std::array<char*, 4> environment = {locale.data(), zone.data(), path.data(), nullptr};
  pid_t pid = 0;
  const int failed =
      posix_spawnp(&pid, words[0], &actions, nullptr, words.data(), environment.data());
  posix_spawn_file_actions_destroy(&actions);
  ::close(in[0]);
  ::close(out[1]);
  RealAnswer answer;
  std::signal(SIGPIPE, SIG_IGN);
  std::size_t written = 0;
  bool writing = failed == 0;
  if (!writing) ::close(in[1]);
  fcntl(in[1], F_SETFL, O_NONBLOCK);
  // Both ways at once: a tool may fill its output before it has read its input.
  while (failed == 0) {
    std::array<pollfd, 2> fds = {pollfd{out[0], POLLIN, 0},
                                 pollfd{writing ? in[1] : -1, POLLOUT, 0}};
    if (::poll(fds.data(), fds.size(), 10'000) <= 0) break;
    if (writing && fds[1].revents != 0) {
      const ssize_t n = ::write(in[1], input.data() + written, input.size() - written);
      if (n > 0) written += static_cast<std::size_t>(n);
      if (n < 0 || written == input.size()) {
        ::close(in[1]);
        writing = false;
      }
    }
    if (fds[0].revents != 0) {
      std::array<char, 65536> buffer{};
      const ssize_t n = ::read(out[0], buffer.data(), buffer.size());
      if (n <= 0) break;
      answer.output.append(buffer.data(), static_cast<std::size_t>(n));
    }
  }
  if (writing) ::close(in[1]);
  ::close(out[0]);
  if (failed != 0) return std::nullopt;
  int status = 0;
  waitpid(pid, &status, 0);
  answer.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return answer;
}

}  // namespace rbee::pkgbuild::text
