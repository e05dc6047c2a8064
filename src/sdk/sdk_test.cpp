// The client against a marketplace made of a map: every address and every answer is chosen here.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json/serialize.hpp>
#include <map>

#include "base/digest.hpp"
#include "sdk/marketplace_client.hpp"

namespace rbee::sdk {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

platform::HttpAnswer answer(int status, std::string content_type, std::string body) {
  platform::HttpAnswer out;
  out.status = status;
  out.headers = {{"content-type", std::move(content_type)}};
  out.body = std::move(body);
  return out;
}

wire::WorkerSummary summary(const std::string& id) {
  wire::WorkerSummary worker;
  worker.id = worker.name = id;
  worker.version = "1.0-1";
  worker.source = "community";
  return worker;
}

std::string list_json(const std::vector<std::string>& ids, std::optional<std::string> next,
                      std::uint64_t total) {
  wire::WorkerList list;
  for (const std::string& id : ids) list.workers.push_back(summary(id));
  list.total = total;
  list.next = std::move(next);
  return boost::json::serialize(wire::to_json(list));
}

struct FakeMarket {
  std::map<std::string, platform::HttpAnswer> answers;
  std::vector<std::string> asked;

  MarketplaceClient client(std::string base = "http://market.test:8787/") {
    return MarketplaceClient(
        *Url::parse(base),
        [this](const Url& url, std::uint64_t, const HttpHeaders&) -> Result<platform::HttpAnswer> {
          asked.push_back(url.str());
          const auto found = answers.find(url.str());
          if (found == answers.end())
            return fail(Errc::unreachable, "network-refused", "connection refused");
          return found->second;
        });
  }
  void json(const std::string& path, std::string body) {
    answers["http://market.test:8787" + path] = answer(200, "application/json", std::move(body));
  }
};

WorkerId id_of(const std::string& text) {
  return *WorkerId::parse(text);
}

TEST(MarketplaceClient, BuildsTheSearchAddressFromWordsAndTags) {
  FakeMarket market;
  market.json("/v1/workers?limit=5&q=fast%20%26%20small&tag=llm&tag=cuda", list_json({"a"}, {}, 1));
  const auto list =
      market.client().search({.words = "fast & small", .tags = {"llm", "cuda"}, .limit = 5});
  ASSERT_TRUE(list) << describe(list.error());
  EXPECT_EQ(list->workers.at(0).id, "a");
}

TEST(MarketplaceClient, FollowsCursorsUntilTheEnd) {
  FakeMarket market;
  market.json("/v1/workers?limit=100", list_json({"a", "b"}, "c1", 3));
  market.json("/v1/workers?limit=100&cursor=c1", list_json({"c"}, {}, 3));
  const auto list = market.client().search({});
  ASSERT_TRUE(list);
  EXPECT_EQ(list->workers.size(), 3u);
  EXPECT_EQ(list->total, 3u);
}

TEST(MarketplaceClient, StopsAtTheLimitAndAsksForNoMore) {
  FakeMarket market;
  market.json("/v1/workers?limit=3", list_json({"a", "b"}, "c1", 9));
  market.json("/v1/workers?limit=1&cursor=c1", list_json({"c", "d"}, "c2", 9));
  const auto list = market.client().search({.words = {}, .tags = {}, .limit = 3});
  ASSERT_TRUE(list);
  EXPECT_EQ(list->workers.size(), 3u);
  EXPECT_EQ(market.asked.size(), 2u);
}

TEST(MarketplaceClient, ACursorThatLeadsToItselfEnds) {
  FakeMarket market;
  market.json("/v1/workers?limit=100", list_json({"a"}, "c1", 9));
  market.json("/v1/workers?limit=100&cursor=c1", list_json({"b"}, "c1", 9));
  const auto list = market.client().search({});
  ASSERT_TRUE(list);
  EXPECT_EQ(market.asked.size(), 2u);
}

TEST(MarketplaceClient, NobodyThere) {
  FakeMarket market;
  const auto list = market.client().search({});
  ASSERT_FALSE(list);
  EXPECT_EQ(exit_code(list.error().code), 5);
  EXPECT_EQ(list.error().id, "marketplace-unreachable");
  EXPECT_EQ(list.error().message, "no marketplace answers at http://market.test:8787");
  EXPECT_THAT(list.error().evidence, ElementsAre("connection refused"));
  EXPECT_THAT(list.error().fix, HasSubstr("rbee-market serve"));
  EXPECT_THAT(list.error().fix, HasSubstr("--catalog URL"));
}

TEST(MarketplaceClient, AWebServerThatIsNoMarketplace) {
  FakeMarket market;
  market.answers["http://market.test:8787/v1/workers?limit=100"] =
      answer(404, "text/html", "<h1>nginx</h1>");
  const auto list = market.client().search({});
  ASSERT_FALSE(list);
  EXPECT_EQ(list.error().id, "not-a-marketplace");
  EXPECT_EQ(list.error().code, Errc::bad_response);

  market.answers["http://market.test:8787/v1/workers?limit=100"] =
      answer(200, "text/html", "<h1>Hello</h1>");
  const auto page = market.client().search({});
  ASSERT_FALSE(page);
  EXPECT_EQ(page.error().id, "not-a-marketplace");
}

TEST(MarketplaceClient, SaysWhatTheServerSaysButNotItsEscapeSequences) {
  FakeMarket market;
  wire::Problem problem;
  problem.type = "about:blank";
  problem.title = "Bad Request";
  problem.detail = "the tag \x1b[31mX\x1b[0m is\nnot a tag";
  problem.status = 400;
  market.answers["http://market.test:8787/v1/workers?limit=100"] =
      answer(400, "application/problem+json", boost::json::serialize(wire::to_json(problem)));
  const auto list = market.client().search({});
  ASSERT_FALSE(list);
  EXPECT_EQ(list.error().code, Errc::usage);
  EXPECT_EQ(list.error().message,
            "the marketplace answered 400: the tag \xEF\xBF\xBD[31mX\xEF\xBF\xBD[0m is not a tag");
}

TEST(MarketplaceClient, UnknownWorkerWithTheNearestId) {
  FakeMarket market;
  wire::Problem problem;
  problem.title = "Not Found";
  problem.status = 404;
  market.answers["http://market.test:8787/v1/workers/tts-wroker"] =
      answer(404, "application/problem+json", boost::json::serialize(wire::to_json(problem)));
  market.json("/v1/workers?limit=100",
              list_json({"asr-worker", "ocr-worker", "tts-worker"}, {}, 3));
  const auto detail = market.client().detail(id_of("tts-wroker"));
  ASSERT_FALSE(detail);
  EXPECT_EQ(detail.error().id, "worker-not-found");
  EXPECT_EQ(exit_code(detail.error().code), 3);
  EXPECT_THAT(detail.error().fix, HasSubstr("did you mean 'tts-worker'?"));
}

TEST(MarketplaceClient, AnotherWorkersDetailIsRefused) {
  FakeMarket market;
  wire::WorkerDetail detail;
  detail.summary = summary("b");
  market.json("/v1/workers/a", boost::json::serialize(wire::to_json(detail)));
  const auto got = market.client().detail(id_of("a"));
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().id, "response-other-worker");
}

TEST(MarketplaceClient, ARecipeMustBeTheOneThatWasPromised) {
  FakeMarket market;
  market.answers["http://market.test:8787/v1/workers/a/PKGBUILD"] =
      answer(200, "text/plain", "pkgname=a\n");
  wire::RecipeInfo info;
  info.file = "PKGBUILD";
  info.url = "http://elsewhere.test/PKGBUILD";
  info.sha256 = Sha256::of("pkgname=a\n").hex();
  const auto good = market.client().recipe(id_of("a"), info);
  ASSERT_TRUE(good) << describe(good.error());
  EXPECT_EQ(*good, "pkgname=a\n");
  EXPECT_THAT(market.asked, Not(testing::Contains(HasSubstr("elsewhere"))));

  info.sha256 = Sha256::of("pkgname=b\n").hex();
  const auto bad = market.client().recipe(id_of("a"), info);
  ASSERT_FALSE(bad);
  EXPECT_EQ(exit_code(bad.error().code), 6);
  EXPECT_THAT(bad.error().evidence,
              ElementsAre("expected sha256 " + info.sha256,
                          "received sha256 " + Sha256::of("pkgname=a\n").hex()));
  info.file = "../PKGBUILD";
  const auto outside = market.client().recipe(id_of("a"), info);
  ASSERT_FALSE(outside);
  EXPECT_EQ(outside.error().id, "recipe-name-invalid");
}

struct PathCase {
  const char* name;
  const char* path;
};
class HostilePath : public testing::TestWithParam<PathCase> {};
TEST_P(HostilePath, IsNeverAskedFor) {
  FakeMarket market;
  wire::FileInfo info;
  info.path = GetParam().path;
  const auto got = market.client().file(id_of("a"), info);
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().id, "path-invalid");
  EXPECT_TRUE(market.asked.empty());
}
INSTANTIATE_TEST_SUITE_P(Paths, HostilePath,
                         testing::Values(PathCase{"empty", ""}, PathCase{"parent", "../x"},
                                         PathCase{"inner_parent", "a/../../x"},
                                         PathCase{"absolute", "/etc/passwd"},
                                         PathCase{"dot", "./x"}, PathCase{"double_slash", "a//b"},
                                         PathCase{"newline", "a\nb"},
                                         PathCase{"backslash", "a\\b"}),
                         [](const auto& info) { return info.param.name; });

TEST(MarketplaceClient, FilesAreCheckedForTheirSize) {
  FakeMarket market;
  market.answers["http://market.test:8787/v1/workers/a/files/src/my%20main.cpp"] =
      answer(200, "text/plain", "12345");
  wire::FileInfo info;
  info.path = "src/my main.cpp";
  info.size_bytes = 5;
  const auto good = market.client().file(id_of("a"), info);
  ASSERT_TRUE(good) << describe(good.error());
  info.size_bytes = 6;
  const auto bad = market.client().file(id_of("a"), info);
  ASSERT_FALSE(bad);
  EXPECT_EQ(bad.error().id, "file-size-mismatch");
  info.size_bytes = 1 << 20;
  const auto large = market.client().file(id_of("a"), info);
  ASSERT_FALSE(large);
  EXPECT_EQ(large.error().code, Errc::too_large);
}

TEST(MarketplaceClient, AListThatNeverEndsDoesNotFillTheMemory) {
  int pages = 0;
  MarketplaceClient client(
      *Url::parse("http://market.test:8787"),
      [&](const Url&, std::uint64_t body_bytes_max, const HttpHeaders&) {
        wire::WorkerList list;
        list.workers.push_back(summary("w"));
        list.workers[0].description = std::string(body_bytes_max - 4096, 'x');
        list.next = fmt::format("c{}", ++pages);
        return Result<platform::HttpAnswer>(
            answer(200, "application/json", boost::json::serialize(wire::to_json(list))));
      });
  const auto list = client.search({.words = {}, .tags = {}, .limit = 0});
  ASSERT_FALSE(list);
  EXPECT_EQ(list.error().id, "list-too-large");
  EXPECT_LE(pages, 5);
}

}  // namespace
}  // namespace rbee::sdk
