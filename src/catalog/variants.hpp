// Evaluates a worker's recipes for each platform and holds them against the manifest.
//
// Pure but for the files it is handed. Rule SYN-005 of docs/checks.md: recipe and manifest must
// agree.
#pragma once

#include <string>
#include <vector>

#include "base/finding.hpp"
#include "catalog/recipe_texts.hpp"
#include "catalog/snapshot.hpp"
#include "catalog/worker_files.hpp"

namespace rbee::catalog {

/// The text of one recipe, evaluated on each of its platforms.
struct EvaluatedRecipe {
  manifest::RecipeKind kind = manifest::RecipeKind::source;
  std::vector<Variant> variants;
  std::string pkgver;   ///< Empty when it could not be evaluated.
  std::string version;  ///< "[epoch:]pkgver-pkgrel".
};

/// Evaluate `recipe` for the manifest's variants; without any, for linux, cpu and each of the
/// recipe's architectures (a generated binary recipe: for each platform that has a digest).
/// `recipe_count` is how many recipes the worker has: with two, a variant that names neither may
/// fit only one.
EvaluatedRecipe evaluate_recipe(const RecipeText& recipe, const manifest::Manifest& manifest,
                                std::size_t recipe_count, const WorkerFiles& files,
                                std::vector<Finding>& findings);

/// What concerns the recipes of one worker together: one version, no platform without a recipe.
void check_together(const std::vector<RecipeText>& texts,
                    const std::vector<EvaluatedRecipe>& recipes, const manifest::Manifest& manifest,
                    const std::string& manifest_text, const std::string& manifest_version,
                    std::vector<Finding>& findings);

}  // namespace rbee::catalog
