// A committed .SRCINFO as values: what makepkg wrote, read back.
//
// Pure. Source: makepkg 6.0.2's libmakepkg/srcinfo.sh for what is written; what the AUR asks of the
// file when it is pushed for what is refused. Lines may come in any order inside their section.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/finding.hpp"
#include "pkgbuild/recipe.hpp"

namespace rbee::pkgbuild {

/// The values of one .SRCINFO. Spans are those of the last line of each field.
struct Srcinfo {
  std::string pkgbase;
  Fields fields;                  ///< Of the pkgbase section.
  std::vector<Package> packages;  ///< At least one. A field without a value empties the global one.
};

struct ParsedSrcinfo {
  std::optional<Srcinfo> srcinfo;  ///< Absent when a finding blocks, as all of them do.
  std::vector<Finding> findings;   ///< In the order of the text, at most `kSrcinfoFindingsMax`.
};

inline constexpr std::size_t kSrcinfoFindingsMax = 50;

/// Read the text of a .SRCINFO. Blank lines and lines that begin with '#' say nothing; blanks
/// around a key and around '=' do not count. `parse_srcinfo(srcinfo(recipe))` holds what was
/// printed, and printing it again gives the same bytes.
ParsedSrcinfo parse_srcinfo(std::string_view text);

/// As makepkg would print it.
std::string print(const Srcinfo& srcinfo);

}  // namespace rbee::pkgbuild
