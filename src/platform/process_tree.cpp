// One pass over /proc: every process and its parent, then those below the root.
#include "platform/process_tree.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <memory>
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

struct Entry {
  pid_t pid = 0, parent = 0;
  std::uint64_t ticks = 0;
};

std::string read_small(const std::string& path) {
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  std::array<char, 1024> text{};
  const ssize_t length = file ? ::read(file.get(), text.data(), text.size()) : -1;
  return length > 0 ? std::string(text.data(), static_cast<std::size_t>(length)) : std::string();
}

/// "pid (name) state parent …": field 4 is the parent, 14 to 17 are times. The name may hold
/// anything, parentheses included.
void read_stat(std::string_view stat, Entry& entry) {
  const std::size_t name_end = stat.rfind(')');
  if (name_end == std::string_view::npos) return;
  const std::vector<std::string_view> fields = split(stat.substr(name_end + 1), ' ');
  const auto number = [&](std::size_t field, auto& value) {
    if (field - 2 >= fields.size()) return;
    const std::string_view text = fields[field - 2];
    std::from_chars(text.data(), text.data() + text.size(), value);
  };
  number(4, entry.parent);
  for (const std::size_t field : {14U, 15U, 16U, 17U}) {
    std::uint64_t ticks = 0;
    number(field, ticks);
    entry.ticks += ticks;
  }
}

/// Resident pages that no file backs, in bytes.
std::uint64_t memory_of(pid_t pid) {
  const std::string text = read_small("/proc/" + std::to_string(pid) + "/statm");
  char* at = nullptr;
  std::strtoull(text.c_str(), &at, 10);
  const std::uint64_t resident = std::strtoull(at, &at, 10);
  const std::uint64_t of_files = std::strtoull(at, &at, 10);
  const auto page = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  return resident > of_files ? (resident - of_files) * page : 0;
}

}  // namespace

ProcessTree look_at_tree(pid_t root) {
  const std::unique_ptr<DIR, CloseDirectory> directory(::opendir("/proc"));
  if (!directory) return {};
  std::vector<Entry> all;
  while (const dirent* entry = ::readdir(directory.get())) {
    const std::string_view name = entry->d_name;
    Entry found;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), found.pid);
    if (error != std::errc() || end != name.data() + name.size()) continue;
    read_stat(read_small("/proc/" + std::string(name) + "/stat"), found);
    all.push_back(found);
  }
  // A process may have a smaller number than its parent once numbers start over, so this is done
  // until nothing is added.
  std::set<pid_t> tree = {root};
  for (std::size_t before = 0; before != tree.size();) {
    before = tree.size();
    for (const Entry& entry : all)
      if (tree.contains(entry.parent)) tree.insert(entry.pid);
  }
  ProcessTree out;
  out.processes = tree.size();
  for (const pid_t pid : tree) out.memory_bytes += memory_of(pid);
  std::uint64_t ticks = 0;
  for (const Entry& entry : all)
    if (tree.contains(entry.pid)) ticks += entry.ticks;
  out.cpu =
      std::chrono::milliseconds(ticks * 1000 / static_cast<std::uint64_t>(::sysconf(_SC_CLK_TCK)));
  return out;
}

}  // namespace rbee::platform
