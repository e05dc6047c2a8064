#include "cli/worker_process.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <netdb.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <memory>
#include <thread>

#include "base/text.hpp"
#include "platform/file_descriptor.hpp"

extern char** environ;

namespace rbee::cli {

namespace {

std::vector<char*> argument_pointers(std::vector<std::string>& words) {
  std::vector<char*> pointers;
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  return pointers;
}

std::vector<std::string> with_name(const std::filesystem::path& program,
                                   const std::vector<std::string>& arguments) {
  std::vector<std::string> words{program.string()};
  words.insert(words.end(), arguments.begin(), arguments.end());
  return words;
}

Error not_started(const std::filesystem::path& program, int error) {
  return fail(Errc::io, "worker-not-started", "the worker could not be started",
              {.evidence = {fmt::format("{}: {}", program.string(), std::strerror(error))},
               .fix = error == ENOENT
                          ? "a program or its interpreter is missing; install the worker again"
                          : std::string()})
      .value();
}

tl::unexpected<Error> no_port(const std::string& host, std::string why) {
  return fail(Errc::io, "port-unavailable",
              fmt::format("no port can be had on '{}'", printable_line(host)),
              {.evidence = {std::move(why)},
               .fix = "--host names an address of this machine, such as 127.0.0.1"});
}

}  // namespace

Result<std::uint16_t> free_port(const std::string& host) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  if (const int error = getaddrinfo(host.c_str(), "0", &hints, &found); error != 0)
    return no_port(host, gai_strerror(error));
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> owner(found, freeaddrinfo);
  const platform::FileDescriptor socket_fd(
      socket(found->ai_family, found->ai_socktype | SOCK_CLOEXEC, found->ai_protocol));
  sockaddr_storage address{};
  socklen_t length = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  if (!socket_fd || bind(socket_fd.get(), found->ai_addr, found->ai_addrlen) != 0 ||
      getsockname(socket_fd.get(), generic, &length) != 0)
    return no_port(host, std::strerror(errno));
  char port[8] = {};
  if (getnameinfo(generic, length, nullptr, 0, port, sizeof port, NI_NUMERICSERV) != 0)
    return no_port(host, "unknown family");
  return static_cast<std::uint16_t>(std::stoi(port));
}

Error become(const std::filesystem::path& program, const std::vector<std::string>& arguments) {
  std::vector<std::string> words = with_name(program, arguments);
  execv(program.c_str(), argument_pointers(words).data());
  return not_started(program, errno);
}

Result<WorkerProcess> WorkerProcess::start(const std::filesystem::path& program,
                                           const std::vector<std::string>& arguments,
                                           Output output) {
  std::vector<std::string> words = with_name(program, arguments);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  if (output == Output::to_standard_error)
    posix_spawn_file_actions_adddup2(&actions, STDERR_FILENO, STDOUT_FILENO);
  if (output == Output::discarded) {
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO);
  }
  pid_t pid = 0;
  const int error = posix_spawn(&pid, program.c_str(), &actions, nullptr,
                                argument_pointers(words).data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) return tl::unexpected<Error>(not_started(program, error));
  return WorkerProcess(pid);
}

WorkerProcess::WorkerProcess(WorkerProcess&& other) noexcept
    : pid_(std::exchange(other.pid_, 0)), code_(other.code_) {}

WorkerProcess::~WorkerProcess() {
  if (pid_ > 0) stop();
}

std::optional<int> WorkerProcess::ended() {
  if (code_) return code_;
  int status = 0;
  pid_t pid = 0;
  while ((pid = waitpid(pid_, &status, WNOHANG)) < 0 && errno == EINTR) {
  }
  if (pid == pid_) code_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return code_;
}

int WorkerProcess::stop() {
  constexpr int patience_ms = 5000, step_ms = 20;
  if (!ended()) kill(pid_, SIGTERM);
  for (int waited_ms = 0; !ended(); waited_ms += step_ms) {
    if (waited_ms == patience_ms) kill(pid_, SIGKILL);
    std::this_thread::sleep_for(std::chrono::milliseconds(step_ms));
  }
  return *code_;
}

}  // namespace rbee::cli
