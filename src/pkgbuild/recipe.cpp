// What other layers ask an evaluated recipe.
//
// Pure. Source: makepkg 6.0.2, libmakepkg/util/{source,pkgbuild}.sh and
// integrity/verify_checksum.sh.
#include "pkgbuild/recipe.hpp"

#include <algorithm>
#include <array>

namespace rbee::pkgbuild {

namespace {

/// The part of `text` before the first `mark`, or all of it.
std::string_view before_first(std::string_view text, std::string_view mark) {
  return text.substr(0, text.find(mark));
}

/// The part after the last '/', or all of it.
std::string_view after_last_slash(std::string_view text) {
  return text.substr(text.rfind('/') + 1);
}

/// makepkg's get_protocol: what stands before "://", without a "+transport"; "local" for a plain
/// name.
std::string_view protocol_of(std::string_view entry) {
  if (entry.find("://") != std::string_view::npos) {
    if (const std::size_t name_end = entry.find("::"); name_end != std::string_view::npos)
      entry.remove_prefix(name_end + 2);
    return before_first(before_first(entry, "://"), "+");
  }
  if (entry.find("lp:") != std::string_view::npos) {
    if (const std::size_t name_end = entry.find("::"); name_end != std::string_view::npos)
      entry.remove_prefix(name_end + 2);
    return before_first(entry, "+lp:");
  }
  return "local";
}

/// makepkg's get_filename: what the source is saved as.
std::string file_name_of(std::string_view entry, std::string_view protocol) {
  if (const std::size_t name_end = entry.find("::"); name_end != std::string_view::npos)
    return std::string(entry.substr(0, name_end));
  static constexpr std::array<std::string_view, 5> kVersionControl = {"bzr", "fossil", "git", "hg",
                                                                      "svn"};
  if (std::find(kVersionControl.begin(), kVersionControl.end(), protocol) == kVersionControl.end())
    return std::string(after_last_slash(entry));
  std::string_view name = before_first(before_first(entry, "#"), "?");
  if (name.ends_with('/')) name.remove_suffix(1);
  name = after_last_slash(name);
  if (protocol == "bzr") {
    if (const std::size_t lp = name.find("lp:"); lp != std::string_view::npos)
      name.remove_prefix(lp + 3);
  }
  if (protocol == "fossil") return std::string(name) + ".fossil";
  if (protocol == "git") name = before_first(name, ".git");
  return std::string(name);
}

}  // namespace

std::string_view Recipe::scalar(std::string_view name) const {
  const auto field = fields.find(name);
  if (field == fields.end() || field->second.values.empty()) return {};
  return field->second.values.front();
}

const std::vector<std::string>& Recipe::array(std::string_view name) const {
  static const std::vector<std::string> kNone;
  const auto field = fields.find(name);
  return field == fields.end() ? kNone : field->second.values;
}

const Function* Recipe::function(std::string_view name) const {
  const auto found = std::find_if(functions.begin(), functions.end(),
                                  [&](const Function& f) { return f.name == name; });
  return found == functions.end() ? nullptr : &*found;
}

std::string Recipe::version() const {
  std::string version;
  // makepkg asks `(( epoch > 0 ))`, which reads a leading 0 as octal: an invalid octal number is no
  // epoch.
  const std::string_view epoch = scalar("epoch");
  const bool octal_fault = epoch.starts_with('0') && epoch.find_first_of("89") != epoch.npos;
  if (epoch.find_first_not_of('0') != epoch.npos && !octal_fault)
    version = std::string(epoch) + ':';
  version += scalar("pkgver");
  version += '-';
  version += scalar("pkgrel");
  return version;
}

std::vector<SourceEntry> Recipe::sources(Arch arch) const {
  std::vector<SourceEntry> entries = sources_of("");
  for (SourceEntry& entry : sources_of("_" + std::string(to_string(arch))))
    entries.push_back(std::move(entry));
  return entries;
}

std::vector<SourceEntry> Recipe::sources_of(std::string_view suffix) const {
  std::vector<SourceEntry> entries;
  const auto source = fields.find("source" + std::string(suffix));
  if (source == fields.end()) return entries;
  for (std::size_t i = 0; i < source->second.values.size(); ++i) {
    const std::string& text = source->second.values[i];
    SourceEntry entry;
    entry.entry = text;
    entry.protocol = protocol_of(text);
    entry.file_name = file_name_of(text, entry.protocol);
    const std::size_t name_end = text.find("::");
    entry.url = name_end == std::string::npos ? text : text.substr(name_end + 2);
    entry.span = source->second.span;
    for (const HashAlgorithm algorithm : kHashAlgorithms) {
      const auto& sums = array(std::string(array_name(algorithm)) + std::string(suffix));
      if (i < sums.size()) entry.checksums.emplace(algorithm, sums[i]);
    }
    entries.push_back(std::move(entry));
  }
  return entries;
}

bool Recipe::supports(Arch arch) const {
  const auto& arches = array("arch");
  return std::any_of(arches.begin(), arches.end(),
                     [&](const std::string& a) { return a == "any" || a == to_string(arch); });
}

}  // namespace rbee::pkgbuild
