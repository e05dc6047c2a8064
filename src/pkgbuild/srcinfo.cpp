// A recipe as .SRCINFO: which field stands where, and how its white space is written.
//
// Pure. Source: makepkg 6.0.2, libmakepkg/srcinfo.sh, byte for byte.
#include <algorithm>

#include "pkgbuild/recipe.hpp"
#include "pkgbuild/schema.hpp"
#include "pkgbuild/text/wide.hpp"

namespace rbee::pkgbuild {

namespace {

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

/// Where lines go: into a text, or only counted.
struct Text {
  std::string out;
  void section(std::string_view key, std::string_view name) {
    out.append(out.empty() ? "" : "\n").append(key).append(" = ").append(name).append("\n");
  }
  void line(std::string_view key, std::string_view value) {
    out.append("\t").append(key).append(" = ").append(normalized(value)).append("\n");
  }
};
struct Count {
  std::size_t bytes = 0, lines = 0;
  void section(std::string_view key, std::string_view name) { line(key, name); }
  void line(std::string_view key, std::string_view value) {
    bytes += key.size() + value.size() + 5;
    ++lines;
  }
  bool fits() const { return bytes <= kSrcinfoBytesMax && lines <= kSrcinfoLinesMax; }
};

/// One line for each value, and one without a value where there is none: bash's printf reuses its
/// format.
template <typename Sink>
void write_values(Sink& out, std::string_view name, const std::vector<std::string>& values) {
  if (values.empty()) out.line(name, "");
  for (const std::string& value : values) out.line(name, value);
}

template <typename Sink>
void write_arches(Sink& out, const Fields& fields, const std::vector<std::string>& arches,
                  void (*write)(Sink&, const Fields&, const std::string&)) {
  for (const std::string& arch : arches) {
    if (arch == "any") continue;
    for (const std::string_view name : schema::kPrintedArchArrays)
      write(out, fields, std::string(name) + '_' + arch);
  }
}

/// A global field is printed when it holds something.
template <typename Sink>
void write_global(Sink& out, const Fields& fields, const std::string& name) {
  const auto field = fields.find(name);
  if (field == fields.end() || field->second.values.empty()) return;
  if (field->second.form == Field::Form::scalar && field->second.values.front().empty()) return;
  write_values(out, name, field->second.values);
}

/// An override is printed when it is set.
template <typename Sink>
void write_override(Sink& out, const Fields& fields, const std::string& name) {
  if (const auto field = fields.find(name); field != fields.end())
    write_values(out, name, field->second.values);
}

template <typename Sink>
void write(Sink& out, const Recipe& recipe) {
  out.section("pkgbase", recipe.pkgbase);
  for (const std::string_view name : schema::kGlobalScalars)
    write_global(out, recipe.fields, std::string(name));
  for (const std::string_view name : schema::kGlobalArrays)
    write_global(out, recipe.fields, std::string(name));
  write_arches(out, recipe.fields, recipe.array("arch"), write_global<Sink>);

  for (const Package& package : recipe.packages) {
    out.section("pkgname", package.name);
    for (const std::string_view name : schema::kPackageScalars)
      write_override(out, package.overrides, std::string(name));
    for (const std::string_view name : schema::kPackageArrays)
      write_override(out, package.overrides, std::string(name));
    const auto arch = package.overrides.find("arch");
    write_arches(out, package.overrides,
                 arch == package.overrides.end() ? recipe.array("arch") : arch->second.values,
                 write_override<Sink>);
  }
}

/// Every value once.
void count_values(Count& count, const Fields& fields) {
  for (const auto& [name, field] : fields) write_values(count, name, field.values);
}

}  // namespace

std::string srcinfo(const Recipe& recipe) {
  Text text;
  write(text, recipe);
  return std::move(text.out);
}

bool srcinfo_fits(const Recipe& recipe) {
  // Nearly every recipe is far below: no value is printed more often than arch has elements.
  Count once;
  once.section("pkgbase", recipe.pkgbase);
  count_values(once, recipe.fields);
  std::size_t arches = std::max<std::size_t>(1, recipe.array("arch").size());
  for (const Package& package : recipe.packages) {
    once.section("pkgname", package.name);
    count_values(once, package.overrides);
    if (const auto arch = package.overrides.find("arch"); arch != package.overrides.end())
      arches = std::max(arches, arch->second.values.size());
  }
  if (Count{once.bytes * arches, once.lines * arches}.fits()) return true;
  Count exact;
  write(exact, recipe);
  return exact.fits();
}

}  // namespace rbee::pkgbuild
