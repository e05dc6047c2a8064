#include "search/index.hpp"

#include <gmock/gmock.h>

#include "search/fixture.hpp"

namespace rbee::search {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

std::vector<TestWorker> small_catalog() {
  std::vector<TestWorker> all;
  all.push_back({.id = "llm-worker-rbee-cpu",
                 .name = "LLM Worker rbee",
                 .description = "Text generation with Candle",
                 .readme = "# LLM\nFast inference of language models.",
                 .owner = "rbee",
                 .license = "GPL-3.0-or-later",
                 .source = "official",
                 .tags = {"llm", "chat"},
                 .tasks = {"text-generation"},
                 .formats = {"gguf", "safetensors"},
                 .platforms = platform_bit({Os::linux, Arch::x86_64, Accelerator::cpu}) |
                              platform_bit({Os::linux, Arch::aarch64, Accelerator::cpu})});
  all.push_back({.id = "llm-worker-rbee-cuda",
                 .name = "LLM Worker rbee (CUDA)",
                 .description = "Text generation with Candle on NVIDIA GPUs",
                 .readme = "Language models. The inference is fast.",
                 .owner = "rbee",
                 .license = "GPL-3.0-or-later",
                 .source = "official",
                 .tags = {"llm", "cuda"},
                 .tasks = {"text-generation"},
                 .formats = {"gguf"},
                 .platforms = platform_bit({Os::linux, Arch::x86_64, Accelerator::cuda}) |
                              platform_bit({Os::macos, Arch::aarch64, Accelerator::cpu})});
  all.push_back({.id = "tts-worker",
                 .name = "TTS Worker",
                 .description = "Speaks text: text to speech for English",
                 .readme = "",
                 .owner = "ann",
                 .license = "MIT OR Apache-2.0",
                 .tags = {"tts", "speech"},
                 .tasks = {"text-to-speech"}});
  all.push_back({.id = "asr-worker",
                 .name = "Speech to text",
                 .description = "Writes down speech",
                 .readme = "音声認識のための worker。",
                 .owner = "ann",
                 .license = "Apache-2.0",
                 .tags = {"asr", "speech"},
                 .tasks = {"automatic-speech-recognition"},
                 .premium = true});
  all.push_back({.id = "old-speech",
                 .name = "Speech",
                 .description = "speech speech speech",
                 .readme = "",
                 .owner = "bob",
                 .license = "MIT",
                 .tags = {"speech"},
                 .facts = {.stars = 100'000, .ratings = 10, .rating = 5, .dead = true}});
  return all;
}

class IndexTest : public ::testing::Test {
 protected:
  std::vector<TestWorker> workers_ = small_catalog();
  std::shared_ptr<const Index> index_ =
      Index::build(documents_of(workers_), facts_of(workers_), kTestNow);

  SearchAnswer ask(std::string_view text, LastWord last = LastWord::whole) const {
    const ParsedQuery parsed = parse_query(text, last);
    EXPECT_FALSE(parsed.blocked()) << text;
    return index_->search({.query = parsed.query, .explain = true, .facets = true});
  }
  std::vector<std::string> ids(std::string_view text, LastWord last = LastWord::whole) const {
    std::vector<std::string> all;
    for (const Hit& hit : ask(text, last).hits) all.push_back(hit.id);
    return all;
  }
};

TEST_F(IndexTest, FindsWordsInEveryText) {
  EXPECT_THAT(ids("candle"), UnorderedElementsAre("llm-worker-rbee-cpu", "llm-worker-rbee-cuda"));
  EXPECT_THAT(ids("nvidia"), ElementsAre("llm-worker-rbee-cuda"));
  EXPECT_THAT(ids("chat"), ElementsAre("llm-worker-rbee-cpu"));
  EXPECT_THAT(ids("safetensors"), ElementsAre("llm-worker-rbee-cpu"));
  EXPECT_THAT(ids("recognition"), ElementsAre("asr-worker"));
  EXPECT_THAT(ids("inference"),
              UnorderedElementsAre("llm-worker-rbee-cpu", "llm-worker-rbee-cuda"));
  EXPECT_THAT(ids("candle nvidia"), ElementsAre("llm-worker-rbee-cuda"));
  EXPECT_THAT(ids("nvidia whales"), IsEmpty());
  EXPECT_THAT(ids("音声"), ElementsAre("asr-worker"));
  EXPECT_THAT(ids("識"), ElementsAre("asr-worker"));
}

TEST_F(IndexTest, FindsBeginningsOfTheLastWordOnly) {
  EXPECT_THAT(ids("nvi", LastWord::beginning), ElementsAre("llm-worker-rbee-cuda"));
  EXPECT_THAT(ids("nvi"), IsEmpty());
  EXPECT_THAT(ids("nvi candle", LastWord::beginning), IsEmpty());
}

TEST_F(IndexTest, FindsPhrasesAndNotTheirWordsAlone) {
  EXPECT_THAT(ids("\"fast inference\""), ElementsAre("llm-worker-rbee-cpu"));
  EXPECT_THAT(ids("\"text to speech\""), ElementsAre("tts-worker"));
  EXPECT_THAT(ids("\"speech to text\""), ElementsAre("asr-worker"));
  // "rbee" ends the name and "Text" begins the description: no phrase goes from one text to the
  // next.
  EXPECT_THAT(ids("\"cuda text\""), IsEmpty());
}

TEST_F(IndexTest, LeavesOutWhatWasExcluded) {
  EXPECT_THAT(ids("llm -cuda"), ElementsAre("llm-worker-rbee-cpu"));
  EXPECT_THAT(ids("llm -tag:cuda"), ElementsAre("llm-worker-rbee-cpu"));
  EXPECT_THAT(ids("llm -accelerator:cuda"), ElementsAre("llm-worker-rbee-cpu"));
  EXPECT_THAT(ids("candle -\"fast inference\""), ElementsAre("llm-worker-rbee-cuda"));
}

TEST_F(IndexTest, FiltersBySeveralThingsOfOnePlatform) {
  EXPECT_THAT(ids("os:macos"), ElementsAre("llm-worker-rbee-cuda"));
  EXPECT_THAT(ids("accelerator:cuda os:linux"), ElementsAre("llm-worker-rbee-cuda"));
  EXPECT_THAT(ids("accelerator:cuda os:macos"), IsEmpty());
  EXPECT_THAT(ids("accelerator:cuda accelerator:cpu"), ElementsAre("llm-worker-rbee-cuda"));
  EXPECT_THAT(ids("tag:llm tag:cuda"), ElementsAre("llm-worker-rbee-cuda"));
  EXPECT_THAT(ids("license:mit -speech"), IsEmpty());
  EXPECT_THAT(ids("license:mit"), UnorderedElementsAre("tts-worker", "old-speech"));
  EXPECT_THAT(ids("license:Apache-2.0"), UnorderedElementsAre("tts-worker", "asr-worker"));
  EXPECT_THAT(ids("owner:ann source:community premium:yes"), ElementsAre("asr-worker"));
  EXPECT_THAT(ids("task:text-to-speech"), ElementsAre("tts-worker"));
  EXPECT_THAT(ids("format:gguf premium:no"),
              UnorderedElementsAre("llm-worker-rbee-cpu", "llm-worker-rbee-cuda"));
  EXPECT_THAT(ids("tag:nothing"), IsEmpty());
}

TEST_F(IndexTest, PutsTheExactNameFirstAndTheDeadLast) {
  EXPECT_EQ(ids("llm worker rbee").front(), "llm-worker-rbee-cpu");
  EXPECT_EQ(ids("llm-worker-rbee-cuda"), std::vector<std::string>{"llm-worker-rbee-cuda"});
  // The dead one has every star, the word in its name, and is called just so: only then it is
  // first.
  EXPECT_EQ(ids("speech").front(), "old-speech");
  EXPECT_EQ(ids("spee", LastWord::beginning).back(), "old-speech");
  EXPECT_EQ(ids("").back(), "old-speech");
  EXPECT_EQ(ids("").size(), workers_.size());
}

TEST_F(IndexTest, ExplainsEveryPoint) {
  for (const char* text :
       {"", "llm worker rbee", "speech", "text", "\"text to speech\"", "llm -cuda", "spech"}) {
    const SearchAnswer answer = ask(text);
    ASSERT_EQ(answer.explanations.size(), answer.hits.size());
    for (std::size_t i = 0; i < answer.hits.size(); ++i) {
      const Explanation& why = answer.explanations[i];
      std::int32_t text_points = 0;
      for (const auto& part : why.words) text_points += part.points;
      EXPECT_EQ(why.text, text_points);
      EXPECT_EQ(why.exact + why.text + why.popularity + why.freshness + why.trust + why.dead,
                answer.hits[i].score)
          << text << " " << answer.hits[i].id;
    }
  }
}

TEST_F(IndexTest, MendsWhatNobodyHas) {
  const SearchAnswer answer = ask("spech");
  ASSERT_EQ(answer.corrections.size(), 1U);
  EXPECT_EQ(answer.corrections[0].typed, "spech");
  EXPECT_THAT(answer.corrections[0].used, ElementsAre("speech"));
  EXPECT_EQ(answer.total, 3U);
  EXPECT_THAT(ask("candel").corrections.at(0).used, ElementsAre("candle"));
  EXPECT_THAT(ask("speech").corrections, IsEmpty());
  EXPECT_EQ(ask("whales").total, 0U);
}

TEST_F(IndexTest, CountsFacetsOverAllMatches) {
  const SearchAnswer answer = ask("llm");
  const auto values = [&](Field field) {
    for (const Facet& facet : answer.facets)
      if (facet.field == field) return facet.values;
    return std::vector<FacetValue>();
  };
  EXPECT_THAT(values(Field::tag),
              ElementsAre(FacetValue{"llm", 2}, FacetValue{"chat", 1}, FacetValue{"cuda", 1}));
  EXPECT_THAT(values(Field::accelerator), ElementsAre(FacetValue{"cpu", 2}, FacetValue{"cuda", 1}));
  EXPECT_THAT(values(Field::os), ElementsAre(FacetValue{"linux", 2}, FacetValue{"macos", 1}));
  EXPECT_THAT(values(Field::license), ElementsAre(FacetValue{"GPL-3.0-or-later", 2}));
  EXPECT_THAT(values(Field::source), ElementsAre(FacetValue{"official", 2}));
  EXPECT_THAT(index_->values(Field::tag, "s"), ElementsAre(FacetValue{"speech", 3}));
}

TEST_F(IndexTest, PagesWithoutRepeatingOrLosing) {
  const Query query = parse_query("worker", LastWord::whole).query;
  const SearchAnswer all = index_->search({.query = query});
  std::vector<std::string> seen;
  std::optional<Hit> after;
  for (std::size_t page = 0; page < 10; ++page) {
    const SearchAnswer answer = index_->search({.query = query, .limit = 1, .after = after});
    EXPECT_EQ(answer.total, all.total);
    if (answer.hits.empty()) break;
    seen.push_back(answer.hits.front().id);
    after = answer.hits.front();
    EXPECT_EQ(answer.more, seen.size() < all.hits.size());
  }
  ASSERT_EQ(seen.size(), all.hits.size());
  for (std::size_t i = 0; i < seen.size(); ++i) EXPECT_EQ(seen[i], all.hits[i].id);
}

TEST_F(IndexTest, RanksByNumbersThatComeLater) {
  EXPECT_EQ(ids("candle").front(), "llm-worker-rbee-cpu");
  index_ = index_->with_facts(
      [](std::string_view id) {
        return id == "llm-worker-rbee-cuda" ? Facts{.stars = 5'000} : Facts{};
      },
      kTestNow);
  EXPECT_EQ(ids("candle").front(), "llm-worker-rbee-cuda");
  EXPECT_EQ(index_->search({.query = {}, .min_rating = 4}).total, 0U);
  index_ = index_->with_facts(
      [](std::string_view id) {
        return id == "tts-worker" ? Facts{.ratings = 3, .rating = 4.5} : Facts{};
      },
      kTestNow);
  EXPECT_EQ(index_->search({.query = {}, .min_rating = 4}).total, 1U);
}

TEST_F(IndexTest, AnUpdateReplacesAddsAndRemoves) {
  TestWorker changed = workers_[2];
  changed.description = "Sings arias";
  TestWorker added = {.id = "ocr-worker",
                      .name = "OCR",
                      .description = "Reads images",
                      .readme = "",
                      .owner = "ann",
                      .license = "MIT"};
  const std::vector<TestWorker> fresh = {changed, added};
  const std::vector<std::string> gone = {"asr-worker", "never-there"};
  const auto before = index_;
  index_ = index_->updated(documents_of(fresh), gone, {}, kTestNow);
  EXPECT_THAT(ids("arias"), ElementsAre("tts-worker"));
  EXPECT_THAT(ids("speaks"), IsEmpty());
  EXPECT_THAT(ids("images"), ElementsAre("ocr-worker"));
  EXPECT_THAT(ids("recognition"), IsEmpty());
  EXPECT_EQ(index_->size(), 5U);
  EXPECT_TRUE(index_->contains("ocr-worker"));
  EXPECT_FALSE(index_->contains("asr-worker"));
  // Readers of the old one see the old one.
  index_ = before;
  EXPECT_THAT(ids("speaks"), ElementsAre("tts-worker"));
  EXPECT_THAT(ids("images"), IsEmpty());
}

TEST_F(IndexTest, OfNothingAnswersNothing) {
  const auto empty = Index::build({}, {}, kTestNow);
  EXPECT_EQ(empty->size(), 0U);
  EXPECT_EQ(empty->search({.query = parse_query("speech").query, .facets = true}).total, 0U);
  EXPECT_TRUE(empty->suggest("sp").words.empty());
  EXPECT_EQ(empty->compacted()->size(), 0U);
  index_ = empty->updated(documents_of(workers_), {}, facts_of(workers_), kTestNow);
  EXPECT_EQ(ids("nvidia").size(), 1U);
  std::vector<std::string> all;
  for (const TestWorker& worker : workers_) all.push_back(worker.id);
  index_ = index_->updated({}, all, {}, kTestNow);
  EXPECT_EQ(index_->size(), 0U);
  EXPECT_THAT(ids("speech"), IsEmpty());
}

TEST_F(IndexTest, Suggests) {
  EXPECT_THAT(index_->suggest("spee").words, ElementsAre("speech"));
  EXPECT_THAT(index_->suggest("fast inference cu").words, ElementsAre("fast inference cuda"));
  EXPECT_THAT(index_->suggest("nvidia ch").words, IsEmpty());
  const Suggestions typed = index_->suggest("llm-w");
  EXPECT_EQ(typed.workers.size(), 2U);
  EXPECT_THAT(index_->suggest("sp").tags, ElementsAre(FacetValue{"speech", 3}));
  EXPECT_EQ(index_->suggest("spech candel ").did_you_mean, "speech candle ");
  EXPECT_EQ(index_->suggest("speech ").did_you_mean, std::nullopt);
  EXPECT_EQ(index_->suggest("Spech, nvidia").did_you_mean, "speech, nvidia");
}

}  // namespace
}  // namespace rbee::search
