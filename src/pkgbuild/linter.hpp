// What the lint rules share: the recipe they read, where they report, and the checks of names and
// versions.
//
// Pure. Source: makepkg 6.0.2,
// libmakepkg/lint_pkgbuild/{pkgname,epoch,pkgver,pkgrel,fullpkgver}.sh.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/finding.hpp"
#include "base/text.hpp"
#include "pkgbuild/recipe.hpp"

namespace rbee::pkgbuild {

/// One finding's texts; the place comes from the field it is about.
struct Complaint {
  std::string rule;
  std::string message;
  std::string why;
  std::string fix;
};

/// What the rules read and where they report.
class Linter {
 public:
  Linter(const Recipe& recipe, std::string_view text, const LocalFiles* files)
      : recipe_(recipe), text_(text), files_(files), lines_(text) {
    const auto is_in = [](const Fields& fields, const std::string& arch) {
      for (const auto& [name, field] : fields)
        if (name.size() > arch.size() && name.ends_with(arch) &&
            name[name.size() - arch.size() - 1] == '_')
          return true;
      return false;
    };
    for (const std::string& arch : arches()) {
      bool found = is_in(recipe.fields, arch);
      for (const Package& package : recipe.packages)
        found = found || is_in(package.overrides, arch);
      if (found) arches_in_names_.push_back(arch);
    }
  }

  /// What follows after so many says nothing new.
  static constexpr std::size_t kFindingsMax = 100;

  void report(Span span, Complaint complaint) {
    if (findings_.size() >= kFindingsMax) return;
    Finding finding;
    finding.rule = std::move(complaint.rule);
    finding.severity = Severity::block;
    finding.span = span;
    finding.position = lines_.position(span.begin);
    finding.message = std::move(complaint.message);
    finding.excerpt = excerpt(text_, span);
    finding.why = std::move(complaint.why);
    finding.fix = std::move(complaint.fix);
    findings_.push_back(std::move(finding));
  }

  const Recipe& recipe() const { return recipe_; }
  const LocalFiles* files() const { return files_; }
  const std::vector<std::string>& arches() const { return recipe_.array("arch"); }
  /// Those of `arches` that some field's name ends with, "source_x86_64": mostly none, and who asks
  /// for every field of every architecture asks for hundreds of names.
  const std::vector<std::string>& arches_in_names() const { return arches_in_names_; }
  /// Where a global field stands; the file's first byte when it is not set.
  Span span_of(std::string_view name) const {
    const auto field = recipe_.fields.find(name);
    return field == recipe_.fields.end() ? Span{} : field->second.span;
  }
  std::vector<Finding> take() && { return std::move(findings_); }

 private:
  const Recipe& recipe_;
  std::string_view text_;
  const LocalFiles* files_;
  LineMap lines_;
  std::vector<std::string> arches_in_names_;
  std::vector<Finding> findings_;
};

/// A text between quotes, safe to print: values come from the recipe's author.
inline std::string quoted(std::string_view text) {
  return "'" + printable_line(text) + "'";
}

/// `where` names the field in messages: "depends".
void check_name(Linter& lint, std::string_view where, std::string_view name, Span span);
void check_epoch(Linter& lint, std::string_view where, std::string_view epoch, Span span);
void check_pkgrel(Linter& lint, std::string_view where, std::string_view rel, Span span);
void check_pkgver(Linter& lint, std::string_view where, std::string_view ver, Span span);
/// [epoch:]pkgver[-pkgrel], split as makepkg and pacman split it.
void check_full_version(Linter& lint, std::string_view where, std::string_view version, Span span);

enum class EmptyVersion { refused, allowed };
/// name[(<|>|=|>=|<=)version]
void check_dependency(Linter& lint, std::string_view where, std::string_view text, Span span,
                      EmptyVersion empty_version);

}  // namespace rbee::pkgbuild
