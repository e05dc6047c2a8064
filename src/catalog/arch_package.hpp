// A worker as Arch Linux's tools see it: one package for each of its recipes.
//
// Pure. makepkg runs on Linux and knows no accelerators, so a recipe is shown as it evaluates on
// linux, x86_64 and the processor, or on the nearest platform that the worker has.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/ids.hpp"
#include "catalog/snapshot.hpp"

namespace rbee::catalog {

/// One recipe, evaluated. Views into the worker that it came from.
struct ArchPackage {
  manifest::RecipeKind kind = manifest::RecipeKind::source;
  const RecipeText* text = nullptr;
  const pkgbuild::Recipe* recipe = nullptr;
  Arch arch = Arch::x86_64;
};

/// Source first; a recipe without a variant on Linux is left out. At most two.
std::vector<ArchPackage> arch_packages(const Worker& worker);

/// One file of a package's own repository.
struct PackageFile {
  std::string path;
  bool executable = false;
  std::optional<ObjectId> blob;  ///< A blob of the catalog's; none: `text` holds the bytes.
  std::string text;
};

/// What the package's own repository holds, sorted by path: the recipe under the name PKGBUILD,
/// whichever kind it is, the .SRCINFO that we derive, and what else is in the worker's folder but
/// the other recipe. The recipe's text is the one that was reviewed, byte for byte.
std::vector<PackageFile> package_files(const Worker& worker, const ArchPackage& package);

}  // namespace rbee::catalog
