// The pure parts of the layer: entity tags, routing, problems, log lines.
#include <gmock/gmock.h>

#include "http/etag.hpp"
#include "http/head.hpp"
#include "http/log.hpp"
#include "http/problem.hpp"
#include "http/router.hpp"
#include "http/target.hpp"

namespace rbee::http {
namespace {

using testing::HasSubstr;

Request request_of(Method method, std::string path) {
  Request request;
  request.method = method;
  request.method_text = method == Method::get    ? "GET"
                        : method == Method::post ? "POST"
                        : method == Method::head ? "HEAD"
                                                 : "OPTIONS";
  request.target = path;
  request.path = std::move(path);
  return request;
}

TEST(Etag, IsNamedByListsStarsAndWeakTags) {
  const std::string tag = "\"abc\"";
  for (const char* yes : {"\"abc\"", "W/\"abc\"", "*", "\"x\", \"abc\"", "\"x\",\"abc\" , \"y\"",
                          " \"abc\" ", "\"x\",,\"abc\""})
    EXPECT_TRUE(names_etag(yes, tag)) << yes;
  for (const char* no : {"\"ABC\"", "abc", "\"abc", "\"x\" \"abc\"", "", "\"ab c\"", "w/\"abc\"",
                         "\"abc\" x", "*, \"x\""})
    EXPECT_FALSE(names_etag(no, tag)) << no;
}

TEST(Etag, DependsOnEveryPart) {
  EXPECT_EQ(strong_etag({"a", "b"}), strong_etag({"a", "b"}));
  EXPECT_NE(strong_etag({"a", "bc"}), strong_etag({"ab", "c"}));
  EXPECT_THAT(strong_etag({"a"}), testing::MatchesRegex("\"[0-9a-f]*\""));
}

TEST(Etag, TurnsAKnownAnswerInto304) {
  Response full = reply(200, "text/plain", "body");
  full.headers.add("Cache-Control", "no-cache");
  Request request = request_of(Method::get, "/");
  EXPECT_EQ(with_etag(request, full, "\"t\"").body, "body");
  request.headers.add("If-None-Match", "\"t\"");
  const Response unchanged = with_etag(request, full, "\"t\"");
  EXPECT_EQ(unchanged.status, 304);
  EXPECT_EQ(unchanged.body, "");
  EXPECT_EQ(unchanged.headers.get("etag"), "\"t\"");
  EXPECT_EQ(unchanged.headers.get("cache-control"), "no-cache");
  EXPECT_EQ(unchanged.headers.get("content-type"), "");
  full.status = 404;
  EXPECT_EQ(with_etag(request, full, "\"t\"").status, 404);
  full.status = 200;
  request.method = Method::post;
  EXPECT_EQ(with_etag(request, full, "\"t\"").status, 200);
}

TEST(Route, MatchesSegmentsAndRests) {
  Params params;
  EXPECT_TRUE(match_path("/v1/workers/{id}", "/v1/workers/tts", params));
  EXPECT_EQ(params["id"], "tts");
  EXPECT_TRUE(match_path("/w/{id}/files/{path...}", "/w/a/files/src/main.cpp", params));
  EXPECT_EQ(params["id"], "a");
  EXPECT_EQ(params["path"], "src/main.cpp");
  EXPECT_EQ(params["none"], "");
  for (const char* no : {"/v1/workers", "/v1/workers/", "/v1/workers/a/", "/v1/workers/a/b",
                         "/v1/worker/a", "v1/workers/a"})
    EXPECT_FALSE(match_path("/v1/workers/{id}", no, params)) << no;
  EXPECT_FALSE(match_path("/files/{path...}", "/files/", params));
  EXPECT_TRUE(match_path("/", "/", params));
  EXPECT_FALSE(match_path("/", "", params));
  EXPECT_FALSE(match_path("/a", "/a/", params));
}

struct Toy {
  Result<Response> one(const Request&, const Params& params) const {
    return reply(200, "text/plain", std::string(params["id"]));
  }
  Result<Response> make(const Request&, const Params&) const {
    return reply(201, "text/plain", "made");
  }
  Result<Response> broken(const Request&, const Params&) const {
    return fail(Errc::not_found, "toy-not-found", "no such toy", {.fix = "did you mean 'bear'?"});
  }
};
constexpr std::array<Route<Toy>, 3> kToys = {{{Method::get, "/toys/{id}", &Toy::one},
                                              {Method::post, "/toys/{id}", &Toy::make},
                                              {Method::get, "/broken", &Toy::broken}}};

TEST(Route, AnswersByTheTable) {
  const auto ask = [](Method method, std::string path) {
    return route(Toy(), kToys, request_of(method, std::move(path)));
  };
  EXPECT_EQ(ask(Method::get, "/toys/bear").body, "bear");
  EXPECT_EQ(ask(Method::head, "/toys/bear").body, "bear");
  EXPECT_EQ(ask(Method::post, "/toys/bear").status, 201);
  const Response options = ask(Method::options, "/toys/bear");
  EXPECT_EQ(options.status, 204);
  EXPECT_EQ(options.headers.get("Allow"), "GET, HEAD, POST, OPTIONS");
  const Response wrong = ask(Method::post, "/broken");
  EXPECT_EQ(wrong.status, 405);
  EXPECT_EQ(wrong.headers.get("Allow"), "GET, HEAD, OPTIONS");
  EXPECT_EQ(ask(Method::get, "/nothing").status, 404);
  EXPECT_EQ(ask(Method::options, "/nothing").status, 404);
  const Response broken = ask(Method::get, "/broken");
  EXPECT_EQ(broken.status, 404);
  EXPECT_EQ(broken.body,
            "{\"type\":\"/v1/problems/toy-not-found\",\"title\":\"Not Found\",\"status\":404,"
            "\"detail\":\"no such toy; did you mean 'bear'?\",\"instance\":\"/broken\"}\n");
}

TEST(Problem, QuotesWhatItRepeats) {
  EXPECT_EQ(json_quote("a\"b\\c\n\x01\x7f"), R"("a\"b\\c\n\u0001\u007f")");
  EXPECT_EQ(json_quote("\xff"), "\"\xEF\xBF\xBD\"");
}

const auto kNoon = std::chrono::system_clock::time_point(std::chrono::seconds(1700000000) +
                                                         std::chrono::milliseconds(7));

TEST(LogLine, IsLogfmt) {
  EXPECT_EQ(
      format_log_line(
          LogFormat::logfmt, kNoon, LogLevel::info, "request",
          {{"path", "/a b"}, {"id", "x"}, {"status", std::int64_t{200}}, {"empty", ""}}),
      R"(time=2023-11-14T22:13:20.007Z level=info event=request path="/a b" id=x status=200 empty="")");
}

TEST(LogLine, IsJson) {
  EXPECT_EQ(
      format_log_line(LogFormat::json, kNoon, LogLevel::warn, "x",
                      {{"path", "a\"b"}, {"n", std::int64_t{-1}}}),
      R"({"time":"2023-11-14T22:13:20.007Z","level":"warn","event":"x","path":"a\"b","n":-1})");
}

TEST(LogLine, CannotBeForgedOrPlayedToATerminal) {
  const std::string line =
      format_log_line(LogFormat::logfmt, kNoon, LogLevel::info, "request",
                      {{"path", "/\x1b[2J\nlevel=error event=fake \xe2\x80\xae"}});
  EXPECT_EQ(line.find('\n'), std::string::npos);
  EXPECT_EQ(line.find('\x1b'), std::string::npos);
  EXPECT_EQ(line.find("\xe2\x80\xae"), std::string::npos);
  EXPECT_THAT(line, HasSubstr(R"(path="/)"));
}

TEST(Host, IsANameOrAnAddressWithAPort) {
  for (const char* yes : {"h", "a.b-c_d", "127.0.0.1:80", "[::1]", "[::ffff:1.2.3.4]:1", "h:65535"})
    EXPECT_TRUE(is_host(yes)) << yes;
  for (const char* no : {"", ":80", "h:", "h:x", "h:65536", "h:123456", "a b", "a/b", "a@b", "[]",
                         "[::1", "[g::]", "[::1]x", "a\"b", "\xc3\xa9"})
    EXPECT_FALSE(is_host(no)) << no;
}

}  // namespace
}  // namespace rbee::http
