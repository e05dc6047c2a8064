// A new empty directory that goes away with the object, and one-line ways to fill and read it.
//
// Touches the system's temporary directory.
#pragma once

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace rbee::fakes {

class TempDir {
 public:
  TempDir() {
    std::string pattern = (std::filesystem::temp_directory_path() / "rbee-test-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) std::abort();
    path_ = pattern;
  }
  ~TempDir() {
    std::error_code ignored;
    // Trees in the store are read-only; give ourselves the right to delete them.
    for (auto at = std::filesystem::recursive_directory_iterator(path_, ignored);
         at != std::filesystem::recursive_directory_iterator(); at.increment(ignored))
      if (at->is_directory(ignored) && !at->is_symlink(ignored))
        std::filesystem::permissions(at->path(), std::filesystem::perms::owner_all,
                                     std::filesystem::perm_options::add, ignored);
    std::filesystem::remove_all(path_, ignored);
  }
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path operator/(std::string_view name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

inline std::string read_text(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

inline void write_text(const std::filesystem::path& path, std::string_view text) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << text;
}

/// Every path below `root`, relative, sorted; links are not followed and carry " -> target".
inline std::vector<std::string> list_all(const std::filesystem::path& root) {
  std::vector<std::string> out;
  std::error_code error;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(root, error)) {
    std::string line =
        std::filesystem::relative(entry.path().parent_path(), root) / entry.path().filename();
    if (line.starts_with("./")) line.erase(0, 2);
    if (entry.is_symlink()) line += " -> " + std::filesystem::read_symlink(entry.path()).string();
    out.push_back(line);
  }
  std::sort(out.begin(), out.end());
  return out;
}

}  // namespace rbee::fakes
