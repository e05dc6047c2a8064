// The transport against a live server on a free port, byte by byte.
#include "http/server.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <thread>

#include "http/problem.hpp"
#include "http/raw_client.hpp"

namespace rbee::http::server_tests {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;
using testing::Not;

const Log& quiet() {
  static const Log log(LogLevel::off, LogFormat::logfmt);
  return log;
}

/// Answers what it understood: "METHOD path [query] body-size".
Response echo(const Request& request) {
  if (request.path == "/throw") throw std::runtime_error("boom");
  if (request.path == "/split")
    return {.status = 200,
            .headers =
                [] {
                  Headers h;
                  h.add("X", "a\r\nSet-Cookie: b");
                  return h;
                }(),
            .body = {}};
  if (request.path == "/big") return reply(200, "text/plain", std::string(3'000'000, 'x'));
  std::string text = request.method_text + " " + request.path;
  for (const auto& [key, value] : request.query) text += " " + key + "=" + value;
  text += " " + std::to_string(request.body.size());
  if (!request.headers.get("Host").empty())
    text += " host:" + std::string(request.headers.get("Host"));
  return reply(200, "text/plain", text);
}

std::unique_ptr<Server> start(Limits limits = {}, int threads = 2,
                              Service service = {.respond = echo}) {
  ServerOptions options;
  options.port = 0;
  options.threads = threads;
  options.limits = limits;
  auto server = Server::start(options, std::move(service), quiet());
  if (!server) throw std::runtime_error(describe(server.error()));
  return std::move(*server);
}

/// One server for the tests that do not change it.
Server& shared_server() {
  static const std::unique_ptr<Server> server = start();
  return *server;
}

std::string exchange(std::string_view bytes) {
  RawClient client(shared_server().port());
  client.send(bytes);
  client.finish_sending();
  return client.read_all();
}

std::string repeated(std::string_view text, int count) {
  std::string out;
  for (int i = 0; i < count; ++i) out += text;
  return out;
}

struct Malformed {
  const char* name;
  std::string bytes;
  int status;
};
void PrintTo(const Malformed& row, std::ostream* out) {
  *out << row.name;
}
class RefusedBytes : public testing::TestWithParam<Malformed> {};

/// The answer is the status, a problem, and the end of the connection: a second request is never
/// answered.
TEST_P(RefusedBytes, WithStatusAndClose) {
  const std::string response =
      exchange(GetParam().bytes + "GET /second HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_EQ(status_of_text(response), GetParam().status) << response;
  EXPECT_THAT(response, HasSubstr("\r\nConnection: close\r\n"));
  EXPECT_THAT(response, HasSubstr("\r\nContent-Type: application/problem+json\r\n"));
  EXPECT_THAT(response, HasSubstr("\r\nX-Request-Id: "));
  EXPECT_THAT(response, Not(HasSubstr("/second")));
}

std::string get(std::string_view target) {
  return "GET " + std::string(target) + " HTTP/1.1\r\nHost: h\r\n\r\n";
}
std::string with(std::string_view lines) {
  return "GET / HTTP/1.1\r\nHost: h\r\n" + std::string(lines) + "\r\n";
}
std::string post(std::string_view lines, std::string_view body) {
  return "POST / HTTP/1.1\r\nHost: h\r\n" + std::string(lines) + "\r\n" + std::string(body);
}

INSTANTIATE_TEST_SUITE_P(
    RequestLine, RefusedBytes,
    testing::Values(Malformed{"empty_line_first", "\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n", 400},
                    Malformed{"lf_first", "\nGET / HTTP/1.1\r\nHost: h\r\n\r\n", 400},
                    Malformed{"space_first", " GET / HTTP/1.1\r\nHost: h\r\n\r\n", 400},
                    Malformed{"tls_hello",
                              std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11), 400},
                    Malformed{"nul_first", std::string("\0GET / HTTP/1.1\r\n", 17), 400},
                    Malformed{"method_only", "GET\r\nHost: h\r\n\r\n", 400},
                    Malformed{"no_version", "GET /\r\nHost: h\r\n\r\n", 400},
                    Malformed{"two_spaces", "GET  / HTTP/1.1\r\nHost: h\r\n\r\n", 400},
                    Malformed{"space_in_target", "GET /a b HTTP/1.1\r\nHost: h\r\n\r\n", 400},
                    Malformed{"tab_as_space", "GET\t/\tHTTP/1.1\r\nHost: h\r\n\r\n", 400},
                    Malformed{"trailing_space", "GET / HTTP/1.1 \r\nHost: h\r\n\r\n", 400},
                    Malformed{"lower_version", "GET / http/1.1\r\nHost: h\r\n\r\n", 400},
                    Malformed{"version_1_10", "GET / HTTP/1.10\r\nHost: h\r\n\r\n", 400},
                    Malformed{"version_2", "GET / HTTP/2.0\r\nHost: h\r\n\r\n", 505},
                    Malformed{"version_0_9", "GET / HTTP/0.9\r\nHost: h\r\n\r\n", 505},
                    Malformed{"http2_preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505},
                    Malformed{"method_not_token", "G(T / HTTP/1.1\r\nHost: h\r\n\r\n", 400},
                    Malformed{"method_too_long",
                              std::string(33, 'A') + " / HTTP/1.1\r\nHost: h\r\n\r\n", 400},
                    Malformed{"line_too_long", get("/" + std::string(9000, 'a')), 414},
                    Malformed{"line_endless", "GET /" + std::string(20000, 'a'), 414},
                    Malformed{"bare_lf", "GET / HTTP/1.1\nHost: h\n\n", 400},
                    Malformed{"bare_lf_once", "GET / HTTP/1.1\nHost: h\r\n\r\n", 400},
                    Malformed{"bare_cr", "GET / HTTP/1.1\rHost: h\r\n\r\n", 400},
                    Malformed{"high_byte", "GET /\xC3\xA9 HTTP/1.1\r\nHost: h\r\n\r\n", 400},
                    Malformed{"del_byte", "GET /\x7f HTTP/1.1\r\nHost: h\r\n\r\n", 400}),
    [](const auto& info) { return std::string(info.param.name); });

INSTANTIATE_TEST_SUITE_P(
    Target, RefusedBytes,
    testing::Values(
        Malformed{"dotdot", get("/a/../b"), 400}, Malformed{"dotdot_end", get("/.."), 400},
        Malformed{"dotdot_escaped", get("/%2e%2e/etc/passwd"), 400},
        Malformed{"dotdot_half_escaped", get("/.%2E/x"), 400},
        Malformed{"dotdot_by_escaped_slash", get("/a%2F..%2Fb"), 400},
        Malformed{"dot", get("/./a"), 400}, Malformed{"double_slash", get("//a"), 400},
        Malformed{"double_slash_escaped", get("/a%2F/b"), 400},
        Malformed{"backslash", get("/a\\b"), 400},
        Malformed{"backslash_escaped", get("/a%5cb"), 400},
        Malformed{"nul_escaped", get("/a%00b"), 400},
        Malformed{"newline_escaped", get("/a%0ab"), 400},
        Malformed{"escape_escaped", get("/%1b[31m"), 400},
        Malformed{"bad_escape", get("/%zz"), 400}, Malformed{"short_escape", get("/%2"), 400},
        Malformed{"overlong_utf8", get("/%c0%af"), 400},
        Malformed{"surrogate", get("/%ed%a0%80"), 400}, Malformed{"latin1", get("/%e9"), 400},
        Malformed{"fragment", get("/a#b"), 400}, Malformed{"no_slash", get("a"), 400},
        Malformed{"authority_form", "CONNECT h:443 HTTP/1.1\r\nHost: h:443\r\n\r\n", 400},
        Malformed{"other_scheme", get("ftp://h/x"), 400},
        Malformed{"absolute_userinfo", get("http://u:p@h/x"), 400},
        Malformed{"query_nul", get("/?a=%00"), 400},
        Malformed{"query_bad_escape", get("/?a=%"), 400},
        Malformed{"query_latin1", get("/?a=%e9"), 400}),
    [](const auto& info) { return std::string(info.param.name); });

INSTANTIATE_TEST_SUITE_P(
    Header, RefusedBytes,
    testing::Values(
        Malformed{"no_host", "GET / HTTP/1.1\r\n\r\n", 400},
        Malformed{"two_hosts", with("Host: h\r\n"), 400},
        Malformed{"two_hosts_other_case", with("HOST: other\r\n"), 400},
        Malformed{"empty_host", "GET / HTTP/1.1\r\nHost:\r\n\r\n", 400},
        Malformed{"host_with_path", "GET / HTTP/1.1\r\nHost: h/x\r\n\r\n", 400},
        Malformed{"host_with_user", "GET / HTTP/1.1\r\nHost: u@h\r\n\r\n", 400},
        Malformed{"host_list", "GET / HTTP/1.1\r\nHost: a, b\r\n\r\n", 400},
        Malformed{"host_port_text", "GET / HTTP/1.1\r\nHost: h:x\r\n\r\n", 400},
        Malformed{"host_port_large", "GET / HTTP/1.1\r\nHost: h:65536\r\n\r\n", 400},
        Malformed{"host_markup", "GET / HTTP/1.1\r\nHost: <script>\r\n\r\n", 400},
        Malformed{"host_open_bracket", "GET / HTTP/1.1\r\nHost: [::1\r\n\r\n", 400},
        Malformed{"space_before_colon", with("X : y\r\n"), 400},
        Malformed{"tab_before_colon", with("X\t: y\r\n"), 400},
        Malformed{"length_space_colon", post("Content-Length : 1\r\n", "x"), 400},
        Malformed{"no_colon", with("X\r\n"), 400}, Malformed{"empty_name", with(": y\r\n"), 400},
        Malformed{"name_not_token", with("X[]: y\r\n"), 400},
        Malformed{"obs_fold_space", with("X: a\r\n b\r\n"), 400},
        Malformed{"obs_fold_tab", with("X: a\r\n\tb\r\n"), 400},
        Malformed{"fold_first", "GET / HTTP/1.1\r\n Host: h\r\n\r\n", 400},
        Malformed{"nul_in_value", with(std::string("X: a\0b\r\n", 8)), 400},
        Malformed{"escape_in_value", with("X: a\x1b[0m\r\n"), 400},
        Malformed{"bare_cr_in_value", with("X: a\rb\r\n"), 400},
        Malformed{"bare_lf_in_header", "GET / HTTP/1.1\r\nHost: h\nX: y\r\n\r\n", 400},
        Malformed{"lf_lf_end", "GET / HTTP/1.1\r\nHost: h\r\n\n", 400},
        Malformed{"too_many", with(repeated("X: y\r\n", 64)), 431},
        Malformed{"too_large", with("X: " + std::string(17 * 1024, 'y') + "\r\n"), 431},
        Malformed{"endless", "GET / HTTP/1.1\r\nHost: h\r\nX: " + std::string(40 * 1024, 'y'), 431},
        Malformed{"expectation", with("Expect: 200-maybe\r\n"), 417}),
    [](const auto& info) { return std::string(info.param.name); });

INSTANTIATE_TEST_SUITE_P(
    Framing, RefusedBytes,
    testing::Values(
        Malformed{"length_and_chunked",
                  post("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"), 400},
        Malformed{"chunked_and_length",
                  post("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", "0\r\n\r\n"), 400},
        Malformed{"two_lengths", post("Content-Length: 1\r\nContent-Length: 1\r\n", "x"), 400},
        Malformed{"two_other_lengths", post("Content-Length: 1\r\nContent-Length: 2\r\n", "x"),
                  400},
        Malformed{"length_list", post("Content-Length: 1, 1\r\n", "x"), 400},
        Malformed{"length_plus", post("Content-Length: +1\r\n", "x"), 400},
        Malformed{"length_minus", post("Content-Length: -1\r\n", "x"), 400},
        Malformed{"length_hex", post("Content-Length: 0x1\r\n", "x"), 400},
        Malformed{"length_empty", post("Content-Length:\r\n", ""), 400},
        Malformed{"length_huge", post("Content-Length: 99999999999999999999\r\n", ""), 400},
        Malformed{"length_over_limit", post("Content-Length: 65537\r\n", ""), 413},
        Malformed{"length_wraps_64_bits", post("Content-Length: 18446744073709551617\r\n", "x"),
                  400},
        Malformed{"encoding_unknown", post("Transfer-Encoding: gzip\r\n", ""), 501},
        Malformed{"encoding_list", post("Transfer-Encoding: gzip, chunked\r\n", ""), 501},
        Malformed{"encoding_twice",
                  post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", ""), 400},
        Malformed{"encoding_disguised", post("Transfer-Encoding: xchunked\r\n", ""), 501},
        Malformed{"encoding_http_1_0",
                  "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
        Malformed{"chunk_size_not_hex", post("Transfer-Encoding: chunked\r\n", "x\r\n\r\n"), 400},
        Malformed{"chunk_size_negative", post("Transfer-Encoding: chunked\r\n", "-1\r\n\r\n"), 400},
        Malformed{"chunk_size_prefix",
                  post("Transfer-Encoding: chunked\r\n", "0x1\r\na\r\n0\r\n\r\n"), 400},
        Malformed{"chunk_size_huge",
                  post("Transfer-Encoding: chunked\r\n", "fffffffffffffffff\r\n"), 400},
        Malformed{"chunk_over_limit", post("Transfer-Encoding: chunked\r\n", "10001\r\n"), 413},
        Malformed{"chunk_too_short", post("Transfer-Encoding: chunked\r\n", "1\r\nab\r\n0\r\n\r\n"),
                  400},
        Malformed{"chunk_bare_lf", post("Transfer-Encoding: chunked\r\n", "1\na\n0\n\n"), 400},
        Malformed{"chunk_extension_endless",
                  post("Transfer-Encoding: chunked\r\n", "1;" + std::string(9000, 'e')), 400}),
    [](const auto& info) { return std::string(info.param.name); });

struct Accepted {
  const char* name;
  std::string bytes;
  std::string body;
};
void PrintTo(const Accepted& row, std::ostream* out) {
  *out << row.name;
}
class AcceptedBytes : public testing::TestWithParam<Accepted> {};
TEST_P(AcceptedBytes, AreUnderstood) {
  const std::string response = exchange(GetParam().bytes);
  EXPECT_EQ(status_of_text(response), 200) << response;
  EXPECT_THAT(response, testing::EndsWith("\r\n\r\n" + GetParam().body));
}
INSTANTIATE_TEST_SUITE_P(
    Rows, AcceptedBytes,
    testing::Values(
        Accepted{"plain", get("/a"), "GET /a 0 host:h"},
        Accepted{"query", get("/a?x=1&y=a+b%26&z"), "GET /a x=1 y=a b& z= 0 host:h"},
        Accepted{"escaped_once", get("/%252e%252e/%C3%A9"), "GET /%2e%2e/\xC3\xA9 0 host:h"},
        Accepted{"dots_in_names", get("/.SRCINFO/a..b/...?x=../"),
                 "GET /.SRCINFO/a..b/... x=../ 0 host:h"},
        Accepted{"absolute_form", get("http://real:81/x?y=1"), "GET /x y=1 0 host:real:81"},
        Accepted{"absolute_no_path", get("HTTP://real"), "GET / 0 host:real"},
        Accepted{"http_1_0_no_host", "GET /a HTTP/1.0\r\n\r\n", "GET /a 0"},
        Accepted{"ipv6_host", "GET / HTTP/1.1\r\nHost: [::1]:8787\r\n\r\n",
                 "GET / 0 host:[::1]:8787"},
        Accepted{"length", post("Content-Length: 3\r\n", "abc"), "POST / 3 host:h"},
        Accepted{"longest_body", post("Content-Length: 65536\r\n", std::string(65536, 'x')),
                 "POST / 65536 host:h"},
        Accepted{"chunked",
                 post("Transfer-Encoding: CHUNKED\r\n",
                      "3\r\nabc\r\n2;e=1\r\nde\r\n0\r\nTrailer: x\r\n\r\n"),
                 "POST / 5 host:h"},
        Accepted{"sixty_four_headers", with(repeated("X: y\r\n", 63)), "GET / 0 host:h"},
        Accepted{"no_space_after_colon", "GET / HTTP/1.1\r\nHost:h\r\n\r\n", "GET / 0 host:h"},
        Accepted{"own_method", "BREW / HTTP/1.1\r\nHost: h\r\n\r\n", "BREW / 0 host:h"},
        Accepted{"asterisk", "OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n", "OPTIONS * 0 host:h"}),
    [](const auto& info) { return std::string(info.param.name); });

TEST(Server, AnswersWithItsOwnFields) {
  RawClient client(shared_server().port());
  client.send(get("/a"));
  const std::string response = client.read_response();
  EXPECT_THAT(response, testing::MatchesRegex(
                            "HTTP/1.1 200 OK\r\nDate: [A-Z][a-z][a-z], .* GMT\r\nX-Request-Id: "
                            "[0-9a-f]*\r\nServer: rbee-market\r\nContent-Length: 15\r\n"
                            "Content-Type: text/plain\r\n\r\nGET /a 0 host:h"));
}

TEST(Server, TakesAGoodRequestIdAndReplacesABadOne) {
  EXPECT_THAT(exchange(with("X-Request-Id: abc-123\r\n")), HasSubstr("X-Request-Id: abc-123\r\n"));
  EXPECT_THAT(exchange(with("X-Request-Id: a b\r\n")), Not(HasSubstr("a b")));
  EXPECT_THAT(exchange(with("X-Request-Id: " + std::string(65, 'a') + "\r\n")),
              Not(HasSubstr("aaa")));
}

TEST(Server, KeepsAConnectionAndAnswersPipelinedRequestsInOrder) {
  RawClient client(shared_server().port());
  std::string all;
  for (int i = 0; i < 50; ++i)
    all += i % 7 == 3 ? post("Content-Length: 4\r\n", "abcd") : get("/" + std::to_string(i));
  client.send(all);
  for (int i = 0; i < 50; ++i)
    EXPECT_THAT(client.read_response(),
                testing::EndsWith(i % 7 == 3 ? "POST / 4 host:h"
                                             : "GET /" + std::to_string(i) + " 0 host:h"));
}

TEST(Server, ReadsARequestThatComesByteByByte) {
  RawClient client(shared_server().port());
  for (char c : post("Transfer-Encoding: chunked\r\n", "3\r\nabc\r\n0\r\n\r\n"))
    client.send({&c, 1});
  EXPECT_THAT(client.read_response(), testing::EndsWith("POST / 3 host:h"));
  client.send(get("/again"));
  EXPECT_THAT(client.read_response(), testing::EndsWith("GET /again 0 host:h"));
}

TEST(Server, LeavesTheBodyOutForHead) {
  RawClient client(shared_server().port());
  client.send("HEAD /a HTTP/1.1\r\nHost: h\r\n\r\n" + get("/b"));
  EXPECT_THAT(client.read_response(true), HasSubstr("Content-Length: 16\r\n"));
  EXPECT_THAT(client.read_response(), testing::EndsWith("GET /b 0 host:h"));
}

TEST(Server, ClosesWhenAsked) {
  RawClient client(shared_server().port());
  client.send(with("Connection: close\r\n"));
  EXPECT_THAT(client.read_all(), HasSubstr("\r\nConnection: close\r\n"));
  EXPECT_FALSE(client.timed_out());
  RawClient old(shared_server().port());
  old.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_THAT(old.read_response(), HasSubstr("\r\nConnection: keep-alive\r\n"));
  old.send("GET /2 HTTP/1.0\r\n\r\n");
  EXPECT_THAT(old.read_all(), testing::EndsWith("GET /2 0"));
}

TEST(Server, SaysContinueBeforeTheBodyAndNotWhenItIsTooLarge) {
  RawClient client(shared_server().port());
  client.send(post("Content-Length: 2\r\nExpect: 100-continue\r\n", ""));
  EXPECT_EQ(client.read_response(), "HTTP/1.1 100 Continue\r\n\r\n");
  client.send("ab");
  EXPECT_THAT(client.read_response(), testing::EndsWith("POST / 2 host:h"));
  RawClient large(shared_server().port());
  large.send(post("Content-Length: 70000\r\nExpect: 100-continue\r\n", ""));
  EXPECT_EQ(status_of_text(large.read_response()), 413);
}

TEST(Server, TurnsAnExceptionInto500AndGoesOn) {
  RawClient client(shared_server().port());
  client.send("GET /throw HTTP/1.1\r\nHost: h\r\nX-Request-Id: me-1\r\n\r\n");
  const std::string response = client.read_response();
  EXPECT_EQ(status_of_text(response), 500);
  EXPECT_THAT(response, HasSubstr(R"("request_id":"me-1")"));
  EXPECT_THAT(response, Not(HasSubstr("boom")));
  client.send(get("/after"));
  EXPECT_THAT(client.read_response(), testing::EndsWith("GET /after 0 host:h"));
}

TEST(Server, NeverSendsAFieldThatSplitsTheHead) {
  const std::string response = exchange(get("/split"));
  EXPECT_EQ(status_of_text(response), 500);
  EXPECT_THAT(response, Not(HasSubstr("Set-Cookie")));
}

TEST(Server, SendsALargeBodyToASlowReader) {
  RawClient client(shared_server().port());
  client.send(with("").replace(4, 1, "/big"));
  std::this_thread::sleep_for(milliseconds(100));
  EXPECT_GT(client.read_response().size(), 3'000'000u);
}

TEST(Server, RendersARefusedTargetAsTheServiceWants) {
  const auto server =
      start({}, 1, {.respond = echo, .refuse = [](const Request& request, const Refusal& refusal) {
                      return reply(refusal.status, "text/plain", "own: " + request.target);
                    }});
  RawClient client(server->port());
  client.send(get("/a%5cb"));
  EXPECT_THAT(client.read_all(), testing::EndsWith("own: /a%5cb"));
}

Limits short_times() {
  Limits limits;
  limits.head_time_max = milliseconds(150);
  limits.grace = milliseconds(200);
  limits.idle_max = milliseconds(400);
  return limits;
}

TEST(ServerTimes, EndsAHeadThatComesTooSlowly) {
  const auto server = start(short_times());
  RawClient client(server->port());
  bool open = true;
  const auto begin = std::chrono::steady_clock::now();
  const std::string head = with("X: " + std::string(1000, 'y') + "\r\n");
  for (std::size_t i = 0; i < head.size() && open; ++i) {
    open = client.send({&head[i], 1}) &&
           std::chrono::steady_clock::now() - begin < std::chrono::seconds(5);
    std::this_thread::sleep_for(milliseconds(20));
    if (std::chrono::steady_clock::now() - begin > milliseconds(600)) break;
  }
  EXPECT_EQ(status_of_text(client.read_all()), 408);
}

TEST(ServerTimes, EndsABodyBelowTheRate) {
  const auto server = start(short_times());
  RawClient client(server->port());
  client.send(post("Content-Length: 60000\r\n", ""));
  for (int i = 0; i < 25; ++i) {
    client.send("0123456789");  // 500 B/s
    std::this_thread::sleep_for(milliseconds(20));
  }
  EXPECT_EQ(status_of_text(client.read_all()), 408);
}

TEST(ServerTimes, LetsABodyAboveTheRatePass) {
  const auto server = start(short_times());
  RawClient client(server->port());
  client.send(post("Content-Length: 6000\r\n", ""));
  for (int i = 0; i < 30; ++i) {
    client.send(std::string(200, 'x'));  // 10 kB/s for 600 ms, three times the grace
    std::this_thread::sleep_for(milliseconds(20));
  }
  EXPECT_THAT(client.read_response(), testing::EndsWith("POST / 6000 host:h"));
}

TEST(ServerTimes, ClosesAnIdleConnectionWithoutAWord) {
  const auto server = start(short_times());
  RawClient fresh(server->port());
  EXPECT_EQ(fresh.read_all(), "");
  EXPECT_FALSE(fresh.timed_out());
  RawClient used(server->port());
  used.send(get("/a"));
  used.read_response();
  EXPECT_EQ(used.read_all(), "");
  EXPECT_FALSE(used.timed_out());
}

TEST(ServerTimes, DropsAReaderThatNeverReads) {
  const auto server = start(short_times());
  RawClient client(server->port());
  client.send(with("").replace(4, 1, "/big") + with("").replace(4, 1, "/big"));
  for (int i = 0; i < 300 && server->connections() > 0; ++i)
    std::this_thread::sleep_for(milliseconds(20));
  EXPECT_EQ(server->connections(), 0);
}

TEST(ServerLimits, RefusesMoreConnectionsFromOneAddress) {
  Limits limits;
  limits.connections_per_address_max = 3;
  const auto server = start(limits);
  std::vector<std::unique_ptr<RawClient>> held;
  for (int i = 0; i < 3; ++i) {
    held.push_back(std::make_unique<RawClient>(server->port()));
    held.back()->send(get("/a"));
    EXPECT_EQ(status_of_text(held.back()->read_response()), 200);
  }
  RawClient over(server->port());
  const std::string response = over.read_all();
  EXPECT_EQ(status_of_text(response), 429);
  EXPECT_THAT(response, HasSubstr("\r\nRetry-After: 1\r\n"));
  held.clear();
  for (int i = 0; i < 200 && server->connections() > 0; ++i)
    std::this_thread::sleep_for(milliseconds(10));
  RawClient again(server->port());
  again.send(get("/a"));
  EXPECT_EQ(status_of_text(again.read_response()), 200);
}

TEST(ServerLimits, RefusesMoreConnectionsThanItHolds) {
  Limits limits;
  limits.connections_max = 2;
  const auto server = start(limits);
  RawClient one(server->port()), two(server->port());
  one.send(get("/a"));
  two.send(get("/a"));
  one.read_response();
  two.read_response();
  RawClient over(server->port());
  EXPECT_EQ(status_of_text(over.read_all()), 503);
}

/// Programs wait until it is opened.
struct Gate {
  Gate() {
    if (::mkdtemp(folder) == nullptr) throw std::runtime_error("mkdtemp");
  }
  ~Gate() { std::filesystem::remove_all(folder); }
  Gate(const Gate&) = delete;
  Gate& operator=(const Gate&) = delete;
  std::string path() const { return std::string(folder) + "/open"; }
  void open() const { std::ofstream(path()) << "open"; }
  char folder[32] = "/tmp/rbee-gate-XXXXXX";
};

Service waits_for(const Gate& the_gate) {
  return {.respond = echo, .stream = [gate = the_gate.path()](const Request&) {
            CgiCommand command;
            command.argv = {"/bin/sh", "-c",
                            "while ! test -e \"$GATE\"; do sleep 0.02; done;"
                            " printf 'Content-Type: text/plain\\r\\n\\r\\nran'"};
            command.environment = {"PATH=/usr/bin:/bin", "GATE=" + gate};
            return Streamed(std::move(command));
          }};
}

TEST(ServerPrograms, ACrowdStandsInLine) {
  const Gate gate;
  Limits limits;
  limits.programs_max = 1;
  const auto server = start(limits, 1, waits_for(gate));
  RawClient first(server->port());
  RawClient second(server->port());
  first.send(get("/a"));
  second.send(get("/b"));
  second.read_all(milliseconds(300));
  EXPECT_TRUE(second.timed_out()) << "answered, though the only place is taken";
  gate.open();
  EXPECT_THAT(first.read_all(), HasSubstr("ran"));
  EXPECT_THAT(second.read_all(), HasSubstr("ran"));
}

TEST(ServerPrograms, TheLineEndsAtItsTime) {
  const Gate gate;
  Limits limits;
  limits.programs_max = 1;
  limits.program_wait_max = milliseconds(100);
  const auto server = start(limits, 1, waits_for(gate));
  RawClient first(server->port());
  first.send(get("/a"));
  std::string refused;
  // Which of the two took the place is not told: one of them did.
  RawClient second(server->port());
  second.send(get("/b"));
  for (RawClient* each : {&second, &first})
    if (refused.empty()) refused = each->read_all(milliseconds(1500));
  EXPECT_EQ(status_of_text(refused), 503) << refused;
  EXPECT_THAT(refused, HasSubstr("too-many-programs"));
  EXPECT_THAT(refused, HasSubstr("\r\nRetry-After: "));
  gate.open();
}

/// A file of many different bytes, and a server that sends it for every path.
struct Sent {
  Sent() {
    for (int i = 0; i < 300'000; ++i) bytes += static_cast<char>('a' + i % 23);
    std::ofstream(gate.path()) << bytes;
    server = start({}, 1, {.respond = echo, .stream = [path = gate.path()](const Request& request) {
                             if (request.path == "/missing")
                               return Streamed(FileAnswer{path + "x", "a/b", "\"1\""});
                             return Streamed(FileAnswer{path, "application/gzip", "\"1\""});
                           }});
  }
  std::string ask(std::string_view lines, std::string_view method = "GET",
                  std::string_view path = "/f") const {
    RawClient client(server->port());
    client.send(fmt::format("{} {} HTTP/1.1\r\nHost: h\r\n{}\r\n", method, path, lines));
    return client.read_all();
  }
  static std::string body(const std::string& response) {
    const auto at = response.find("\r\n\r\n");
    return at == std::string::npos ? "" : response.substr(at + 4);
  }
  Gate gate;
  std::string bytes;
  std::unique_ptr<Server> server;
};

TEST(ServerFiles, SendsTheWholeAndThePart) {
  const Sent sent;
  const std::string whole = sent.ask("");
  EXPECT_EQ(status_of_text(whole), 200);
  EXPECT_THAT(
      whole,
      HasSubstr("\r\nContent-Length: 300000\r\nContent-Type: application/gzip\r\nETag: \"1\"\r\n"));
  EXPECT_EQ(Sent::body(whole), sent.bytes);
  const struct {
    const char* lines;
    int status;
    std::size_t begin, size;
  } kRows[] = {
      {"Range: bytes=0-0\r\n", 206, 0, 1},
      {"Range: bytes=299990-\r\n", 206, 299'990, 10},
      {"Range: bytes=-7\r\n", 206, 299'993, 7},
      {"Range: bytes=-999999999\r\n", 206, 0, 300'000},
      {"Range: bytes=100-999999999\r\n", 206, 100, 299'900},
      {"Range: bytes=5-10\r\nIf-Range: \"1\"\r\n", 206, 5, 6},
      {"Range: bytes=5-10\r\nIf-Range: \"2\"\r\n", 200, 0, 300'000},
      {"Range: bytes=10-5\r\n", 200, 0, 300'000},
      {"Range: bytes=1-2,5-6\r\n", 200, 0, 300'000},
      {"Range: lines=1-2\r\n", 200, 0, 300'000},
      {"Range: bytes=x\r\n", 200, 0, 300'000},
      {"Range: bytes=99999999999999999999999-\r\n", 200, 0, 300'000},
  };
  for (const auto& row : kRows) {
    const std::string response = sent.ask(row.lines);
    EXPECT_EQ(status_of_text(response), row.status) << row.lines;
    EXPECT_EQ(Sent::body(response), sent.bytes.substr(row.begin, row.size)) << row.lines;
    if (row.status != 206) continue;
    EXPECT_THAT(response, HasSubstr(fmt::format("\r\nContent-Range: bytes {}-{}/300000\r\n",
                                                row.begin, row.begin + row.size - 1)));
  }
  for (const char* lines : {"Range: bytes=300000-\r\n", "Range: bytes=-0\r\n"}) {
    const std::string response = sent.ask(lines);
    EXPECT_EQ(status_of_text(response), 416) << lines;
    EXPECT_THAT(response, HasSubstr("\r\nContent-Range: bytes */300000\r\n"));
  }
  EXPECT_EQ(Sent::body(sent.ask("", "HEAD")), "");
  EXPECT_EQ(status_of_text(sent.ask("", "GET", "/missing")), 404);
}

TEST(ServerFiles, APeerThatReadsNothingHoldsNothingUpForLong) {
  const Sent sent;
  RawClient idle(sent.server->port());
  idle.send(get("/f"));
  std::this_thread::sleep_for(milliseconds(100));
  const auto begin = std::chrono::steady_clock::now();
  sent.server->stop();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(12));
}

TEST(ServerStop, FinishesWhatIsInFlightAndClosesWhatIsIdle) {
  std::mutex mutex;
  std::condition_variable changed;
  bool entered = false, go = false;
  auto server = start({}, 2, {.respond = [&](const Request& request) {
                        if (request.path == "/slow") {
                          std::unique_lock lock(mutex);
                          entered = true;
                          changed.notify_all();
                          changed.wait(lock, [&] { return go; });
                        }
                        return reply(200, "text/plain", "done");
                      }});
  RawClient idle(server->port());
  idle.send(get("/"));
  idle.read_response();
  RawClient busy(server->port());
  busy.send(get("/slow"));
  {
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return entered; });
  }
  const std::uint16_t port = server->port();
  std::thread stopper([&] { server->stop(); });
  std::this_thread::sleep_for(milliseconds(100));
  {
    const std::lock_guard lock(mutex);
    go = true;
  }
  changed.notify_all();
  const std::string response = busy.read_all();
  stopper.join();
  EXPECT_EQ(status_of_text(response), 200);
  EXPECT_THAT(response, HasSubstr("\r\nConnection: close\r\n"));
  EXPECT_EQ(idle.read_all(), "");
  EXPECT_THROW(RawClient{port}, std::runtime_error);
}

TEST(ServerStop, WaitsNoLongerThanItsLimit) {
  Limits limits;
  limits.drain_max = milliseconds(200);
  auto server = start(limits);
  RawClient half(server->port());
  half.send("GET / HT");
  std::this_thread::sleep_for(milliseconds(50));
  const auto begin = std::chrono::steady_clock::now();
  server->stop();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(3));
}

TEST(ServerStart, SaysWhoseFaultItIs) {
  ServerOptions options;
  options.port = shared_server().port();
  const auto taken = Server::start(options, {.respond = echo}, quiet());
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().id, "port-in-use");
  EXPECT_EQ(taken.error().message, "port in use: 127.0.0.1:" + std::to_string(options.port));
  EXPECT_THAT(taken.error().fix, HasSubstr("--listen 127.0.0.1:0"));
  options.address = "localhost!";
  const auto name = Server::start(options, {.respond = echo}, quiet());
  ASSERT_FALSE(name);
  EXPECT_EQ(name.error().id, "address-invalid");
  options.address = "203.0.113.7";
  const auto foreign = Server::start(options, {.respond = echo}, quiet());
  ASSERT_FALSE(foreign);
  EXPECT_EQ(foreign.error().id, "listen-failed");
}

TEST(Server, ServesManyConnectionsAtOnce) {
  const auto server = start({}, 2);
  std::atomic<int> right = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t)
    threads.emplace_back([&, t] {
      RawClient client(server->port());
      for (int i = 0; i < 200; ++i) {
        const std::string path = "/" + std::to_string(t) + "/" + std::to_string(i);
        client.send(get(path));
        if (client.read_response().ends_with("GET " + path + " 0 host:h")) ++right;
      }
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(right, 8 * 200);
}

}  // namespace
}  // namespace rbee::http::server_tests
