// Any bytes as a search: findings that can be shown, limits that hold, and an answer whose points
// add up; and any bytes as a text: words that lie inside of it.
#include <array>
#include <vector>

#include "fuzz.hpp"
#include "search/highlight.hpp"
#include "search/index.hpp"
#include "search/words.hpp"

namespace {

using namespace rbee;

std::shared_ptr<const search::Index> make_index() {
  static const std::vector<std::string> tags = {"llm", "cuda", "speech"};
  std::vector<search::Document> documents;
  const std::array<std::string_view, 3> ids = {"llm-worker", "tts-worker", "asr"};
  for (const std::string_view id : ids) {
    search::Document document;
    document.id = id;
    document.name = "LLM Worker für 音声認識";
    document.description = "Fast inference, text to speech, whisper";
    document.readme = "# Read me\n[x](y) speech recognition";
    document.license = "MIT OR Apache-2.0";
    document.source = "community";
    document.tags = tags;
    document.platforms = search::platform_bit({});
    documents.push_back(document);
  }
  return search::Index::build(documents, {}, Time{});
}

void read_words(std::string_view text, search::Markup markup) {
  search::WordReader reader(text, markup, 7);
  std::uint32_t position = 0, begin = 0;
  bool is_first = true;
  for (search::Word word; reader.next(word);) {
    REQUIRE(!word.text.empty() && is_utf8(word.text));
    REQUIRE(word.text.size() <= search::kWordBytesMax);
    REQUIRE(word.begin < word.end && word.end <= text.size());
    REQUIRE(is_first || (word.position > position && word.begin > begin));
    REQUIRE(word.hash == search::hash_word(word.text, 7));
    is_first = false;
    position = word.position;
    begin = word.begin;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto index = make_index();
  const std::string_view text = fuzz::text_of(data, size);
  read_words(text, search::Markup::none);
  read_words(text, search::Markup::markdown);
  for (const auto last : {search::LastWord::whole, search::LastWord::beginning}) {
    const search::ParsedQuery parsed = search::parse_query(text, last);
    for (const Finding& finding : parsed.findings) fuzz::require_finding(finding, text);
    REQUIRE(text.size() <= search::kQueryBytesMax || parsed.blocked());
    if (parsed.blocked()) continue;
    for (const search::Clause& clause : parsed.query.clauses) {
      REQUIRE(!clause.words.empty());
      REQUIRE(clause.kind == search::Clause::Kind::phrase ? clause.words.size() > 1
                                                          : clause.words.size() == 1);
    }
    const auto answer = index->search({.query = parsed.query, .explain = true, .facets = true});
    REQUIRE(answer.total <= index->size() && answer.hits.size() == answer.total);
    for (std::size_t i = 0; i < answer.hits.size(); ++i) {
      const search::Explanation& why = answer.explanations[i];
      REQUIRE(why.exact + why.text + why.popularity + why.freshness + why.trust + why.dead ==
              answer.hits[i].score);
    }
    const auto shown = search::snippet(text, answer.matched, search::Markup::markdown);
    REQUIRE(printable_line(shown.text) == shown.text);
    for (const Span& mark : shown.marks)
      REQUIRE(mark.begin < mark.end && mark.end <= shown.text.size());
  }
  const auto suggestions = index->suggest(text);
  REQUIRE(suggestions.words.size() <= 10 && suggestions.workers.size() <= 10);
  return 0;
}
