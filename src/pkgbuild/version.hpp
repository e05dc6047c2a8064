// The order of package versions, and dependencies such as "name>=1.2: why".
//
// Pure. Source: pacman 6.0.2, vercmp(8) and PKGBUILD(5) "depends"; version_test.cpp compares with
// vercmp.
#pragma once

#include <string>
#include <string_view>

namespace rbee::pkgbuild {

/// Below, equal to or above 0 as release `a` is older than, as old as or newer than `b`. Each is
/// "[epoch:]pkgver[-pkgrel]"; without an epoch it is 0, and pkgrel counts only when both have one.
int compare_versions(std::string_view a, std::string_view b);

/// One entry of depends, optdepends, provides …
struct Dependency {
  enum class Relation { any, equal, less, less_equal, greater, greater_equal };
  std::string name;
  Relation relation = Relation::any;
  std::string version;  ///< Empty for Relation::any.
  std::string reason;   ///< What follows ": " in optdepends; may be empty.
};

/// Take an entry apart as makepkg's lint does: the name ends at the first of `<`, `>` and `=`; the
/// reason begins after the first colon that white space follows. Never fails: lint.hpp says what is
/// wrong with it.
Dependency parse_dependency(std::string_view text);

/// True when a package of version `version` is what `dependency` asks for.
bool satisfies(const Dependency& dependency, std::string_view version);

}  // namespace rbee::pkgbuild
