// Two releases of one worker, and others that have to do with it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json/parse.hpp>

#include "api/fixture.hpp"

namespace rbee::api {
namespace {

using testing::HasSubstr;
using testing::Not;
namespace fs = std::filesystem;
namespace bj = boost::json;

/// community/speaker at 1.0-1 and 1.1-1, community/reader that needs it, community/other that does
/// not.
class TwoReleases : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "rbee-compare.XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    top_ = pattern;
    speaker("1.0", "https://example.org/a.tar.gz", "  install -Dm755 a \"$pkgdir/usr/bin/a\"");
    worker("reader", "tts", "speaker>=1.0");
    worker("other", "ocr", "glibc");
    write("community/speaker/gone.txt", "old\n");
    const platform::CommitAuthor author{"Ada", "ada@example.org",
                                        Time(std::chrono::seconds(1'000))};
    ASSERT_TRUE(platform::create_repository_from_directory(top_ / "catalog", top_ / "c.git", author,
                                                           "one"));
    speaker("1.1", "https://elsewhere.example/a.tar.gz",
            "  install -Dm755 b \"$pkgdir/usr/bin/a\"");
    fs::remove(top_ / "catalog/community/speaker/gone.txt");
    write("community/speaker/new.bin", std::string("a\0b", 3));
    const auto commit = platform::commit_directory(
        top_ / "catalog", top_ / "c.git",
        {"Ada", "ada@example.org", Time(std::chrono::seconds(2'000))}, "two");
    ASSERT_TRUE(commit) << describe(commit.error());
    repository_ = std::move(*platform::Repository::open(top_ / "c.git"));
    auto snapshot = catalog::build_snapshot(*repository_, *commit);
    ASSERT_TRUE(snapshot) << describe(snapshot.error());
    ASSERT_EQ((*snapshot)->workers().size(), 3u)
        << (*snapshot)->broken().front().findings.front().message;
    api_ = std::make_unique<Api>(
        ApiOptions{.public_url = {}, .version = "test"}, *snapshot,
        [this](const ObjectId& id) { return repository_->blob(id, 256'000); },
        [this](const catalog::Worker& each) {
          return catalog::read_releases(*repository_, each.last_commit, each);
        });
  }
  void TearDown() override {
    std::error_code ignored;
    fs::remove_all(top_, ignored);
  }

  http::Response ask(const std::string& path, const std::string& query = {},
                     const std::string& accept = {}) const {
    http::Request request;
    request.path = path;
    request.target = path + (query.empty() ? "" : "?" + query);
    const auto equals = query.find('=');
    if (!query.empty())
      request.query.emplace_back(query.substr(0, equals), query.substr(equals + 1));
    request.headers.add("Host", "market.example");
    if (!accept.empty()) request.headers.add("Accept", accept);
    return api_->respond(request);
  }

 private:
  void write(const std::string& path, const std::string& text) const {
    const fs::path file = top_ / "catalog" / path;
    fs::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary) << text;
  }
  void manifest(const std::string& id, const std::string& tag) const {
    write("community/" + id + "/worker.toml",
          "[worker]\nid = \"" + id + "\"\nname = \"" + id +
              "\"\ndescription = \"It does\"\nlicense = \"MIT\"\ntags = [\"" + tag +
              "\"]\n\n[capabilities]\ntasks = [\"text-to-speech\"]\n");
  }
  void speaker(const std::string& version, const std::string& url, const std::string& body) const {
    manifest("speaker", "tts");
    write("community/speaker/PKGBUILD", "pkgname=speaker\npkgver=" + version +
                                            "\npkgrel=1\narch=(any)\nlicense=(MIT)\nsource=('" +
                                            url + "')\nsha256sums=('" + std::string(64, 'a') +
                                            "')\npackage() {\n" + body + "\n}\n");
  }
  void worker(const std::string& id, const std::string& tag, const std::string& depends) const {
    manifest(id, tag);
    write("community/" + id + "/PKGBUILD",
          "pkgname=" + id + "\npkgver=1\npkgrel=1\narch=(any)\nlicense=(MIT)\ndepends=('" +
              depends + "')\npackage() {\n  :\n}\n");
  }

  fs::path top_;
  std::unique_ptr<platform::Repository> repository_;
  std::unique_ptr<Api> api_;
};

TEST_F(TwoReleases, AreComparedTrustFirst) {
  const http::Response answer = ask("/v1/workers/speaker/diff");
  ASSERT_EQ(answer.status, 200) << answer.body;
  const bj::object diff = bj::parse(answer.body).as_object();
  EXPECT_EQ(diff.at("from"), "1.0-1");
  EXPECT_EQ(diff.at("to"), "1.1-1");
  const bj::array& trust = diff.at("trust").as_array();
  ASSERT_FALSE(trust.empty());
  EXPECT_EQ(trust[0].at("kind"), "hosts");
  EXPECT_EQ(trust[0].at("risky"), true);
  EXPECT_THAT(std::string(trust[0].at("text").as_string()), HasSubstr("elsewhere.example"));
  std::map<std::string, std::string> status;
  for (const bj::value& file : diff.at("files").as_array())
    status[std::string(file.at("path").as_string())] = file.at("status").as_string();
  EXPECT_EQ(status, (std::map<std::string, std::string>{
                        {"PKGBUILD", "changed"}, {"gone.txt", "removed"}, {"new.bin", "added"}}));
  const auto again = ask("/v1/workers/speaker/diff");
  EXPECT_EQ(again.headers.get("ETag"), answer.headers.get("ETag"));
}

TEST_F(TwoReleases, ComeAsAPatchThatAnyToolReads) {
  const http::Response patch = ask("/v1/workers/speaker/diff", "format=patch");
  EXPECT_EQ(patch.headers.get("Content-Type"), "text/plain; charset=utf-8");
  EXPECT_THAT(patch.body, HasSubstr("--- a/PKGBUILD\n+++ b/PKGBUILD\n"));
  EXPECT_THAT(patch.body, HasSubstr("-pkgver=1.0\n+pkgver=1.1\n"));
  EXPECT_THAT(patch.body, HasSubstr("--- a/gone.txt\n+++ /dev/null\n"));
  EXPECT_THAT(patch.body, Not(HasSubstr("new.bin")));  // No text.
  EXPECT_EQ(ask("/v1/workers/speaker/diff", "", "text/plain").body, patch.body);
}

TEST_F(TwoReleases, AreComparedInTheOrderThatIsAskedFor) {
  // Nothing is older than the first one.
  const http::Response first = ask("/v1/workers/speaker/diff", "to=1.0-1");
  EXPECT_EQ(first.status, 404);
  EXPECT_THAT(first.body, HasSubstr("release-not-found"));
  EXPECT_EQ(ask("/v1/workers/speaker/diff", "from=7-1").status, 404);
  EXPECT_EQ(ask("/v1/workers/speaker/diff", "fom=1.0-1").status, 400);
  EXPECT_EQ(ask("/v1/workers/speaker/diff", "format=html").status, 400);
  const bj::value same = bj::parse(ask("/v1/workers/speaker/diff", "from=1.1-1").body);
  EXPECT_TRUE(same.at("files").as_array().empty());
  EXPECT_TRUE(same.at("trust").as_array().empty());
}

TEST_F(TwoReleases, TellWhoNeedsTheWorkerAndWhatIsLikeIt) {
  const bj::value needing = bj::parse(ask("/v1/workers/speaker/dependants").body);
  EXPECT_EQ(needing.at("total"), 1);
  EXPECT_EQ(needing.at("workers").as_array().at(0).at("id"), "reader");
  EXPECT_EQ(bj::parse(ask("/v1/workers/reader/dependants").body).at("total"), 0);
  const bj::value like = bj::parse(ask("/v1/workers/speaker/similar").body);
  const bj::array& workers = like.at("workers").as_array();
  ASSERT_EQ(workers.size(), 2u);
  EXPECT_EQ(workers[0].at("id"), "reader");  // Tag and task; the other one shares its task alone.
  EXPECT_EQ(workers[0].at("score"), 1.0);
  EXPECT_EQ(workers[0].at("in_common").as_array().at(0), "tag:tts");
  EXPECT_LT(workers[1].at("score").as_double(), 1.0);
}

TEST_F(TwoReleases, HaveTheFindingsOfTheChecks) {
  const bj::value found = bj::parse(ask("/v1/workers/speaker/findings").body);
  EXPECT_EQ(found.at("offered"), true);
  EXPECT_EQ(found.at("version"), "1.1-1");
  EXPECT_TRUE(found.at("findings").is_array());
  EXPECT_EQ(ask("/v1/workers/nobody/findings").status, 404);
}

TEST(V1Index, ListsEveryRoute) {
  static CatalogFixture fixture;
  const Api api = fixture.api();
  http::Request request;
  request.path = request.target = "/v1";
  request.headers.add("Host", "market.example");
  const bj::value index = bj::parse(api.respond(request).body);
  EXPECT_EQ(index.at("operations").as_array().size(), api.routes().size());
  EXPECT_EQ(index.at("openapi"), "http://market.example/v1/openapi.yaml");
  request.path = request.target = "/v1/openapi.yaml";
  EXPECT_THAT(api.respond(request).body, testing::StartsWith("openapi: 3.1"));
  request.path = request.target = "/v1/workers/broken-worker/findings";
  const http::Response broken = api.respond(request);
  EXPECT_EQ(broken.status, 200);
  EXPECT_EQ(bj::parse(broken.body).at("offered"), false);
  EXPECT_FALSE(bj::parse(broken.body).at("findings").as_array().empty());
}

}  // namespace
}  // namespace rbee::api
