#include "catalog/variants.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <memory>
#include <set>

#include "base/text.hpp"
#include "catalog/findings.hpp"
#include "manifest/spdx.hpp"
#include "pkgbuild/environment.hpp"
#include "pkgbuild/generate.hpp"

namespace rbee::catalog {

namespace {

using manifest::Manifest;
using manifest::RecipeKind;
using pkgbuild::Recipe;

constexpr const char* kAgreement = "SYN-005";

bool is_same(const pkgbuild::Fields& a, const pkgbuild::Fields& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const auto& x, const auto& y) {
    return x.first == y.first && x.second.form == y.second.form &&
           x.second.values == y.second.values && x.second.span == y.second.span;
  });
}

/// Equal values and functions of one text.
bool is_same(const Recipe& a, const Recipe& b) {
  return a.pkgbase == b.pkgbase && is_same(a.fields, b.fields) &&
         std::equal(a.packages.begin(), a.packages.end(), b.packages.begin(), b.packages.end(),
                    [](const pkgbuild::Package& x, const pkgbuild::Package& y) {
                      return x.name == y.name && is_same(x.overrides, y.overrides);
                    }) &&
         std::equal(a.functions.begin(), a.functions.end(), b.functions.begin(), b.functions.end(),
                    [](const pkgbuild::Function& x, const pkgbuild::Function& y) {
                      return x.name == y.name && x.span == y.span;
                    });
}

/// One recipe of one worker while it is looked at.
class RecipeCheck {
 public:
  RecipeCheck(const RecipeText& recipe, const Manifest& manifest, const WorkerFiles& files,
              std::vector<Finding>& findings)
      : recipe_(recipe),
        manifest_(manifest),
        files_(files),
        findings_(findings),
        file_(file_name(recipe.kind)) {}

  EvaluatedRecipe run() {
    EvaluatedRecipe result;
    result.kind = recipe_.kind;
    std::vector<Row> rows = manifest_rows(manifest_, recipe_.kind);
    const bool derived = rows.empty() && manifest_.variants.empty();
    if (derived) rows = derive_rows();
    for (const Row& row : rows) {
      const auto recipe = evaluate(row);
      if (!recipe) {
        if (limit_reached_) break;  // It would reach it on every platform.
        continue;
      }
      if (result.pkgver.empty()) {
        result.pkgver = recipe->scalar("pkgver");
        result.version = recipe->version();
        check_name(*recipe);
        check_license(*recipe);
      } else if (result.version != recipe->version()) {
        add(*recipe, "pkgver",
            fmt::format("the version is {} on one platform and {} on another", result.version,
                        recipe->version()));
      }
      if (!recipe->supports(row.platform.arch)) {
        if (row.chosen || recipes_ == 1) refuse_arch(*recipe, row);
        continue;
      }
      covered_.insert(row.platform.arch);
      result.variants.push_back(
          {row.platform, recipe_.kind, row.features,
           row.depends.empty() ? recipe_depends(*recipe, row.platform.arch) : row.depends, recipe});
    }
    if (!derived && last_) warn_uncovered(*last_);
    return result;
  }

  void set_recipe_count(std::size_t count) { recipes_ = count; }

 private:
  /// Without [[variant]]: what the recipe itself says, on linux and cpu.
  std::vector<Row> derive_rows() {
    std::vector<Row> rows;
    if (recipe_.generated && recipe_.kind == RecipeKind::binary) {
      for (const auto& [key, digest] : manifest_.release->sha256)
        if (const auto platform = parse_platform(key)) rows.push_back({*platform, {}, {}, true});
      return rows;
    }
    const auto recipe = evaluate({Platform{}, {}, {}, false});
    if (!recipe) return rows;
    for (const Arch arch : kArches)
      if (recipe->supports(arch))
        rows.push_back({{Os::linux, arch, Accelerator::cpu}, {}, {}, false});
    if (rows.empty())
      add(*recipe, "arch",
          fmt::format("none of the recipe's architectures ({}) is one that workers run on",
                      fmt::join(recipe->array("arch"), ", ")),
          {.why = "known are: x86_64, aarch64, armv7h, any"});
    return rows;
  }

  std::shared_ptr<const Recipe> evaluate(const Row& row) {
    pkgbuild::Inputs inputs;
    inputs.platform = row.platform;
    inputs.environment = pkgbuild::variant_environment(row.platform, row.features);
    inputs.files = &files_;
    auto answer = pkgbuild::evaluate(recipe_.text, inputs);
    if (answer) {
      // Accelerators often differ in what the manifest says alone: one value then serves them all.
      if (last_ == nullptr || !is_same(*last_, *answer))
        last_ = std::make_shared<const Recipe>(std::move(*answer));
      return last_;
    }
    limit_reached_ = answer.error().kind == pkgbuild::Refusal::Kind::limit;
    for (Finding& finding : answer.error().findings) {
      finding.file = file_;
      add_once(findings_, std::move(finding));
    }
    return nullptr;
  }

  void check_name(const Recipe& recipe) {
    const std::string& id = manifest_.id.str();
    const bool binary = recipe_.kind == RecipeKind::binary;
    if (recipe.packages.size() != 1) {
      add(recipe, "pkgname",
          fmt::format("the recipe makes {} packages; a worker is one", recipe.packages.size()),
          {.fix = fmt::format("pkgname={}", id)});
      return;
    }
    const std::string& name = recipe.packages.front().name;
    if (name == id || (binary && name == id + "-bin")) return;
    add(recipe, "pkgname",
        fmt::format("pkgname is '{}', and the worker's id is '{}'", printable_line(name), id),
        {.fix = fmt::format("pkgname={}{}", id, binary ? "-bin" : "")});
  }

  void check_license(const Recipe& recipe) {
    const auto& declared = recipe.array("license");
    if (declared.empty()) return;
    std::set<std::string, std::less<>> ids;
    for (const std::string& expression : declared) ids.merge(manifest::parse_spdx(expression).ids);
    if (ids == manifest::parse_spdx(manifest_.license).ids) return;
    add(recipe, "license",
        fmt::format("license is '{}', and worker.toml says '{}'",
                    printable_line(fmt::format("{}", fmt::join(declared, "' '"))),
                    manifest_.license),
        {.fix = fmt::format("license=({})", pkgbuild::quote(manifest_.license)),
         .severity = Severity::warn});
  }

  void refuse_arch(const Recipe& recipe, const Row& row) {
    add(recipe, "arch",
        fmt::format("arch is ({}), and a [[variant]] of worker.toml is for {}",
                    printable_line(fmt::format("{}", fmt::join(recipe.array("arch"), " "))),
                    to_string(row.platform)),
        {.fix = fmt::format("add {} to arch, or take it out of the variant",
                            to_string(row.platform.arch))});
  }

  void warn_uncovered(const Recipe& recipe) {
    for (const Arch arch : kArches) {
      const auto& words = recipe.array("arch");
      const bool named = std::find(words.begin(), words.end(), to_string(arch)) != words.end();
      if (named && !covered_.contains(arch))
        add(recipe, "arch",
            fmt::format("arch has {}, and no [[variant]] of worker.toml offers it",
                        to_string(arch)),
            {.why = "nobody can install it there", .severity = Severity::warn});
    }
  }

  static std::vector<std::string> recipe_depends(const Recipe& recipe, Arch arch) {
    const std::string by_arch = fmt::format("depends_{}", to_string(arch));
    std::vector<std::string> all;
    for (const std::string& name : {std::string("depends"), by_arch}) {
      const auto& overrides = recipe.packages.front().overrides;
      const auto found = overrides.find(name);
      const auto& values = found != overrides.end() ? found->second.values : recipe.array(name);
      all.insert(all.end(), values.begin(), values.end());
    }
    return all;
  }

  void add(const Recipe& recipe, std::string_view field, std::string message,
           FindingDetails details = {}) {
    const auto found = recipe.fields.find(field);
    const Span span = found == recipe.fields.end() ? Span{} : found->second.span;
    if (details.why.empty() && details.severity == Severity::block)
      details.why = "the recipe and worker.toml must say the same";
    add_once(findings_, make_finding(kAgreement, file_, recipe_.text, span, std::move(message),
                                     std::move(details)));
  }

  const RecipeText& recipe_;
  const Manifest& manifest_;
  const WorkerFiles& files_;
  std::vector<Finding>& findings_;
  std::string file_;
  std::shared_ptr<const Recipe> last_;
  std::set<Arch> covered_;
  std::size_t recipes_ = 1;
  bool limit_reached_ = false;
};

}  // namespace

EvaluatedRecipe evaluate_recipe(const RecipeText& recipe, const Manifest& manifest,
                                std::size_t recipe_count, const WorkerFiles& files,
                                std::vector<Finding>& findings) {
  RecipeCheck check(recipe, manifest, files, findings);
  check.set_recipe_count(recipe_count);
  return check.run();
}

void check_together(const std::vector<RecipeText>& texts,
                    const std::vector<EvaluatedRecipe>& recipes, const Manifest& manifest,
                    const std::string& manifest_text, const std::string& manifest_version,
                    std::vector<Finding>& findings) {
  const auto has = [&](RecipeKind kind) {
    return std::any_of(texts.begin(), texts.end(),
                       [&](const RecipeText& text) { return text.kind == kind; });
  };
  for (const manifest::VariantRow& row : manifest.variants) {
    if (!row.recipe || has(*row.recipe)) continue;
    const std::string word = fmt::format("\"{}\"", file_name(*row.recipe));
    add_once(findings, make_finding("recipe-missing", "worker.toml", manifest_text,
                                    place_of(manifest_text, word),
                                    fmt::format("a [[variant]] names {}, and the worker has none",
                                                file_name(*row.recipe))));
  }
  // Only when the recipes themselves are sound: otherwise this would say the same again in other
  // words.
  if (any_blocks(findings)) return;
  for (const manifest::VariantRow& row : manifest.variants)
    for (const Os os : row.os)
      for (const Arch arch : row.arch) {
        const Platform platform{os, arch, row.accelerator};
        const bool offered =
            std::any_of(recipes.begin(), recipes.end(), [&](const EvaluatedRecipe& recipe) {
              return std::any_of(
                  recipe.variants.begin(), recipe.variants.end(),
                  [&](const Variant& variant) { return variant.platform == platform; });
            });
        if (!offered)
          add_once(findings,
                   make_finding(kAgreement, "worker.toml",
                                fmt::format("no recipe's arch has {}, which a [[variant]] offers",
                                            to_string(platform))));
      }
  for (std::size_t i = 0; i < recipes.size(); ++i) {
    const std::string file(file_name(recipes[i].kind));
    const Span place = place_of(texts[i].text, "pkgver=");
    if (i > 0 && recipes[i].pkgver != recipes[0].pkgver)
      findings.push_back(
          make_finding(kAgreement, file, texts[i].text, place,
                       fmt::format("pkgver is {} here and {} in {}", recipes[i].pkgver,
                                   recipes[0].pkgver, file_name(recipes[0].kind)),
                       {.why = "both recipes are the same release of one worker"}));
    if (!manifest_version.empty() && !texts[i].generated &&
        pkgbuild::package_version(manifest_version) != recipes[i].pkgver)
      findings.push_back(make_finding(
          kAgreement, file, texts[i].text, place,
          fmt::format("pkgver is {}, and worker.toml's version is {}", recipes[i].pkgver,
                      manifest_version),
          {.why = "the recipe and worker.toml must say the same",
           .fix = fmt::format("pkgver={}", pkgbuild::package_version(manifest_version))}));
  }
}

}  // namespace rbee::catalog
