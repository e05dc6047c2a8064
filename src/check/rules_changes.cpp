// Groups ownership and change: who wants it, and what the release can do that the one before could
// not.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "check/report.hpp"
#include "check/source_urls.hpp"
#include "check/words.hpp"

namespace rbee::check {

namespace {

constexpr int kYoungDays = 7;

using Words = std::set<std::string>;

/// What a release is made of, as far as a change of it matters.
struct Facts {
  Words functions, hosts, dependencies, capabilities, executables;
  std::map<std::string, Words> sums;  ///< By "file name" of a source: its checksums.
  Words unpinned, signed_keys, signatures;
};

void add_recipe(Facts& facts, const SubjectRecipe& recipe) {
  const std::string kind(manifest::file_name(recipe.kind));
  for (const SubjectVariant& variant : recipe.variants) {
    const pkgbuild::Recipe& made = *variant.recipe;
    for (const pkgbuild::Function& function : made.functions)
      facts.functions.insert(kind + " " + function.name);
    for (const auto& [name, field] : made.fields)
      if (name.find("depends") != std::string::npos)
        for (const std::string& value : field.values)
          facts.dependencies.insert(value.substr(0, value.find_first_of("<>=:")));
    for (const std::string& key : made.array("validpgpkeys")) facts.signed_keys.insert(key);
    for (const pkgbuild::SourceEntry& source : made.sources(variant.platform.arch)) {
      if (source.protocol != "local") facts.hosts.insert(host_of(source.url));
      const std::string& file = source.file_name;
      if (file.ends_with(".sig") || file.ends_with(".asc") || file.ends_with(".sign"))
        facts.signatures.insert(file);
      Words& sums = facts.sums[source.entry];
      for (const auto& [algorithm, digest] : source.checksums)
        sums.insert(std::string(array_name(algorithm)) + " " + digest);
      if (is_vcs(source.protocol) && source.url.find("#commit=") == std::string::npos)
        facts.unpinned.insert(source.url.substr(0, source.url.find('#')));
    }
  }
}

Facts facts_of(const Release& release) {
  Facts facts;
  for (const SubjectRecipe& recipe : release.recipes) add_recipe(facts, recipe);
  if (release.manifest) {
    for (const std::string& task : release.manifest->capabilities.tasks)
      facts.capabilities.insert("task " + task);
    if (release.manifest->premium) facts.capabilities.insert("premium");
    if (release.manifest->run)
      for (const std::string& arg : release.manifest->run->args)
        facts.capabilities.insert("argument " + arg);
  }
  for (const SubjectFile& file : release.files)
    if (file.executable || file.bytes.starts_with("\x7f"
                                                  "ELF"))
      facts.executables.insert(file.path);
  return facts;
}

/// A version and nothing else, in quotes or not: no blank, no ';', nothing that a shell expands.
bool is_plain_version(std::string_view value) {
  while (value.starts_with(' ')) value.remove_prefix(1);
  if (value.size() >= 2 && (value[0] == '\'' || value[0] == '"') && value.back() == value[0])
    value = value.substr(1, value.size() - 2);
  return !value.empty() && std::all_of(value.begin(), value.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '+' || c == ':' || c == '-' || c == '#';
  });
}

/// The recipe's text with what a version bump changes taken out: pkgver, pkgrel, epoch, checksums
/// and every run of digits and hexadecimal digits longer than seven.
std::string without_version(const std::string& text) {
  std::string out;
  for (std::size_t i = 0; i < text.size();) {
    std::size_t end = i;
    bool digit = false;
    while (end < text.size() &&
           ((text[end] >= '0' && text[end] <= '9') || (text[end] >= 'a' && text[end] <= 'f') ||
            (text[end] >= 'A' && text[end] <= 'F'))) {
      digit |= text[end] >= '0' && text[end] <= '9';
      ++end;
    }
    if (digit && end - i >= 32) {
      out += "#";
      i = end;
    } else if (end > i) {
      out.append(text, i, end - i);
      i = end;
    } else {
      out += text[i++];
    }
  }
  // The assignments themselves.
  std::string lines;
  for (std::size_t i = 0; i < out.size();) {
    std::size_t end = out.find('\n', i);
    if (end == std::string::npos) end = out.size();
    std::string line = out.substr(i, end - i);
    for (const std::string_view name : {"pkgver=", "pkgrel=", "epoch=", "_commit=", "version ="})
      if (line.starts_with(name) && is_plain_version(std::string_view(line).substr(name.size())))
        line = std::string(name);
    lines += line + "\n";
    i = end + 1;
  }
  return lines;
}

bool only_version_moved(const Subject& subject) {
  const Release& before = *subject.before;
  const Release& now = subject.now;
  if (before.version == now.version) return false;
  const auto same = [](const std::string& a, const std::string& b) {
    return a == b || without_version(a) == without_version(b);
  };
  for (const SubjectFile& file : now.files) {
    const SubjectFile* old = before.file(file.path);
    if (old == nullptr || old->executable != file.executable) return false;
    const bool may_move = file.path == "PKGBUILD" || file.path == "PKGBUILD.bin" ||
                          file.path == "worker.toml" || file.path == ".SRCINFO";
    if (file.path == ".SRCINFO") continue;
    if (may_move ? !same(old->bytes, file.bytes) : old->bytes != file.bytes) return false;
  }
  return before.files.size() == now.files.size();
}

void list_new(Report& report, const Words& before, const Words& now, std::string_view what) {
  std::string names;
  std::size_t count = 0;
  for (const std::string& word : now)
    if (!before.contains(word) && ++count <= 8) names += (names.empty() ? "" : ", ") + word;
  if (count > 0)
    report.add("DIFF-001", "", fmt::format("new {}: {}{}", what, names, count > 8 ? " …" : ""));
}

}  // namespace

void check_ownership(Report& report) {
  if (!report.subject().owner) return;
  const Owner& owner = *report.subject().owner;
  const bool exists = report.subject().before.has_value() || owner.is_orphan || owner.is_unowned;
  const auto add = [&](std::string_view rule, std::string message, Details details = {}) {
    report.add(rule, "", std::move(message), std::move(details));
  };
  if (owner.is_orphan) {
    add("OWN-001", fmt::format("'{}' is an orphan: nobody can push to it", report.subject().name),
        {.fix = fmt::format("ask to adopt it: rbee worker adopt {}", report.subject().name)});
  } else if (exists && !owner.is_maintainer && !owner.is_admin) {
    add("OWN-001",
        fmt::format("'{}' does not maintain '{}'", owner.account, report.subject().name));
  }
  if (owner.owner_changed && report.subject().before)
    add("OWN-002",
        fmt::format("'{}' is the new owner, and this is the first release", owner.account));
  for (const auto& [email, account] : owner.foreign_emails)
    add("OWN-003",
        fmt::format("a commit is in the name of '{}', an account that did not push it", account),
        {.why =
             "the address of the commit is another account's; pushed by '" + owner.account + "'"});
  if (owner.adoption_requests_lately > 1)
    add("OWN-004",
        fmt::format("{} adoption requests in the last 24 hours", owner.adoption_requests_lately));
  if (owner.account_age_days < kYoungDays)
    add("OWN-005",
        fmt::format("the account '{}' is {} days old", owner.account, owner.account_age_days));
}

void check_changes(Report& report) {
  const Subject& subject = report.subject();
  if (!subject.before || subject.now.recipes.empty()) return;
  const Facts before = facts_of(*subject.before), now = facts_of(subject.now);
  list_new(report, before.functions, now.functions, "functions");
  list_new(report, before.hosts, now.hosts, "source hosts");
  list_new(report, before.dependencies, now.dependencies, "dependencies");
  list_new(report, before.capabilities, now.capabilities, "capabilities");
  list_new(report, before.executables, now.executables, "programs in the folder");
  const bool same_version =
      !subject.now.version.empty() && subject.before->version == subject.now.version;
  if (same_version) {
    for (const auto& [entry, sums] : now.sums) {
      const auto old = before.sums.find(entry);
      if (old != before.sums.end() && old->second != sums)
        report.add("DIFF-003", "PKGBUILD",
                   fmt::format("'{}' has another checksum, and the release is still {}", entry,
                               subject.now.version));
    }
  }
  if (!before.signed_keys.empty() && now.signed_keys.empty())
    report.add("DIFF-004", "PKGBUILD", "validpgpkeys is gone");
  if (!before.signatures.empty() && now.signatures.empty())
    report.add("DIFF-004", "PKGBUILD", "the sources' signatures are gone");
  for (const std::string& url : now.unpinned)
    if (!before.unpinned.contains(url) &&
        std::any_of(before.sums.begin(), before.sums.end(), [&](const auto& entry) {
          return entry.first.find(url + "#commit=") != std::string::npos;
        }))
      report.add("DIFF-004", "PKGBUILD", fmt::format("'{}' was pinned to a commit", url));
  if (only_version_moved(subject))
    report.add("DIFF-002", "",
               fmt::format("{} to {}: only version and checksums moved", subject.before->version,
                           subject.now.version));
}

}  // namespace rbee::check
