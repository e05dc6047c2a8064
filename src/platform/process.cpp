// run_process: between fork and execve only async-signal-safe calls, so that it may be used beside
// threads.
#include "platform/process.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstring>

#include "base/text.hpp"
#include "platform/file_descriptor.hpp"
#include "platform/process_tree.hpp"

namespace rbee::platform {

namespace {

using Clock = std::chrono::steady_clock;

struct Pipe {
  FileDescriptor read, write;
};

std::optional<Pipe> make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return std::nullopt;
  return Pipe{FileDescriptor(ends[0]), FileDescriptor(ends[1])};
}

void limit(int resource, std::uint64_t value) {
  if (value == 0) return;
  rlimit now{};
  if (::getrlimit(static_cast<__rlimit_resource_t>(resource), &now) != 0) return;
  const rlim_t wanted =
      now.rlim_max == RLIM_INFINITY ? value : std::min<rlim_t>(value, now.rlim_max);
  const rlimit next{wanted, wanted};
  ::setrlimit(static_cast<__rlimit_resource_t>(resource), &next);
}

/// The child's side. Never returns; tells `failure` the errno of what went wrong.
[[noreturn]] void become(const ProcessSpec& spec, const char* program, char* const* argv,
                         char* const* envp, int output, int null, int failure, pid_t parent) {
  const auto give_up = [&] {
    const int error = errno;
    [[maybe_unused]] const ssize_t told = ::write(failure, &error, sizeof error);
    ::_exit(127);
  };
  ::setpgid(0, 0);
  // If the program that started us dies, however, nothing of the build goes on.
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(127);
  for (int number = 1; number < NSIG; ++number) ::signal(number, SIG_DFL);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::umask(022);
  if (::dup2(null, 0) < 0 || ::dup2(output, 1) < 0 || ::dup2(output, 2) < 0) give_up();
  ::syscall(SYS_close_range, 3U, ~0U, 4U /* CLOSE_RANGE_CLOEXEC */);
  for (const int fd : spec.inherit)
    if (::fcntl(fd, F_SETFD, 0) != 0) give_up();
  if (::chdir(spec.directory.c_str()) != 0) give_up();
  limit(RLIMIT_CPU, static_cast<std::uint64_t>(spec.limits.cpu_max.count()));
  limit(RLIMIT_AS, spec.limits.address_space_bytes_max);
  limit(RLIMIT_FSIZE, spec.limits.file_bytes_max);
  limit(RLIMIT_NPROC, spec.limits.processes_max);
  const rlimit no_core{0, 0};
  ::setrlimit(RLIMIT_CORE, &no_core);
  ::execve(program, argv, envp);
  give_up();
  ::_exit(127);
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> out;
  for (std::string& text : texts) out.push_back(text.data());
  out.push_back(nullptr);
  return out;
}

/// Ends a process group: politely, then not.
class Group {
 public:
  explicit Group(pid_t leader) : leader_(leader) {}
  Group(const Group&) = delete;
  Group& operator=(const Group&) = delete;
  ~Group() {
    if (reaped_) return;
    ::kill(-leader_, SIGKILL);
    reap(0);
  }
  /// True when the leader has ended; its status is kept.
  bool ended() {
    if (!reaped_ && reap(WNOHANG)) {
      reaped_ = true;
      ::kill(-leader_, SIGKILL);  // What it left running in its group ends with it.
    }
    return reaped_;
  }
  void stop() {
    ::kill(-leader_, SIGTERM);
    for (int i = 0; i < 25 && !ended(); ++i) ::usleep(20'000);
    if (!reaped_) {
      ::kill(-leader_, SIGKILL);
      reap(0);
      reaped_ = true;
    }
  }
  int status() const { return status_; }

 private:
  bool reap(int options) { return ::waitpid(leader_, &status_, options) == leader_; }

  pid_t leader_;
  int status_ = 0;
  bool reaped_ = false;
};

}  // namespace

std::string to_string(const ProcessResult& result, const ProcessLimits& limits) {
  switch (result.end) {
    case ProcessResult::End::exited:
      return fmt::format("exit code {}", result.code);
    case ProcessResult::End::signalled:
      return fmt::format("signal {} ({})", result.code, ::strsignal(result.code));
    case ProcessResult::End::cancelled:
      return "stopped by the user";
    case ProcessResult::End::timed_out:
      return fmt::format("took longer than {} seconds", limits.wall_max.count());
    case ProcessResult::End::output_flood:
      return fmt::format("wrote more than {} of output", human_size(limits.output_bytes_max));
    case ProcessResult::End::process_flood:
      return fmt::format("had more than {} processes", limits.tree_processes_max);
    case ProcessResult::End::memory_flood:
      return fmt::format("used more than {} of memory", human_size(limits.tree_memory_bytes_max));
    case ProcessResult::End::cpu_flood:
      return fmt::format("used {} seconds of processor time", limits.tree_cpu_max.count());
  }
  return {};
}

std::optional<std::string> find_program(std::string_view name) {
  for (const char* directory : {"/usr/bin/", "/bin/", "/usr/local/bin/", "/usr/sbin/"}) {
    std::string path = directory + std::string(name);
    if (::access(path.c_str(), X_OK) == 0) return path;
  }
  return std::nullopt;
}

Result<ProcessResult> run_process(const ProcessSpec& spec) {
  if (spec.argv.empty()) return fail(Errc::usage, "program-not-found", "no program is named");
  std::string program = spec.argv[0];
  if (!program.starts_with('/')) {
    const auto found = find_program(program);
    if (!found)
      return fail(Errc::not_found, "program-not-found",
                  fmt::format("the program '{}' is not installed", printable_line(program)));
    program = *found;
  }
  std::vector<std::string> arguments = spec.argv;
  std::vector<std::string> variables;
  for (const auto& [name, value] : spec.environment) variables.push_back(name + "=" + value);
  const std::vector<char*> argv = pointers(arguments);
  const std::vector<char*> envp = pointers(variables);

  auto output = make_pipe();
  auto failure = make_pipe();
  const FileDescriptor null(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  const auto not_started = [&](int error) {
    return fail(Errc::io, "program-not-started",
                fmt::format("cannot start '{}'", printable_line(program)),
                {.evidence = {std::strerror(error)}});
  };
  if (!output || !failure || !null) return not_started(errno);

  const ProcessLimits& limits = spec.limits;
  const bool watch_tree = limits.tree_processes_max > 0 || limits.tree_memory_bytes_max > 0 ||
                          limits.tree_cpu_max.count() > 0;
  std::optional<Attention> attention;
  if (watch_tree) attention.emplace();

  const pid_t parent = ::getpid();
  const pid_t child = ::fork();
  if (child < 0) return not_started(errno);
  if (child == 0)
    become(spec, program.c_str(), argv.data(), envp.data(), output->write.get(), null.get(),
           failure->write.get(), parent);
  ::setpgid(child, child);  // Also here, so that the group exists whoever runs first.
  Group group(child);
  output->write.close();
  failure->write.close();
  int error = 0;
  if (::read(failure->read.get(), &error, sizeof error) == sizeof error) return not_started(error);

  const auto begun = Clock::now();
  std::uint64_t written = 0;
  std::array<char, 16384> block{};
  ::fcntl(output->read.get(), F_SETFL, O_NONBLOCK);
  // Reads what is there. False at the end of the pipe.
  const auto drain = [&] {
    for (;;) {
      const ssize_t count = ::read(output->read.get(), block.data(), block.size());
      if (count < 0 && errno == EINTR) continue;
      if (count <= 0) return count < 0;
      written += static_cast<std::uint64_t>(count);
      if (written > spec.limits.output_bytes_max) return true;
      if (spec.output) spec.output({block.data(), static_cast<std::size_t>(count)});
    }
  };
  const auto stopped = [&](ProcessResult::End end) {
    group.stop();
    return ProcessResult{end, 0};
  };
  const auto flood = [&]() -> std::optional<ProcessResult::End> {
    if (!watch_tree) return std::nullopt;
    const ProcessTree tree = look_at_tree(child, limits.tree_processes_max);
    if (limits.tree_processes_max > 0 && tree.processes > limits.tree_processes_max)
      return ProcessResult::End::process_flood;
    if (limits.tree_memory_bytes_max > 0 && tree.memory_bytes > limits.tree_memory_bytes_max)
      return ProcessResult::End::memory_flood;
    if (limits.tree_cpu_max.count() > 0 && tree.cpu >= limits.tree_cpu_max)
      return ProcessResult::End::cpu_flood;
    return std::nullopt;
  };
  // A tree that grows without end grows by some hundred processes in this time.
  constexpr auto kTreePeriod = std::chrono::milliseconds(10);
  auto next_look = begun + kTreePeriod;
  bool open = true;
  for (;;) {
    pollfd waiting{open ? output->read.get() : -1, POLLIN, 0};
    ::poll(&waiting, 1, watch_tree ? 10 : 50);
    const bool ended = group.ended();
    if (open) open = drain();
    if (written > spec.limits.output_bytes_max) return stopped(ProcessResult::End::output_flood);
    if (ended) break;
    if (spec.cancelled && spec.cancelled()) return stopped(ProcessResult::End::cancelled);
    if (spec.limits.wall_max.count() > 0 && Clock::now() - begun > spec.limits.wall_max)
      return stopped(ProcessResult::End::timed_out);
    if (Clock::now() < next_look) continue;
    if (const auto end = flood()) {
      // Not politely: what cannot be let go on must not have another moment.
      if (*end == ProcessResult::End::process_flood) ::kill(-child, SIGKILL);
      return stopped(*end);
    }
    next_look = Clock::now() + kTreePeriod;
  }
  const int status = group.status();
  if (WIFSIGNALED(status)) return ProcessResult{ProcessResult::End::signalled, WTERMSIG(status)};
  return ProcessResult{ProcessResult::End::exited, WEXITSTATUS(status)};
}

}  // namespace rbee::platform
