#include "cli/git_tree.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include "base/text.hpp"

namespace rbee::cli {

namespace {

constexpr std::size_t kIdBytes = 20;
constexpr std::string_view kFolderMode = "40000";

struct Entry {
  std::string_view mode, name, id;
  /// Git orders a folder as if its name ended with a slash.
  std::string order() const { return std::string(name) + (mode == kFolderMode ? "/" : ""); }
};

Result<std::vector<Entry>> entries_of(std::string_view bytes) {
  std::vector<Entry> entries;
  while (!bytes.empty()) {
    const std::size_t blank = bytes.find(' '), end = bytes.find('\0');
    constexpr auto kModes =
        std::to_array<std::string_view>({"100644", "100755", "120000", "160000", kFolderMode});
    if (blank == std::string_view::npos || end == std::string_view::npos || blank > end ||
        bytes.size() - end <= kIdBytes ||
        std::find(kModes.begin(), kModes.end(), bytes.substr(0, blank)) == kModes.end())
      return fail(Errc::bad_response, "tree-invalid", "the catalog's Git tree cannot be read");
    entries.push_back({bytes.substr(0, blank), bytes.substr(blank + 1, end - blank - 1),
                       bytes.substr(end + 1, kIdBytes)});
    bytes.remove_prefix(end + 1 + kIdBytes);
  }
  return entries;
}

}  // namespace

Result<std::string> tree_with_folder(std::string_view bytes, std::string_view name,
                                     const ObjectId& tree) {
  TRY_ASSIGN(std::vector<Entry> entries, entries_of(bytes));
  std::erase_if(entries, [&](const Entry& entry) { return entry.name == name; });
  const auto id = from_hex(tree.str());
  if (!id || id->size() != kIdBytes)
    return fail(Errc::bad_response, "tree-invalid", "the object's id is none of SHA-1");
  const std::string raw(id->begin(), id->end());
  const Entry added{kFolderMode, name, raw};
  const auto place = std::find_if(entries.begin(), entries.end(), [&](const Entry& entry) {
    return entry.order() > added.order();
  });
  entries.insert(place, added);
  std::string out;
  out.reserve(bytes.size() + name.size() + 32);
  for (const Entry& entry : entries) {
    out += entry.mode;
    out += ' ';
    out += entry.name;
    out += '\0';
    out += entry.id;
  }
  return out;
}

}  // namespace rbee::cli
