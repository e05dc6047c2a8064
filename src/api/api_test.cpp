// /v1 over a small catalog from a real Git repository.
#include "api/api.hpp"

#include <gmock/gmock.h>

#include <fstream>
#include <regex>
#include <set>

#include "api/fixture.hpp"
#include "api/problems.hpp"
#include "wire/worker.hpp"

namespace rbee::api {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

const CatalogFixture& fixture() {
  static const CatalogFixture made;
  return made;
}
http::Response ask(const std::string& target, http::Method method = http::Method::get) {
  static const Api api = fixture().api();
  return api.respond(get_request(target, method));
}
std::vector<std::string> ids(const std::string& target) {
  const http::Response response = ask(target);
  const auto list = wire::parse_worker_list(response.body);
  if (!list) return {response.body};
  std::vector<std::string> out;
  for (const auto& worker : list->workers) out.push_back(worker.id);
  return out;
}

TEST(Fixture, IsWholeButForTheBrokenOne) {
  EXPECT_EQ(fixture().snapshot()->workers().size(), 3u);
  ASSERT_EQ(fixture().snapshot()->broken().size(), 1u);
  for (const auto& broken : fixture().snapshot()->broken())
    EXPECT_EQ(broken.directory, "community/broken-worker") << describe(broken.findings.front());
}

TEST(V1, ListsEveryWorkerWithTheSeedsKeys) {
  const http::Response response = ask("/v1/workers");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.headers.get("Content-Type"), "application/json");
  const auto list = wire::parse_worker_list(response.body);
  ASSERT_TRUE(list) << describe(list.error());
  ASSERT_EQ(list->workers.size(), 3u);
  EXPECT_EQ(list->total, 3u);
  EXPECT_EQ(list->next, std::nullopt);
  const auto& first = list->workers.front();
  EXPECT_EQ(first.id, "llm-worker-rbee-cpu");
  EXPECT_EQ(first.version, "0.1.0-2");
  EXPECT_EQ(first.source, "official");
  EXPECT_EQ(first.pkgbuild_url,
            "http://market.example:8787/v1/workers/llm-worker-rbee-cpu/PKGBUILD.bin");
  EXPECT_EQ(first.author, "Ada Lovelace");
  EXPECT_EQ(list->workers[1].pkgbuild_url,
            "http://market.example:8787/v1/workers/tts-worker/PKGBUILD");
  EXPECT_EQ(list->workers[1].version, "1:1.2.3-1");
  EXPECT_THAT(list->workers[1].accelerators, ElementsAre("cpu", "vulkan"));
}

TEST(V1, Filters) {
  EXPECT_THAT(ids("/v1/workers?q=tts"), ElementsAre("tts-worker", "vision-worker"));
  EXPECT_THAT(ids("/v1/workers?q=VISION"), ElementsAre("vision-worker"));
  EXPECT_THAT(ids("/v1/workers?q=worker"),
              ElementsAre("llm-worker-rbee-cpu", "tts-worker", "vision-worker"));
  EXPECT_THAT(ids("/v1/workers?q=audio"), ElementsAre("tts-worker"));
  EXPECT_THAT(ids("/v1/workers?q=speaks audio"), ElementsAre("tts-worker"));
  EXPECT_THAT(ids("/v1/workers?q=speaks vision"), ElementsAre());
  EXPECT_THAT(ids("/v1/workers?q=text-generation"), ElementsAre("llm-worker-rbee-cpu")) << "tasks";
  EXPECT_THAT(ids("/v1/workers?tag=tts&tag=audio"), ElementsAre("tts-worker"));
  EXPECT_THAT(ids("/v1/workers?tag=tts&tag=llm"), ElementsAre());
  EXPECT_THAT(ids("/v1/workers?source=official"), ElementsAre("llm-worker-rbee-cpu"));
  EXPECT_THAT(ids("/v1/workers?accelerator=vulkan&arch=x86_64"), ElementsAre("tts-worker"));
  // armv7h is there on cpu, and vulkan on x86_64; no one variant is both.
  EXPECT_THAT(ids("/v1/workers?accelerator=vulkan&arch=armv7h"), ElementsAre());
  EXPECT_THAT(ids("/v1/workers?os=macos"), ElementsAre());
  EXPECT_THAT(ids("/v1/workers?id=tts-worker&id=nobody&id=llm-worker-rbee-cpu&id=tts-worker"),
              ElementsAre("llm-worker-rbee-cpu", "tts-worker"));
  EXPECT_THAT(ids("/v1/workers?id=tts-worker&tag=llm"), ElementsAre());
}

TEST(V1, PagesByCursorInRankOrder) {
  std::string target = "/v1/workers?q=worker&limit=1";
  std::vector<std::string> seen;
  for (int page = 0; page < 3; ++page) {
    const http::Response response = ask(target);
    const auto list = wire::parse_worker_list(response.body);
    ASSERT_TRUE(list) << response.body;
    EXPECT_EQ(list->total, 3u);
    ASSERT_EQ(list->workers.size(), 1u);
    seen.push_back(list->workers[0].id);
    if (page == 2) {
      EXPECT_EQ(list->next, std::nullopt);
      EXPECT_EQ(response.headers.get("Link"), "");
      break;
    }
    ASSERT_TRUE(list->next);
    const std::string link(response.headers.get("Link"));
    EXPECT_EQ(link, "<http://market.example:8787/v1/workers?q=worker&limit=1&cursor=" +
                        *list->next + ">; rel=\"next\"");
    target = "/v1/workers?q=worker&limit=1&cursor=" + *list->next;
  }
  EXPECT_THAT(seen, ElementsAre("llm-worker-rbee-cpu", "tts-worker", "vision-worker"));
}

TEST(V1, RefusesParametersThatItDoesNotUnderstand) {
  for (const char* query :
       {"limit=0", "limit=201", "limit=x", "limit=1x", "cursor=zzz", "cursor=9tts-worker",
        "cursor=1.../x", "accelerator=cuba", "os=beos", "arch=z80", "source=mine", "acelerator=cpu",
        "limit=1&limit=2", "q=a&q=a"}) {
    const http::Response response = ask(std::string("/v1/workers?") + query);
    EXPECT_EQ(response.status, 400) << query;
    EXPECT_EQ(response.headers.get("Content-Type"), "application/problem+json");
  }
  EXPECT_THAT(ask("/v1/workers?acelerator=cpu").body, HasSubstr("did you mean 'accelerator'?"));
  EXPECT_THAT(ask("/v1/workers?accelerator=cuba").body, HasSubstr("did you mean 'cuda'?"));
}

TEST(V1, ShowsOneWorkerInFull) {
  const http::Response response = ask("/v1/workers/tts-worker");
  const auto detail = wire::parse_worker_detail(response.body);
  ASSERT_TRUE(detail) << describe(detail.error());
  EXPECT_EQ(detail->commit, fixture().snapshot()->commit().str());
  ASSERT_EQ(detail->recipes.size(), 1u);
  EXPECT_EQ(Sha256::of(ask("/v1/workers/tts-worker/PKGBUILD").body).hex(),
            detail->recipes[0].sha256);
  ASSERT_EQ(detail->variants.size(), 4u);
  EXPECT_EQ(detail->variants[0].sources.at(0).file_name, "main.cpp");
  EXPECT_EQ(detail->variants[0].sources.at(0).checksums.at("sha256sums").size(), 64u);
  EXPECT_EQ(detail->run->protocol, "openai");
  EXPECT_EQ(detail->readme_url, "");
  std::vector<std::string> paths;
  for (const auto& file : detail->files) paths.push_back(file.path);
  EXPECT_THAT(paths, testing::IsSupersetOf({"src/main.cpp", "noise.bin"}));
}

TEST(V1, ServesTextsAndFilesThatNoBrowserRuns) {
  for (const char* target :
       {"/v1/workers/llm-worker-rbee-cpu/PKGBUILD.bin", "/v1/workers/llm-worker-rbee-cpu/README.md",
        "/v1/workers/tts-worker/worker.toml", "/v1/workers/tts-worker/.SRCINFO",
        "/v1/workers/tts-worker/files/src/main.cpp", "/v1/workers/tts-worker/files/noise.bin"}) {
    const http::Response response = ask(target);
    EXPECT_EQ(response.status, 200) << target << response.body;
    EXPECT_EQ(response.headers.get("X-Content-Type-Options"), "nosniff") << target;
    EXPECT_EQ(response.headers.get("Content-Security-Policy"), "sandbox; default-src 'none'")
        << target;
    EXPECT_THAT(std::string(response.headers.get("Content-Type")), Not(HasSubstr("html")))
        << target;
  }
  EXPECT_EQ(ask("/v1/workers/tts-worker/files/src/main.cpp").body, "int main() { return 0; }\n");
  EXPECT_EQ(ask("/v1/workers/tts-worker/files/noise.bin").body, std::string("\0\xff\x01", 3));
  EXPECT_EQ(ask("/v1/workers/tts-worker/files/noise.bin").headers.get("Content-Type"),
            "application/octet-stream");
}

TEST(V1, DerivesSrcinfoForThePlatformAsked) {
  EXPECT_THAT(ask("/v1/workers/tts-worker/.SRCINFO").body,
              testing::StartsWith("pkgbase = tts-worker\n"));
  EXPECT_THAT(
      ask("/v1/workers/llm-worker-rbee-cpu/.SRCINFO?recipe=PKGBUILD.bin&platform=linux-aarch64-cpu")
          .body,
      HasSubstr(
          "\tsource_aarch64 = llm-aarch64.tar.gz::https://releases.example.org/llm.tar.gz\n"));
  EXPECT_EQ(ask("/v1/workers/tts-worker/.SRCINFO?platform=linux-riscv-cpu").status, 400);
  EXPECT_EQ(ask("/v1/workers/tts-worker/.SRCINFO?recipe=pkgbuild").status, 400);
  EXPECT_EQ(ask("/v1/workers/tts-worker/.SRCINFO?recipe=PKGBUILD.bin").status, 404);
  EXPECT_THAT(ask("/v1/workers/tts-worker/.SRCINFO?platform=linux-x86_64-cuda").body,
              HasSubstr("PKGBUILD linux-x86_64-vulkan"));
}

TEST(V1, SaysWhatIsMissing) {
  const http::Response response = ask("/v1/workers/tts-workr");
  EXPECT_EQ(response.status, 404);
  EXPECT_THAT(response.body, HasSubstr(R"("type":"/v1/problems/worker-not-found")"));
  EXPECT_THAT(response.body, HasSubstr("did you mean 'tts-worker'?"));
  EXPECT_THAT(ask("/v1/workers/broken-worker").body, HasSubstr("/v1/problems/worker-broken"));
  EXPECT_EQ(ask("/v1/workers/Bad").status, 400);
  EXPECT_THAT(ask("/v1/workers/tts-worker/PKGBUILD.bin").body, HasSubstr("it has PKGBUILD"));
  EXPECT_EQ(ask("/v1/workers/tts-worker/README.md").status, 404);
  EXPECT_THAT(ask("/v1/workers/tts-worker/files/src/man.cpp").body,
              HasSubstr("did you mean 'src/main.cpp'?"));
  EXPECT_EQ(ask("/v1/nothing").status, 404);
  EXPECT_EQ(ask("/v1/workers", http::Method::post).status, 405);
  EXPECT_EQ(ask("/v1/workers", http::Method::post).headers.get("Allow"), "GET, HEAD, OPTIONS");
}

TEST(V1, GivesEveryRepresentationATagAnd304) {
  std::set<std::string> tags;
  for (const char* target :
       {"/v1/workers", "/v1/workers?q=tts", "/v1/workers/tts-worker",
        "/v1/workers/tts-worker/PKGBUILD", "/v1/workers/tts-worker/worker.toml",
        "/v1/workers/tts-worker/.SRCINFO",
        "/v1/workers/tts-worker/.SRCINFO?platform=linux-aarch64-cpu",
        "/v1/workers/llm-worker-rbee-cpu/README.md", "/v1/workers/tts-worker/files/noise.bin",
        "/workers", "/workers/tts-worker", "/workers/tts-worker-vulkan",
        "/workers/llm-worker-rbee-cpu/PKGBUILD"}) {
    http::Request request = get_request(target);
    const Api api = fixture().api();
    const http::Response full = api.respond(request);
    const std::string tag(full.headers.get("ETag"));
    EXPECT_TRUE(tag.size() > 2 && tag.front() == '"') << target;
    EXPECT_TRUE(tags.insert(tag).second) << target << " has the tag of another";
    EXPECT_NE(full.headers.get("Cache-Control"), "") << target;
    request.headers.add("If-None-Match", "W/" + tag);
    const http::Response again = api.respond(request);
    EXPECT_EQ(again.status, 304) << target;
    EXPECT_EQ(again.body, "") << target;
    EXPECT_EQ(again.headers.get("ETag"), tag) << target;
  }
}

TEST(V1, TakesItsAddressFromTheOptionOrTheHost) {
  const Api api = fixture().api({.public_url = "https://market.example", .version = "test"});
  EXPECT_THAT(api.respond(get_request("/v1/workers/tts-worker")).body,
              HasSubstr(R"("url":"https://market.example/v1/workers/tts-worker")"));
  http::Request forged = get_request("/v1/workers/tts-worker");
  forged.headers.set("Host", "evil\"/x");
  EXPECT_THAT(fixture().api().respond(forged).body, HasSubstr(R"("url":"http://localhost/v1/)"));
  EXPECT_EQ(*parse_public_url("https://m.example/x/"), "https://m.example/x");
  for (const char* bad :
       {"m.example", "ftp://m", "https://m?x", "https://u:p@m", "file:///x", "https://m/\"x"})
    EXPECT_FALSE(parse_public_url(bad)) << bad;
}

TEST(V1, SaysHowItIs) {
  const http::Response response = ask("/v1/healthz");
  EXPECT_EQ(response.status, 200);
  EXPECT_THAT(response.body, HasSubstr(R"("status":"ok","version":"test","commit":")"));
  EXPECT_THAT(response.body, HasSubstr(R"("workers":3,"broken":1})"));
}

/// Every id that an answer can hold, as the sources have it.
std::set<std::string> problem_ids() {
  const std::regex pattern(
      "(?:Refusal\\{\\s*\\d+,|Errc::(?:not_found|invalid_input),)\\s*\"([a-z-]+)\"");
  std::set<std::string> ids;
  for (const char* layer : {"src/http", "src/api"})
    for (const auto& entry :
         std::filesystem::directory_iterator(std::filesystem::path(RBEE_SOURCE_DIR) / layer)) {
      const std::string path = entry.path().string();
      if (!path.ends_with(".cpp") || path.ends_with("_test.cpp")) continue;
      std::ifstream in(path);
      const std::string text{std::istreambuf_iterator<char>(in), {}};
      for (std::sregex_iterator at(text.begin(), text.end(), pattern), end; at != end; ++at)
        ids.insert((*at)[1]);
    }
  ids.erase("legacy-no-binary");  // Answered in rbee's own form (rbee.cpp).
  return ids;
}

TEST(V1, ExplainsEveryProblemThatItNames) {
  EXPECT_THAT(ask("/v1/problems/worker-not-found").body, HasSubstr("No worker has this id."));
  EXPECT_EQ(ask("/v1/problems/nonsense").status, 404);
  EXPECT_GT(problem_ids().size(), 20u);
  for (const std::string& id : problem_ids()) EXPECT_NE(describe_problem(id), "") << id;
}

TEST(Api, ReadersKeepTheSnapshotTheyHold) {
  Api api = fixture().api();
  const auto before = api.snapshot();
  api.publish(std::make_shared<const catalog::Snapshot>(
      before->commit(), before->committed(), std::vector<std::shared_ptr<const catalog::Entry>>{},
      std::vector<catalog::Broken>{}, std::vector<Finding>{}, nullptr));
  EXPECT_EQ(before->workers().size(), 3u);
  EXPECT_EQ(api.respond(get_request("/v1/workers/tts-worker")).status, 404);
}

TEST(V1, KnowsTheReleasesOfAWorker) {
  const http::Response list = ask("/v1/workers/llm-worker-rbee-cpu/versions");
  ASSERT_EQ(list.status, 200) << list.body;
  EXPECT_THAT(list.body, HasSubstr("\"latest\":"));
  EXPECT_EQ(ask("/v1/workers/nobody/versions").status, 404);
  const http::Response other = ask("/v1/workers/llm-worker-rbee-cpu?version=99-1");
  EXPECT_EQ(other.status, 404);
  EXPECT_THAT(other.body, HasSubstr("release-not-found"));
}

}  // namespace
}  // namespace rbee::api
