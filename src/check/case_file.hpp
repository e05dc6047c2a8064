// For tests: workers written down in tests/cases/check/*.case, made into subjects.
//
// Reads the case files. Their form: docs/checks.md, "Cases".
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "base/text.hpp"
#include "check/rule.hpp"
#include "manifest/manifest.hpp"

namespace rbee::check {

/// One `#### name` of a case file.
struct Case {
  std::string file, name;
  std::map<std::string, std::string> parts;  ///< "PKGBUILD", "before/PKGBUILD", "owner", "expect" …
};

inline std::vector<Case> read_cases(const std::filesystem::path& path) {
  std::vector<Case> cases;
  std::ifstream in(path);
  std::string part;
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("#### ")) {
      cases.push_back({path.filename().string(), line.substr(5), {}});
      part.clear();
    } else if (line.starts_with("--- ")) {
      part = line.substr(4);
      if (!cases.empty()) cases.back().parts[part];
    } else if (!cases.empty() && !part.empty()) {
      cases.back().parts[part] += line + "\n";
    }
  }
  return cases;
}

inline std::vector<std::filesystem::path> case_files(const std::string& folder) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder))
    if (entry.path().extension() == ".case") files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  return files;
}

/// \xNN and \uNNNN become bytes: what an editor would not show.
inline std::string unescape(std::string text) {
  for (std::size_t at = 0; (at = text.find("<0x", at)) != std::string::npos;) {
    const std::size_t end = text.find('>', at);
    if (end == std::string::npos) break;
    const auto bytes = from_hex(text.substr(at + 3, end - at - 3));
    if (!bytes) break;
    const std::string raw(bytes->begin(), bytes->end());
    text.replace(at, end - at + 1, raw);
    at += raw.size();
  }
  return text;
}

/// A recipe that says only what its case is about gets the rest from here.
inline std::string complete_recipe(const std::string& text, const std::string& name) {
  if (text.find("pkgname=") != std::string::npos) return text;
  // makepkg wants a package() beside a build().
  const std::string end =
      text.find("package()") == std::string::npos ? "package() { true; }\n" : "";
  std::string head = "pkgname=" + name +
                     "\npkgver=1.0\npkgrel=1\npkgdesc='Speaks text'\narch=(x86_64)\n"
                     "url=https://github.com/acme/" +
                     name + "\nlicense=(MIT)\n";
  if (text.find("source=") == std::string::npos && text.find("source_") == std::string::npos)
    head += "source=(https://github.com/acme/" + name + "/releases/download/v1.0/" + name +
            "-1.0.tar.gz)\nsha256sums=(" + std::string(64, '1') + ")\n";
  return head + text + end;
}

inline Release release_of(const std::map<std::string, std::string>& parts,
                          const std::string& prefix, const std::string& name,
                          std::vector<Finding>& loading) {
  Release release;
  std::map<std::string, std::string> files;
  for (const auto& [part, text] : parts) {
    if (!part.starts_with(prefix)) continue;
    std::string path = part.substr(prefix.size());
    if (prefix.empty() &&
        (path.starts_with("before/") || path == "owner" || path == "names" || path == "expect" ||
         path == "name" || path == "directory" || path == "stopped by" || path == "policy"))
      continue;
    if (path.starts_with("+x ")) path = path.substr(3);
    files[path] = unescape(text);
    const bool is_recipe = path == "PKGBUILD" || path == "PKGBUILD.bin";
    if (is_recipe) files[path] = complete_recipe(files[path], name);
    release.files.push_back(
        {path, files[path].size(), part.find("+x ") != std::string::npos, files[path]});
  }
  if (!files.contains("worker.toml")) {
    files["worker.toml"] = "[worker]\nid = \"" + name +
                           "\"\nname = \"Demo\"\ndescription = \"Speaks\"\n"
                           "license = \"MIT\"\n";
    release.files.push_back(
        {"worker.toml", files["worker.toml"].size(), false, files["worker.toml"]});
  }
  std::sort(release.files.begin(), release.files.end(),
            [](const SubjectFile& a, const SubjectFile& b) { return a.path < b.path; });
  release.manifest_text = files["worker.toml"];
  manifest::Parsed parsed = manifest::parse_manifest(release.manifest_text, name);
  release.manifest = std::move(parsed.manifest);
  loading.insert(loading.end(), parsed.findings.begin(), parsed.findings.end());
  for (const manifest::RecipeKind kind :
       {manifest::RecipeKind::source, manifest::RecipeKind::binary}) {
    const auto text = files.find(std::string(manifest::file_name(kind)));
    if (text == files.end()) continue;
    SubjectRecipe recipe{kind, text->second, false, {}};
    pkgbuild::Inputs inputs;
    if (auto made = pkgbuild::evaluate(recipe.text, inputs)) {
      release.version = made->version();
      recipe.variants.push_back(
          {inputs.platform, std::make_shared<const pkgbuild::Recipe>(std::move(*made))});
    } else {
      for (Finding& finding : made.error().findings) {
        finding.file = manifest::file_name(kind);
        loading.push_back(std::move(finding));
      }
    }
    release.recipes.push_back(std::move(recipe));
  }
  return release;
}

/// "key=value" lines of a part.
inline std::map<std::string, std::string> settings(const Case& each, const std::string& part) {
  std::map<std::string, std::string> all;
  const auto found = each.parts.find(part);
  if (found == each.parts.end()) return all;
  std::istringstream in(found->second);
  for (std::string line; std::getline(in, line);)
    if (const auto equals = line.find('='); equals != std::string::npos)
      all[line.substr(0, equals)] = line.substr(equals + 1);
  return all;
}

/// The subject that a case describes. `names` views live in `each`.
inline Subject subject_of(const Case& each) {
  Subject subject;
  const auto given = each.parts.find("name");
  subject.name = given == each.parts.end() ? "demo-worker" : std::string(trim(given->second));
  const auto directory = each.parts.find("directory");
  subject.directory = directory == each.parts.end() ? "community/" + subject.name
                                                    : std::string(trim(directory->second));
  subject.is_official = !subject.directory.starts_with("community/");
  subject.now = release_of(each.parts, "", subject.name, subject.loading);
  for (const auto& [part, text] : each.parts)
    if (part.starts_with("before/") && !subject.before) {
      std::vector<Finding> ignored;
      subject.before = release_of(each.parts, "before/", subject.name, ignored);
    }
  if (each.parts.contains("owner")) {
    auto set = settings(each, "owner");
    Owner owner;
    owner.account = set.contains("account") ? set["account"] : "ann";
    owner.account_age_days = set.contains("age") ? std::stoi(set["age"]) : 400;
    owner.is_maintainer = set["maintainer"] == "yes";
    owner.is_orphan = set["orphan"] == "yes";
    owner.is_unowned = set["unowned"] == "yes";
    owner.is_admin = set["admin"] == "yes";
    owner.owner_changed = set["changed"] == "yes";
    owner.adoption_requests_lately = set.contains("adoptions") ? std::stoi(set["adoptions"]) : 0;
    if (set.contains("forged"))
      owner.foreign_emails.emplace_back(set["forged"] + "@example.org", set["forged"]);
    subject.owner = owner;
  }
  if (const auto names = each.parts.find("names"); names != each.parts.end()) {
    Names all;
    for (const std::string_view line : split(names->second, '\n')) {
      if (line.starts_with("burnt "))
        all.burnt.push_back(line.substr(6));
      else if (line.starts_with("prefix ")) {
        const auto equals = line.find('=');
        all.prefixes[std::string(line.substr(7, equals - 7))] = line.substr(equals + 1);
      } else if (!line.empty())
        all.existing.push_back(line);
    }
    subject.names = all;
  }
  return subject;
}

/// "NET-001 block PKGBUILD: curl -O x": rule, severity, file and the line it stands on.
inline std::string describe_short(const Subject& subject, const Finding& finding) {
  std::string line = finding.rule + " " + std::string(to_string(finding.severity));
  if (finding.file.empty()) return line;
  line += " " + finding.file;
  const SubjectFile* file = subject.now.file(finding.file);
  if (file == nullptr || finding.excerpt.empty()) return line;
  return line + ": " + printable_line(trim(LineMap::line_text(file->bytes, finding.position.line)));
}

}  // namespace rbee::check
