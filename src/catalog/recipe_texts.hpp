// Which recipes a worker has: those it committed, and those that its manifest describes.
//
// Pure but for the files it is handed. Source: docs/worker-toml.md, "Generated recipes".
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/finding.hpp"
#include "catalog/snapshot.hpp"
#include "catalog/worker_files.hpp"
#include "manifest/manifest.hpp"

namespace rbee::catalog {

/// One platform that a recipe is evaluated for.
struct Row {
  Platform platform;
  std::vector<std::string> features;
  std::vector<std::string> depends;
  bool chosen = false;  ///< The manifest's row names this recipe, so it must fit.
};

/// The rows of `[[variant]]` that concern a recipe of this kind; none when the manifest has no
/// variants.
std::vector<Row> manifest_rows(const manifest::Manifest& manifest, manifest::RecipeKind kind);

/// The manifest's version: written, or of the Cargo.toml it names; empty when it has none. What is
/// wrong becomes a finding.
std::string manifest_version(const manifest::Manifest& manifest, const std::string& manifest_text,
                             const WorkerFiles& files, std::vector<Finding>& findings);

/// The recipe that `[source]` or `[release]` describes. Requires that the manifest has that table.
RecipeText generate_recipe(const manifest::Manifest& manifest, manifest::RecipeKind kind,
                           const std::string& version);

}  // namespace rbee::catalog
