// A recipe as .SRCINFO: which field stands where, and how its white space is written.
//
// Pure. Source: makepkg 6.0.2, libmakepkg/srcinfo.sh, byte for byte.
#include <array>

#include "pkgbuild/recipe.hpp"
#include "pkgbuild/text/wide.hpp"

namespace rbee::pkgbuild {

namespace {

constexpr std::array<std::string_view, 7> kGlobalScalars = {
    "pkgdesc", "pkgver", "pkgrel", "epoch", "url", "install", "changelog"};
constexpr std::array<std::string_view, 23> kGlobalArrays = {
    "arch",       "groups",     "license",      "checkdepends", "makedepends", "depends",
    "optdepends", "provides",   "conflicts",    "replaces",     "noextract",   "options",
    "backup",     "source",     "validpgpkeys", "cksums",       "md5sums",     "sha1sums",
    "sha224sums", "sha256sums", "sha384sums",   "sha512sums",   "b2sums"};
constexpr std::array<std::string_view, 4> kPackageScalars = {"pkgdesc", "url", "install",
                                                             "changelog"};
constexpr std::array<std::string_view, 11> kPackageArrays = {
    "arch",     "groups",    "license",  "checkdepends", "depends", "optdepends",
    "provides", "conflicts", "replaces", "options",      "backup"};
/// Printed once for each architecture but "any", with "_<architecture>".
constexpr std::array<std::string_view, 16> kArchArrays = {
    "source",      "provides",     "conflicts",  "depends", "replaces", "optdepends",
    "makedepends", "checkdepends", "cksums",     "md5sums", "sha1sums", "sha224sums",
    "sha256sums",  "sha384sums",   "sha512sums", "b2sums"};

/// Every run of white space as one space, and none of them at either end.
std::string normalized(std::string_view value) {
  std::string out;
  out.reserve(value.size());
  bool in_space = false;
  while (!value.empty()) {
    const text::Character c = text::first_character(value);
    const bool space = text::is_space(c);
    if (space && !in_space) out += ' ';
    if (!space) out += value.substr(0, c.size);
    in_space = space;
    value.remove_prefix(c.size);
  }
  if (out.starts_with(' ')) out.erase(0, 1);
  if (out.ends_with(' ')) out.pop_back();
  return out;
}

/// One line for each value, and one without a value where there is none: bash's printf reuses its
/// format.
void write_values(std::string& out, std::string_view name, const std::vector<std::string>& values) {
  const auto line = [&](std::string_view value) {
    out.append("\t").append(name).append(" = ").append(value).append("\n");
  };
  if (values.empty()) line("");
  for (const std::string& value : values) line(normalized(value));
}

void write_arches(std::string& out, const Fields& fields, const std::vector<std::string>& arches,
                  void (*write)(std::string&, const Fields&, const std::string&)) {
  for (const std::string& arch : arches) {
    if (arch == "any") continue;
    for (const std::string_view name : kArchArrays)
      write(out, fields, std::string(name) + '_' + arch);
  }
}

/// A global field is printed when it holds something.
void write_global(std::string& out, const Fields& fields, const std::string& name) {
  const auto field = fields.find(name);
  if (field == fields.end() || field->second.values.empty()) return;
  if (field->second.form == Field::Form::scalar && field->second.values.front().empty()) return;
  write_values(out, name, field->second.values);
}

/// An override is printed when it is set.
void write_override(std::string& out, const Fields& fields, const std::string& name) {
  if (const auto field = fields.find(name); field != fields.end())
    write_values(out, name, field->second.values);
}

}  // namespace

std::string srcinfo(const Recipe& recipe) {
  std::string out = "pkgbase = " + recipe.pkgbase + "\n";
  for (const std::string_view name : kGlobalScalars)
    write_global(out, recipe.fields, std::string(name));
  for (const std::string_view name : kGlobalArrays)
    write_global(out, recipe.fields, std::string(name));
  write_arches(out, recipe.fields, recipe.array("arch"), write_global);

  for (const Package& package : recipe.packages) {
    out += "\npkgname = " + package.name + "\n";
    for (const std::string_view name : kPackageScalars)
      write_override(out, package.overrides, std::string(name));
    for (const std::string_view name : kPackageArrays)
      write_override(out, package.overrides, std::string(name));
    const auto arch = package.overrides.find("arch");
    write_arches(out, package.overrides,
                 arch == package.overrides.end() ? recipe.array("arch") : arch->second.values,
                 write_override);
  }
  return out;
}

}  // namespace rbee::pkgbuild
