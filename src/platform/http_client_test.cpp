// The client against a server that behaves, and against one that does not.
#include "platform/http_client.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "../../tests/fakes/http_file_server.hpp"
#include "../../tests/fakes/temp_dir.hpp"

namespace rbee::platform {
namespace {

using fakes::HttpFileServer;
using fakes::read_text;
using fakes::Resource;
using fakes::TempDir;
using fakes::write_text;
using ::testing::HasSubstr;

constexpr std::uint64_t kPlenty = 64 << 20;

class HttpClientTest : public ::testing::Test {
 protected:
  Url url(std::string_view path) { return *Url::parse(server.url(path)); }
  std::string long_body() const {
    std::string body;
    for (int i = 0; body.size() < 300'000; ++i) body += fmt::format("line {}\n", i);
    return body;
  }
  HttpFileServer server;
  TempDir dir;
  HttpClient client{
      "rbee-test/1",
      {.connect_max = std::chrono::seconds(2), .silence_max = std::chrono::seconds(1)}};
};

TEST_F(HttpClientTest, GetGivesStatusHeadersAndBody) {
  server.put("/a", {.body = "hello", .etag = "\"v1\""});
  auto answer = client.get(url("/a"), 100, {{"Accept", "text/plain"}, {"X-Empty", ""}});
  ASSERT_TRUE(answer) << describe(answer.error());
  EXPECT_EQ(answer->status, 200);
  EXPECT_EQ(answer->body, "hello");
  EXPECT_EQ(answer->header("etag"), "\"v1\"");
  const std::string head = server.requests().at(0).head;
  EXPECT_THAT(head, HasSubstr("User-Agent: rbee-test/1\r\n"));
  EXPECT_THAT(head, HasSubstr("Accept: text/plain\r\n"));
  EXPECT_THAT(head, HasSubstr("X-Empty:"));
}

TEST_F(HttpClientTest, AnyStatusIsAnAnswer) {
  auto answer = client.get(url("/none"), 100);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 404);
  EXPECT_EQ(answer->body, "status 404\n");
}

TEST_F(HttpClientTest, GetStopsAtTheLimit) {
  server.put("/a", {.body = std::string(101, 'x')});
  EXPECT_EQ(client.get(url("/a"), 100).error().id, "download-too-large");
  server.put("/endless", {.body = std::string(1 << 20, 'x'), .no_length = true});
  EXPECT_EQ(client.get(url("/endless"), 100).error().code, Errc::too_large);
}

TEST_F(HttpClientTest, HeadersCannotBeInjected) {
  EXPECT_EQ(client.get(url("/a"), 100, {{"X", "1\r\nEvil: 2"}}).error().id, "network-header");
  EXPECT_TRUE(server.requests().empty());
}

TEST_F(HttpClientTest, RefusedNameAndSilence) {
  auto refused = client.get(*Url::parse("http://127.0.0.1:1/"), 100);
  EXPECT_EQ(refused.error().id, "network-refused");
  EXPECT_EQ(refused.error().code, Errc::unreachable);
  EXPECT_EQ(client.get(*Url::parse("http://no-such-name.invalid/"), 100).error().id,
            "network-name");
  server.put("/quiet", {.body = "x", .stall = true});
  HttpClient hurried("t", {.silence_max = std::chrono::seconds(1), .attempts_max = 1});
  EXPECT_EQ(hurried.get(url("/quiet"), 100).error().id, "network-silent");
}

TEST_F(HttpClientTest, RedirectsAreFollowedButOnlyToHttp) {
  server.put("/a", {.status = 302, .location = "/b"});
  server.put("/b", {.body = "there"});
  EXPECT_EQ(client.get(url("/a"), 100)->body, "there");
  server.put("/file", {.status = 302, .location = "file:///etc/passwd"});
  EXPECT_EQ(client.get(url("/file"), 9999).error().id, "network-redirect-refused");
  EXPECT_EQ(client.download(url("/file"), dir / "x", kPlenty, {}).error().id,
            "network-redirect-refused");
  server.put("/loop", {.status = 302, .location = "/loop"});
  server.forget_requests();
  EXPECT_EQ(client.get(url("/loop"), 100).error().id, "network-redirects");
  EXPECT_EQ(server.requests().size(), 9u);
}

TEST_F(HttpClientTest, CredentialsNeverCrossARedirect) {
  server.put("/a", {.status = 302, .location = "/b"});
  EXPECT_EQ(client.get(url("/a"), 100, {{"Authorization", "Bearer secret"}})->status, 302);
  EXPECT_EQ(server.requests().size(), 1u);
}

TEST_F(HttpClientTest, ABearerTokenIsNotSentOnToWhereARedirectLeads) {
  HttpFileServer other;
  other.put("/file", {.body = "the bytes"});
  server.put("/signed", {.status = 302, .location = other.url("/file")});
  ASSERT_TRUE(client.download(url("/signed"), dir / "file", 999, {}, "secret-token"));
  EXPECT_EQ(read_text(dir / "file"), "the bytes");
  EXPECT_THAT(server.requests()[0].head, HasSubstr("Authorization: Bearer secret-token\r\n"));
  EXPECT_EQ(other.requests()[0].head.find("secret-token"), std::string::npos);
  server.put("/away", {.status = 302, .location = "ftp://127.0.0.1/file"});
  EXPECT_EQ(client.download(url("/away"), dir / "file", 999, {}, "secret-token").error().id,
            "network-redirect-refused");
}

TEST_F(HttpClientTest, DownloadWritesTheFileAndReportsProgress) {
  const std::string body = long_body();
  server.put("/a", {.body = body, .etag = "\"v1\""});
  std::uint64_t last = 0;
  std::uint64_t total = 0;
  auto done = client.download(url("/a"), dir / "a", kPlenty, [&](auto received, auto whole) {
    last = std::max(last, received);
    total = std::max(total, whole);
    return true;
  });
  ASSERT_TRUE(done) << describe(done.error());
  EXPECT_EQ(read_text(dir / "a"), body);
  EXPECT_EQ(last, body.size());
  EXPECT_EQ(total, body.size());
  EXPECT_EQ(fakes::list_all(dir.path()), std::vector<std::string>{"a"});
}

TEST_F(HttpClientTest, ACutDownloadContinuesWhereItStopped) {
  const std::string body = long_body();
  server.put("/a", {.body = body, .etag = "\"v1\"", .cut_times = 2, .cut_after = 100'000});
  ASSERT_TRUE(client.download(url("/a"), dir / "a", kPlenty, {}));
  EXPECT_EQ(read_text(dir / "a"), body);
  const auto requests = server.requests();
  ASSERT_EQ(requests.size(), 3u);
  EXPECT_THAT(requests[1].head, HasSubstr("Range: bytes=100000-\r\n"));
  EXPECT_THAT(requests[1].head, HasSubstr("If-Range: \"v1\"\r\n"));
  EXPECT_THAT(requests[2].head, HasSubstr("Range: bytes=200000-\r\n"));
}

TEST_F(HttpClientTest, APartOfAnEarlierRunContinuesOnlyWhileTheFileIsTheSame) {
  const std::string body = long_body();
  HttpClient once("t", {.attempts_max = 1});
  server.put("/a", {.body = body, .etag = "\"v1\"", .cut_times = 1, .cut_after = 50'000});
  EXPECT_EQ(once.download(url("/a"), dir / "a", kPlenty, {}).error().id, "network-cut");
  EXPECT_EQ(read_text(dir / "a").size(), 50'000u);
  const std::string other = "new " + body;
  server.put("/a", {.body = other, .etag = "\"v2\""});
  ASSERT_TRUE(once.download(url("/a"), dir / "a", kPlenty, {}));
  EXPECT_EQ(read_text(dir / "a"), other);
  EXPECT_THAT(server.requests().at(1).head, HasSubstr("If-Range: \"v1\""));
}

TEST_F(HttpClientTest, APartWithoutIdentityStartsAgain) {
  write_text(dir / "a", "bytes of something else");
  server.put("/a", {.body = "right", .etag = "\"v1\""});
  ASSERT_TRUE(client.download(url("/a"), dir / "a", kPlenty, {}));
  EXPECT_EQ(read_text(dir / "a"), "right");
  // Nor does a part of another address, or one whose server gave no validator.
  write_text(dir / "b", "stale");
  write_text(dir / "b.meta", server.url("/other") + "\n\"v1\"\n");
  ASSERT_TRUE(client.download(url("/a"), dir / "b", kPlenty, {}));
  EXPECT_EQ(read_text(dir / "b"), "right");
  EXPECT_THAT(server.requests().at(1).head, ::testing::Not(HasSubstr("Range")));
}

TEST_F(HttpClientTest, AServerThatIgnoresRangesIsReadFromTheStart) {
  const std::string body = long_body();
  server.put("/a",
             {.body = body, .etag = "\"v1\"", .ranges = false, .cut_times = 1, .cut_after = 1000});
  ASSERT_TRUE(client.download(url("/a"), dir / "a", kPlenty, {}));
  EXPECT_EQ(read_text(dir / "a"), body);
}

TEST_F(HttpClientTest, AWrongRangeIsNotStitchedIn) {
  const std::string body = long_body();
  server.put("/a",
             {.body = body, .etag = "\"v1\"", .cut_times = 1, .cut_after = 1000, .range_shift = 5});
  ASSERT_TRUE(client.download(url("/a"), dir / "a", kPlenty, {}));
  EXPECT_EQ(read_text(dir / "a"), body);
  EXPECT_EQ(server.requests().size(), 3u);  // Cut, wrong range, whole.
}

TEST_F(HttpClientTest, ACompletePartIsRecognised) {
  write_text(dir / "a", "right");
  write_text(dir / "a.meta", server.url("/a") + "\n\"v1\"\n");
  server.put("/a", {.body = "right", .etag = "\"v1\""});
  ASSERT_TRUE(client.download(url("/a"), dir / "a", kPlenty, {}));
  EXPECT_EQ(read_text(dir / "a"), "right");
  EXPECT_EQ(server.requests().size(), 1u);
  // A part longer than the file is not.
  write_text(dir / "a", "right and more");
  write_text(dir / "a.meta", server.url("/a") + "\n\"v1\"\n");
  ASSERT_TRUE(client.download(url("/a"), dir / "a", kPlenty, {}));
  EXPECT_EQ(read_text(dir / "a"), "right");
}

TEST_F(HttpClientTest, ALieAboutTheLengthIsACut) {
  server.put("/a", {.body = "short", .claimed_length = 50});
  auto done = client.download(url("/a"), dir / "a", kPlenty, {});
  EXPECT_EQ(done.error().id, "network-cut");
  EXPECT_EQ(server.requests().size(), 3u);
}

TEST_F(HttpClientTest, StatusesBecomePreciseErrorsAndLeaveThePathAlone) {
  const struct {
    int status;
    Errc code;
    const char* id;
    std::size_t requests;
  } rows[] = {{404, Errc::not_found, "download-not-found", 1},
              {410, Errc::not_found, "download-not-found", 1},
              {403, Errc::forbidden, "download-refused", 1},
              {401, Errc::unauthenticated, "download-refused", 1},
              {204, Errc::bad_response, "download-status", 1},
              {304, Errc::bad_response, "download-status", 1},
              {503, Errc::unreachable, "download-unavailable", 3}};
  for (const auto& row : rows) {
    server.put("/s", {.status = row.status});
    server.forget_requests();
    write_text(dir / "old", "old");
    auto done = client.download(url("/s"), dir / "old", kPlenty, {});
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().code, row.code) << row.status;
    EXPECT_EQ(done.error().id, row.id) << row.status;
    EXPECT_EQ(server.requests().size(), row.requests) << row.status;
    EXPECT_EQ(read_text(dir / "old"), "old");
    ASSERT_FALSE(client.download(url("/s"), dir / "new", kPlenty, {}));
    EXPECT_FALSE(std::filesystem::exists(dir / "new"));
  }
}

TEST_F(HttpClientTest, ABusyServerIsAskedAgain) {
  server.put("/a", {.body = "at last", .fail_times = 2});
  ASSERT_TRUE(client.download(url("/a"), dir / "a", kPlenty, {}));
  EXPECT_EQ(read_text(dir / "a"), "at last");
}

TEST_F(HttpClientTest, DownloadStopsAtTheLimit) {
  server.put("/told", {.body = std::string(1000, 'x')});
  EXPECT_EQ(client.download(url("/told"), dir / "a", 999, {}).error().id, "download-too-large");
  server.put("/untold", {.body = std::string(1 << 20, 'x'), .no_length = true});
  EXPECT_EQ(client.download(url("/untold"), dir / "b", 999, {}).error().code, Errc::too_large);
  EXPECT_LE(read_text(dir / "b").size(), 999u);
  EXPECT_TRUE(client.download(url("/told"), dir / "c", 1000, {}));
  // A part that is already longer than the limit leaves room for nothing, not for everything.
  HttpClient once("t", {.attempts_max = 1});
  const std::string body(100'000, 'x');
  server.put("/part", {.body = body, .etag = "\"v\"", .cut_times = 1, .cut_after = 50'000});
  EXPECT_FALSE(once.download(url("/part"), dir / "d", kPlenty, {}));
  ASSERT_EQ(read_text(dir / "d").size(), 50'000u);
  server.put("/part", {.body = body, .etag = "\"v\"", .no_length = true});
  EXPECT_EQ(once.download(url("/part"), dir / "d", 1000, {}).error().id, "download-too-large");
}

TEST_F(HttpClientTest, TheUserCanStop) {
  server.put("/quiet", {.body = "x", .stall = true});
  int calls = 0;
  auto done =
      client.download(url("/quiet"), dir / "a", kPlenty, [&](auto, auto) { return ++calls < 3; });
  EXPECT_EQ(done.error().code, Errc::interrupted);
  server.put("/busy", {.fail_times = 99});
  calls = 0;
  EXPECT_EQ(
      client.download(url("/busy"), dir / "a", kPlenty, [&](auto, auto) { return ++calls < 4; })
          .error()
          .code,
      Errc::interrupted);
}

TEST_F(HttpClientTest, AnEmptyFileIsAFile) {
  server.put("/empty", {.body = ""});
  write_text(dir / "a", "old part");
  ASSERT_TRUE(client.download(url("/empty"), dir / "a", kPlenty, {}));
  EXPECT_EQ(read_text(dir / "a"), "");
}

TEST_F(HttpClientTest, FileUrlsAreCopied) {
  write_text(dir / "from", "local bytes");
  const auto from = *Url::parse("file://" + (dir / "from").string());
  ASSERT_TRUE(client.download(from, dir / "to", 100, {}));
  EXPECT_EQ(read_text(dir / "to"), "local bytes");
  EXPECT_EQ(client.download(from, dir / "to", 5, {}).error().id, "download-too-large");
  EXPECT_EQ(client.download(*Url::parse("file:///no/such"), dir / "x", 5, {}).error().id,
            "download-not-found");
  EXPECT_EQ(client.download(*Url::parse("file:///dev/zero"), dir / "x", 5, {}).error().id,
            "download-not-found");
  EXPECT_EQ(client.download(*Url::parse("file:///etc"), dir / "x", 5, {}).error().code,
            Errc::not_found);
  EXPECT_EQ(client.get(from, 100).error().id, "network-scheme");
}

TEST_F(HttpClientTest, ALinkAtThePathIsNotFollowed) {
  write_text(dir / "victim", "precious");
  std::filesystem::create_symlink(dir / "victim", dir / "a");
  server.put("/a", {.body = "x"});
  EXPECT_EQ(client.download(url("/a"), dir / "a", kPlenty, {}).error().code, Errc::io);
  EXPECT_EQ(read_text(dir / "victim"), "precious");
}

}  // namespace
}  // namespace rbee::platform
