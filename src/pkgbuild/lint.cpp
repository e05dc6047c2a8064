// makepkg's rules as a table of functions, in its order, each over the evaluated recipe.
//
// Pure. Source: makepkg 6.0.2, libmakepkg/lint_pkgbuild/*.sh; rule ids are ours and stable.
#include "pkgbuild/lint.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.hpp"
#include "pkgbuild/linter.hpp"
#include "pkgbuild/regex.hpp"
#include "pkgbuild/schema.hpp"
#include "pkgbuild/text/wide.hpp"

namespace rbee::pkgbuild {

namespace {

std::string suffixed(std::string_view name, std::string_view arch) {
  return std::string(name) + '_' + std::string(arch);
}

/// Calls `visit(field, where)` for a global field, its "_<architecture>" forms and every override
/// of them.
template <typename Visit>
void for_each_value_of(const Linter& lint, std::string_view name, Visit visit) {
  const auto each = [&](const Fields& fields, const std::string& key) {
    const auto field = fields.find(key);
    if (field == fields.end()) return;
    for (const std::string& value : field->second.values) visit(value, field->second.span);
  };
  each(lint.recipe().fields, std::string(name));
  for (const std::string& arch : lint.arches_in_names())
    each(lint.recipe().fields, suffixed(name, arch));
  for (const Package& package : lint.recipe().packages) {
    each(package.overrides, std::string(name));
    for (const std::string& arch : lint.arches_in_names())
      each(package.overrides, suffixed(name, arch));
  }
}

// ---- the rules, in makepkg's order
// ----------------------------------------------------------------

void lint_arch(Linter& lint) {
  const auto& arches = lint.arches();
  const Span span = lint.span_of("arch");
  if (std::find(arches.begin(), arches.end(), "any") != arches.end()) {
    if (arches.size() > 1)
      lint.report(span, {"lint-arch-any", "can not use 'any' architecture with other architectures",
                         "'any' says that one package fits every machine.",
                         "Write arch=('any'), or only the others."});
    return;
  }
  static const Regex kWord =
      *Regex::compile("^[[:alnum:]_]*$", RegexSyntax::extended, RegexCase::sensitive);
  for (const std::string& arch : arches) {
    const auto word = kWord.search(arch);
    if (!word || !*word)
      lint.report(span, {"lint-arch-characters",
                         fmt::format("arch contains invalid characters: {}", quoted(arch)),
                         "The architecture becomes part of variable names: source_x86_64.",
                         "Write names such as x86_64 or aarch64, one element each."});
  }
}

void report_arch_specific(Linter& lint, std::string_view name, std::string_view arch, Span span) {
  if (arch == "any" && schema::contains(schema::kArchArrays, name)) {
    lint.report(
        span, {"lint-arch-specific-any",
               fmt::format(
                   "can not provide architecture specific variables for the 'any' architecture: {}",
                   printable_line(suffixed(name, arch))),
               "'any' is the absence of an architecture.",
               fmt::format("Use {} without a suffix.", name)});
  } else {
    lint.report(
        span, {"lint-arch-specific",
               fmt::format("{} can not be architecture specific: {}", name,
                           printable_line(suffixed(name, arch))),
               "It is one for the whole package.", fmt::format("Use {} without a suffix.", name)});
  }
}

/// Names whose "_<arch>" form makepkg forbids: every one for which it has no meaning.
template <typename Visit>
void for_each_forbidden_suffix(std::string_view arch, Visit visit) {
  if (arch == "any")
    for (const std::string_view name : schema::kArchArrays) visit(name);
  for (const std::string_view name : schema::arrays())
    if (!schema::contains(schema::kArchArrays, name)) visit(name);
  for (const std::string_view name : schema::kScalars) visit(name);
}

void lint_arch_specific(Linter& lint) {
  const auto in = [&](const Fields& fields) {
    for (const std::string& arch : lint.arches_in_names())
      for_each_forbidden_suffix(arch, [&](std::string_view name) {
        if (const auto field = fields.find(suffixed(name, arch)); field != fields.end())
          report_arch_specific(lint, name, arch, field->second.span);
      });
  };
  in(lint.recipe().fields);
  for (const Package& package : lint.recipe().packages) in(package.overrides);
}

/// Values of a field that has no "_<arch>" form: the global ones and the overrides.
template <typename Visit>
void for_each_plain_value_of(const Linter& lint, const std::string& name, Visit visit) {
  const auto each = [&](const Fields& fields) {
    if (const auto field = fields.find(name); field != fields.end())
      for (const std::string& value : field->second.values) visit(value, field->second.span);
  };
  each(lint.recipe().fields);
  for (const Package& package : lint.recipe().packages) each(package.overrides);
}

void lint_backup(Linter& lint) {
  for_each_plain_value_of(lint, "backup", [&](const std::string& path, Span span) {
    if (path.starts_with('/'))
      lint.report(span,
                  {"lint-backup",
                   fmt::format("backup entry should not contain leading slash: {}", quoted(path)),
                   "Entries are relative to the package's root.",
                   fmt::format("Write {}.", quoted(path.substr(1)))});
  });
}

void lint_file_exists(Linter& lint, const std::string& name) {
  if (lint.files() == nullptr) return;
  for_each_plain_value_of(lint, name, [&](const std::string& path, Span span) {
    if (!path.empty() && !lint.files()->read(path))
      lint.report(span, {"lint-file-missing",
                         fmt::format("{} file ({}) does not exist or is not a regular file", name,
                                     printable_line(path)),
                         "makepkg reads it beside the recipe.",
                         fmt::format("Add the file, or remove {}.", name)});
  });
}

void lint_changelog(Linter& lint) {
  lint_file_exists(lint, "changelog");
}
void lint_install(Linter& lint) {
  lint_file_exists(lint, "install");
}

void lint_dependencies(Linter& lint, std::string_view name, EmptyVersion empty_version) {
  for_each_value_of(lint, name, [&](const std::string& value, Span span) {
    check_dependency(lint, name, value, span, empty_version);
  });
}

void lint_checkdepends(Linter& lint) {
  lint_dependencies(lint, "checkdepends", EmptyVersion::refused);
}
void lint_conflicts(Linter& lint) {
  lint_dependencies(lint, "conflicts", EmptyVersion::refused);
}
void lint_depends(Linter& lint) {
  lint_dependencies(lint, "depends", EmptyVersion::allowed);
}
void lint_makedepends(Linter& lint) {
  lint_dependencies(lint, "makedepends", EmptyVersion::refused);
}

void lint_epoch(Linter& lint) {
  check_epoch(lint, "epoch", lint.recipe().scalar("epoch"), lint.span_of("epoch"));
}

/// The part before the first colon that white space follows: "name>=1: what for".
std::string_view without_reason(std::string_view text) {
  for (std::size_t at = text.find(':'); at != std::string_view::npos; at = text.find(':', at + 1)) {
    const std::string_view rest = text.substr(at + 1);
    if (!rest.empty() && text::is_space(text::first_character(rest))) return text.substr(0, at);
  }
  return text;
}

void lint_optdepends(Linter& lint) {
  for_each_value_of(lint, "optdepends", [&](const std::string& value, Span span) {
    check_dependency(lint, "optdepends", without_reason(value), span, EmptyVersion::refused);
  });
}

void lint_options(Linter& lint) {
  static constexpr std::array<std::string_view, 13> kOptions = {
      "strip",     "debug", "zipman",    "staticlibs", "libtool", "docs",  "purge",
      "emptydirs", "lto",   "makeflags", "buildflags", "ccache",  "distcc"};
  for_each_plain_value_of(lint, "options", [&](const std::string& option, Span span) {
    std::string_view name = option;
    if (name.starts_with('!')) name.remove_prefix(1);
    if (schema::contains(kOptions, name)) return;
    const std::vector<std::string> known(kOptions.begin(), kOptions.end());
    const auto near = did_you_mean(name, known);
    lint.report(span, {"lint-options",
                       fmt::format("options array contains unknown option {}", quoted(option)),
                       "makepkg 6.0.2 does not know it.",
                       near ? fmt::format("Did you mean '{}'?", *near)
                            : fmt::format("Use one of {}, or one with '!' before it.",
                                          fmt::join(kOptions, ", "))});
  });
}

void lint_package_function(Linter& lint) {
  const Recipe& recipe = lint.recipe();
  const auto has = [&](std::string_view name) { return recipe.function(name) != nullptr; };
  const auto span_of = [&](std::string_view name) {
    const Function* function = recipe.function(name);
    return function == nullptr
               ? Span{}
               : Span{function->span.begin,
                      function->span.begin + static_cast<std::uint32_t>(name.size())};
  };
  if (recipe.packages.size() == 1) {
    const std::string own = "package_" + recipe.packages.front().name;
    if (has("package") && has(own)) {
      lint.report(span_of(own),
                  {"lint-package-conflicting",
                   fmt::format("conflicting package() and {}() functions", printable_line(own)),
                   "One package has one package function.", "Remove one of them."});
    } else if (has("build") && !has("package") && !has(own)) {
      lint.report(span_of("build"), {"lint-package-missing", "missing package() function",
                                     "build() makes files and nothing puts them into the package.",
                                     "Add package() { … } that installs into \"$pkgdir\"."});
    }
    return;
  }
  if (has("package"))
    lint.report(
        span_of("package"),
        {"lint-package-extra",
         fmt::format("extra package() function for split package {}", quoted(recipe.pkgbase)),
         "A split package has one function for each package.", "Rename it to package_<name>()."});
  for (const Package& package : recipe.packages)
    if (!has("package_" + package.name))
      lint.report(lint.span_of("pkgname"),
                  {"lint-package-missing",
                   fmt::format("missing package_{0}() function for split package '{0}'",
                               printable_line(package.name)),
                   "Each name in pkgname is a package of its own.",
                   fmt::format("Add package_{}() {{ … }}.", printable_line(package.name))});
}

void lint_package_function_variable(Linter& lint) {
  for (const Package& package : lint.recipe().packages) {
    const auto refuse = [&](const std::string& name) {
      const auto field = package.overrides.find(name);
      if (field == package.overrides.end()) return;
      lint.report(field->second.span,
                  {"lint-package-variable",
                   fmt::format("{} can not be set inside a package function", printable_line(name)),
                   "It is one for all packages of the recipe.", "Set it at top level."});
    };
    const auto refuse_all = [&](std::string_view name) {
      if (schema::contains(schema::kOverrides, name)) return;
      refuse(std::string(name));
      for (const std::string& arch : lint.arches_in_names())
        if (arch != "any") refuse(suffixed(name, arch));
    };
    for (const std::string_view name : schema::arrays()) refuse_all(name);
    for (const std::string_view name : schema::kScalars) refuse_all(name);
  }
}

void lint_pkgbase(Linter& lint) {
  if (!lint.recipe().pkgbase.empty())
    check_name(lint, "pkgbase", lint.recipe().pkgbase, lint.span_of("pkgbase"));
}

void lint_pkgname(Linter& lint) {
  if (lint.recipe().packages.empty()) check_name(lint, "pkgname", "", lint.span_of("pkgname"));
  for (const Package& package : lint.recipe().packages)
    check_name(lint, "pkgname", package.name, lint.span_of("pkgname"));
}

void lint_pkgrel(Linter& lint) {
  check_pkgrel(lint, "pkgrel", lint.recipe().scalar("pkgrel"), lint.span_of("pkgrel"));
}
void lint_pkgver(Linter& lint) {
  check_pkgver(lint, "pkgver", lint.recipe().scalar("pkgver"), lint.span_of("pkgver"));
}

void lint_provides(Linter& lint) {
  for_each_value_of(lint, "provides", [&](const std::string& value, Span span) {
    if (value.find_first_of("<>") != std::string::npos) {
      lint.report(span,
                  {"lint-provides",
                   fmt::format("provides array cannot contain comparison (< or >) operators: {}",
                               quoted(value)),
                   "A package provides one version, not a range.", "Write name=version."});
      return;
    }
    const std::size_t last = value.rfind('=');
    const std::string_view name = std::string_view(value).substr(0, last);
    check_name(lint, "provides", name, span);
    if (last != std::string::npos)
      check_full_version(lint, "provides", std::string_view(value).substr(last + 1), span);
  });
}

void lint_variable(Linter& lint) {
  const auto want = [&](const Fields& fields, const std::string& name, Field::Form form) {
    const auto field = fields.find(name);
    if (field == fields.end() || field->second.form == form) return;
    const bool array = form == Field::Form::array;
    lint.report(field->second.span,
                {array ? "lint-not-array" : "lint-not-scalar",
                 fmt::format("{} should {}be an array", printable_line(name), array ? "" : "not "),
                 array ? "It may hold several values." : "It holds one value.",
                 array ? fmt::format("Write {}=('value').", printable_line(name))
                       : fmt::format("Write {}='value'.", printable_line(name))});
  };
  const auto in = [&](const Fields& fields) {
    for (const std::string_view name : schema::arrays())
      want(fields, std::string(name), Field::Form::array);
    for (const std::string& arch : lint.arches_in_names())
      if (arch != "any")
        for (const std::string_view name : schema::kArchArrays)
          want(fields, suffixed(name, arch), Field::Form::array);
    for (const std::string_view name : schema::kScalars)
      want(fields, std::string(name), Field::Form::scalar);
  };
  in(lint.recipe().fields);
  for (const Package& package : lint.recipe().packages) in(package.overrides);
}

constexpr std::array kRules = {lint_arch,
                               lint_arch_specific,
                               lint_backup,
                               lint_changelog,
                               lint_checkdepends,
                               lint_conflicts,
                               lint_depends,
                               lint_epoch,
                               lint_install,
                               lint_makedepends,
                               lint_optdepends,
                               lint_options,
                               lint_package_function,
                               lint_package_function_variable,
                               lint_pkgbase,
                               lint_pkgname,
                               lint_pkgrel,
                               lint_pkgver,
                               lint_provides,
                               lint_variable};

}  // namespace

std::vector<Finding> lint_text(std::string_view text) {
  const std::size_t at = text.find('\r');
  if (at == std::string_view::npos) return {};
  static const Recipe kNone;
  Linter lint(kNone, text, nullptr);
  const auto begin = static_cast<std::uint32_t>(at);
  lint.report({begin, begin + 1},
              {"lint-crlf", "the file contains carriage returns and cannot be read as bash",
               "bash takes them as part of words.",
               "Save it with Unix line ends: sed -i 's/\\r$//' PKGBUILD"});
  return std::move(lint).take();
}

std::vector<Finding> lint(const Recipe& recipe, std::string_view text, const LocalFiles* files) {
  Linter linter(recipe, text, files);
  for (const auto rule : kRules) rule(linter);
  return std::move(linter).take();
}

}  // namespace rbee::pkgbuild
