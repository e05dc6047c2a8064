#include "platform/probe_files.hpp"

#include <unistd.h>

#include <algorithm>
#include <charconv>

#include "base/text.hpp"
#include "platform/files.hpp"

namespace rbee::platform {

namespace fs = std::filesystem;

fs::path ProbeFiles::at(std::string_view path) const {
  return root_ / fs::path(path).relative_path();
}

bool ProbeFiles::exists(std::string_view path) const {
  std::error_code ignored;
  return fs::exists(at(path), ignored);
}

std::string ProbeFiles::text(std::string_view path) const {
  auto text = read_file(at(path), 1 << 20);
  return text ? std::move(*text) : std::string();
}

std::string ProbeFiles::first_line(std::string_view path) const {
  const std::string all = text(path);
  return std::string(trim(std::string_view(all).substr(0, all.find('\n'))));
}

std::vector<std::string> ProbeFiles::names(std::string_view directory) const {
  std::vector<std::string> out;
  std::error_code error;
  fs::directory_iterator entry(at(directory), error);
  constexpr std::size_t kNamesMax = 10'000;
  while (!error && entry != fs::directory_iterator() && out.size() < kNamesMax) {
    out.push_back(entry->path().filename().string());
    entry.increment(error);
  }
  const auto key = [](const std::string& name) {
    const std::size_t last = name.find_last_not_of("0123456789");
    const std::size_t digits = last == std::string::npos ? 0 : last + 1;
    return std::make_tuple(name.substr(0, digits),
                           leading_number(std::string_view(name).substr(digits)), name);
  };
  std::sort(out.begin(), out.end(), [&](const auto& a, const auto& b) { return key(a) < key(b); });
  return out;
}

std::uint64_t ProbeFiles::number(std::string_view path) const {
  const std::string line = first_line(path);
  return line.starts_with("0x") ? leading_number(std::string_view(line).substr(2), 16)
                                : leading_number(line);
}

bool ProbeFiles::usable(std::string_view path) const {
  return ::access(at(path).c_str(), R_OK | W_OK) == 0;
}

std::string value_of(std::string_view text, std::string_view key, char separator) {
  for (std::string_view line : split(text, '\n')) {
    const std::size_t end = line.find(separator);
    if (end != std::string_view::npos && trim(line.substr(0, end)) == key)
      return std::string(trim(line.substr(end + 1)));
  }
  return {};
}

std::uint64_t leading_number(std::string_view text, int base) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  return error == std::errc() ? value : 0;
}

}  // namespace rbee::platform
