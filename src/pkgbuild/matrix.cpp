// One recipe on many platforms: see matrix.hpp.
#include "pkgbuild/matrix.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include "base/text.hpp"
#include "pkgbuild/environment.hpp"
#include "pkgbuild/schema.hpp"

namespace rbee::pkgbuild {
namespace {

/// "source" and "x86_64" of "source_x86_64", when the second is one of the recipe's own.
std::pair<std::string_view, std::string_view> split_suffix(std::string_view name,
                                                           const std::vector<std::string>& arches) {
  for (const std::string& arch : arches) {
    if (arch != "any" && name.size() > arch.size() + 1 && name.ends_with(arch) &&
        name[name.size() - arch.size() - 1] == '_') {
      const std::string_view base = name.substr(0, name.size() - arch.size() - 1);
      if (schema::contains(schema::kArchArrays, base)) return {base, arch};
    }
  }
  return {name, {}};
}

void add_fields(const Fields& from, const std::string& prefix, const Recipe& recipe,
                std::string_view arch, Fields& out) {
  // A map gives "source" before "source_x86_64": values come in makepkg's order.
  for (const auto& [name, field] : from) {
    const auto [base, suffix] = split_suffix(name, recipe.array("arch"));
    if (!suffix.empty() && suffix != arch) continue;
    const auto [slot, fresh] = out.emplace(prefix + std::string(base), field);
    if (!fresh)
      slot->second.values.insert(slot->second.values.end(), field.values.begin(),
                                 field.values.end());
  }
}

Fields effective_fields(const Recipe& recipe, Arch arch) {
  Fields out;
  add_fields(recipe.fields, "", recipe, to_string(arch), out);
  for (const Package& package : recipe.packages)
    add_fields(package.overrides, package.name + ":", recipe, to_string(arch), out);
  return out;
}

bool same(const Field& a, const Field& b) {
  return a.form == b.form && a.values == b.values;
}

bool same(const Fields& a, const Fields& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const auto& x, const auto& y) {
    return x.first == y.first && same(x.second, y.second);
  });
}

bool same(const MatrixGroup& a, const MatrixGroup& b) {
  if (a.refusal.has_value() != b.refusal.has_value()) return false;
  if (!a.refusal) return same(a.fields, b.fields);
  return a.refusal->kind == b.refusal->kind &&
         a.refusal->findings.front().message == b.refusal->findings.front().message &&
         a.refusal->findings.front().span == b.refusal->findings.front().span;
}

Refusal not_for(const Recipe& recipe, std::string_view text, Arch arch) {
  Finding finding;
  finding.rule = "matrix-arch";
  finding.severity = Severity::info;
  finding.file = "PKGBUILD";
  finding.span = recipe.fields.contains("arch") ? recipe.fields.find("arch")->second.span : Span{};
  finding.position = LineMap(text).position(finding.span.begin);
  finding.message = fmt::format("arch is ({}), without {}", fmt::join(recipe.array("arch"), " "),
                                to_string(arch));
  finding.message = printable_line(finding.message);
  return {Refusal::Kind::invalid, {std::move(finding)}};
}

MatrixGroup evaluate_one(std::string_view text, const Inputs& inputs, const Platform& platform) {
  Inputs here = inputs;
  here.platform = platform;
  std::map<std::string, std::string> said = variant_environment(platform, {});
  said.erase("RBEE_FEATURES");
  // What the caller gives wins.
  here.environment.insert(said.begin(), said.end());
  MatrixGroup group;
  group.platforms.push_back(platform);
  tl::expected<Recipe, Refusal> recipe = evaluate(text, here);
  if (!recipe) {
    group.refusal = std::move(recipe).error();
  } else if (!recipe->supports(platform.arch)) {
    group.refusal = not_for(*recipe, text, platform.arch);
  } else {
    group.fields = effective_fields(*recipe, platform.arch);
  }
  return group;
}

/// "a", "{a,b}", or `all` when nothing is missing.
template <typename T, std::size_t N>
std::string set_text(const std::vector<T>& items, const std::array<T, N>& every,
                     std::string_view all) {
  if (!all.empty() && items.size() == every.size()) return std::string(all);
  std::vector<std::string_view> names;
  for (const T item : items) names.push_back(to_string(item));
  if (names.size() == 1) return std::string(names.front());
  return fmt::format("{{{}}}", fmt::join(names, ","));
}

}  // namespace

std::vector<Platform> all_platforms() {
  std::vector<Platform> platforms;
  for (const Os os : kOses)
    for (const Arch arch : kArches)
      for (const Accelerator accelerator : kAccelerators)
        platforms.push_back({os, arch, accelerator});
  return platforms;
}

Matrix evaluate_matrix(std::string_view text, const Inputs& inputs,
                       const std::vector<Platform>& platforms) {
  Matrix matrix;
  for (const Platform& platform : platforms) {
    MatrixGroup group = evaluate_one(text, inputs, platform);
    const auto known = std::find_if(matrix.groups.begin(), matrix.groups.end(),
                                    [&](const MatrixGroup& other) { return same(other, group); });
    if (known != matrix.groups.end()) {
      known->platforms.push_back(platform);
    } else {
      matrix.groups.push_back(std::move(group));
    }
  }
  std::map<std::string, const Field*> equal;
  bool first = true;
  for (const MatrixGroup& group : matrix.groups) {
    if (group.refusal) continue;
    if (first)
      for (const auto& [name, field] : group.fields) equal.emplace(name, &field);
    first = false;
    for (auto& [name, field] : equal) {
      const auto here = group.fields.find(name);
      if (field != nullptr && (here == group.fields.end() || !same(here->second, *field)))
        field = nullptr;
    }
    for (const auto& [name, field] : group.fields) equal.emplace(name, nullptr);
  }
  for (const auto& [name, field] : equal) {
    if (field != nullptr) {
      matrix.common.emplace(name, *field);
    } else {
      matrix.differing.push_back(name);
    }
  }
  return matrix;
}

std::string describe_platforms(const std::vector<Platform>& platforms) {
  std::vector<std::string> parts;
  for (const Os os : kOses) {
    // Architectures with the same accelerators share a part.
    std::vector<std::pair<std::vector<Accelerator>, std::vector<Arch>>> rows;
    for (const Arch arch : kArches) {
      std::vector<Accelerator> accelerators;
      for (const Accelerator accelerator : kAccelerators)
        if (std::find(platforms.begin(), platforms.end(), Platform{os, arch, accelerator}) !=
            platforms.end())
          accelerators.push_back(accelerator);
      if (accelerators.empty()) continue;
      const auto row = std::find_if(rows.begin(), rows.end(),
                                    [&](const auto& known) { return known.first == accelerators; });
      if (row != rows.end()) {
        row->second.push_back(arch);
      } else {
        rows.push_back({std::move(accelerators), {arch}});
      }
    }
    for (const auto& [accelerators, arches] : rows)
      parts.push_back(fmt::format("{}-{}-{}", to_string(os), set_text(arches, kArches, {}),
                                  set_text(accelerators, kAccelerators, "*")));
  }
  return fmt::format("{}", fmt::join(parts, " "));
}

}  // namespace rbee::pkgbuild
