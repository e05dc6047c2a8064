#include "platform/nvml.hpp"

#include <dlfcn.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "base/text.hpp"
#include "platform/file_descriptor.hpp"
#include "platform/probe_files.hpp"

namespace rbee::platform {

namespace {

using Clock = std::chrono::steady_clock;
constexpr std::size_t kTextBytesMax = 64 << 10;
constexpr unsigned kGpusMax = 64;

// ------------------------------------------------------------------- the child

/// nvml.h's structures, which are stable; each with room for a library that writes more.
struct Memory {
  unsigned long long total, free, used;
  std::array<char, 256> room;
};
struct Pci {
  std::array<char, 16> bus_id_legacy;
  unsigned domain, bus, device, device_id, subsystem_id;
  std::array<char, 32> bus_id;
  std::array<char, 256> room;
};
using Device = void*;

struct Nvml {
  int (*init)() = nullptr;
  int (*driver)(char*, unsigned) = nullptr;
  int (*cuda)(int*) = nullptr;
  int (*count)(unsigned*) = nullptr;
  int (*handle)(unsigned, Device*) = nullptr;
  int (*name)(Device, char*, unsigned) = nullptr;
  int (*memory)(Device, Memory*) = nullptr;
  int (*capability)(Device, int*, int*) = nullptr;
  int (*pci)(Device, Pci*) = nullptr;
  const char* (*error)(int) = nullptr;
};

/// A line of the answer: words between tabs. A library's tabs and newlines become spaces.
void say(int out, std::initializer_list<std::string_view> words) {
  std::string line;
  for (std::string_view word : words) {
    if (!line.empty()) line += '\t';
    for (const char c : word) line += c == '\t' || c == '\n' ? ' ' : c;
  }
  write_all(out, line + '\n');
}

template <typename Function>
bool find(void* library, const char* name, Function*& function) {
  function = reinterpret_cast<Function*>(dlsym(library, name));
  return function != nullptr;
}

/// The name of a function that is missing, or nullptr.
const char* find_all(void* library, Nvml& nvml) {
  if (!find(library, "nvmlInit_v2", nvml.init)) return "nvmlInit_v2";
  if (!find(library, "nvmlSystemGetDriverVersion", nvml.driver))
    return "nvmlSystemGetDriverVersion";
  if (!find(library, "nvmlDeviceGetCount_v2", nvml.count)) return "nvmlDeviceGetCount_v2";
  if (!find(library, "nvmlDeviceGetHandleByIndex_v2", nvml.handle))
    return "nvmlDeviceGetHandleByIndex_v2";
  if (!find(library, "nvmlDeviceGetName", nvml.name)) return "nvmlDeviceGetName";
  // Older libraries lack these, or have them under older names with the same arguments.
  if (!find(library, "nvmlSystemGetCudaDriverVersion_v2", nvml.cuda))
    find(library, "nvmlSystemGetCudaDriverVersion", nvml.cuda);
  find(library, "nvmlDeviceGetMemoryInfo", nvml.memory);
  find(library, "nvmlDeviceGetCudaComputeCapability", nvml.capability);
  if (!find(library, "nvmlDeviceGetPciInfo_v3", nvml.pci))
    find(library, "nvmlDeviceGetPciInfo_v2", nvml.pci);
  find(library, "nvmlErrorString", nvml.error);
  return nullptr;
}

void tell_gpu(const Nvml& nvml, unsigned index, int out) {
  Device device = nullptr;
  if (nvml.handle(index, &device) != 0) return;
  std::array<char, 256> name{};
  if (nvml.name(device, name.data(), 96) != 0) name[0] = '\0';
  name.back() = '\0';
  Memory memory{};
  if (nvml.memory == nullptr || nvml.memory(device, &memory) != 0) memory.total = 0;
  int major = 0, minor = 0;
  if (nvml.capability == nullptr || nvml.capability(device, &major, &minor) != 0) major = 0;
  Pci pci{};
  // The structure of _v2 ends before `bus_id`.
  const bool has_pci = nvml.pci != nullptr && nvml.pci(device, &pci) == 0;
  say(out, {"gpu", name.data(), std::to_string(memory.total),
            major == 0 ? "" : fmt::format("{}.{}", major, minor),
            has_pci ? fmt::format("{:04x}:{:02x}:{:02x}.0", pci.domain, pci.bus, pci.device) : ""});
}

void answer(const std::vector<std::filesystem::path>& libraries, int out) {
  void* library = nullptr;
  std::string said;
  for (const std::filesystem::path& path : libraries) {
    library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (library != nullptr) break;
    if (const char* why = dlerror(); said.empty() && why != nullptr) said = why;
  }
  if (library == nullptr) return say(out, {"missing", said});
  Nvml nvml;
  if (const char* name = find_all(library, nvml))
    return say(out, {"missing", fmt::format("it has no function {}", name)});
  const auto refused = [&](int code) {
    const char* text = nvml.error == nullptr ? nullptr : nvml.error(code);
    say(out, {"refused", std::to_string(code), text == nullptr ? "" : text});
  };
  if (const int code = nvml.init(); code != 0) return refused(code);
  std::array<char, 256> version{};
  if (nvml.driver(version.data(), 80) == 0) {
    version.back() = '\0';
    say(out, {"driver", version.data()});
  }
  int cuda = 0;
  // 12040 is CUDA 12.4.
  if (nvml.cuda != nullptr && nvml.cuda(&cuda) == 0 && cuda > 0)
    say(out, {"cuda", fmt::format("{}.{}", cuda / 1000, cuda % 1000 / 10)});
  unsigned count = 0;
  if (const int code = nvml.count(&count); code != 0) return refused(code);
  for (unsigned index = 0; index < std::min(count, kGpusMax); ++index) tell_gpu(nvml, index, out);
  say(out, {"end"});
}

[[noreturn]] void child(const std::vector<std::filesystem::path>& libraries, int out,
                        pid_t parent) {
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(1);
  for (int number = 1; number < NSIG; ++number) ::signal(number, SIG_DFL);
  const rlimit no_core{0, 0};
  ::setrlimit(RLIMIT_CORE, &no_core);
  const int null = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  constexpr int kOut = 3;
  if (null < 0) ::_exit(1);
  if (out == kOut) {
    ::fcntl(out, F_SETFD, FD_CLOEXEC);
  } else if (::dup3(out, kOut, O_CLOEXEC) < 0) {
    ::_exit(1);
  }
  for (int standard = 0; standard < 3; ++standard) ::dup2(null, standard);
  ::syscall(SYS_close_range, 4U, ~0U, 0U);
  answer(libraries, kOut);
  ::_exit(0);
}

// ------------------------------------------------------------------ the parent

/// What comes out of `fd` until it ends, is too much, or `deadline` is there.
std::string read_until(int fd, Clock::time_point deadline) {
  std::string text;
  std::array<char, 4096> buffer{};
  while (text.size() < kTextBytesMax) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
    if (left <= 0) break;
    pollfd wait{fd, POLLIN, 0};
    const int ready = ::poll(&wait, 1, static_cast<int>(std::min<long long>(left, 60'000)));
    if (ready < 0 && errno != EINTR) break;
    if (ready <= 0) continue;
    const ssize_t count = ::read(fd, buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) break;
    text.append(buffer.data(), static_cast<std::size_t>(count));
  }
  return text;
}

/// Wait without blocking. False when the process is still there.
bool reap(pid_t pid, Clock::time_point deadline, int& status) {
  for (;;) {
    const pid_t ended = ::waitpid(pid, &status, WNOHANG);
    if (ended == pid) return true;
    if (ended < 0 && errno != EINTR) return true;
    if (Clock::now() >= deadline) return false;
    ::poll(nullptr, 0, 2);
  }
}

}  // namespace

NvmlAnswer parse_nvml(std::string_view text) {
  NvmlAnswer answer;
  answer.end = NvmlAnswer::End::crashed;
  for (std::string_view line : split(text, '\n')) {
    const auto words = split(line, '\t');
    const auto word = [&](std::size_t at) {
      constexpr std::size_t kWordMax = 200;
      return at < words.size() ? printable_line(words[at].substr(0, kWordMax)) : std::string();
    };
    const std::string_view kind = words.front();
    if (kind == "driver") answer.driver_version = word(1);
    if (kind == "cuda") answer.cuda_max = word(1);
    if (kind == "gpu" && answer.gpus.size() < kGpusMax)
      answer.gpus.push_back({word(1), word(4), word(3), leading_number(word(2))});
    if (kind == "end") answer.end = NvmlAnswer::End::answered;
    if (kind == "missing") {
      answer.end = NvmlAnswer::End::missing;
      answer.detail = word(1);
    }
    if (kind == "refused") {
      answer.end = NvmlAnswer::End::refused;
      answer.code = static_cast<int>(std::min<std::uint64_t>(leading_number(word(1)), 9999));
      answer.detail = word(2).empty() ? fmt::format("NVML error {}", answer.code) : word(2);
    }
  }
  return answer;
}

NvmlAnswer ask_nvml(const std::vector<std::filesystem::path>& libraries,
                    std::chrono::milliseconds time_max) {
  NvmlAnswer answer;
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
    answer.detail = std::strerror(errno);
    return answer;
  }
  FileDescriptor read_end(ends[0]), write_end(ends[1]);
  const auto deadline = Clock::now() + time_max;
  const pid_t parent = ::getpid();
  const pid_t pid = ::fork();
  if (pid < 0) {
    answer.detail = std::strerror(errno);
    return answer;
  }
  if (pid == 0) child(libraries, write_end.get(), parent);
  write_end.close();
  answer = parse_nvml(read_until(read_end.get(), deadline));
  int status = 0;
  if (!reap(pid, deadline, status)) {
    ::kill(-pid, SIGKILL);
    ::kill(pid, SIGKILL);
    // One that hangs in the kernel outlives this; when it comes back it is init's to reap.
    reap(pid, Clock::now() + std::chrono::milliseconds(100), status);
    if (answer.end == NvmlAnswer::End::crashed) {
      answer.end = NvmlAnswer::End::timed_out;
      answer.detail = fmt::format("no answer within {} ms", time_max.count());
    }
  } else if (answer.end == NvmlAnswer::End::crashed) {
    answer.detail = WIFSIGNALED(status) ? fmt::format("signal {} ({})", WTERMSIG(status),
                                                      ::strsignal(WTERMSIG(status)))
                                        : fmt::format("exit code {}", WEXITSTATUS(status));
  }
  return answer;
}

}  // namespace rbee::platform
