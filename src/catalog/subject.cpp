#include "catalog/subject.hpp"

#include "catalog/builder.hpp"
#include "catalog/findings.hpp"

namespace rbee::catalog {

namespace {

/// A recipe that could not be loaded as part of a worker is still looked at, for one platform, so
/// that all its findings come at once.
check::SubjectRecipe alone(manifest::RecipeKind kind, std::string text) {
  check::SubjectRecipe recipe{kind, std::move(text), false, {}};
  pkgbuild::Inputs inputs;
  if (auto made = pkgbuild::evaluate(recipe.text, inputs))
    recipe.variants.push_back(
        {inputs.platform, std::make_shared<const pkgbuild::Recipe>(std::move(*made))});
  return recipe;
}

}  // namespace

Result<check::Release> load_release(const FileSource& source, const Folder& folder,
                                    std::vector<Finding>& findings) {
  const ObjectId nothing = *ObjectId::parse(std::string(40, '0'));
  TRY_ASSIGN(const Loaded loaded, load_worker(source, nothing, folder));
  check::Release release;
  std::vector<Finding> ignored;
  TRY_ASSIGN(const WorkerFiles files, WorkerFiles::list(source, ignored));
  for (const File& file : files.files())
    release.files.push_back(
        {file.path, file.size_bytes, file.executable, files.read(file.path).value_or("")});
  if (const check::SubjectFile* text = release.file("worker.toml"))
    release.manifest_text = text->bytes;
  if (loaded.worker != nullptr) {
    findings.insert(findings.end(), loaded.worker->findings.begin(), loaded.worker->findings.end());
    release.version = loaded.worker->version;
    release.manifest = loaded.worker->manifest;
    for (const RecipeText& text : loaded.worker->recipes) {
      check::SubjectRecipe recipe{text.kind, text.text, text.generated, {}};
      for (const Variant& variant : loaded.worker->variants)
        if (variant.kind == text.kind)
          recipe.variants.push_back({variant.platform, variant.recipe});
      release.recipes.push_back(std::move(recipe));
    }
    return release;
  }
  findings.insert(findings.end(), loaded.findings.begin(), loaded.findings.end());
  if (!release.manifest_text.empty())
    release.manifest = manifest::parse_manifest(release.manifest_text, folder.name).manifest;
  for (const manifest::RecipeKind kind :
       {manifest::RecipeKind::source, manifest::RecipeKind::binary})
    if (const check::SubjectFile* file = release.file(manifest::file_name(kind))) {
      release.recipes.push_back(alone(kind, file->bytes));
      if (!release.recipes.back().variants.empty() && release.version.empty())
        release.version = release.recipes.back().variants.front().recipe->version();
    }
  return release;
}

}  // namespace rbee::catalog
