// Which checksums a recipe should have, and the text that `makepkg -g` prints of them.
//
// Pure: somebody else computes the digests. Source: makepkg 6.0.2,
// libmakepkg/integrity/generate_checksum.sh and util/source.sh, for what they answer.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/digest.hpp"
#include "pkgbuild/recipe.hpp"

namespace rbee::pkgbuild {

/// One source array that is not empty.
struct SourceArray {
  std::string suffix;  ///< "" for `source`, "_x86_64" for `source_x86_64`.
  std::vector<SourceEntry> entries;
};

/// One checksum array as it shall be.
struct ChecksumArray {
  HashAlgorithm algorithm = HashAlgorithm::sha256;
  std::string suffix;               ///< As its source array's.
  std::vector<std::string> values;  ///< Digests and "SKIP".

  /// "sha256sums_x86_64".
  std::string name() const { return std::string(array_name(algorithm)) + suffix; }
};

/// `source`, then `source_<arch>` in the order of `arch`.
std::vector<SourceArray> source_arrays(const Recipe& recipe);

/// True where makepkg -g writes SKIP without looking at bytes: bzr, git, hg and svn, and
/// signatures (.sig, .sign, .asc).
bool is_skipped(const SourceEntry& source);

/// The algorithms that the recipe has an array of, in makepkg's order; SHA-256 when it has none.
/// (makepkg takes INTEGRITY_CHECK of makepkg.conf then, which is SHA-256 where nobody changed it.)
std::vector<HashAlgorithm> checksum_algorithms(const Recipe& recipe);

/// "sha256sums=('…'", further elements under the first, ")" and a newline.
std::string checksum_text(const ChecksumArray& array);

}  // namespace rbee::pkgbuild
