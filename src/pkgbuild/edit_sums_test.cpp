// Checksum arrays in place: a row for each layout, and each that is refused.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pkgbuild/edit.hpp"

namespace rbee::pkgbuild {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

const std::string kHead = "pkgname=w\npkgver=1\npkgrel=1\narch=(x86_64 aarch64)\n";

struct Row {
  const char* name;
  std::string before;  ///< Without kHead.
  std::vector<std::string> values;
  std::string after;  ///< Text, or "!id" of the refusal.
  std::string suffix = {};
};

class SetChecksums : public testing::TestWithParam<Row> {};

TEST_P(SetChecksums, InPlace) {
  const Row& row = GetParam();
  const auto edited =
      set_checksums(kHead + row.before, {}, {{HashAlgorithm::sha256, row.suffix, row.values}});
  if (row.after.starts_with('!')) {
    ASSERT_FALSE(edited) << edited->text;
    EXPECT_EQ("!" + edited.error().id, row.after) << describe(edited.error());
    EXPECT_FALSE(edited.error().findings.empty());
    return;
  }
  ASSERT_TRUE(edited) << describe(edited.error());
  EXPECT_EQ(edited->text, kHead + row.after);
  EXPECT_EQ(edited->after.array("sha256sums" + row.suffix), row.values);
}

const Row kRows[] = {
    {"single quotes",
     "source=(a b)\nsha256sums=('1'\n            '2')\n",
     {"1", "9"},
     "source=(a b)\nsha256sums=('1'\n            '9')\n"},
    {"double quotes and none", "sha256sums=(\"1\" 2)\n", {"8", "9"}, "sha256sums=(\"8\" 9)\n"},
    {"comments stay",
     "sha256sums=(\n  '1' # one\n  # between\n\n  '2' # two\n)\n",
     {"8", "9"},
     "sha256sums=(\n  '8' # one\n  # between\n\n  '9' # two\n)\n"},
    {"lines that go on",
     "sha256sums=('1' \\\n  '2')\n",
     {"8", "9"},
     "sha256sums=('8' \\\n  '9')\n"},
    {"SKIP becomes a sum and back",
     "sha256sums=('SKIP' '2')\n",
     {"8", "SKIP"},
     "sha256sums=('8' 'SKIP')\n"},

    {"one more, a line each",
     "sha256sums=('1'\n            '2')\n",
     {"1", "2", "3"},
     "sha256sums=('1'\n            '2'\n            '3')\n"},
    {"two more, on one line",
     "sha256sums=('1' '2')\n",
     {"1", "2", "3", "4"},
     "sha256sums=('1' '2' '3' '4')\n"},
    {"one more, own lines and comments",
     "sha256sums=(\n\t'1' # one\n\t'2' # two\n)\n",
     {"1", "2", "3"},
     "sha256sums=(\n\t'1' # one\n\t'2' # two\n\t'3'\n)\n"},
    {"one more, after a comment outside",
     "sha256sums=('1'\n  '2') # all\n",
     {"1", "2", "3"},
     "sha256sums=('1'\n  '2'\n  '3') # all\n"},
    {"a second one", "sha256sums=('1')\n", {"1", "2"}, "sha256sums=('1'\n            '2')\n"},
    {"a second one, double quotes",
     "sha256sums=(\"1\")\n",
     {"1", "2"},
     "sha256sums=(\"1\"\n            \"2\")\n"},
    {"a second one, on its own line",
     "sha256sums=(\n  1\n)\n",
     {"1", "2"},
     "sha256sums=(\n  1\n  2\n)\n"},
    {"into an empty one", "sha256sums=()\n", {"1", "2"}, "sha256sums=('1'\n            '2')\n"},
    {"into an empty one with a comment",
     "sha256sums=( # none\n)\n",
     {"1"},
     "sha256sums=('1' # none\n)\n"},

    {"one less", "sha256sums=('1'\n            '2')\n", {"1"}, "sha256sums=('1')\n"},
    {"one less, on one line", "sha256sums=('1' '2' '3')\n", {"7"}, "sha256sums=('7')\n"},
    {"one less, own lines and comments",
     "sha256sums=(\n  '1' # one\n  '2' # two\n)\n",
     {"1"},
     "sha256sums=(\n  '1' # one\n)\n"},
    {"one less, the parenthesis stays out of the comment",
     "sha256sums=('1' # one\n  '2')\n",
     {"1"},
     "sha256sums=('1' # one\n  )\n"},
    {"none left", "sha256sums=('1'\n  '2')\n", {}, "sha256sums=()\n"},

    {"a variable",
     "_sum=1\nsha256sums=(\"$_sum\" '2')\n",
     {"8", "9"},
     "_sum=8\nsha256sums=(\"$_sum\" '9')\n"},
    {"a variable in a branch",
     "if true; then\n  _sum='1'\nfi\nsha256sums=(${_sum})\n",
     {"8"},
     "if true; then\n  _sum='8'\nfi\nsha256sums=(${_sum})\n"},
    {"in a case",
     "case $CARCH in\n  x86_64) sha256sums=('1') ;;\n  *) sha256sums=('2') ;;\nesac\n",
     {"8"},
     "case $CARCH in\n  x86_64) sha256sums=('8') ;;\n  *) sha256sums=('2') ;;\nesac\n"},
    {"of an architecture",
     "sha256sums_x86_64=(1)\nsha256sums_aarch64=(2)\n",
     {"9"},
     "sha256sums_x86_64=(1)\nsha256sums_aarch64=(9)\n",
     "_aarch64"},
    {"declare", "declare -ga sha256sums=('1')\n", {"2"}, "declare -ga sha256sums=('2')\n"},

    {"missing",
     "source=(a\n        b) # files\nmd5sums=(1 2)\n",
     {"8", "9"},
     "source=(a\n        b) # files\nsha256sums=('8'\n            '9')\nmd5sums=(1 2)\n"},
    {"missing at the end of the text",
     "source_x86_64=(a)",
     {"8"},
     "source_x86_64=(a)\nsha256sums_x86_64=('8')",
     "_x86_64"},
    {"missing, with more on the line",
     "source=(a); license=(MIT\n  GPL)\npkgdesc=x\n",
     {"8"},
     "source=(a); license=(MIT\n  GPL)\nsha256sums=('8')\npkgdesc=x\n"},

    {"appended", "sha256sums=(1)\nsha256sums+=(2)\n", {"8", "9"}, "!edit-appended"},
    {"one by one", "sha256sums[0]=1\nsha256sums[1]=2\n", {"8", "9"}, "!edit-appended"},
    {"in a loop", "for i in 1; do sha256sums=($i); done\n", {"8"}, "!edit-loop"},
    {"appended in a loop",
     "sha256sums=()\nfor i in 1 2; do sha256sums+=($i); done\n",
     {"8", "9"},
     "!edit-loop"},
    {"braces", "sha256sums=(SKI{P,P})\n", {"8", "9"}, "!edit-built"},
    {"a command", "sha256sums=($(echo 1 2))\n", {"8", "9"}, "!edit-built"},
    {"another array", "_sums=(1 2)\nsha256sums=(\"${_sums[@]}\")\n", {"8", "9"}, "!edit-built"},
    {"keys", "sha256sums=([0]=1)\n", {"8"}, "!edit-built"},
    {"one variable, two values", "_s=1\nsha256sums=($_s $_s)\n", {"8", "9"}, "!edit-built"},
    {"a variable that other fields read",
     "_s=1\nsha256sums=($_s)\npkgdesc=$_s\n",
     {"8"},
     "!edit-spread"},
    {"a variable with two values",
     "_s=1\nsha256sums=($_s)\n_s=2\nb2sums=($_s)\n",
     {"8"},
     "_s=8\nsha256sums=($_s)\n_s=2\nb2sums=($_s)\n"},
    {"missing, no place", "if true; then source=(a); fi\n", {"8"}, "!edit-conditional"},
};

INSTANTIATE_TEST_SUITE_P(Rows, SetChecksums, testing::ValuesIn(kRows), [](const auto& info) {
  std::string name;
  for (const char c : std::string(info.param.name)) name += std::isalnum(c) != 0 ? c : '_';
  return name;
});

TEST(SetChecksumsOfSeveralKinds, AreAddedInOrder) {
  const auto edited = set_checksums(kHead + "source=(a)\nsource_x86_64=(b)\n", {},
                                    {{HashAlgorithm::sha256, "", {"1"}},
                                     {HashAlgorithm::sha256, "_x86_64", {"2"}},
                                     {HashAlgorithm::b2, "", {"3"}}});
  ASSERT_TRUE(edited) << describe(edited.error());
  EXPECT_EQ(edited->text, kHead +
                              "source=(a)\nsha256sums=('1')\nb2sums=('3')\nsource_x86_64=(b)\n"
                              "sha256sums_x86_64=('2')\n");
}

TEST(Checksums, AreChosenAsMakepkgChoosesThem) {
  const auto recipe = evaluate(kHead +
                                   "source=(git+https://a/b.git s.sig x.sig::https://a/y "
                                   "n::https://a/y.asc lp:q hg+http://a f https://a/y.sign)\n"
                                   "sha1sums=('')\nb2sums_aarch64=(1)\nmd5sums=(1)\n"
                                   "source_aarch64=(g)\nsource_i686=(h)\n",
                               {});
  ASSERT_TRUE(recipe);
  EXPECT_THAT(checksum_algorithms(*recipe), ElementsAre(HashAlgorithm::md5, HashAlgorithm::b2));
  const auto arrays = source_arrays(*recipe);
  ASSERT_EQ(arrays.size(), 2U);
  EXPECT_EQ(arrays[1].suffix, "_aarch64");
  std::vector<bool> skipped;
  for (const SourceEntry& entry : arrays[0].entries) skipped.push_back(is_skipped(entry));
  EXPECT_THAT(skipped, ElementsAre(true, true, true, false, false, true, false, true));
  EXPECT_EQ(checksum_text({HashAlgorithm::cksum, "_aarch64", {"1", "2"}}),
            "cksums_aarch64=('1'\n                '2')\n");
}

}  // namespace
}  // namespace rbee::pkgbuild
