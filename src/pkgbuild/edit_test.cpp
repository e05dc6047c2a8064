// Versions in place: a row for each way in which recipes write them, and each that is refused.
#include "pkgbuild/edit.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pkgbuild/edit_follow.hpp"

namespace rbee::pkgbuild::edit_tests {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const std::string kHead = "pkgname=w\npkgdesc='W'\narch=(x86_64)\n";

struct Row {
  const char* name;
  std::string before;  ///< Without kHead.
  std::string pkgver;
  std::string after;  ///< Text, or "!id" of the refusal.
};

class SetVersion : public testing::TestWithParam<Row> {};

TEST_P(SetVersion, InPlace) {
  const Row& row = GetParam();
  const auto edited = set_version(kHead + row.before, {}, {.pkgver = row.pkgver});
  if (row.after.starts_with('!')) {
    ASSERT_FALSE(edited) << edited->text;
    EXPECT_EQ("!" + edited.error().id, row.after) << describe(edited.error());
    EXPECT_FALSE(edited.error().message.empty());
    return;
  }
  ASSERT_TRUE(edited) << describe(edited.error());
  EXPECT_EQ(edited->text, kHead + row.after);
  EXPECT_EQ(edited->after.scalar("pkgver"), row.pkgver);
  EXPECT_EQ(edited->after.scalar("pkgrel"), "1");
}

const Row kRows[] = {
    {"bare", "pkgver=1.0\npkgrel=3\n", "1.1", "pkgver=1.1\npkgrel=1\n"},
    {"single quotes", "pkgver='1.0' # the version\npkgrel='3'\n", "1.1",
     "pkgver='1.1' # the version\npkgrel='1'\n"},
    {"double quotes", "pkgver=\"1.0\"\npkgrel=\"3\"\n", "1.1", "pkgver=\"1.1\"\npkgrel=\"1\"\n"},
    {"ANSI-C quotes become single", "pkgver=$'1.0'\npkgrel=1\n", "1.1", "pkgver='1.1'\npkgrel=1\n"},
    {"one line", "pkgver=1.0 pkgrel=3\n", "1.1", "pkgver=1.1 pkgrel=1\n"},
    {"semicolons", "pkgver=1.0;pkgrel=3; # c\n", "1.1", "pkgver=1.1;pkgrel=1; # c\n"},
    {"indented, tabs, no final newline", "\tpkgver=1.0\n  pkgrel=2", "1.1",
     "\tpkgver=1.1\n  pkgrel=1"},
    {"the last one counts", "pkgver=1.0\npkgver=1.5\npkgrel=1\n", "2",
     "pkgver=1.0\npkgver=2\npkgrel=1\n"},
    {"declare", "declare -g pkgver=1.0\nexport pkgrel=4\n", "1.1",
     "declare -g pkgver=1.1\nexport pkgrel=1\n"},
    {"group", "{ pkgver=1.0; pkgrel=4; }\n", "1.1", "{ pkgver=1.1; pkgrel=1; }\n"},
    {"characters that need quotes", "pkgver=1.0\npkgrel=1\n", "1.0(a)&$x",
     "pkgver='1.0(a)&$x'\npkgrel=1\n"},
    {"characters that need escapes", "pkgver=\"1.0\"\npkgrel=1\n", "1.0$x\"`\\",
     "pkgver=\"1.0\\$x\\\"\\`\\\\\"\npkgrel=1\n"},
    {"a quote in quotes", "pkgver='1.0'\npkgrel=1\n", "1'2", "pkgver='1'\\''2'\npkgrel=1\n"},
    {"tilde", "pkgver=1.0\npkgrel=1\n", "1.1~rc1", "pkgver=1.1~rc1\npkgrel=1\n"},
    {"leading tilde", "pkgver=1.0\npkgrel=1\n", "~1", "pkgver='~1'\npkgrel=1\n"},
    {"nothing to do", "pkgver=1.0\npkgrel=1\n", "1.0", "pkgver=1.0\npkgrel=1\n"},
    {"pkgrel alone", "pkgver=1.0\npkgrel=2.1\n", "1.0", "pkgver=1.0\npkgrel=1\n"},

    {"another variable", "_ver=1.0\npkgver=$_ver\npkgrel=1\n", "1.1",
     "_ver=1.1\npkgver=$_ver\npkgrel=1\n"},
    {"quoted both", "_ver='1.0'\npkgver=\"${_ver}\"\npkgrel=1\n", "1.1",
     "_ver='1.1'\npkgver=\"${_ver}\"\npkgrel=1\n"},
    {"prefix removed", "_tag=v1.0\npkgver=${_tag#v}\npkgrel=1\n", "1.1",
     "_tag=v1.1\npkgver=${_tag#v}\npkgrel=1\n"},
    {"two steps", "_tag=release-1.0-final\n_v=${_tag#release-}\npkgver=${_v%-final}\npkgrel=1\n",
     "1.1", "_tag=release-1.1-final\n_v=${_tag#release-}\npkgver=${_v%-final}\npkgrel=1\n"},
    {"hyphens replaced", "_ver=1.2-3\npkgver=${_ver//-/.}\npkgrel=1\n", "1.2.4",
     "_ver=1.2-4\npkgver=${_ver//-/.}\npkgrel=1\n"},
    {"underscores replaced, another length", "_ver=1_2_3\npkgver=${_ver//_/.}\npkgrel=1\n", "1.3",
     "_ver=1_3\npkgver=${_ver//_/.}\npkgrel=1\n"},
    {"hyphen left out", "_ver=1.2-rc1\npkgver=${_ver//-}\npkgrel=1\n", "1.2rc2",
     "_ver=1.2-rc2\npkgver=${_ver//-}\npkgrel=1\n"},
    {"a command", "_ver=1.2-3\npkgver=$(echo $_ver | tr - _)\npkgrel=1\n", "1.2_4",
     "_ver=1.2-4\npkgver=$(echo $_ver | tr - _)\npkgrel=1\n"},
    {"letters' case", "_ver=1.2RC1\npkgver=${_ver,,}\npkgrel=1\n", "1.3rc1",
     "_ver=1.3RC1\npkgver=${_ver,,}\npkgrel=1\n"},
    {"the minor of two", "_major=5\n_minor=12\npkgver=$_major.$_minor\npkgrel=1\n", "5.13",
     "_major=5\n_minor=13\npkgver=$_major.$_minor\npkgrel=1\n"},
    {"the major of two", "_major=5\n_minor=12\npkgver=$_major.$_minor\npkgrel=1\n", "6.12",
     "_major=6\n_minor=12\npkgver=$_major.$_minor\npkgrel=1\n"},
    {"both of two", "_major=5\n_minor=12\npkgver=$_major.$_minor\npkgrel=1\n", "6.0",
     "_major=6\n_minor=0\npkgver=$_major.$_minor\npkgrel=1\n"},
    {"both, and the dots decide", "_maj=6.1\n_min=12\npkgver=${_maj}.${_min}\npkgrel=1\n", "6.2.1",
     "_maj=6.2\n_min=1\npkgver=${_maj}.${_min}\npkgrel=1\n"},
    {"an array", "_v=(5 12 1)\npkgver=${_v[0]}.${_v[1]}.${_v[2]}\npkgrel=1\n", "5.12.2",
     "_v=(5 12 2)\npkgver=${_v[0]}.${_v[1]}.${_v[2]}\npkgrel=1\n"},
    {"itself", "pkgver=1.2-3\npkgver=${pkgver//-/_}\npkgrel=1\n", "1.2_4",
     "pkgver=1.2-4\npkgver=${pkgver//-/_}\npkgrel=1\n"},
    {"pkgrel followed", "_rel=4\npkgver=1\npkgrel=$_rel\n", "2",
     "_rel=1\npkgver=2\npkgrel=$_rel\n"},
    {"a suffix of a commit", "_ver=1.0\n_commit=abcdef0\npkgver=$_ver.g$_commit\npkgrel=1\n",
     "1.1.gabcdef0", "_ver=1.1\n_commit=abcdef0\npkgver=$_ver.g$_commit\npkgrel=1\n"},

    {"the text around a variable", "_ver=1.16\npkgver=${_ver}.0\npkgrel=1\n", "1.16.1",
     "_ver=1.16\npkgver=${_ver}.1\npkgrel=1\n"},
    {"the variable in the text", "_ver=1.16\npkgver=\"${_ver}.0\"\npkgrel=1\n", "1.18.0",
     "_ver=1.18\npkgver=\"${_ver}.0\"\npkgrel=1\n"},
    {"the variable and the text", "_ver=1.16\npkgver=\"${_ver}.5\"\npkgrel=1\n", "1.18.0",
     "_ver=1.18\npkgver=\"${_ver}.0\"\npkgrel=1\n"},
    {"text in a variable on the way", "_maj=10\n_v=\"${_maj}.4.7\"\npkgver=${_v/-/.}\npkgrel=1\n",
     "10.4.8", "_maj=10\n_v=\"${_maj}.4.8\"\npkgver=${_v/-/.}\npkgrel=1\n"},
    {"a number in a text that is rewritten", "_v=0.3\n_p=$_v-54\npkgver=${_p/-/.}\npkgrel=1\n",
     "0.3.55", "_v=0.3\n_p=$_v-55\npkgver=${_p/-/.}\npkgrel=1\n"},
    {"a date's hyphens", "_day=2024-07-02\npkgver=${_day//-}\npkgrel=1\n", "20241130",
     "_day=2024-11-30\npkgver=${_day//-}\npkgrel=1\n"},
    {"text that would need quotes", "_ver=1.16\npkgver=${_ver}.0\npkgrel=1\n", "1.16.(1)",
     "!edit-built"},

    {"a range in braces", "_v=(4.{2..5})\npkgver=${_v[-1]}\npkgrel=1\n", "4.6", "!edit-built"},
    {"a commit cut short", "_commit=abcdef0123\npkgver=r5.${_commit::7}\npkgrel=1\n", "r6.0123456",
     "!edit-built"},
    {"the rest of a commit", "_commit=abcdef0123\npkgver=${_commit::7}\npkgrel=1\n", "0123456",
     "!edit-built"},
    {"the letters of a commit", "_commit=123abcdef\npkgver=${_commit::3}\npkgrel=1\n", "456",
     "!edit-built"},
    {"a build number left out", "_tag=1.2.3.4567\npkgver=${_tag%.*}\npkgrel=1\n", "1.2.4",
     "!edit-built"},
    {"a date's century", "_day=20230131\npkgver=${_day:2}\npkgrel=1\n", "240229",
     "_day=20240229\npkgver=${_day:2}\npkgrel=1\n"},
    {"dots left out", "_ver=1.2.3\npkgver=${_ver//./}\npkgrel=1\n", "130", "!edit-built"},
    {"separators mixed, another length", "_ver=1.2-3\npkgver=${_ver//-/.}\npkgrel=1\n", "1.3",
     "!edit-built"},
    {"two that may change", "_a=1\n_b=1\npkgver=$_a$_b\npkgrel=1\n", "121", "!edit-ambiguous"},
    {"in an if", "if true; then pkgver=1.0; fi\npkgrel=1\n", "1.1", "!edit-conditional"},
    {"in a case", "case $CARCH in *) pkgver=1.0;; esac\npkgrel=1\n", "1.1", "!edit-conditional"},
    {"after &&", "true && pkgver=1.0\npkgrel=1\n", "1.1", "!edit-conditional"},
    {"in a loop", "for v in 1.0; do pkgver=$v; done\npkgrel=1\n", "1.1", "!edit-conditional"},
    {"in a function", "f() { pkgver=1.0; }\nf\npkgrel=1\n", "1.1", "!edit-conditional"},
    {"appended", "pkgver=1\npkgver+=.0\npkgrel=1\n", "1.1", "!edit-appended"},
    {"read", "read pkgver <<< 1.0\npkgrel=1\n", "1.1", "!edit-not-assigned"},
    {"a default", ": ${pkgver:=1.0}\npkgrel=1\n", "1.1", "!edit-not-assigned"},
    {"eval", "eval 'pkgver=1.0'\npkgrel=1\n", "1.1", "!edit-not-assigned"},
    {"one literal for both", "_x=2\npkgver=$_x\npkgrel=$_x\n", "3", "!edit-built"},
    {"a value that is not allowed after", "pkgver=1\npkgrel=1\nprovides=(\"a=${pkgver/2/x:y}\")\n",
     "2", "!edit-refused"},
    {"no pkgrel", "pkgver=1.0\n", "1.1", "!recipe-invalid"},
    {"CRLF", "pkgver=1.0\r\npkgrel=1\r\n", "1.1", "!recipe-invalid"},
    {"syntax", "pkgver=1.0\npkgrel=(\n", "1.1", "!recipe-syntax"},
    {"hyphen", "pkgver=1.0\npkgrel=1\n", "1-1", "!edit-version-invalid"},
    {"empty", "pkgver=1.0\npkgrel=1\n", "", "!edit-version-invalid"},
    {"space", "pkgver=1.0\npkgrel=1\n", "1 1", "!edit-version-invalid"},
    {"not ASCII", "pkgver=1.0\npkgrel=1\n", "1\xC3\xA9", "!edit-version-invalid"},
    {"control character", "pkgver=1.0\npkgrel=1\n", "1\x1b[0m", "!edit-version-invalid"},
};

INSTANTIATE_TEST_SUITE_P(Rows, SetVersion, testing::ValuesIn(kRows), [](const auto& info) {
  std::string name;
  for (const char c : std::string(info.param.name)) name += std::isalnum(c) != 0 ? c : '_';
  return name;
});

TEST(SetVersionEpoch, IsInsertedBeforePkgverOrReplaced) {
  const auto text = [](const std::string& before) {
    const auto edited =
        set_version(kHead + before, {}, {.pkgver = "1.1", .pkgrel = "1", .epoch = "2"});
    return edited ? edited->text.substr(kHead.size()) : describe(edited.error());
  };
  EXPECT_EQ(text("pkgver=1.0\npkgrel=1\n"), "epoch=2\npkgver=1.1\npkgrel=1\n");
  EXPECT_EQ(text("  pkgver=1.0\npkgrel=1\n"), "  epoch=2\n  pkgver=1.1\npkgrel=1\n");
  EXPECT_EQ(text("pkgver=1.0\npkgrel=1\nepoch='1' # why\n"),
            "pkgver=1.1\npkgrel=1\nepoch='2' # why\n");
  EXPECT_EQ(text("pkgrel=1; pkgver=1.0 # c\n"), "pkgrel=1; epoch=2\npkgver=1.1 # c\n");
  EXPECT_FALSE(set_version(kHead + "pkgver=1\npkgrel=1\n", {},
                           {.pkgver = "1", .pkgrel = "1", .epoch = "x"}));
}

TEST(SetVersionResult, SaysWhatChangedAndWhere) {
  const auto edited =
      set_version(kHead +
                      "pkgver=1.0\npkgrel=1\nsource=(w-$pkgver.tar::https://example.org/$pkgver)\n"
                      "sha256sums=(SKIP)\npackage() { depends=(\"lib=$pkgver\"); }\n",
                  {}, {.pkgver = "1.1"});
  ASSERT_TRUE(edited) << describe(edited.error());
  EXPECT_THAT(edited->fields, ElementsAre("pkgver", "source", "depends of w"));
  ASSERT_EQ(edited->edits.size(), 1U);
  EXPECT_EQ(edited->edits[0].text, "1.1");
  const auto refused =
      set_version(kHead + "_a=1\n_b=1\npkgver=$_a$_b\npkgrel=1\n", {}, {.pkgver = "121"});
  ASSERT_FALSE(refused);
  EXPECT_EQ(describe(refused.error()),
            "pkgver can become 121 in more than one way [edit-ambiguous]\n"
            "  line 6: pkgver=$_a$_b\n"
            "  line 4: _a=1\n"
            "  line 5: _b=1\n"
            "  why: several lines make it, and a change of any one of them would do\n"
            "  fix: change the right one by hand\n"
            "PKGBUILD:6:1: block edit-ambiguous: pkgver can become 121 in more than one way\n"
            "  pkgver=$_a$_b\n"
            "  ^~~~~~~~~~~~~");
}

TEST(Guesses, KeepTheFormOfTheOldValue) {
  EXPECT_THAT(guesses("v1.2", "1.2", "1.3"), ElementsAre("v1.3"));
  EXPECT_THAT(guesses("1_2_3", "1.2.3", "1.3.0.1"), ElementsAre("1_3_0_1"));
  EXPECT_THAT(guesses("v1_2", "1.2", "1.3rc1"), ElementsAre("v1_3rc1"));
  EXPECT_THAT(guesses("1.2-3", "1.2.3", "1.2.3.4"), IsEmpty());
  EXPECT_THAT(guesses("12", "5.12.1", "5.13.1"), ElementsAre("13"));
  EXPECT_THAT(guesses("libv4l2-1.2", "1.2", "1.3"), ElementsAre("libv4l2-1.3"));
  EXPECT_THAT(guesses("4567-1.2", "1.2", "1.3"), IsEmpty());
  EXPECT_THAT(guesses("", "1", "2"), IsEmpty());
  EXPECT_THAT(guesses("abc", "1.2", "1.3"), IsEmpty());
}

TEST(Divide, IsUniqueOrNothing) {
  const std::vector<Piece> two = {{true, "1"}, {false, "."}, {true, "2"}};
  EXPECT_THAT(divide(two, "3.4"), ElementsAre("3", "4"));
  EXPECT_THAT(divide(two, "3.4.5"), IsEmpty());
  EXPECT_THAT(divide(two, "34"), IsEmpty());
  EXPECT_THAT(divide({{true, "1"}, {true, "2"}}, "123"), IsEmpty());
  EXPECT_THAT(divide(two, std::string(65, '1')), IsEmpty());
}

}  // namespace
}  // namespace rbee::pkgbuild::edit_tests
