// conformance-bump: changes the version of many PKGBUILDs, in memory, and says how that went.
//
// Reads paths from standard input, one a line; writes one line of tab-separated fields for each:
// verdict, detail, path, microseconds. For an edited recipe it also checks what no edit may do:
// change a line that holds no edit, or another value than that of pkgver and pkgrel and what is
// made of them; and that the edit back gives the same bytes. Runs no package code, writes no file.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <set>
#include <string>

#include "base/line_diff.hpp"
#include "base/text.hpp"
#include "pkgbuild/edit.hpp"

namespace {

namespace fs = std::filesystem;
using namespace rbee::pkgbuild;

std::string read_file(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

class Folder final : public LocalFiles {
 public:
  explicit Folder(fs::path folder) : folder_(std::move(folder)) {}
  std::optional<std::string> read(std::string_view path) const override {
    std::error_code error;
    const fs::path file = folder_ / path;
    if (!fs::is_regular_file(file, error) || fs::file_size(file, error) > (4U << 20))
      return std::nullopt;
    return read_file(file);
  }

 private:
  fs::path folder_;
};

/// The same version with its last number one higher: what the next release might be called.
std::string next_version(std::string version) {
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  const auto last = std::find_if(version.rbegin(), version.rend(), is_digit);
  if (last == version.rend()) return version + "1";
  auto at = last.base() - 1;
  while (*at == '9') {
    *at = '0';
    if (at == version.begin() || !is_digit(*(at - 1))) {
      version.insert(at, '1');
      return version;
    }
    --at;
  }
  ++*at;
  return version;
}

struct Verdict {
  std::string word, detail;
};

Verdict judge(const fs::path& path) {
  const std::string text = read_file(path);
  const Folder folder(path.parent_path());
  Inputs inputs;
  inputs.files = &folder;
  const auto before = evaluate(text, inputs);
  if (!before) return {"unreadable", before.error().findings.front().rule};
  const std::string old(before->scalar("pkgver"));
  const std::string old_rel(before->scalar("pkgrel"));
  const std::string wanted = next_version(old);
  const auto edited = set_version(text, inputs, {.pkgver = wanted, .pkgrel = "1"});
  if (!edited) {
    const rbee::Error& error = edited.error();
    std::string detail = error.id;
    if (error.id == "edit-refused" && !error.findings.empty())
      detail += " " + error.findings.front().rule;
    return {"refused", detail};
  }
  if (edited->after.scalar("pkgver") != wanted || edited->after.scalar("pkgrel") != "1")
    return {"WRONG", "the values are not those asked for"};
  // Every changed line holds an edit, and edits are few.
  const rbee::LineMap lines(text);
  std::set<std::uint32_t> edited_lines;
  for (const Edit& edit : edited->edits) edited_lines.insert(lines.position(edit.span.begin).line);
  std::string kind = "pkgver";
  for (const rbee::LineChange& change : rbee::line_changes(text, edited->text)) {
    if (change.before.size() != change.after.size()) return {"WRONG", "lines came or went"};
    for (std::uint32_t i = 0; i < change.before.size(); ++i) {
      if (!edited_lines.contains(change.line_before + i)) return {"WRONG", "another line changed"};
      const std::string_view line = rbee::trim(change.before[i]);
      const bool own = line.find("pkgver=") == 0 || line.find("pkgrel=") == 0 ||
                       line.find(" pkgver=") != line.npos || line.find(";pkgver=") != line.npos;
      if (!own) kind = "followed";
    }
  }
  const auto back = set_version(edited->text, inputs, {.pkgver = old, .pkgrel = old_rel});
  if (!back) return {"edited", kind + ", and not back: " + back.error().id};
  if (back->text != text) return {"edited", kind + ", and back in other bytes"};
  return {"edited", kind};
}

}  // namespace

int main() {
  std::ios::sync_with_stdio(false);
  int wrong = 0;
  for (std::string path; std::getline(std::cin, path);) {
    const auto start = std::chrono::steady_clock::now();
    const Verdict verdict = judge(path);
    const auto spent = std::chrono::duration_cast<std::chrono::microseconds>(
        std::chrono::steady_clock::now() - start);
    wrong += verdict.word == "WRONG" ? 1 : 0;
    fmt::print("{}\t{}\t{}\t{}\n", verdict.word, verdict.detail, path, spent.count());
  }
  return wrong == 0 ? 0 : 1;
}
