// Digests of sources that nobody knows yet: beside the recipe, and from a server that misbehaves.
#include "install/source_digests.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "../../tests/fakes/http_file_server.hpp"
#include "../../tests/fakes/temp_dir.hpp"

namespace rbee::install {
namespace {

using fakes::list_all;
using fakes::write_text;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class Quiet final : public Observer {
 public:
  void phase(Phase, std::string_view) override {}
  void progress(std::string_view, std::uint64_t, std::uint64_t) override {}
  void build_output(std::string_view) override {}
  bool cancelled() override { return stopped; }
  bool stopped = false;
};

class SourceDigests : public testing::Test {
 protected:
  Result<std::map<HashAlgorithm, std::string>> ask(const std::string& entry) {
    const auto recipe = pkgbuild::evaluate(
        "pkgname=w\npkgver=1\npkgrel=1\narch=(any)\nsource=('" + entry + "')\n", {});
    if (!recipe) return fail(Errc::failed, "test", "no recipe");
    return digests_of_source(
        recipe->sources_of("")[0], {HashAlgorithm::sha256, HashAlgorithm::md5},
        {home_ / "pkg", home_ / "cache"}, [this]() -> platform::HttpClient& { return http_; },
        watcher_);
  }
  std::string error(const std::string& entry) {
    const auto answer = ask(entry);
    return answer ? "no error" : answer.error().id;
  }
  fakes::TempDir home_;
  fakes::HttpFileServer server_;
  platform::HttpClient http_{"rbee-test",
                             {.connect_max = std::chrono::seconds(2),
                              .silence_max = std::chrono::seconds(1),
                              .attempts_max = 2}};
  Quiet watcher_;
};

TEST_F(SourceDigests, OfALocalFileAreReadBesideTheRecipe) {
  write_text(home_ / "pkg/a.txt", "abc");
  const auto digests = ask("a.txt");
  ASSERT_TRUE(digests) << describe(digests.error());
  EXPECT_EQ(digests->at(HashAlgorithm::md5), digest_of(HashAlgorithm::md5, "abc"));
  EXPECT_EQ(digests->at(HashAlgorithm::sha256), digest_of(HashAlgorithm::sha256, "abc"));
  EXPECT_FALSE(std::filesystem::exists(home_ / "cache"));
}

TEST_F(SourceDigests, WhatIsNotAFileBesideTheRecipeIsRefused) {
  write_text(home_ / "pkg/a.txt", "abc");
  write_text(home_ / "outside", "secret");
  std::filesystem::create_symlink("../outside", home_ / "pkg/link");
  std::filesystem::create_directory(home_ / "pkg/folder");
  ASSERT_EQ(::mkfifo((home_ / "pkg/fifo").c_str(), 0600), 0);
  EXPECT_EQ(error("missing"), "local-file-missing");
  EXPECT_EQ(error("link"), "source-is-link");
  EXPECT_EQ(error("folder"), "source-not-file");
  EXPECT_EQ(error("fifo"), "source-not-file");
  EXPECT_EQ(error("../outside::x"), "local-file-missing");
  EXPECT_EQ(error("..::x"), "local-file-missing");
  EXPECT_EQ(error("ftp://example.org/b.tar"), "source-unsupported");
}

TEST_F(SourceDigests, AnotherProtocolTakesTheFileThatIsThere) {
  write_text(home_ / "pkg/b.tar", "abc");
  EXPECT_TRUE(ask("ftp://example.org/b.tar"));
}

TEST_F(SourceDigests, OfADownloadAreThoseOfItsBytesAndItIsKept) {
  server_.put("/a.tar", {.body = "abc", .etag = "\"1\""});
  const auto digests = ask("x.tar::" + server_.url("/a.tar"));
  ASSERT_TRUE(digests) << describe(digests.error());
  EXPECT_EQ(digests->at(HashAlgorithm::md5), digest_of(HashAlgorithm::md5, "abc"));
  EXPECT_EQ(fakes::read_text(home_ / ("cache/sources/sha256sums-" + Sha256::of("abc").hex())),
            "abc");
  EXPECT_THAT(list_all(home_ / "cache/parts"), IsEmpty());
  // The server's word of today counts, not the file of yesterday.
  server_.put("/a.tar", {.body = "abd", .etag = "\"2\""});
  EXPECT_EQ(ask(server_.url("/a.tar"))->at(HashAlgorithm::md5),
            digest_of(HashAlgorithm::md5, "abd"));
}

TEST_F(SourceDigests, ADownloadThatFailsIsANetworkError) {
  server_.put("/short", {.body = "abc", .claimed_length = 10});
  server_.put("/gone", {.status = 410});
  for (const std::string path : {"/none", "/gone", "/short"}) {
    const auto answer = ask(server_.url(path));
    ASSERT_FALSE(answer) << path;
    EXPECT_EQ(exit_code(answer.error().code), 5) << path << describe(answer.error());
    EXPECT_THAT(describe(answer.error()), HasSubstr("from: " + server_.url(path)));
  }
  EXPECT_FALSE(
      std::filesystem::exists(home_ / ("cache/sources/sha256sums-" + Sha256::of("abc").hex())));
}

TEST_F(SourceDigests, AnInterruptionIsOne) {
  watcher_.stopped = true;
  EXPECT_EQ(error("a"), "interrupted");
}

}  // namespace
}  // namespace rbee::install
