// .SRCINFO, line by line: see srcinfo_parser.hpp.
#include "pkgbuild/srcinfo_parser.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"
#include "pkgbuild/lexer.hpp"
#include "pkgbuild/schema.hpp"

namespace rbee::pkgbuild {
namespace {

/// What a key may be in one kind of section.
struct Key {
  bool known = false;
  Field::Form form = Field::Form::scalar;
  std::string_view arch;  ///< The suffix of "source_x86_64"; empty for most keys.
};

template <std::size_t Scalars, std::size_t Arrays>
Key find_key(const std::array<std::string_view, Scalars>& scalars,
             const std::array<std::string_view, Arrays>& arrays, std::string_view name) {
  if (schema::contains(scalars, name)) return {true, Field::Form::scalar, {}};
  if (schema::contains(arrays, name)) return {true, Field::Form::array, {}};
  const std::size_t mark = name.find('_');
  if (mark == std::string_view::npos) return {};
  const std::string_view base = name.substr(0, mark), arch = name.substr(mark + 1);
  const bool word =
      !arch.empty() && arch != "any" && std::all_of(arch.begin(), arch.end(), is_name_char);
  if (!word || !schema::contains(schema::kArchArrays, base) || !schema::contains(arrays, base))
    return {};
  return {true, Field::Form::array, arch};
}

Key global_key(std::string_view name) {
  return find_key(schema::kGlobalScalars, schema::kGlobalArrays, name);
}
Key package_key(std::string_view name) {
  return find_key(schema::kPackageScalars, schema::kPackageArrays, name);
}

std::string quoted(std::string_view text) {
  return "'" + printable_line(text.substr(0, 100)) + "'";
}

class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text), lines_(text) {}

  ParsedSrcinfo run() {
    if (fits()) {
      std::size_t at = 0;
      while (at < text_.size()) {
        const std::size_t end = std::min(text_.find('\n', at), text_.size());
        line(at, end);
        at = end + 1;
      }
      finish();
    }
    ParsedSrcinfo parsed;
    if (findings_.empty()) parsed.srcinfo = std::move(out_);
    parsed.findings = std::move(findings_);
    return parsed;
  }

 private:
  struct Texts {
    std::string rule, message, why, fix;
  };

  void report(std::size_t begin, std::size_t end, Texts texts) {
    if (findings_.size() >= kSrcinfoFindingsMax) return;
    Finding finding;
    finding.rule = std::move(texts.rule);
    finding.file = ".SRCINFO";
    finding.span = {static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(end)};
    finding.position = lines_.position(finding.span.begin);
    finding.message = std::move(texts.message);
    if (!text_.empty()) finding.excerpt = excerpt(text_, finding.span);
    finding.why = std::move(texts.why);
    finding.fix = std::move(texts.fix);
    findings_.push_back(std::move(finding));
  }

  bool fits() {
    const auto lines = static_cast<std::size_t>(std::count(text_.begin(), text_.end(), '\n'));
    if (text_.size() > kSrcinfoBytesMax || lines > kSrcinfoLinesMax) {
      report(0, 0,
             {"srcinfo-too-large",
              fmt::format("the file has {} bytes and {} lines; at most {} and {} are allowed",
                          text_.size(), lines, kSrcinfoBytesMax, kSrcinfoLinesMax),
              "No recipe that is accepted has so many values.",
              "Write it again with: makepkg --printsrcinfo > .SRCINFO"});
      return false;
    }
    const std::size_t odd = text_.find_first_of(std::string_view("\0\r", 2));
    if (odd == std::string_view::npos) return true;
    const bool nul = text_[odd] == '\0';
    report(odd, odd + 1,
           {"srcinfo-byte",
            nul ? "the file holds a NUL byte"
                : "the file holds a carriage return; its lines must end with a newline alone",
            "makepkg never writes one.", "Write it again with: makepkg --printsrcinfo > .SRCINFO"});
    return false;
  }

  void line(std::size_t begin, std::size_t end) {
    const std::string_view whole = text_.substr(begin, end - begin);
    const std::string_view shown = trim(whole);
    if (shown.empty() || shown[0] == '#') return;
    const std::size_t equals = whole.find('=');
    const std::string_view key = trim(whole.substr(0, equals));
    if (equals == std::string_view::npos || key.empty()) {
      report(begin, end,
             {"srcinfo-line", "the line is not of the form 'key = value'",
              "Every line gives one value to one key.", "Write for example: depends = glibc"});
      return;
    }
    const std::string_view value = trim(whole.substr(equals + 1));
    if (key == "pkgbase") return pkgbase(value, begin, end);
    if (key == "pkgname") return pkgname(value, begin, end);
    field(key, value, begin, end);
  }

  void pkgbase(std::string_view value, std::size_t begin, std::size_t end) {
    if (has_base_) {
      report(begin, end,
             {"srcinfo-pkgbase-again", "pkgbase stands twice", "The file is about one recipe.",
              "Remove one of the lines."});
    } else if (value.empty()) {
      report(begin, end,
             {"srcinfo-empty", "pkgbase is not allowed to be empty", "It names the recipe.",
              "Write the name."});
    }
    has_base_ = true;
    out_.pkgbase = value;
  }

  void pkgname(std::string_view value, std::size_t begin, std::size_t end) {
    require_base(begin, end);
    if (value.empty()) {
      report(begin, end,
             {"srcinfo-empty", "pkgname is not allowed to be empty", "It names the package.",
              "Write the name."});
    }
    out_.packages.push_back({std::string(value), {}});
  }

  void require_base(std::size_t begin, std::size_t end) {
    if (has_base_) return;
    report(begin, end,
           {"srcinfo-no-pkgbase", "the file does not begin with pkgbase",
            "What stands before it belongs to no recipe.",
            "Write the line 'pkgbase = <name>' first."});
    has_base_ = true;  // Told once.
  }

  void field(std::string_view name, std::string_view value, std::size_t begin, std::size_t end) {
    require_base(begin, end);
    const bool global = out_.packages.empty();
    const Key key = global ? global_key(name) : package_key(name);
    if (!key.known) return unknown(name, global, begin, end);
    Fields& fields = global ? out_.fields : out_.packages.back().overrides;
    const auto [place, fresh] = fields.try_emplace(std::string(name));
    Field& field = place->second;
    field.form = key.form;
    field.span = {static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(end)};
    if (key.form == Field::Form::scalar && !fresh) {
      report(begin, end,
             {"srcinfo-again", fmt::format("{} stands twice in its section", name),
              "It holds one value.", "Remove one of the lines."});
      return;
    }
    field.values.emplace_back(value);
  }

  void unknown(std::string_view name, bool global, std::size_t begin, std::size_t end) {
    if (!global && global_key(name).known) {
      report(begin, end,
             {"srcinfo-place", fmt::format("{} cannot stand below pkgname", name),
              "It is one for all packages of the recipe.",
              "Move it up, into the section of pkgbase."});
      return;
    }
    std::vector<std::string> known(schema::kGlobalScalars.begin(), schema::kGlobalScalars.end());
    known.insert(known.end(), schema::kGlobalArrays.begin(), schema::kGlobalArrays.end());
    known.insert(known.end(), {"pkgbase", "pkgname"});
    const auto near = did_you_mean(name.substr(0, 100), known);
    report(begin, end,
           {"srcinfo-unknown-key", fmt::format("makepkg writes no key {}", quoted(name)),
            "A key that nobody reads is usually a spelling mistake.",
            near ? fmt::format("Did you mean '{}'?", *near) : "Remove the line."});
  }

  /// What can only be told once everything was read.
  void finish() {
    if (out_.packages.empty()) {
      report(
          text_.size(), text_.size(),
          {"srcinfo-no-pkgname", "the file names no package",
           "A recipe makes at least one package.", "Write a line 'pkgname = <name>' at the end."});
    }
    look_at_arches(out_.fields, arches(out_.fields));
    for (Package& package : out_.packages) {
      const bool own = package.overrides.find("arch") != package.overrides.end();
      look_at_arches(package.overrides, arches(own ? package.overrides : out_.fields));
      // makepkg prints an override without a value as a key with nothing after it.
      for (auto& [name, field] : package.overrides) {
        if (field.form == Field::Form::array && field.values.size() == 1 && field.values[0].empty())
          field.values.clear();
      }
    }
    std::stable_sort(findings_.begin(), findings_.end(), [](const Finding& a, const Finding& b) {
      return a.span.begin < b.span.begin;
    });
  }

  static std::vector<std::string> arches(const Fields& fields) {
    const auto field = fields.find("arch");
    return field == fields.end() ? std::vector<std::string>{} : field->second.values;
  }

  void look_at_arches(Fields& fields, std::vector<std::string> arches) {
    std::sort(arches.begin(), arches.end());
    for (auto& [name, field] : fields) {
      const std::string_view arch = global_key(name).arch;
      if (arch.empty()) continue;
      const auto [first, last] = std::equal_range(arches.begin(), arches.end(), arch);
      if (first != last) {
        fold(field.values, static_cast<std::size_t>(last - first));
        continue;
      }
      report(field.span.begin, field.span.end,
             {"srcinfo-arch",
              fmt::format("{} is for an architecture that arch does not list", quoted(name)),
              "makepkg prints such a key for the listed architectures only.",
              fmt::format("Add the line 'arch = {}', or remove this one.",
                          printable_line(arch.substr(0, 100)))});
    }
  }

  // makepkg prints such a field once for each time that arch lists its architecture.
  static void fold(std::vector<std::string>& values, std::size_t times) {
    if (values.size() % times != 0) return;
    const std::size_t size = values.size() / times;
    for (std::size_t i = size; i < values.size(); ++i) {
      if (values[i] != values[i - size]) return;
    }
    values.resize(size);
  }

  std::string_view text_;
  LineMap lines_;
  Srcinfo out_;
  bool has_base_ = false;
  std::vector<Finding> findings_;
};

}  // namespace

ParsedSrcinfo parse_srcinfo(std::string_view text) {
  return Reader(text).run();
}

std::string print(const Srcinfo& srcinfo) {
  Recipe recipe;
  recipe.pkgbase = srcinfo.pkgbase;
  recipe.fields = srcinfo.fields;
  recipe.packages = srcinfo.packages;
  return pkgbuild::srcinfo(recipe);
}

}  // namespace rbee::pkgbuild
