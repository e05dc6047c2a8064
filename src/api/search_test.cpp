#include "api/search.hpp"

#include <gmock/gmock.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "../../tests/fakes/manual_clock.hpp"
#include "api/fixture.hpp"
#include "wire/worker.hpp"

namespace rbee::api {
namespace {

namespace bj = boost::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

class SearchApi : public ::testing::Test {
 protected:
  SearchApi() : catalog_(clock_, options()), part_([this] { return catalog_.get(); }) {
    catalog_.publish(fixture_.snapshot());
  }

  SearchCatalogOptions options() {
    return {.numbers = [this] { return numbers_; }, .flags = [this] { return flags_; }};
  }
  http::Response get(const std::string& target) const {
    return part_.respond(get_request(target), "https://market.example");
  }
  bj::object ask(const std::string& target) const {
    const http::Response response = get(target);
    EXPECT_EQ(response.status, 200) << response.body;
    return bj::parse(response.body).as_object();
  }
  std::vector<std::string> ids(const std::string& target) const {
    std::vector<std::string> all;
    const bj::object answer = ask(target);
    for (const bj::value& worker : answer.at("workers").as_array())
      all.emplace_back(worker.at("id").as_string());
    return all;
  }
  std::string problem(const std::string& target) const {
    const http::Response response = get(target);
    EXPECT_EQ(response.status, 400) << target;
    return response.body;
  }

  CatalogFixture fixture_;
  fakes::ManualClock clock_;
  std::shared_ptr<const NumbersTable> numbers_ = std::make_shared<NumbersTable>();
  std::shared_ptr<const FlagsTable> flags_ = std::make_shared<FlagsTable>();
  SearchCatalog catalog_;
  Search part_;
};

TEST_F(SearchApi, FindsWorkersAndSaysWhere) {
  const bj::object answer = ask("/v1/search?q=speaks&explain=1");
  EXPECT_EQ(answer.at("total").as_int64(), 1);
  const bj::object& worker = answer.at("workers").at(0).as_object();
  EXPECT_EQ(worker.at("id").as_string(), "tts-worker");
  EXPECT_EQ(worker.at("url").as_string(), "https://market.example/v1/workers/tts-worker");
  EXPECT_EQ(bj::serialize(worker.at("highlights")), R"({"description":[[0,6]]})");
  const bj::object& why = worker.at("explain").as_object();
  std::int64_t sum = 0;
  for (const char* part : {"exact", "text", "popularity", "freshness", "trust", "dead"})
    sum += why.at(part).as_int64();
  EXPECT_EQ(sum, worker.at("score").as_int64());
  EXPECT_GT(why.at("text").as_int64(), 0);
  // What /v1/workers says of a worker is there unchanged: clients read both with one parser.
  const auto list = wire::parse_worker_list(bj::serialize(answer));
  ASSERT_TRUE(list.has_value());
  EXPECT_EQ(list->workers[0].version, "1:1.2.3-1");
}

TEST_F(SearchApi, FiltersByParametersAndInTheQuery) {
  EXPECT_THAT(ids("/v1/search"),
              UnorderedElementsAre("llm-worker-rbee-cpu", "tts-worker", "vision-worker"));
  EXPECT_THAT(ids("/v1/search?tag=tts&tag=audio"), ElementsAre("tts-worker"));
  EXPECT_THAT(ids("/v1/search?q=tag:tts"), ElementsAre("tts-worker"));
  EXPECT_THAT(ids("/v1/search?tag=tts&tag=vision"), IsEmpty());
  EXPECT_THAT(ids("/v1/search?accelerator=openvino"), ElementsAre("vision-worker"));
  // Vulkan is for x86_64 alone, aarch64 for cpu alone.
  EXPECT_THAT(ids("/v1/search?accelerator=vulkan&arch=x86_64"), ElementsAre("tts-worker"));
  EXPECT_THAT(ids("/v1/search?accelerator=vulkan&arch=aarch64"), IsEmpty());
  EXPECT_THAT(ids("/v1/search?source=official"), ElementsAre("llm-worker-rbee-cpu"));
  EXPECT_THAT(ids("/v1/search?license=mit"), ElementsAre("vision-worker"));
  EXPECT_THAT(ids("/v1/search?format=gguf&task=text-generation"),
              ElementsAre("llm-worker-rbee-cpu"));
  EXPECT_THAT(ids("/v1/search?premium=1"), IsEmpty());
  EXPECT_THAT(ids("/v1/search?owner=Ada+Lovelace&source=official").size(), 0U);
  EXPECT_THAT(ids("/v1/search?q=tts&min_rating=4"), IsEmpty());
}

TEST_F(SearchApi, PutsTheExactNameFirstAndPages) {
  // "tts-worker" stands in the text of another one, too.
  EXPECT_THAT(ids("/v1/search?q=tts-worker"), ElementsAre("tts-worker", "vision-worker"));
  const bj::object first = ask("/v1/search?q=tts-worker&limit=1");
  EXPECT_EQ(first.at("total").as_int64(), 2);
  const std::string cursor(first.at("next").as_string());
  EXPECT_THAT(get("/v1/search?q=tts-worker&limit=1").headers.get("Link"),
              HasSubstr("rel=\"next\""));
  EXPECT_THAT(ids("/v1/search?q=tts-worker&limit=1&cursor=" + cursor),
              ElementsAre("vision-worker"));
  EXPECT_FALSE(ask("/v1/search?q=tts-worker&limit=1&cursor=" + cursor).contains("next"));
}

TEST_F(SearchApi, MendsSuggestsAndCounts) {
  const bj::object answer = ask("/v1/search?q=visoin&words=whole&facets=1");
  EXPECT_EQ(answer.at("did_you_mean").as_string(), "vision");
  EXPECT_EQ(bj::serialize(answer.at("corrections")), R"([{"typed":"visoin","used":["vision"]}])");
  EXPECT_EQ(bj::serialize(answer.at("facets").at("accelerator")),
            R"([{"value":"openvino","count":1}])");
  EXPECT_EQ(bj::serialize(answer.at("facets").at("tag")), R"([{"value":"vision","count":1}])");
  EXPECT_EQ(bj::serialize(ask("/v1/search?q=acelerator:cuda").at("notes").at(0).at("fix")),
            R"("did you mean 'accelerator:cuda'?")");
  const bj::object typed = ask("/v1/search/suggest?q=vis");
  EXPECT_EQ(bj::serialize(typed.at("words")), R"(["vision"])");
  EXPECT_EQ(bj::serialize(typed.at("workers")), R"([{"id":"vision-worker","name":"Vision"}])");
  EXPECT_EQ(
      bj::serialize(ask("/v1/tags").at("tags")),
      R"([{"tag":"audio","count":1},{"tag":"cpu","count":1},{"tag":"llm","count":1},{"tag":"tts","count":1},{"tag":"vision","count":1}])");
  EXPECT_EQ(bj::serialize(ask("/v1/tags?prefix=l").at("tags")), R"([{"tag":"llm","count":1}])");
}

TEST_F(SearchApi, FindsWordsOfPagesAndShowsThem) {
  // Pages are Markdown; a script in one is no word, and a snippet is plain text.
  EXPECT_THAT(ids("/v1/search?q=alert&words=whole"), ElementsAre("llm-worker-rbee-cpu"));
  const bj::object answer = ask("/v1/search?q=alert&words=whole&snippets=1");
  const bj::object& snippet = answer.at("workers").at(0).at("snippet").as_object();
  EXPECT_THAT(std::string(snippet.at("text").as_string()), HasSubstr("alert(1)"));
  EXPECT_EQ(snippet.at("marks").as_array().size(), 1U);
}

TEST_F(SearchApi, RefusesWhatItCannotAnswer) {
  EXPECT_THAT(problem("/v1/search?tga=x"), HasSubstr("did you mean 'tag'?"));
  EXPECT_THAT(problem("/v1/search?accelerator=rcom"), HasSubstr("parameter-invalid"));
  EXPECT_THAT(problem("/v1/search?q=accelerator:rcom"), HasSubstr("query-invalid"));
  EXPECT_THAT(problem("/v1/search?q=" + std::string(201, 'a')), HasSubstr("query-invalid"));
  EXPECT_THAT(problem("/v1/search?limit=201"), HasSubstr("from 1 to 200"));
  EXPECT_THAT(problem("/v1/search?limit=1&limit=2"), HasSubstr("stands twice"));
  EXPECT_THAT(problem("/v1/search?cursor=x.y"), HasSubstr("parameter-invalid"));
  EXPECT_THAT(problem("/v1/search?min_rating=6"), HasSubstr("from 1 to 5"));
  EXPECT_THAT(problem("/v1/search?min_rating=nan"), HasSubstr("from 1 to 5"));
  EXPECT_THAT(problem("/v1/search/suggest?limit=0"), HasSubstr("from 1 to 20"));
  EXPECT_THAT(problem("/v1/tags?x=1"), HasSubstr("parameter-unknown"));
  EXPECT_THAT(problem("/v1/index?after=../x"), HasSubstr("worker-id-invalid"));
  EXPECT_EQ(part_.respond(get_request("/v1/search", http::Method::post), "").status, 405);
}

TEST_F(SearchApi, IsKeptUntilSomethingChanges) {
  const std::string tag(get("/v1/search?q=tts").headers.get("ETag"));
  http::Request again = get_request("/v1/search?q=tts");
  again.headers.add("If-None-Match", tag);
  EXPECT_EQ(part_.respond(again, "https://market.example").status, 304);
  EXPECT_TRUE(catalog_.tidy());
  EXPECT_EQ(part_.respond(again, "https://market.example").status, 304);
  numbers_ = std::make_shared<NumbersTable>(NumbersTable{{"vision-worker", {.stars = 900}}});
  EXPECT_TRUE(catalog_.tidy());
  EXPECT_EQ(part_.respond(again, "https://market.example").status, 200);
}

TEST_F(SearchApi, RanksByNumbersAndPutsTakenBackReleasesLast) {
  numbers_ = std::make_shared<NumbersTable>(NumbersTable{{"vision-worker", {.stars = 100'000}}});
  catalog_.tidy();
  EXPECT_EQ(ids("/v1/search").front(), "vision-worker");
  flags_ = std::make_shared<FlagsTable>(
      FlagsTable{{"vision-worker", {.version = "1.0-1", .dead = true}}});
  catalog_.tidy();
  EXPECT_EQ(ids("/v1/search").front(), "vision-worker");
  flags_ = std::make_shared<FlagsTable>(
      FlagsTable{{"vision-worker", {.version = "1.0-1", .dead = true}},
                 {"vision-worker", {.version = "2.0.0-1", .dead = true}}});
  catalog_.tidy();
  EXPECT_EQ(ids("/v1/search").back(), "vision-worker");
}

TEST_F(SearchApi, FollowsTheCatalog) {
  const auto before = catalog_.get();
  catalog_.publish(fixture_.snapshot()->without(
      {{"community/tts-worker", {}, before->snapshot->find("tts-worker")->tree}}));
  EXPECT_THAT(ids("/v1/search?q=speaks"), IsEmpty());
  EXPECT_EQ(before->index->size(), 3U);
  // It comes back with the same entry: its page is read out of the repository again.
  catalog_.publish(fixture_.snapshot());
  EXPECT_THAT(ids("/v1/search?q=speaks"), ElementsAre("tts-worker"));
  EXPECT_THAT(ids("/v1/search?q=alert&words=whole"), ElementsAre("llm-worker-rbee-cpu"));
}

TEST_F(SearchApi, GivesAllMatchesToListsWithAnotherOrder) {
  const auto parameters = parse_search_parameters({{"q", "worker"}, {"sort", "stars"}}, {"sort"});
  ASSERT_TRUE(parameters.has_value());
  const auto state = catalog_.get();
  const auto ranked = ranked_workers(*state, parameters->request);
  EXPECT_EQ(ranked.size(), 3U);
  for (const RankedWorker& each : ranked) EXPECT_LT(each.index, state->snapshot->workers().size());
}

TEST_F(SearchApi, GivesTheWholeListForSearchingOffline) {
  const http::Response response = get("/v1/index");
  EXPECT_EQ(response.headers.get("Content-Type"), "application/x-ndjson");
  EXPECT_EQ(std::count(response.body.begin(), response.body.end(), '\n'), 3);
  const auto first = bj::parse(response.body.substr(0, response.body.find('\n')));
  EXPECT_EQ(first.at("id").as_string(), "llm-worker-rbee-cpu");
  EXPECT_EQ(bj::serialize(first.at("platforms")), R"(["linux-x86_64-cpu","linux-aarch64-cpu"])");
  http::Request again = get_request("/v1/index");
  again.headers.add("If-None-Match", std::string(response.headers.get("ETag")));
  EXPECT_EQ(part_.respond(again, "https://market.example").status, 304);
  const std::string rest = get("/v1/index?after=tts-worker").body;
  EXPECT_EQ(std::count(rest.begin(), rest.end(), '\n'), 1);
}

}  // namespace
}  // namespace rbee::api
