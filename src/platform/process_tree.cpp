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

#include "platform/file_descriptor.hpp"

namespace rbee::platform {

namespace {

struct CloseDirectory {
  void operator()(DIR* directory) const { ::closedir(directory); }
};

struct Entry {
  pid_t pid = 0, parent = 0;
};

std::string read_small(const std::string& path) {
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  std::array<char, 1024> text{};
  const ssize_t length = file ? ::read(file.get(), text.data(), text.size()) : -1;
  return length > 0 ? std::string(text.data(), static_cast<std::size_t>(length)) : std::string();
}

/// The parent in "pid (name) state parent …"; the name may hold anything, parentheses included.
pid_t parent_of(std::string_view stat) {
  const std::size_t name_end = stat.rfind(')');
  if (name_end == std::string_view::npos || name_end + 4 >= stat.size()) return 0;
  const std::string_view rest = stat.substr(name_end + 4);  // Past ") S ".
  pid_t parent = 0;
  std::from_chars(rest.data(), rest.data() + rest.size(), parent);
  return parent;
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
    found.parent = parent_of(read_small("/proc/" + std::string(name) + "/stat"));
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
  return out;
}

}  // namespace rbee::platform
