// Diffs that a person reads and that patch(1) takes.
#include "base/line_diff.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

namespace rbee {
namespace {

using ::testing::ElementsAre;

TEST(LineDiff, NamesTheLinesThatDiffer) {
  const auto changes = line_changes("a\nb\nc\nd\n", "a\nB\nc\nd\ne\n");
  ASSERT_EQ(changes.size(), 2U);
  EXPECT_EQ(changes[0].line_before, 2U);
  EXPECT_THAT(changes[0].before, ElementsAre("b"));
  EXPECT_THAT(changes[0].after, ElementsAre("B"));
  EXPECT_EQ(changes[1].line_before, 5U);
  EXPECT_TRUE(changes[1].before.empty());
  EXPECT_THAT(changes[1].after, ElementsAre("e"));
  EXPECT_TRUE(line_changes("a\n", "a\n").empty());
}

TEST(LineDiff, IsUnified) {
  EXPECT_EQ(unified_diff("a\nb\nc\nd\ne\n", "a\nB\nc\nd\ne\n", "f"),
            "--- f\n+++ f\n@@ -1,3 +1,3 @@\n a\n-b\n+B\n c\n");
  EXPECT_EQ(unified_diff("a\nb\nc\nd\ne\nf\n", "x\nb\nc\nd\ne\nF\n", "f", 0),
            "--- f\n+++ f\n@@ -1 +1 @@\n-a\n+x\n@@ -6 +6 @@\n-f\n+F\n");
  EXPECT_EQ(unified_diff("a\nb\n", "a\nn\nb\n", "f", 0), "--- f\n+++ f\n@@ -1,0 +2 @@\n+n\n");
  EXPECT_EQ(unified_diff("a", "a\n", "f"),
            "--- f\n+++ f\n@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+a\n");
  EXPECT_EQ(unified_diff("", "a\n", "f"), "--- f\n+++ f\n@@ -0,0 +1 @@\n+a\n");
  EXPECT_EQ(unified_diff("a\n", "a\n", "f"), "");
}

/// The changes, made on the old text, give the new one.
TEST(LineDiff, HoldsTheWholeDifference) {
  std::mt19937 random(7);
  const auto text = [&] {
    std::string out;
    for (auto n = random() % 12; n > 0; --n) out += std::string(1, "abc"[random() % 3]) + "\n";
    return out;
  };
  for (int i = 0; i < 3000; ++i) {
    const std::string before = text();
    const std::string after = text();
    std::vector<std::string> lines;
    for (std::size_t at = 0; at < before.size(); at += 2) lines.emplace_back(1, before[at]);
    std::string made;
    std::size_t line = 1;
    for (const LineChange& change : line_changes(before, after)) {
      for (; line < change.line_before; ++line) made += lines[line - 1] + "\n";
      for (const std::string& gone : change.before) ASSERT_EQ(gone, lines[line++ - 1]);
      for (const std::string& added : change.after) made += added + "\n";
    }
    for (; line <= lines.size(); ++line) made += lines[line - 1] + "\n";
    ASSERT_EQ(made, after) << before;
  }
}

}  // namespace
}  // namespace rbee
