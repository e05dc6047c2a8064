#include "pkgbuild/checksums.hpp"

#include <algorithm>
#include <array>

namespace rbee::pkgbuild {

std::vector<SourceArray> source_arrays(const Recipe& recipe) {
  std::vector<SourceArray> arrays;
  const auto add = [&](const std::string& suffix) {
    std::vector<SourceEntry> entries = recipe.sources_of(suffix);
    if (!entries.empty()) arrays.push_back({suffix, std::move(entries)});
  };
  add("");
  for (const std::string& arch : recipe.array("arch")) add("_" + arch);
  return arrays;
}

bool is_skipped(const SourceEntry& source) {
  static constexpr std::array<std::string_view, 4> kVersionControl = {"bzr", "git", "hg", "svn"};
  if (std::find(kVersionControl.begin(), kVersionControl.end(), source.protocol) !=
      kVersionControl.end())
    return true;
  const std::string_view name = std::string_view(source.entry).substr(0, source.entry.find("::"));
  return name.ends_with(".sig") || name.ends_with(".sign") || name.ends_with(".asc");
}

std::vector<HashAlgorithm> checksum_algorithms(const Recipe& recipe) {
  // An array whose elements are all empty, joined, is empty: bash's "${name[*]}".
  const auto present = [&](const std::string& name) {
    const std::vector<std::string>& values = recipe.array(name);
    return values.size() > 1 || (values.size() == 1 && !values.front().empty());
  };
  std::vector<HashAlgorithm> algorithms;
  for (const HashAlgorithm algorithm : kHashAlgorithms) {
    const std::string name(array_name(algorithm));
    const std::vector<std::string>& arches = recipe.array("arch");
    if (present(name) || std::any_of(arches.begin(), arches.end(), [&](const std::string& arch) {
          return present(name + "_" + arch);
        }))
      algorithms.push_back(algorithm);
  }
  if (algorithms.empty()) algorithms.push_back(HashAlgorithm::sha256);
  return algorithms;
}

std::string checksum_text(const ChecksumArray& array) {
  std::string out = array.name() + "=(";
  const std::string indent(out.size(), ' ');
  for (std::size_t i = 0; i < array.values.size(); ++i) {
    if (i > 0) out += "\n" + indent;
    out += "'" + array.values[i] + "'";
  }
  return out + ")\n";
}

}  // namespace rbee::pkgbuild
