// The index against a search that reads every text: the same workers, the same points, in the same
// order, whatever was pushed, removed and merged before.
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include "search/fixture.hpp"

namespace rbee::search {
namespace {

const std::vector<std::string>& vocabulary() {
  static const std::vector<std::string> words = {
      "llm",   "speech", "inference", "infer",  "inferred", "fast",          "the",
      "to",    "text",   "model",     "models", "whisper",  "cuda",          "GPU",
      "größe", "推論",   "音声認識",  "worker", "a",        "vision",        "visionary",
      "3d",    "v2",     "c++",       "x-ray",  "Speech",   "text-to-speech"};
  return words;
}

rc::Gen<std::string> texts(int words_max) {
  return rc::gen::map(rc::gen::resize(words_max, rc::gen::container<std::vector<std::string>>(
                                                     rc::gen::elementOf(vocabulary()))),
                      [](const std::vector<std::string>& words) {
                        std::string text;
                        for (const std::string& word : words)
                          text += word + (text.size() % 7 == 3 ? ". " : " ");
                        return text;
                      });
}

TestWorker a_worker(int number) {
  TestWorker worker;
  worker.id = *rc::gen::elementOf(std::vector<std::string>{"llm", "tts", "fast-llm", "zz"}) + "-" +
              std::to_string(number);
  worker.name = *texts(3);
  worker.description = *texts(8);
  worker.readme =
      *rc::gen::weightedOneOf<std::string>({{1, rc::gen::just(std::string())}, {2, texts(30)}});
  worker.tags = *rc::gen::resize(3, rc::gen::unique<std::vector<std::string>>(rc::gen::elementOf(
                                        std::vector<std::string>{"llm", "cuda", "speech", "gui"})));
  worker.tasks = *rc::gen::resize(
      2, rc::gen::unique<std::vector<std::string>>(
             rc::gen::elementOf(std::vector<std::string>{"text-to-speech", "text-generation"})));
  worker.license = *rc::gen::elementOf(std::vector<std::string>{"MIT", "Apache-2.0"});
  worker.owner = *rc::gen::elementOf(std::vector<std::string>{"ann", "bob", ""});
  worker.source = *rc::gen::elementOf(std::vector<std::string>{"official", "community"});
  worker.platforms = 0;
  for (int i = *rc::gen::inRange(0, 3); i >= 0; --i)
    worker.platforms |= platform_bit({*rc::gen::elementOf(kOses), *rc::gen::elementOf(kArches),
                                      *rc::gen::elementOf(kAccelerators)});
  worker.premium = *rc::gen::weightedElement<bool>({{1, true}, {4, false}});
  worker.facts.stars = *rc::gen::inRange(0, 3);
  worker.facts.dead = *rc::gen::weightedElement<bool>({{1, true}, {6, false}});
  return worker;
}

/// With few postings a prefix is kept ready in these small indexes, too.
BuildOptions an_option() {
  return {.prepared_postings_min = *rc::gen::elementOf(std::vector<std::uint64_t>{1, 4, 1'000}),
          .seed = *rc::gen::arbitrary<std::uint64_t>()};
}

std::string a_query() {
  std::string text;
  for (int i = *rc::gen::inRange(0, 4); i >= 0; --i) {
    if (!text.empty()) text += ' ';
    if (*rc::gen::inRange(0, 5) == 0) text += '-';
    const std::string word = *rc::gen::elementOf(vocabulary());
    switch (*rc::gen::inRange(0, 7)) {
      case 0:
        text += "\"" + word + " " + *rc::gen::elementOf(vocabulary()) + "\"";
        break;
      case 1:
        text += *rc::gen::elementOf(std::vector<std::string>{"tag:llm", "tag:cuda", "license:MIT",
                                                             "owner:ann", "source:official",
                                                             "task:text-to-speech", "premium:yes"});
        break;
      case 2:
        text += *rc::gen::elementOf(std::vector<std::string>{
            "os:linux", "os:macos", "arch:x86_64", "accelerator:cuda", "accelerator:cpu"});
        break;
      case 3: {  // A slip.
        std::string wrong = word;
        if (wrong.size() > 4) wrong.erase(2, 1);
        text += wrong;
        break;
      }
      case 4:
        text += word.substr(0, 3);
        break;
      default:
        text += word;
    }
  }
  return text + (*rc::gen::inRange(0, 2) == 0 ? " " : "");
}

void compare(const Index& index, const std::vector<TestWorker>& workers, std::size_t stale_max) {
  const NaiveSearch naive(workers);
  const std::string text = a_query();
  RC_LOG() << "query: " << text << "\n";
  const ParsedQuery parsed = parse_query(text);
  RC_PRE(!parsed.blocked());
  const SearchAnswer answer =
      index.search({.query = parsed.query, .limit = 1'000, .explain = true});
  std::vector<std::uint32_t> counts;
  if (answer.hits.empty()) {
    for (const Clause& clause : parsed.query.clauses)
      if (!clause.excluded) counts.push_back(1);
  } else {
    for (const auto& part : answer.explanations.front().words) counts.push_back(part.workers);
    std::size_t k = 0;
    for (const Clause& clause : parsed.query.clauses) {
      if (clause.excluded) continue;
      const std::uint32_t living = naive.count(clause);
      RC_ASSERT(counts[k] >= living);
      RC_ASSERT(counts[k] <= living + stale_max);
      ++k;
    }
  }
  const std::vector<Hit> expected = naive.search(parsed.query, counts);
  RC_ASSERT(answer.total == expected.size());
  RC_ASSERT(answer.hits.size() == expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    RC_LOG() << i << ": " << answer.hits[i].id << " " << answer.hits[i].score << ", expected "
             << expected[i].id << " " << expected[i].score << "\n";
    RC_ASSERT(answer.hits[i].id == expected[i].id);
    RC_ASSERT(answer.hits[i].score == expected[i].score);
  }
  // A page is a piece of the whole.
  if (expected.size() > 3) {
    const SearchAnswer page =
        index.search({.query = parsed.query, .limit = 2, .after = expected[0]});
    RC_ASSERT(page.hits.size() == 2U);
    RC_ASSERT(page.hits[0].id == expected[1].id);
    RC_ASSERT(page.hits[1].id == expected[2].id);
  }
}

RC_GTEST_PROP(IndexProperty, AnswersAsReadingEveryTextDoes, ()) {
  std::vector<TestWorker> workers;
  for (int i = *rc::gen::inRange(0, 25); i >= 0; --i) workers.push_back(a_worker(i));
  const auto index = Index::build(documents_of(workers), facts_of(workers), kTestNow, an_option());
  for (int i = 0; i < 5; ++i) compare(*index, workers, 0);
}

RC_GTEST_PROP(IndexProperty, AnswersTheSameAfterPushesAndMerges, ()) {
  std::vector<TestWorker> workers;
  for (int i = *rc::gen::inRange(0, 15); i >= 0; --i) workers.push_back(a_worker(i));
  auto index = Index::build(documents_of(workers), facts_of(workers), kTestNow, an_option());
  std::size_t stale = 0;
  for (int step = *rc::gen::inRange(1, 6); step > 0; --step) {
    std::vector<TestWorker> changed;
    std::vector<std::string> removed;
    const int number = *rc::gen::inRange(0, 20);
    if (*rc::gen::inRange(0, 4) == 0 && !workers.empty()) {
      removed.push_back(workers[static_cast<std::size_t>(number) % workers.size()].id);
    } else {
      changed.push_back(a_worker(number));
    }
    const auto gone = [&](const TestWorker& worker) {
      return std::any_of(changed.begin(), changed.end(),
                         [&](const TestWorker& each) { return each.id == worker.id; }) ||
             std::find(removed.begin(), removed.end(), worker.id) != removed.end();
    };
    std::erase_if(workers, gone);
    workers.insert(workers.end(), changed.begin(), changed.end());
    index =
        index->updated(documents_of(changed), removed, facts_of(workers), kTestNow, an_option());
    ++stale;
    if (*rc::gen::inRange(0, 4) == 0) index = index->compacted();
  }
  RC_ASSERT(index->size() == workers.size());
  for (int i = 0; i < 3; ++i) compare(*index, workers, stale);
  const auto whole = index->compacted();
  RC_ASSERT(whole->size() == workers.size());
  for (int i = 0; i < 3; ++i) compare(*whole, workers, stale);
}

}  // namespace
}  // namespace rbee::search
