// Changing a recipe in place: its version, and its checksums. Everything else stays byte for byte.
//
// Pure. An edit is planned on the syntax tree, made on the text, and then proved: the edited text
// is evaluated, must give exactly what was asked for, and must be the same tree everywhere else.
// What cannot be proved is refused, with the lines concerned; docs/editing.md has the rules.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.hpp"
#include "base/result.hpp"
#include "pkgbuild/checksums.hpp"
#include "pkgbuild/print.hpp"
#include "pkgbuild/recipe.hpp"

namespace rbee::pkgbuild {

/// A recipe before and after.
struct Edited {
  std::string text;         ///< The new one.
  std::vector<Edit> edits;  ///< Places of the old text and what stands there now, in order.
  Recipe before, after;     ///< Both, evaluated.
  /// What has another value now: "pkgver", "source_x86_64", "pkgname", "depends of w-cuda".
  std::vector<std::string> fields;
};

struct VersionWish {
  std::string pkgver;
  std::string pkgrel = "1";
  std::optional<std::string> epoch = std::nullopt;  ///< None: as it is.
};

/// The recipe with another version. A value that is written out is replaced in its own quotes; one
/// that is built from other variables is followed to the literal that makes it.
///
/// Errors: "edit-version-invalid" (usage), the recipe's own refusal (refusal.hpp), and, all of them
/// Errc::unsupported with the lines: "edit-not-assigned", "edit-conditional", "edit-appended",
/// "edit-built", "edit-ambiguous", "edit-refused" (the edited recipe would not be read),
/// "edit-spread" (it would change more than was asked for).
Result<Edited> set_version(std::string_view text, const Inputs& inputs, const VersionWish& wish);

/// The recipe with these checksum arrays, element by element; one that it does not have is added
/// after its source array. Arrays that are not named stay as they are. Errors: as above, and
/// "edit-loop" for an array that a loop or a function makes.
Result<Edited> set_checksums(std::string_view text, const Inputs& inputs,
                             const std::vector<ChecksumArray>& arrays);

}  // namespace rbee::pkgbuild
