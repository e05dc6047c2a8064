#include "catalog/worker_loader.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"
#include "catalog/findings.hpp"
#include "catalog/recipe_texts.hpp"
#include "catalog/variants.hpp"
#include "catalog/worker_files.hpp"

namespace rbee::catalog {

namespace {

using manifest::Manifest;
using manifest::RecipeKind;

/// The recipes that lie in the folder, then those that the manifest describes; source first.
std::vector<RecipeText> collect_recipes(const Manifest& manifest, const std::string& manifest_text,
                                        const WorkerFiles& files, std::string& version,
                                        std::vector<Finding>& findings) {
  std::vector<RecipeText> recipes;
  for (const RecipeKind kind : {RecipeKind::source, RecipeKind::binary})
    if (auto text = files.read(file_name(kind))) recipes.push_back({kind, std::move(*text), false});
  const auto committed = [&](RecipeKind kind) {
    return std::any_of(recipes.begin(), recipes.end(),
                       [&](const RecipeText& recipe) { return recipe.kind == kind; });
  };

  version = manifest_version(manifest, manifest_text, files, findings);
  if (any_blocks(findings)) return recipes;
  const bool wants_source = manifest.source && !committed(RecipeKind::source);
  const bool wants_binary = manifest.release && !committed(RecipeKind::binary);
  std::string generated_version = version;
  if ((wants_source || wants_binary) && generated_version.empty() && !recipes.empty()) {
    // The committed recipe's own findings come when all are evaluated; here only its version is
    // wanted.
    std::vector<Finding> ignored;
    generated_version = evaluate_recipe(recipes.front(), manifest, 2, files, ignored).pkgver;
    if (generated_version.empty()) return recipes;
  }
  if ((wants_source || wants_binary) && generated_version.empty()) {
    const std::string_view table = wants_source ? "[source]" : "[release]";
    findings.push_back(make_finding(
        "version-missing", "worker.toml", manifest_text, place_of(manifest_text, table),
        fmt::format("{} describes a recipe, and nothing says its version", table),
        {.fix = "version = { cargo = \"path/Cargo.toml\" } or version = \"1.2.3\" in [worker]"}));
    return recipes;
  }
  if (wants_source)
    recipes.push_back(generate_recipe(manifest, RecipeKind::source, generated_version));
  if (wants_binary)
    recipes.push_back(generate_recipe(manifest, RecipeKind::binary, generated_version));
  std::stable_sort(recipes.begin(), recipes.end(),
                   [](const RecipeText& a, const RecipeText& b) { return a.kind < b.kind; });
  if (recipes.empty())
    findings.push_back(
        make_finding("recipe-missing", "", "there is no PKGBUILD and no PKGBUILD.bin",
                     {.fix = "add one, or describe it with [source] or [release] in worker.toml"}));
  return recipes;
}

std::optional<Manifest> load_manifest(const Folder& folder, const WorkerFiles& files,
                                      std::string& text, std::vector<Finding>& findings) {
  auto read = files.read("worker.toml");
  if (!read) {
    // A file that is too large has its finding already, and after too many files nothing more is
    // listed.
    const bool listed = std::none_of(findings.begin(), findings.end(), [](const Finding& finding) {
      return finding.rule == "file-count";
    });
    if (!files.has("worker.toml") && listed)
      findings.push_back(make_finding("manifest-missing", "worker.toml",
                                      "the worker has no worker.toml",
                                      {.fix = "see docs/worker-toml.md; four lines are enough"}));
    return std::nullopt;
  }
  text = std::move(*read);
  manifest::Parsed parsed = manifest::parse_manifest(text, folder.name);
  std::move(parsed.findings.begin(), parsed.findings.end(), std::back_inserter(findings));
  return std::move(parsed.manifest);
}

std::string load_readme(const WorkerFiles& files, std::vector<Finding>& findings) {
  auto text = files.read("README.md");
  if (!text) return {};
  if (is_utf8(*text)) return std::move(*text);
  findings.push_back(make_finding("readme-not-utf8", "README.md",
                                  "README.md is not UTF-8 and is not shown",
                                  {.severity = Severity::warn}));
  return {};
}

}  // namespace

Result<Loaded> load_worker(const FileSource& source, const CommitId& commit, const Folder& folder) {
  Loaded loaded;
  std::vector<Finding>& findings = loaded.findings;
  const auto id = WorkerId::parse(folder.name);
  if (!id)
    findings.push_back(make_finding(
        "worker-id-invalid", "",
        fmt::format("'{}' is not a worker id", printable_line(folder.name)),
        {.why = "an id is 1 to 100 lower-case letters, digits and '-', a letter or digit first",
         .fix = "rename the folder"}));

  TRY_ASSIGN(const WorkerFiles files, WorkerFiles::list(source, findings));
  std::string manifest_text;
  std::optional<Manifest> manifest = load_manifest(folder, files, manifest_text, findings);
  std::string readme = load_readme(files, findings);
  if (!manifest || !id) return loaded;

  std::string version;
  std::vector<RecipeText> texts =
      collect_recipes(*manifest, manifest_text, files, version, findings);
  std::vector<EvaluatedRecipe> recipes;
  for (const RecipeText& text : texts)
    recipes.push_back(evaluate_recipe(text, *manifest, texts.size(), files, findings));
  check_together(texts, recipes, *manifest, manifest_text, version, findings);
  if (any_blocks(findings)) return loaded;

  std::vector<Variant> variants;
  std::string release;
  for (EvaluatedRecipe& recipe : recipes) {
    if (release.empty()) release = recipe.version;
    std::move(recipe.variants.begin(), recipe.variants.end(), std::back_inserter(variants));
  }
  if (variants.empty()) {
    findings.push_back(make_finding("recipe-missing", "", "no recipe runs on any platform"));
    return loaded;
  }
  std::stable_sort(variants.begin(), variants.end(), [](const Variant& a, const Variant& b) {
    return std::tie(a.platform, a.kind) < std::tie(b.platform, b.kind);
  });
  loaded.worker = std::make_shared<Worker>(Worker{*id,
                                                  folder.origin,
                                                  folder.directory(),
                                                  folder.tree,
                                                  commit,
                                                  {},
                                                  {},
                                                  {},
                                                  std::move(*manifest),
                                                  std::move(manifest_text),
                                                  std::move(readme),
                                                  files.files(),
                                                  std::move(texts),
                                                  std::move(variants),
                                                  std::move(release),
                                                  std::move(findings)});
  return loaded;
}

}  // namespace rbee::catalog
