#include "search/query.hpp"

#include <gmock/gmock.h>

namespace rbee::search {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Kind = Clause::Kind;

Query good(std::string_view text, LastWord last = LastWord::beginning) {
  const ParsedQuery parsed = parse_query(text, last);
  for (const Finding& finding : parsed.findings) ADD_FAILURE() << finding.message;
  return parsed.query;
}

TEST(Query, OfWordsTakesTheLastForABeginning) {
  EXPECT_THAT(good("fast inf").clauses, ElementsAre(Clause{Kind::word, {"fast"}, {}, false},
                                                    Clause{Kind::prefix, {"inf"}, {}, false}));
  EXPECT_THAT(good("fast inf ").clauses, ElementsAre(Clause{Kind::word, {"fast"}, {}, false},
                                                     Clause{Kind::word, {"inf"}, {}, false}));
  EXPECT_THAT(good("inf", LastWord::whole).clauses,
              ElementsAre(Clause{Kind::word, {"inf"}, {}, false}));
  EXPECT_EQ(good("LLM-Worker  RBEE").exact, "llm worker rbee");
}

TEST(Query, KnowsPhrases) {
  EXPECT_THAT(good("\"text to speech\" x ").clauses,
              ElementsAre(Clause{Kind::phrase, {"text", "speech"}, {0, 2}, false},
                          Clause{Kind::word, {"x"}, {}, false}));
  EXPECT_THAT(good("\"speech").clauses, ElementsAre(Clause{Kind::word, {"speech"}, {}, false}));
  EXPECT_THAT(good("\"to the\"").clauses,
              ElementsAre(Clause{Kind::phrase, {"to", "the"}, {0, 1}, false}));
  EXPECT_THAT(good("\"\" \"  \"").clauses, IsEmpty());
}

TEST(Query, ExcludesWithAHyphen) {
  EXPECT_THAT(
      good("llm -windows -\"old model\" -tag:gui").clauses,
      ElementsAre(Clause{Kind::word, {"llm"}, {}, false}, Clause{Kind::word, {"windows"}, {}, true},
                  Clause{Kind::phrase, {"old", "model"}, {0, 1}, true}));
  EXPECT_THAT(good("-tag:gui").filters, ElementsAre(Filter{Field::tag, "gui", true}));
  EXPECT_THAT(good("- x ").clauses, ElementsAre(Clause{Kind::word, {"x"}, {}, false}));
  EXPECT_EQ(good("llm -windows").exact, "llm");
}

TEST(Query, FiltersByField) {
  const Query query = good(
      "tag:cuda accelerator:ROCM os:linux arch:x86_64 licence:\"MIT\" "
      "source:official task:text-to-speech format:gguf owner:ann premium:no");
  EXPECT_THAT(
      query.filters,
      ElementsAre(Filter{Field::tag, "cuda", false}, Filter{Field::accelerator, "rocm", false},
                  Filter{Field::os, "linux", false}, Filter{Field::arch, "x86_64", false},
                  Filter{Field::license, "MIT", false}, Filter{Field::source, "official", false},
                  Filter{Field::task, "text-to-speech", false},
                  Filter{Field::format, "gguf", false}, Filter{Field::owner, "ann", false}));
  EXPECT_EQ(query.premium, false);
  EXPECT_TRUE(query.clauses.empty());
}

TEST(Query, DropsWordsThatSayNothingWhenOthersSaySomething) {
  EXPECT_THAT(good("text to speech ").clauses,
              ElementsAre(Clause{Kind::word, {"text"}, {}, false},
                          Clause{Kind::word, {"speech"}, {}, false}));
  EXPECT_THAT(good("the ").clauses, ElementsAre(Clause{Kind::word, {"the"}, {}, false}));
  EXPECT_THAT(good("text to").clauses, ElementsAre(Clause{Kind::word, {"text"}, {}, false},
                                                   Clause{Kind::prefix, {"to"}, {}, false}));
}

TEST(Query, TakesARunOfCjkForAPhraseOfItsPairs) {
  EXPECT_THAT(good("語音合成").clauses,
              ElementsAre(Clause{Kind::phrase, {"語音", "音合", "合成"}, {0, 1, 2}, false}));
  EXPECT_THAT(good("推論 ").clauses, ElementsAre(Clause{Kind::word, {"推論"}, {}, false}));
  EXPECT_THAT(good("音 ").clauses, ElementsAre(Clause{Kind::prefix, {"音"}, {}, false}));
  EXPECT_THAT(good("GPU推論 ").clauses, ElementsAre(Clause{Kind::word, {"gpu"}, {}, false},
                                                    Clause{Kind::word, {"推論"}, {}, false}));
}

TEST(Query, SaysWhichFieldWasMeant) {
  const ParsedQuery parsed = parse_query("acelerator:cuda llm ");
  ASSERT_EQ(parsed.findings.size(), 1U);
  EXPECT_FALSE(parsed.blocked());
  EXPECT_EQ(parsed.findings[0].rule, "query-field");
  EXPECT_EQ(parsed.findings[0].message,
            "there is no field 'acelerator'; it was searched for as words");
  EXPECT_EQ(parsed.findings[0].fix, "did you mean 'accelerator:cuda'?");
  EXPECT_EQ(parsed.findings[0].span, (Span{0, 15}));
  EXPECT_THAT(parsed.query.clauses, ElementsAre(Clause{Kind::word, {"acelerator"}, {}, false},
                                                Clause{Kind::word, {"cuda"}, {}, false},
                                                Clause{Kind::word, {"llm"}, {}, false}));
  EXPECT_THAT(parse_query("std::vector http://x.example 12:30").findings, IsEmpty());
}

TEST(Query, RefusesValuesThatCannotBe) {
  const ParsedQuery parsed = parse_query("accelerator:rcom");
  ASSERT_TRUE(parsed.blocked());
  EXPECT_EQ(parsed.findings[0].rule, "query-value");
  EXPECT_EQ(parsed.findings[0].fix, "did you mean 'accelerator:rocm'?");
  EXPECT_TRUE(parse_query("source:mine").blocked());
  EXPECT_TRUE(parse_query("premium:maybe").blocked());
  EXPECT_FALSE(parse_query("tag:").blocked());
}

TEST(Query, HasALimit) {
  EXPECT_EQ(parse_query(std::string(201, 'a')).findings.at(0).rule, "query-too-long");
  std::string many;
  for (int i = 0; i < 17; ++i) many += "w" + std::to_string(i) + " ";
  EXPECT_EQ(parse_query(many).findings.at(0).rule, "query-too-many");
  EXPECT_FALSE(parse_query(many.substr(0, many.rfind('w'))).blocked());
  std::string chinese;
  for (int i = 0; i < 60; ++i) chinese += "语";
  EXPECT_FALSE(parse_query(chinese).blocked());
}

}  // namespace
}  // namespace rbee::search
