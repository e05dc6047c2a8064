// What a real bash says of a recipe: the script that asks it, and how its report becomes a Recipe.
//
// Pure: text and bytes only. Running it, and what it may reach while it runs, is the work of
// build/shell_evaluator.hpp. The recipe is read by the same shell that reports, so a recipe that
// sets out to forge a report can. All it gains is a recipe of its own choice, which it could have
// been in the first place; the same lint judges it. What the frame does exclude is accident: no
// output of a recipe is ever taken for a report, and half a report is none.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "pkgbuild/recipe.hpp"

namespace rbee::pkgbuild {

/// Who read a recipe.
enum class Evaluator {
  native,   ///< This engine, which runs nothing.
  sandbox,  ///< A real bash, in the sandbox.
};
/// "native" or "sandbox".
std::string_view to_string(Evaluator evaluator);

/// A report may have this many bytes; the shell is ended when it writes more.
inline constexpr std::size_t kShellReportBytesMax = 1 << 20;

/// The script. Run as
///   bash --noprofile --norc DRIVER REPORT_FD NONCE_FD STARTDIR FILE CARCH CHOST
/// in STARTDIR, where FILE is. NONCE_FD gives one line, read after the recipe; the report goes to
/// REPORT_FD, as strings that each end with a NUL byte:
///   rbee-shell-report 1 NONCE STATUS FLAGS IFS
///   variable NAME ATTRIBUTES LAST_INDEX COUNT VALUE…     for each name of the schema that is set
///   function NAME TEXT                                   for each function of the recipe
///   package NAME                                         for each element of pkgname
///   override NAME IS_ARRAY COUNT VALUE…                  of the package before it
///   end NONCE
/// STATUS is that of the recipe's last command, or "cut-short" when an error made bash leave it.
std::string shell_driver();

/// A variable as bash has it.
struct ShellVariable {
  std::string attributes;        ///< As in ${x@a}: 'a' array, 'A' associative, 'r' readonly …
  std::uint32_t last_index = 0;  ///< Of an array that has elements.
  std::vector<std::string> values;
};

struct ShellPackage {
  std::string name;
  Fields overrides;  ///< Without spans.
};

/// A whole report. Its names are of the schema and occur once; nothing else is promised.
struct ShellReport {
  std::optional<int> status;  ///< Absent: cut short.
  std::string flags;          ///< $- as the recipe left it.
  std::string separators;     ///< IFS as the recipe left it, or "unset".
  std::map<std::string, ShellVariable, std::less<>> variables;
  std::map<std::string, std::string, std::less<>> functions;  ///< Text by name.
  std::vector<ShellPackage> packages;
};

/// Read a report. Strict: every byte must be where the format has it.
/// Errors: Errc::invalid_input "shell-report-malformed", with what is wrong and at which byte.
Result<ShellReport> parse_shell_report(std::string_view bytes, std::string_view nonce);

/// The recipe, or why makepkg would refuse it: by the same lint as `evaluate`.
///
/// `text` is the recipe, for places and for the trees of functions: the file's own where it has one
/// definition of the name and that is what bash has, else that of what bash prints.
/// Refusal::Kind::invalid as from `evaluate`; unsupported where the recipe leaves makepkg's shell
/// in a state in which makepkg loses values, or has a function that this engine cannot parse.
tl::expected<Recipe, Refusal> recipe_of(const ShellReport& report, std::string_view text,
                                        const Inputs& inputs);

}  // namespace rbee::pkgbuild
