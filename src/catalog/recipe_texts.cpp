#include "catalog/recipe_texts.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"
#include "catalog/findings.hpp"
#include "manifest/rules.hpp"
#include "pkgbuild/generate.hpp"

namespace rbee::catalog {

namespace {

using manifest::Manifest;
using manifest::RecipeKind;

/// What every variant of this kind depends on: a recipe has one `depends`, the rows may have more.
std::vector<std::string> common_depends(const Manifest& manifest, RecipeKind kind) {
  const std::vector<Row> rows = manifest_rows(manifest, kind);
  if (rows.empty()) return {};
  std::vector<std::string> common = rows.front().depends;
  for (const Row& row : rows)
    std::erase_if(common, [&](const std::string& name) {
      return std::find(row.depends.begin(), row.depends.end(), name) == row.depends.end();
    });
  return common;
}

pkgbuild::RecipeHeader header_of(const Manifest& manifest, RecipeKind kind,
                                 const std::string& version) {
  const std::string& id = manifest.id.str();
  const bool binary = kind == RecipeKind::binary;
  return {binary ? id + "-bin" : id, version,          manifest.description,
          manifest.homepage,         manifest.license, common_depends(manifest, kind),
          binary ? id : ""};
}

pkgbuild::SourceRecipe::BuildSystem to_generator(manifest::BuildSystem system) {
  using Theirs = pkgbuild::SourceRecipe::BuildSystem;
  switch (system) {
    case manifest::BuildSystem::cargo:
      return Theirs::cargo;
    case manifest::BuildSystem::cmake:
      return Theirs::cmake;
    case manifest::BuildSystem::make:
      return Theirs::make;
    case manifest::BuildSystem::npm:
      return Theirs::npm;
    case manifest::BuildSystem::pip:
      break;
  }
  return Theirs::pip;
}

std::string source_recipe(const Manifest& manifest, const std::string& version) {
  const manifest::SourceTable& source = *manifest.source;
  const auto expand = [&](const std::string& text) {
    return manifest::expand_placeholders(text, version, Platform{});
  };
  pkgbuild::SourceRecipe recipe;
  recipe.header = header_of(manifest, RecipeKind::source, version);
  const std::vector<Row> rows = manifest_rows(manifest, RecipeKind::source);
  for (const Row& row : rows) recipe.arch.push_back(row.platform.arch);
  if (rows.empty()) recipe.arch = {Arch::x86_64, Arch::aarch64};
  if (!rows.empty()) recipe.features = rows.front().features;
  recipe.fetch = source.type == manifest::SourceType::git ? pkgbuild::SourceRecipe::Fetch::git
                                                          : pkgbuild::SourceRecipe::Fetch::tarball;
  recipe.url = expand(source.url);
  recipe.ref = !source.commit.empty() ? "commit=" + source.commit
               : !source.tag.empty()  ? "tag=" + expand(source.tag)
                                      : "branch=" + expand(source.branch);
  recipe.sha256 = source.sha256;
  recipe.path = expand(source.path);
  recipe.build_system = to_generator(source.build_system);
  recipe.binary = source.binary.empty() ? manifest.id.str() : source.binary;
  return pkgbuild::generate(recipe);
}

std::string binary_recipe(const Manifest& manifest, const std::string& version) {
  pkgbuild::BinaryRecipe recipe;
  recipe.header = header_of(manifest, RecipeKind::binary, version);
  for (const auto& [key, digest] : manifest.release->sha256) {
    const auto platform = parse_platform(key);
    if (!platform) continue;  // The manifest's parser refused it.
    recipe.downloads.push_back(
        {*platform, manifest::expand_placeholders(manifest.release->url, version, *platform),
         digest});
  }
  recipe.binary = manifest::expand_placeholders(manifest.release->binary, version, Platform{});
  return pkgbuild::generate(recipe);
}

std::string parent_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? "" : path.substr(0, slash);
}

}  // namespace

std::vector<Row> manifest_rows(const Manifest& manifest, RecipeKind kind) {
  std::vector<Row> rows;
  for (const manifest::VariantRow& variant : manifest.variants) {
    if (variant.recipe && *variant.recipe != kind) continue;
    for (const Os os : variant.os)
      for (const Arch arch : variant.arch)
        rows.push_back({{os, arch, variant.accelerator},
                        variant.features,
                        variant.depends,
                        variant.recipe.has_value()});
  }
  return rows;
}

std::string manifest_version(const Manifest& manifest, const std::string& manifest_text,
                             const WorkerFiles& files, std::vector<Finding>& findings) {
  if (manifest.version_cargo.empty()) return manifest.version;
  const Span place = place_of(manifest_text, manifest.version_cargo);
  const auto text = files.read(manifest.version_cargo);
  if (!text) {
    findings.push_back(
        make_finding("cargo-toml-missing", "worker.toml", manifest_text, place,
                     fmt::format("the worker's folder has no '{}'", manifest.version_cargo),
                     {.why = "[worker].version names it"}));
    return {};
  }
  Result<std::string> version = manifest::cargo_version(*text, std::nullopt);
  if (!version && manifest::cargo_version_is_inherited(*text)) {
    // Cargo looks for the workspace in the crate itself, then in the folders above it.
    version = manifest::cargo_version(*text, *text);
    std::string folder = parent_of(manifest.version_cargo);
    while (!version && !folder.empty()) {
      folder = parent_of(folder);
      const auto above = files.read(folder.empty() ? "Cargo.toml" : folder + "/Cargo.toml");
      if (above) version = manifest::cargo_version(*text, *above);
    }
    if (!version) version = manifest::cargo_version(*text, std::nullopt);
  }
  if (version) return *version;
  findings.push_back(
      make_finding(version.error().id, "worker.toml", manifest_text, place, version.error().message,
                   {.why = "[worker].version names this Cargo.toml", .fix = version.error().fix}));
  for (Finding& finding : version.error().findings) {
    finding.file = manifest.version_cargo;
    findings.push_back(std::move(finding));
  }
  return {};
}

RecipeText generate_recipe(const Manifest& manifest, RecipeKind kind, const std::string& version) {
  return {kind,
          kind == RecipeKind::source ? source_recipe(manifest, version)
                                     : binary_recipe(manifest, version),
          true};
}

}  // namespace rbee::catalog
