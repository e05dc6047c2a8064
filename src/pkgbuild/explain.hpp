// Where the values of a recipe come from: the assignments that made one, and those that went into
// them.
//
// Pure. Source spans are bytes of the recipe's text; what eval or source ran has the span of that
// command.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "pkgbuild/evaluate.hpp"

namespace rbee::pkgbuild {

/// One assignment that a value rests on.
struct ExplainedStep {
  std::string name;  ///< Of the variable; for an override, of the field.
  Span span;
  bool array = false;
  std::vector<std::string> values;   ///< After it.
  bool cut = false;                  ///< `values` is not all (Trace::kValueBytesMax).
  std::vector<std::uint32_t> reads;  ///< Other steps, by index.
  std::vector<std::string> given;    ///< What it read of the platform and the environment.
  std::vector<Span> within;  ///< if, for, case, function … around it, the outermost first.
};

/// One field and how it came to be.
struct ExplainedField {
  std::string package;  ///< Whose package function overrides it; empty for the recipe's own.
  std::string name;
  bool array = false;
  std::vector<std::string> values;
  std::uint32_t step = 0;  ///< The last assignment: an index into `steps`.
};

struct Explanation {
  std::vector<ExplainedField> fields;  ///< The recipe's own first, then the packages' in order.
  std::vector<ExplainedStep> steps;
};

/// What made a variable of the recipe, a field or a helper such as `_ver`.
/// Without fields: the recipe never sets it. Errors: as `evaluate`.
tl::expected<Explanation, Refusal> explain(std::string_view text, const Inputs& inputs,
                                           std::string_view name);

/// Names of every variable that the recipe sets, sorted: what `explain` can be asked about.
tl::expected<std::vector<std::string>, Refusal> variables_of(std::string_view text,
                                                             const Inputs& inputs);

}  // namespace rbee::pkgbuild
