// One recipe on many platforms: what it yields on each, and what differs.
//
// Pure: every platform is virtual, so a machine without a graphics card sees what a recipe does on
// one with it. Words: docs/architecture.md, "platform" and "variant".
#pragma once

#include <string>
#include <vector>

#include "base/platform.hpp"
#include "pkgbuild/recipe.hpp"

namespace rbee::pkgbuild {

/// Platforms on which a recipe yields the same.
struct MatrixGroup {
  std::vector<Platform> platforms;  ///< At least one, in the order asked for.
  /// What counts there: `source` with `source_x86_64` behind it on x86_64, and so on. Overrides of
  /// package functions stand as "<package>:<field>". Empty when there is a refusal.
  Fields fields;
  /// Why there is nothing; a platform that `arch` does not name is Kind::invalid "matrix-arch".
  std::optional<Refusal> refusal;
};

struct Matrix {
  std::vector<MatrixGroup> groups;     ///< In the order of their first platforms.
  Fields common;                       ///< Equal in every group that has fields.
  std::vector<std::string> differing;  ///< Names of the other fields, sorted.
};

/// Every combination of system, architecture and accelerator: 63 of them.
std::vector<Platform> all_platforms();

/// Evaluate a recipe for each platform. `inputs.platform` is not used; RBEE_OS and RBEE_ACCELERATOR
/// (environment.hpp) are added to its environment.
Matrix evaluate_matrix(std::string_view text, const Inputs& inputs,
                       const std::vector<Platform>& platforms);

/// A set of platforms for people: "linux-{x86_64,aarch64}-cuda macos-aarch64-*", where '*' is every
/// accelerator.
std::string describe_platforms(const std::vector<Platform>& platforms);

}  // namespace rbee::pkgbuild
