// Columns, cut and aligned as a terminal shows them.
#include "cli/table.hpp"

#include <gtest/gtest.h>

namespace rbee::cli {
namespace {

struct WidthCase {
  const char* name;
  const char* text;
  int cells;
};
class DisplayWidth : public testing::TestWithParam<WidthCase> {};
TEST_P(DisplayWidth, IsCountedInCells) {
  EXPECT_EQ(display_width(GetParam().text), GetParam().cells);
}
INSTANTIATE_TEST_SUITE_P(
    Texts, DisplayWidth,
    testing::Values(WidthCase{"ascii", "worker", 6}, WidthCase{"empty", "", 0},
                    WidthCase{"umlaut", "Übung", 5}, WidthCase{"combining", "e\xCC\x81", 1},
                    WidthCase{"chinese", "语音", 4}, WidthCase{"hangul", "한국어", 6},
                    WidthCase{"emoji", "🐝 bee", 6}, WidthCase{"replacement", "\xEF\xBF\xBD", 1},
                    WidthCase{"cut_sequence", "a\xE8\xAF", 3}),
    [](const auto& info) { return info.param.name; });

TEST(Truncate, KeepsWhatFits) {
  EXPECT_EQ(truncate("worker", 6), "worker");
}
TEST(Truncate, MarksTheCut) {
  EXPECT_EQ(truncate("tts-worker", 6), "tts-w…");
}
TEST(Truncate, NeverCutsAWideCharacterInTwo) {
  EXPECT_EQ(truncate("语音合成", 5), "语音…");
  EXPECT_EQ(truncate("语音合成", 4), "语…");
}
TEST(Truncate, NothingFitsInNothing) {
  EXPECT_EQ(truncate("worker", 0), "");
}

TEST(Wrap, BreaksBetweenWords) {
  EXPECT_EQ(wrap("speaks text aloud", 11), (std::vector<std::string>{"speaks text", "aloud"}));
}
TEST(Wrap, KeepsALongWordWhole) {
  EXPECT_EQ(wrap("see https://example.org/long x", 8),
            (std::vector<std::string>{"see", "https://example.org/long", "x"}));
}

Table sample() {
  Table table({"ID", "VERSION", "DESCRIPTION"});
  table.add({"tts-worker", "1.0-1", "Speaks text"});
  table.add({"语音", "2.0.1-1", "说话 with a long description"});
  return table;
}

TEST(Table, AlignsByCellsAndLeavesNoSpacesAtTheEnd) {
  EXPECT_EQ(sample().render(0),
            "ID          VERSION  DESCRIPTION\n"
            "tts-worker  1.0-1    Speaks text\n"
            "语音        2.0.1-1  说话 with a long description\n");
}
TEST(Table, CutsTheLastColumnFirst) {
  EXPECT_EQ(sample().render(36),
            "ID          VERSION  DESCRIPTION\n"
            "tts-worker  1.0-1    Speaks text\n"
            "语音        2.0.1-1  说话 with a lo…\n");
}
TEST(Table, CutsOthersWhenTheLastIsSmall) {
  Table table({"ID", "N"});
  table.add({"a-very-long-worker-id", "12345678"});
  EXPECT_EQ(table.render(24),
            "ID              N\n"
            "a-very-long-w…  12345678\n");
}
TEST(Table, IsNeverCutInAPipe) {
  Table table({"ID"});
  table.add({std::string(500, 'x')});
  EXPECT_EQ(table.render(0), "ID\n" + std::string(500, 'x') + "\n");
}
TEST(Table, StrangersTextCannotMoveTheCursorOrAddRows) {
  Table table({"ID", "DESCRIPTION"});
  table.add({"a", "x\x1b[2J\nfake-worker  9.9"});
  EXPECT_EQ(table.render(0), "ID  DESCRIPTION\na   x\xEF\xBF\xBD[2J fake-worker  9.9\n");
}
TEST(Table, MissingCellsAreEmpty) {
  Table table({"A", "B", "C"});
  table.add({"1"});
  EXPECT_EQ(table.render(0), "A  B  C\n1\n");
}

}  // namespace
}  // namespace rbee::cli
