// The small files of /proc and /sys, read below a root so that tests can make a machine up.
//
// Reads the disk. What is missing or unreadable is empty: a probe has nothing better to say of it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace rbee::platform {

class ProbeFiles {
 public:
  explicit ProbeFiles(std::filesystem::path root) : root_(std::move(root)) {}

  /// `path` as the machine names it ("/proc/meminfo"), where it is on this disk.
  std::filesystem::path at(std::string_view path) const;
  bool exists(std::string_view path) const;
  /// At most 1 MiB of a file.
  std::string text(std::string_view path) const;
  /// The first line, without spaces around it.
  std::string first_line(std::string_view path) const;
  /// Names in a directory, sorted as people number them: card2 before card10.
  std::vector<std::string> names(std::string_view directory) const;
  /// A number on the first line: decimal, or hexadecimal after "0x". 0 when there is none.
  std::uint64_t number(std::string_view path) const;
  /// True when this process may read and write it.
  bool usable(std::string_view path) const;
  bool is_this_machine() const { return root_ == "/"; }

 private:
  std::filesystem::path root_;
};

/// The value of a "key<separator>value" line, trimmed; empty when no line has that key.
std::string value_of(std::string_view text, std::string_view key, char separator);

/// Digits at the start of `text`; 0 when there are none.
std::uint64_t leading_number(std::string_view text, int base = 10);

}  // namespace rbee::platform
