// A tree of processes by /proc/[pid]/task/[tid]/children; or, without that, by everybody's parent.
#include "platform/process_tree.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

#include <charconv>
#include <cstdlib>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/text.hpp"
#include "platform/file_descriptor.hpp"

namespace rbee::platform {

namespace {

struct CloseDirectory {
  void operator()(DIR* directory) const { ::closedir(directory); }
};

std::optional<std::string> read_proc(const std::string& path) {
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) return std::nullopt;
  std::string text;
  char block[1024];
  for (ssize_t length = 0; (length = ::read(file.get(), block, sizeof block)) > 0;)
    text.append(block, static_cast<std::size_t>(length));
  return text;
}

/// The numbers among a directory's names.
std::vector<pid_t> numbers_in(const std::string& path) {
  std::vector<pid_t> out;
  const std::unique_ptr<DIR, CloseDirectory> directory(::opendir(path.c_str()));
  if (!directory) return out;
  while (const dirent* entry = ::readdir(directory.get())) {
    const std::string_view name = entry->d_name;
    pid_t number = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
    if (error == std::errc() && end == name.data() + name.size()) out.push_back(number);
  }
  return out;
}

std::string path_of(pid_t pid, const char* file) {
  return "/proc/" + std::to_string(pid) + "/" + file;
}

/// What stands after the name in "pid (name) state parent …": field 3 and on. The name may hold
/// anything, parentheses included.
std::vector<std::string> stat_of(pid_t pid) {
  const std::optional<std::string> stat = read_proc(path_of(pid, "stat"));
  const std::size_t name_end = stat ? stat->rfind(')') : std::string::npos;
  std::vector<std::string> out;
  if (name_end == std::string::npos || name_end + 2 > stat->size()) return out;
  for (const std::string_view field : split(std::string_view(*stat).substr(name_end + 2), ' '))
    out.emplace_back(field);
  return out;
}

std::uint64_t number(const std::vector<std::string>& stat, std::size_t field) {
  return field - 3 < stat.size() ? std::strtoull(stat[field - 3].c_str(), nullptr, 10) : 0;
}

bool tells_children(pid_t pid) {
  const std::string id = std::to_string(pid);
  return ::access(("/proc/" + id + "/task/" + id + "/children").c_str(), R_OK) == 0;
}

using Children = std::function<std::vector<pid_t>(pid_t)>;

std::vector<pid_t> told_children(pid_t pid) {
  std::vector<pid_t> out;
  const std::string tasks = path_of(pid, "task");
  for (const pid_t task : numbers_in(tasks)) {
    const auto text = read_proc(tasks + "/" + std::to_string(task) + "/children");
    if (!text) continue;
    for (const std::string_view word : split(*text, ' '))
      if (!word.empty()) out.push_back(static_cast<pid_t>(std::atoi(std::string(word).c_str())));
  }
  return out;
}

/// Children as their parents' fields have them, all looked up at once.
Children looked_up_children() {
  std::vector<std::pair<pid_t, pid_t>> all;
  for (const pid_t pid : numbers_in("/proc"))
    all.emplace_back(static_cast<pid_t>(number(stat_of(pid), 4)), pid);
  return [all = std::move(all)](pid_t parent) {
    std::vector<pid_t> out;
    for (const auto& [of, pid] : all)
      if (of == parent) out.push_back(pid);
    return out;
  };
}

/// Resident pages that no file backs, in bytes.
std::uint64_t memory_of(pid_t pid) {
  const std::string text = read_proc(path_of(pid, "statm")).value_or("");
  char* at = nullptr;
  std::strtoull(text.c_str(), &at, 10);
  const std::uint64_t resident = std::strtoull(at, &at, 10);
  const std::uint64_t of_files = std::strtoull(at, &at, 10);
  const auto page = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  return resident > of_files ? (resident - of_files) * page : 0;
}

}  // namespace

ProcessTree look_at_tree(pid_t root, std::uint64_t processes_max) {
  const Children children = tells_children(root) ? Children(told_children) : looked_up_children();
  std::set<pid_t> seen = {root};
  std::vector<pid_t> waiting = {root};
  ProcessTree out;
  std::uint64_t ticks = 0;
  while (!waiting.empty()) {
    const pid_t pid = waiting.back();
    waiting.pop_back();
    ++out.processes;
    if (processes_max > 0 && out.processes > processes_max) break;
    for (const pid_t child : children(pid))
      if (seen.insert(child).second) waiting.push_back(child);
    out.memory_bytes += memory_of(pid);
    const std::vector<std::string> stat = stat_of(pid);
    // Its own time and that of the children it has waited for, as user and in the kernel.
    for (std::size_t field = 14; field <= 17; ++field) ticks += number(stat, field);
  }
  const auto ticks_a_second = static_cast<std::uint64_t>(::sysconf(_SC_CLK_TCK));
  out.cpu = std::chrono::milliseconds(ticks * 1000 / ticks_a_second);
  return out;
}

Attention::Attention() {
  sched_param before{};
  const int policy = ::sched_getscheduler(0);
  if (policy < 0 || ::sched_getparam(0, &before) != 0) return;
  sched_param first{};
  first.sched_priority = 1;
  if (::sched_setscheduler(0, SCHED_RR | SCHED_RESET_ON_FORK, &first) != 0) return;
  policy_ = policy;
  priority_ = before.sched_priority;
}

Attention::~Attention() {
  if (policy_ < 0) return;
  sched_param before{};
  before.sched_priority = priority_;
  ::sched_setscheduler(0, policy_, &before);
}

}  // namespace rbee::platform
