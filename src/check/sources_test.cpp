// SRC-001, row by row: which checksums let a source pass.
#include "check/sources.hpp"

#include <gtest/gtest.h>

namespace rbee::check {
namespace {

using pkgbuild::Field;
using pkgbuild::Recipe;

const std::string kSha256(64, 'a');
const std::string kMd5(32, 'b');

Recipe recipe_with(std::string source, std::map<std::string, std::string> sums,
                   const std::string& suffix = "") {
  Recipe recipe;
  recipe.pkgbase = "x";
  recipe.packages.push_back({"x", {}});
  recipe.fields["pkgver"] = {Field::Form::scalar, {"1"}, {}};
  recipe.fields["pkgrel"] = {Field::Form::scalar, {"1"}, {}};
  recipe.fields["arch"] = {Field::Form::array, {"x86_64"}, {}};
  recipe.fields["source" + suffix] = {Field::Form::array, {std::move(source)}, {}};
  for (auto& [name, digest] : sums)
    recipe.fields[name + suffix] = {Field::Form::array, {digest}, {}};
  return recipe;
}

TEST(Sources, AStrongChecksumIsNeeded) {
  const std::string commit =
      "git+https://e.org/a.git#commit=0123456789012345678901234567890123456789";
  const struct {
    const char* name;
    std::string source;
    std::map<std::string, std::string> sums;
    std::string message;  ///< Empty: no finding.
  } rows[] = {
      {"sha256", "https://e.org/a.tgz", {{"sha256sums", kSha256}}, ""},
      {"b2", "https://e.org/a.tgz", {{"b2sums", std::string(128, 'c')}}, ""},
      {"md5 beside sha256",
       "https://e.org/a.tgz",
       {{"md5sums", kMd5}, {"sha256sums", kSha256}},
       ""},
      {"none", "https://e.org/a.tgz", {}, "the source 'https://e.org/a.tgz' has no checksum"},
      {"SKIP",
       "https://e.org/a.tgz",
       {{"sha256sums", "SKIP"}},
       "the source 'https://e.org/a.tgz' has the checksum SKIP"},
      {"md5",
       "https://e.org/a.tgz",
       {{"md5sums", kMd5}},
       "the source 'https://e.org/a.tgz' has only a weak checksum (md5sums), which can be forged"},
      {"md5 and SKIP",
       "https://e.org/a.tgz",
       {{"md5sums", kMd5}, {"sha256sums", "SKIP"}},
       "the source 'https://e.org/a.tgz' has only a weak checksum (md5sums), which can be forged"},
      {"malformed",
       "https://e.org/a.tgz",
       {{"sha256sums", "abc"}},
       "the source 'https://e.org/a.tgz' has the malformed checksum 'abc' in sha256sums"},
      {"local", "main.c", {{"sha256sums", "SKIP"}}, ""},
      {"git at a commit", commit, {{"sha256sums", "SKIP"}}, ""},
      {"git at a short commit",
       "git+https://e.org/a.git#commit=0123456",
       {{"sha256sums", "SKIP"}},
       "the source 'git+https://e.org/a.git#commit=0123456' has the checksum SKIP"},
      {"git at a tag",
       "git+https://e.org/a.git#tag=v1",
       {{"sha256sums", "SKIP"}},
       "the source 'git+https://e.org/a.git#tag=v1' has the checksum SKIP"},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.name);
    const auto findings =
        check_sources(recipe_with(row.source, row.sums), Arch::x86_64, "", "PKGBUILD");
    if (row.message.empty()) {
      EXPECT_TRUE(findings.empty());
      continue;
    }
    ASSERT_EQ(findings.size(), 1u);
    EXPECT_EQ(findings[0].message, row.message);
    EXPECT_EQ(findings[0].rule, "SRC-001");
    EXPECT_EQ(findings[0].severity, Severity::block);
    EXPECT_EQ(findings[0].file, "PKGBUILD");
  }
}

TEST(Sources, OnlyTheAskedArchitectureCounts) {
  const Recipe recipe = recipe_with("https://e.org/a.tgz", {}, "_aarch64");
  EXPECT_TRUE(check_sources(recipe, Arch::x86_64, "", "PKGBUILD").empty());
  const auto findings = check_sources(recipe, Arch::aarch64, "", "PKGBUILD");
  ASSERT_EQ(findings.size(), 1u);
  EXPECT_EQ(findings[0].fix,
            "put the file's digest into sha256sums_aarch64 (makepkg -g or sha256sum prints it)");
}

}  // namespace
}  // namespace rbee::check
