// Any bytes as a recipe: it ends within its limits, says the same twice, refuses in words that can
// be printed, and what it accepts survives .SRCINFO.
#include "fuzz.hpp"
#include "pkgbuild/recipe.hpp"
#include "pkgbuild/srcinfo_parser.hpp"

namespace {

using namespace rbee;
using namespace rbee::pkgbuild;

bool same(const Fields& a, const Fields& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const auto& one, const auto& two) {
    return one.first == two.first && one.second.form == two.second.form &&
           one.second.values == two.second.values && one.second.span == two.second.span;
  });
}

void require_recipe(const Recipe& recipe, const Recipe& again, std::string_view text) {
  REQUIRE(!recipe.packages.empty());
  REQUIRE(recipe.pkgbase == again.pkgbase && same(recipe.fields, again.fields));
  REQUIRE(recipe.packages.size() == again.packages.size());
  for (std::size_t i = 0; i < recipe.packages.size(); ++i) {
    REQUIRE(recipe.packages[i].name == again.packages[i].name);
    REQUIRE(same(recipe.packages[i].overrides, again.packages[i].overrides));
  }
  for (const auto& [name, field] : recipe.fields) {
    REQUIRE_FOR(field.span.begin <= field.span.end && field.span.end <= text.size(), name);
    REQUIRE(field.form == Field::Form::array || field.values.size() == 1);
  }
  for (const Function& function : recipe.functions) {
    REQUIRE(function.body != nullptr);
    REQUIRE_FOR(function.span.end <= text.size(), function.name);
  }
  const std::string printed = srcinfo(recipe);
  const ParsedSrcinfo parsed = parse_srcinfo(printed);
  REQUIRE_FOR(parsed.srcinfo.has_value(), printed);
  REQUIRE_FOR(print(*parsed.srcinfo) == printed, printed);
  for (const Arch arch : kArches) (void)recipe.sources(arch);
  (void)recipe.version();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::text_of(data, size);
  Inputs inputs;
  // A tenth of the usual work: a step that costs ten times what it may shows as well, and sooner.
  inputs.limits.steps_max = 20'000;
  const double start = fuzz::processor_seconds();
  const auto recipe = evaluate(text, inputs);
  REQUIRE(fuzz::processor_seconds() - start < 1);
  const auto again = evaluate(text, inputs);
  REQUIRE(recipe.has_value() == again.has_value());
  if (recipe) {
    require_recipe(*recipe, *again, text);
    return 0;
  }
  const Refusal& refusal = recipe.error();
  REQUIRE(refusal.kind == again.error().kind);
  REQUIRE(!refusal.findings.empty());
  REQUIRE(refusal.findings.size() == again.error().findings.size());
  for (std::size_t i = 0; i < refusal.findings.size(); ++i) {
    REQUIRE(refusal.findings[i].message == again.error().findings[i].message);
    fuzz::require_finding(refusal.findings[i], text);
  }
  return 0;
}
