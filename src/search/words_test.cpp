#include "search/words.hpp"

#include <gmock/gmock.h>

#include "search/highlight.hpp"
#include "search/typos.hpp"

namespace rbee::search {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(Words, AreRunsOfLettersAndDigitsInLowerCase) {
  EXPECT_THAT(words_of("LLM-Worker_v2.1 (CUDA)"), ElementsAre("llm", "worker", "v2", "1", "cuda"));
  EXPECT_THAT(words_of("  \t -- !"), IsEmpty());
  EXPECT_THAT(words_of("Größe ÜBER Привет ΑΒΓ"), ElementsAre("größe", "über", "привет", "αβγ"));
  EXPECT_THAT(words_of("ＧＰＵ４"), ElementsAre("gpu4"));
  EXPECT_THAT(words_of("fast🚀inference“quoted”"), ElementsAre("fast", "inference", "quoted"));
}

TEST(Words, OfChineseJapaneseAndKoreanArePairs) {
  EXPECT_THAT(words_of("語音合成"), ElementsAre("語音", "音合", "合成", "成"));
  EXPECT_THAT(words_of("音"), ElementsAre("音"));
  EXPECT_THAT(words_of("GPUで推論"), ElementsAre("gpu", "で推", "推論", "論"));
  EXPECT_THAT(words_of("음성、합성"), ElementsAre("음성", "성", "합성", "성"));
}

TEST(Words, OfMarkdownAreItsTextAlone) {
  EXPECT_THAT(
      words_of("# Title\n[link](https://example.org/some/path) <b class=\"x\">bold</b> a&amp;b",
               Markup::markdown),
      ElementsAre("title", "link", "bold", "a", "b"));
  EXPECT_THAT(words_of("see https://example.org/x and <https://y.example> end", Markup::markdown),
              ElementsAre("see", "and", "end"));
  EXPECT_THAT(words_of("a < b, c <- d ](", Markup::markdown), ElementsAre("a", "b", "c", "d"));
  const std::string data(200, 'A');
  EXPECT_THAT(words_of("x " + data + " y", Markup::markdown), ElementsAre("x", "y"));
}

TEST(Words, TooLongAreCutAndHaveNoHalfLetters) {
  const std::string text = std::string(63, 'x') + "ü" + "yz";
  const auto words = words_of(text);
  ASSERT_EQ(words.size(), 1U);
  EXPECT_LE(words[0].size(), kWordBytesMax);
  EXPECT_TRUE(words[0].starts_with(std::string(63, 'x')));
  EXPECT_EQ(words_of(std::string(200, 'b')).front(), std::string(kWordBytesMax, 'b'));
}

TEST(Words, OfMalformedBytesDoNotHoldThem) {
  EXPECT_THAT(words_of(std::string("ab\xff\xfe\x80"
                                   "cd\xc3")),
              ElementsAre("ab", "cd"));
  EXPECT_THAT(words_of("\xed\xa0\x80x"), ElementsAre("x"));
}

TEST(Words, KnowTheirPlace) {
  WordReader reader("Über GPUs");
  Word word;
  ASSERT_TRUE(reader.next(word));
  EXPECT_EQ(word.begin, 0U);
  EXPECT_EQ(word.end, 5U);
  EXPECT_EQ(word.hash, hash_word("über"));
  ASSERT_TRUE(reader.next(word));
  EXPECT_EQ(word.position, 1U);
  EXPECT_EQ(word.begin, 6U);
  EXPECT_FALSE(reader.next(word));
}

TEST(Typos, AreCountedAsSlips) {
  EXPECT_EQ(slips_between("inference", "infernce", 2), 1U);
  EXPECT_EQ(slips_between("inference", "inferecne", 2), 1U);
  EXPECT_EQ(slips_between("whisper", "whsiperr", 2), 2U);
  EXPECT_EQ(slips_between("abc", "xyz", 2), 3U);
  EXPECT_EQ(slips_between("", "ab", 2), 2U);
  EXPECT_EQ(slips_allowed("llm"), 0U);
  EXPECT_EQ(slips_allowed("llama2x"), 0U);
  EXPECT_EQ(slips_allowed("spech"), 1U);
  EXPECT_EQ(slips_allowed("infernce"), 2U);
}

TEST(Highlights, MarkTheWordsAndNothingElse) {
  const std::vector<Matched> matched = {{"speech", false}, {"infer", true}};
  const std::string text = "Speech inference, speeches";
  const auto spans = highlights(text, matched);
  ASSERT_EQ(spans.size(), 2U);
  EXPECT_EQ(text.substr(spans[0].begin, spans[0].end - spans[0].begin), "Speech");
  EXPECT_EQ(text.substr(spans[1].begin, spans[1].end - spans[1].begin), "inference");
}

TEST(Highlights, OfOverlappingPairsAreOneMark) {
  const std::vector<Matched> matched = {{"語音", false}, {"音合", false}};
  const auto spans = highlights("中文語音合成", matched);
  ASSERT_EQ(spans.size(), 1U);
  EXPECT_EQ(spans[0], (Span{6, 15}));
}

TEST(Snippets, ShowWhereTheWordsAre) {
  std::string text(400, '.');
  text = "Intro words. " + std::string(60, 'x') + " " + text +
         "\nRuns **speech** models,\x1b[31m red\n" + std::string(300, 'y');
  const std::vector<Matched> matched = {{"speech", false}};
  const Snippet shown = snippet(text, matched, Markup::markdown);
  ASSERT_EQ(shown.marks.size(), 1U);
  EXPECT_EQ(shown.text.substr(shown.marks[0].begin, shown.marks[0].end - shown.marks[0].begin),
            "speech");
  EXPECT_EQ(shown.text.find('\x1b'), std::string::npos);
  EXPECT_EQ(shown.text.find('\n'), std::string::npos);
  EXPECT_TRUE(shown.text.starts_with("…"));
  EXPECT_LT(shown.text.size(), 200U);
  EXPECT_TRUE(snippet("nothing here", matched, Markup::none).text.empty());
}

}  // namespace
}  // namespace rbee::search
