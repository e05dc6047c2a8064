// Recipes that ask for too much, one named row each: what the engine must end quickly, and how.
//
// Touches nothing. Shared by limits_test.cpp (how each ends), bench/limits_bench.cpp (time and
// memory) and the evaluator's fuzz target (seeds). Source: hostile-input.md, "TOML, JSON, recipes,
// URLs": a recipe of 64 KB evaluates within 50 ms and 64 MB whatever it says.
#pragma once

#include <string>
#include <vector>

namespace rbee::pkgbuild {

struct HostileRecipe {
  std::string name;
  std::string text;  ///< At most 64 KB.
};

/// Every row, in the order of the table.
std::vector<HostileRecipe> hostile_recipes();

}  // namespace rbee::pkgbuild
