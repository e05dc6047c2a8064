#include "catalog/arch_package.hpp"

#include <algorithm>

namespace rbee::catalog {

namespace {

/// The lower, the nearer to linux, x86_64, processor.
int distance(const Variant& variant) {
  return (variant.platform.arch == Arch::x86_64 ? 0 : 2) +
         (variant.platform.accelerator == Accelerator::cpu ? 0 : 1);
}

}  // namespace

std::vector<ArchPackage> arch_packages(const Worker& worker) {
  std::vector<ArchPackage> packages;
  for (const RecipeText& text : worker.recipes) {
    const Variant* nearest = nullptr;
    for (const Variant& variant : worker.variants)
      if (variant.kind == text.kind && variant.platform.os == Os::linux &&
          variant.recipe != nullptr &&
          (nearest == nullptr || distance(variant) < distance(*nearest)))
        nearest = &variant;
    if (nearest != nullptr)
      packages.push_back({text.kind, &text, nearest->recipe.get(), nearest->platform.arch});
  }
  return packages;
}

std::vector<PackageFile> package_files(const Worker& worker, const ArchPackage& package) {
  std::vector<PackageFile> files{{".SRCINFO", false, {}, pkgbuild::srcinfo(*package.recipe)},
                                 {"PKGBUILD", false, {}, package.text->text}};
  for (const File& file : worker.files)
    if (file.path != ".SRCINFO" && file.path != "PKGBUILD" && file.path != "PKGBUILD.bin")
      files.push_back({file.path, file.executable, file.blob, {}});
  std::sort(files.begin(), files.end(),
            [](const PackageFile& a, const PackageFile& b) { return a.path < b.path; });
  return files;
}

}  // namespace rbee::catalog
