// What stands before and after a service: addresses, rates, cross-origin reads, compression,
// counting. The pure parts as tables, the whole over a live server.
#include "http/front.hpp"

#include <gmock/gmock.h>

#include <thread>

#include "http/cors.hpp"
#include "http/etag.hpp"
#include "http/problem.hpp"
#include "http/raw_client.hpp"

namespace rbee::http {
namespace {

using testing::HasSubstr;
using testing::Not;

Request get(std::string path, Headers headers = {}) {
  Request request;
  request.method_text = "GET";
  request.path = request.target = std::move(path);
  request.headers = std::move(headers);
  request.remote_address = "192.0.2.7";
  return request;
}

Headers fields(std::initializer_list<std::pair<const char*, const char*>> all) {
  Headers headers;
  for (const auto& [name, value] : all) headers.add(name, value);
  return headers;
}

TEST(ClientAddress, NetworksAreReadStrictly) {
  const struct {
    std::string text;
    bool good;
  } rows[] = {{"10.0.0.0/8", true},      {"192.0.2.7", true},    {"::1", true},
              {"2001:db8::/32", true},   {"0.0.0.0/0", true},    {"::/0", true},
              {"10.0.0.1/8", false},     {"10.0.0.0/33", false}, {"10.0.0/8", false},
              {"2001:db8::1/32", false}, {"::/129", false},      {"localhost", false},
              {"10.0.0.0/", false},      {"10.0.0.0/-1", false}, {"", false},
              {"1.2.3.4.5", false},      {"10.0.0.0/8x", false}, {"fe80::1%eth0", false}};
  for (const auto& row : rows)
    EXPECT_EQ(parse_networks({row.text}, "x").has_value(), row.good) << row.text;
}

TEST(ClientAddress, ANetworkHoldsItsAddressesAndNoOthers) {
  const Networks networks = *parse_networks({"10.16.0.0/12", "2001:db8::/33", "192.0.2.7"}, "x");
  for (const char* inside :
       {"10.16.0.0", "10.31.255.255", "2001:db8:7fff::1", "192.0.2.7", "::ffff:10.16.0.1"})
    EXPECT_TRUE(contains(networks, *parse_address(inside))) << inside;
  for (const char* outside : {"10.15.255.255", "10.32.0.0", "2001:db8:8000::1", "192.0.2.8", "::1"})
    EXPECT_FALSE(contains(networks, *parse_address(outside))) << outside;
}

TEST(ClientAddress, IsBelievedFromKnownProxiesAlone) {
  const Networks trusted = *parse_networks({"10.0.0.0/8", "::1"}, "x");
  const struct {
    const char* peer;
    Headers headers;
    const char* client;
  } rows[] = {
      {"192.0.2.1", fields({{"X-Forwarded-For", "203.0.113.9"}}), "192.0.2.1"},
      {"10.0.0.1", {}, "10.0.0.1"},
      {"10.0.0.1", fields({{"X-Forwarded-For", "203.0.113.9"}}), "203.0.113.9"},
      // What the client wrote itself stands on the left, and is not reached.
      {"10.0.0.1", fields({{"X-Forwarded-For", "1.1.1.1, 203.0.113.9"}}), "203.0.113.9"},
      {"10.0.0.1", fields({{"X-Forwarded-For", "1.1.1.1, 203.0.113.9, 10.0.0.2"}}), "203.0.113.9"},
      {"10.0.0.1", fields({{"X-Forwarded-For", "1.1.1.1"}, {"x-forwarded-for", "203.0.113.9"}}),
       "203.0.113.9"},
      {"10.0.0.1", fields({{"X-Forwarded-For", "10.0.0.3, 10.0.0.2"}}), "10.0.0.3"},
      {"10.0.0.1", fields({{"X-Forwarded-For", "1.1.1.1, unknown"}}), "10.0.0.1"},
      {"10.0.0.1", fields({{"X-Forwarded-For", "1.1.1.1, <script>, 10.0.0.2"}}), "10.0.0.2"},
      {"10.0.0.1", fields({{"X-Forwarded-For", "203.0.113.9:4711"}}), "203.0.113.9"},
      {"::1", fields({{"X-Forwarded-For", "2001:db8::9"}}), "2001:db8::9"},
      {"::1", fields({{"X-Forwarded-For", "[2001:db8::9]:80"}}), "2001:db8::9"},
      {"10.0.0.1", fields({{"Forwarded", "for=1.1.1.1, for=203.0.113.9;proto=https"}}),
       "203.0.113.9"},
      {"10.0.0.1", fields({{"Forwarded", "proto=https;For=\"[2001:db8::9]:80\""}}), "2001:db8::9"},
      {"10.0.0.1", fields({{"Forwarded", "for=_hidden"}}), "10.0.0.1"},
      // A proxy that writes one field hands the other through: who disagrees is not believed.
      {"10.0.0.1", fields({{"Forwarded", "for=1.1.1.1"}, {"X-Forwarded-For", "203.0.113.9"}}),
       "10.0.0.1"},
      {"10.0.0.1", fields({{"Forwarded", "for=203.0.113.9"}, {"X-Forwarded-For", "203.0.113.9"}}),
       "203.0.113.9"},
  };
  for (const auto& row : rows) {
    Request request = get("/", row.headers);
    request.remote_address = row.peer;
    EXPECT_EQ(client_address(request, trusted), row.client) << row.headers.all()[0].second;
    EXPECT_EQ(client_address(request, {}), row.peer);
  }
}

/// The reference values of the paper (appendix A) and of its test vectors.
TEST(RateLimit, SipHashIsSipHash) {
  std::array<std::uint64_t, 2> key{0x0706050403020100, 0x0f0e0d0c0b0a0908};
  std::string input;
  const std::array<std::uint64_t, 4> want = {0x726fdb47dd0e0e31, 0x74f839c593dc67fd,
                                             0x0d6c8009d9a94f5a, 0x85676696d7fb7e2d};
  for (std::size_t i = 0; i < want.size(); ++i) {
    EXPECT_EQ(siphash(key, input), want[i]) << i;
    input += static_cast<char>(i);
  }
  input.clear();
  for (char c = 0; c < 15; ++c) input += c;
  EXPECT_EQ(siphash(key, input), 0xa129ca6149be45e5);
}

TEST(RateLimit, ClassesFollowMethodAndPath) {
  const auto of = [](Method method, const char* path) {
    Request request = get(path);
    request.method = method;
    return classify(request);
  };
  EXPECT_EQ(of(Method::get, "/v1/workers"), RateClass::read);
  EXPECT_EQ(of(Method::options, "/v1/workers"), RateClass::read);
  EXPECT_EQ(of(Method::get, "/v1/workers/x/diff"), RateClass::expensive);
  EXPECT_EQ(of(Method::get, "/packages-meta-ext-v1.json.gz"), RateClass::expensive);
  EXPECT_EQ(of(Method::put, "/v1/workers/x/star"), RateClass::write);
  EXPECT_EQ(of(Method::post, "/v1/login/device"), RateClass::login);
  EXPECT_EQ(of(Method::post, "/v1/users"), RateClass::login);
  EXPECT_EQ(of(Method::get, "/v1/users/me"), RateClass::read);
  EXPECT_EQ(of(Method::post, "/rpc/v5/info"), RateClass::read);
  EXPECT_EQ(of(Method::get, "/catalog.git/info/refs"), RateClass::git);
  EXPECT_EQ(of(Method::post, "/x.git/git-upload-pack"), RateClass::git);
}

Rates few() {
  Rates rates;
  rates.enabled = true;
  rates.reads_per_minute = 6;
  return rates;
}

TEST(RateLimit, ABucketEmptiesAndFillsAgain) {
  RateLimiter limiter(few());
  auto now = RateLimiter::Clock::now();
  for (int i = 5; i >= 0; --i) {
    const RateVerdict verdict = limiter.take(get("/"), now);
    EXPECT_TRUE(verdict.allowed);
    EXPECT_EQ(verdict.remaining, i);
    EXPECT_EQ(verdict.reset_seconds, (6 - i) * 10);
  }
  RateVerdict refused = limiter.take(get("/"), now);
  EXPECT_FALSE(refused.allowed);
  EXPECT_EQ(refused.reset_seconds, 10);
  EXPECT_FALSE(limiter.take(get("/"), now + std::chrono::milliseconds(9'900)).allowed);
  EXPECT_TRUE(limiter.take(get("/"), now + std::chrono::milliseconds(10'100)).allowed);
  EXPECT_FALSE(limiter.take(get("/"), now + std::chrono::milliseconds(10'200)).allowed);
  // A quiet hour is worth one full bucket, not more.
  now += std::chrono::hours(1);
  for (int i = 0; i < 6; ++i) EXPECT_TRUE(limiter.take(get("/"), now).allowed);
  EXPECT_FALSE(limiter.take(get("/"), now).allowed);
}

TEST(RateLimit, ClientsClassesAndTokensCountApart) {
  RateLimiter limiter(few());
  const auto now = RateLimiter::Clock::now();
  const auto drain = [&](Request request) {
    int taken = 0;
    while (taken < 100 && limiter.take(request, now).allowed) ++taken;
    return taken;
  };
  const auto from = [](const char* address, Headers headers = {}) {
    Request request = get("/", std::move(headers));
    request.remote_address = address;
    return request;
  };
  EXPECT_EQ(drain(from("192.0.2.1")), 6);
  EXPECT_EQ(drain(from("192.0.2.2")), 6);
  EXPECT_EQ(drain(from("2001:db8::1")), 6);
  EXPECT_EQ(drain(from("2001:db8::ffff")), 0);  // The same /64.
  EXPECT_EQ(drain(from("2001:db8:0:1::1")), 6);
  Request write = from("192.0.2.1");
  write.method = Method::post;
  EXPECT_TRUE(limiter.take(write, now).allowed);
  // Made-up tokens are no new buckets for their address; a real one is held wherever it comes from.
  int taken = 0;
  for (int i = 0; i < 50; ++i) {
    const std::string token = "Bearer made-up-" + std::to_string(i);
    taken +=
        limiter.take(from("192.0.2.3", fields({{"Authorization", token.c_str()}})), now).allowed;
  }
  EXPECT_EQ(taken, 6);
  taken = 0;
  for (int i = 0; i < 50; ++i) {
    const std::string address = "198.51.100." + std::to_string(i);
    taken +=
        limiter.take(from(address.c_str(), fields({{"Authorization", "Bearer one"}})), now).allowed;
  }
  EXPECT_EQ(taken, 6);
}

TEST(RateLimit, LoopbackIsFreeUnlessAsked) {
  RateLimiter limiter(few());
  Rates all = few();
  all.loopback = true;
  RateLimiter strict(all);
  for (const char* address : {"127.0.0.1", "::1", "::ffff:127.0.0.1"}) {
    Request request = get("/");
    request.remote_address = address;
    EXPECT_FALSE(limiter.take(request, RateLimiter::Clock::now()).limited) << address;
    EXPECT_TRUE(strict.take(request, RateLimiter::Clock::now()).limited) << address;
  }
}

TEST(RateLimit, TheTableForgetsWhoWasQuietLongest) {
  RateLimiter limiter(few(), 256);
  auto now = RateLimiter::Clock::now();
  Request request = get("/");
  for (int i = 0; i < 100'000; ++i) {
    request.remote_address = "10." + std::to_string(i >> 16) + "." + std::to_string(i >> 8 & 255) +
                             "." + std::to_string(i & 255);
    limiter.take(request, now);
    now += std::chrono::microseconds(10);
  }
  // Whoever asks all the time is held all the time, however many others there are.
  int taken = 0;
  Request busy = get("/");
  busy.remote_address = "192.0.2.99";
  for (int i = 0; i < 1000; ++i) {
    taken += limiter.take(busy, now).allowed;
    request.remote_address = "172.16." + std::to_string(i >> 8) + "." + std::to_string(i & 255);
    limiter.take(request, now += std::chrono::milliseconds(1));
  }
  EXPECT_LE(taken, 8);
}

TEST(RateLimit, ARefusalSpeaksTheProtocolOfItsPath) {
  const RateVerdict verdict{true, false, RateClass::read, 6, 0, 10};
  const Response rpc = refuse_by_rate(get("/rpc/v5/info/x"), verdict);
  EXPECT_EQ(rpc.status, 429);
  EXPECT_EQ(
      rpc.body,
      R"({"version":5,"type":"error","resultcount":0,"results":[],"error":"Rate limit reached"})");
  EXPECT_EQ(rpc.headers.get("Retry-After"), "10");
  const Response own = refuse_by_rate(get("/v1/workers"), verdict);
  EXPECT_THAT(own.body, HasSubstr("/v1/problems/rate-limited"));
  Headers headers;
  add_rate_fields(headers, verdict);
  EXPECT_EQ(headers.get("RateLimit-Policy"), "\"reads\";q=6;w=60");
  EXPECT_EQ(headers.get("RateLimit"), "\"reads\";r=0;t=10");
}

TEST(Encoding, AcceptEncodingAsTheRfcHasIt) {
  const struct {
    const char* field;
    bool gzip;
  } rows[] = {{"", false},
              {"gzip", true},
              {"GZIP", true},
              {"x-gzip", true},
              {"gzip, deflate, br", true},
              {"gzip;q=0", false},
              {"gzip;q=0.000", false},
              {"gzip;q=0.001", true},
              {"gzip ; q=1", true},
              {"*", true},
              {"*;q=0", false},
              {"*;q=0, gzip", true},
              {"gzip;q=0, *", false},
              {"identity", false},
              {"identity;q=0.5, gzip;q=0.4", false},
              {"identity;q=0.5, gzip;q=0.5", true},
              {"deflate", false},
              {"gzip;q=2", false},
              {"gzip;q=x", false},
              {"gzipped", false},
              {",,gzip,,", true}};
  for (const auto& row : rows) EXPECT_EQ(accepts_gzip(row.field), row.gzip) << row.field;
}

TEST(Encoding, TagsDifferByCodingAndEitherIsRecognised) {
  EXPECT_EQ(gzip_etag("\"abc\""), "\"abc-gzip\"");
  EXPECT_EQ(plain_etags("\"abc-gzip\", W/\"d-gzip\", \"e\""), "\"abc\", W/\"d\", \"e\"");
  EXPECT_EQ(plain_etags("*"), "*");
}

/// Says how often it compressed, and marks what it did.
struct CountingGzip {
  std::shared_ptr<int> calls = std::make_shared<int>(0);
  std::string operator()(std::string_view bytes) const {
    ++*calls;
    return "gz:" + std::to_string(bytes.size());
  }
};

Response page(std::size_t size, const char* type = "application/json") {
  Response response = reply(200, type, std::string(size, 'x'));
  response.headers.set("ETag", "\"t\"");
  return response;
}

TEST(Encoding, OnlyPublicTextOfSomeSizeIsCompressed) {
  const struct {
    const char* name;
    Request request;
    Response response;
    bool gzip, vary;
  } rows[] = {
      {"plain", get("/a", fields({{"Accept-Encoding", "gzip"}})), page(2000), true, true},
      {"not asked", get("/a"), page(2000), false, true},
      {"small", get("/a", fields({{"Accept-Encoding", "gzip"}})), page(1000), false, false},
      {"binary", get("/a", fields({{"Accept-Encoding", "gzip"}})), page(2000, "application/gzip"),
       false, false},
      {"problem", get("/a", fields({{"Accept-Encoding", "gzip"}})),
       page(2000, "application/problem+json"), true, true},
      {"html", get("/a", fields({{"Accept-Encoding", "gzip"}})),
       page(2000, "text/html; charset=utf-8"), true, true},
      {"authorized",
       get("/a", fields({{"Accept-Encoding", "gzip"}, {"Authorization", "Bearer x"}})), page(2000),
       false, false},
      {"cookie", get("/a", fields({{"Accept-Encoding", "gzip"}, {"Cookie", "s=1"}})), page(2000),
       false, false},
  };
  for (const auto& row : rows) {
    Compressor compressor{CountingGzip()};
    Response response = row.response;
    compressor.encode(row.request, response);
    EXPECT_EQ(response.headers.get("Content-Encoding") == "gzip", row.gzip) << row.name;
    EXPECT_EQ(response.headers.get("Vary") == "Accept-Encoding", row.vary) << row.name;
    EXPECT_EQ(response.headers.get("ETag"), row.gzip ? "\"t-gzip\"" : "\"t\"") << row.name;
  }
  for (const char* cache : {"private", "no-transform"}) {
    Compressor compressor{CountingGzip()};
    Response response = page(2000);
    response.headers.set("Cache-Control", cache);
    compressor.encode(get("/a", fields({{"Accept-Encoding", "gzip"}})), response);
    EXPECT_EQ(response.headers.get("Content-Encoding"), "") << cache;
  }
}

TEST(Encoding, TheSameAnswerIsCompressedOnceAndMemoryIsBounded) {
  CountingGzip gzip;
  Compressor compressor{gzip};
  const Request request = get("/a", fields({{"Accept-Encoding", "gzip"}}));
  for (int i = 0; i < 5; ++i) {
    Response response = page(2000);
    compressor.encode(request, response);
    EXPECT_EQ(response.body, "gz:2000");
  }
  EXPECT_EQ(*gzip.calls, 1);
  Response other = page(3000);
  other.headers.set("ETag", "\"u\"");
  compressor.encode(request, other);
  EXPECT_EQ(other.body, "gz:3000");
  Response untagged = page(2000);
  untagged.headers.set("ETag", "W/\"t\"");
  compressor.encode(request, untagged);
  EXPECT_EQ(*gzip.calls, 3);
}

TEST(Cors, ReadsOfV1AloneAndWithoutCredentials) {
  const auto preflight = [](const char* path, const char* method) {
    Request request = get(
        path, fields({{"Origin", "https://x.example"}, {"Access-Control-Request-Method", method}}));
    request.method = Method::options;
    return answer_preflight(request);
  };
  const auto read = preflight("/v1/workers", "GET");
  ASSERT_TRUE(read);
  EXPECT_EQ(read->status, 204);
  EXPECT_EQ(read->headers.get("Access-Control-Allow-Origin"), "*");
  EXPECT_EQ(read->headers.get("Access-Control-Max-Age"), "86400");
  EXPECT_EQ(read->headers.get("Access-Control-Allow-Credentials"), "");
  EXPECT_THAT(std::string(read->headers.get("Access-Control-Allow-Headers")),
              Not(HasSubstr("Authorization")));
  for (const char* method : {"POST", "PUT", "DELETE", "PATCH", ""})
    EXPECT_FALSE(preflight("/v1/workers", method)) << method;
  for (const char* path : {"/workers", "/v10/workers", "/rpc"})
    EXPECT_FALSE(preflight(path, "GET")) << path;
  const auto allowed = [](Request request) {
    Headers headers;
    add_cors_fields(request, headers);
    return !headers.get("Access-Control-Allow-Origin").empty();
  };
  EXPECT_TRUE(allowed(get("/v1/workers")));
  EXPECT_FALSE(allowed(get("/workers")));
  EXPECT_FALSE(allowed(get("/v1/users/me", fields({{"Authorization", "Bearer x"}}))));
  Request post = get("/v1/workers");
  post.method = Method::post;
  EXPECT_FALSE(allowed(post));
}

// ── the whole, over sockets ──

class FrontServer : public testing::Test {
 protected:
  void start(FrontOptions options) {
    metrics_ = std::make_unique<Metrics>(
        std::vector<std::string>{"/v1/workers/{id}", "/v1/workers", "/{repository}/info/refs"});
    front_ = std::make_unique<Front>(std::move(options), *metrics_);
    Service service;
    service.respond = [](const Request& request) {
      if (request.path == "/who") return reply(200, "text/plain", request.remote_address);
      return with_etag(request, reply(200, "application/json", std::string(4000, ' ') + "[]"),
                       "\"tag\"");
    };
    service.stream = [](const Request& request) -> Streamed {
      if (request.path == "/own") return reply(200, "text/plain", "own");
      return std::monostate{};
    };
    ServerOptions server;
    server.port = 0;
    auto started = Server::start(server, front_->before(std::move(service)), log_);
    if (!started) throw std::runtime_error(describe(started.error()));
    server_ = std::move(*started);
  }
  std::string ask(std::string_view target, std::string_view more = "",
                  std::string_view method = "GET") {
    RawClient client(server_->port());
    client.send(std::string(method) + " " + std::string(target) + " HTTP/1.1\r\nHost: h\r\n" +
                std::string(more) + "Connection: close\r\n\r\n");
    return client.read_all();
  }
  const Log log_{LogLevel::off, LogFormat::logfmt};
  std::unique_ptr<Metrics> metrics_;
  std::unique_ptr<Front> front_;
  std::unique_ptr<Server> server_;
};

TEST_F(FrontServer, CompressesAndRevalidates) {
  FrontOptions options;
  options.gzip = CountingGzip();
  start(std::move(options));
  const std::string zipped = ask("/v1/workers", "Accept-Encoding: gzip\r\n");
  EXPECT_THAT(zipped, HasSubstr("Content-Encoding: gzip\r\n"));
  EXPECT_THAT(zipped, HasSubstr("ETag: \"tag-gzip\"\r\n"));
  EXPECT_THAT(zipped, HasSubstr("Vary: Accept-Encoding\r\n"));
  EXPECT_THAT(zipped, HasSubstr("Content-Length: 7\r\n"));
  EXPECT_THAT(zipped, testing::EndsWith("gz:4002"));
  const std::string plain = ask("/v1/workers");
  EXPECT_THAT(plain, HasSubstr("ETag: \"tag\"\r\n"));
  EXPECT_THAT(plain, HasSubstr("Content-Length: 4002\r\n"));
  EXPECT_THAT(plain, HasSubstr("Vary: Accept-Encoding\r\n"));
  const std::string head = ask("/v1/workers", "Accept-Encoding: gzip\r\n", "HEAD");
  EXPECT_THAT(head, HasSubstr("Content-Length: 7\r\n"));
  EXPECT_THAT(head, testing::EndsWith("\r\n\r\n"));
  const std::string again =
      ask("/v1/workers", "Accept-Encoding: gzip\r\nIf-None-Match: \"tag-gzip\"\r\n");
  EXPECT_EQ(status_of_text(again), 304);
  EXPECT_THAT(again, HasSubstr("ETag: \"tag-gzip\"\r\n"));
  EXPECT_THAT(again, HasSubstr("Vary: Accept-Encoding\r\n"));
  EXPECT_EQ(status_of_text(ask("/v1/workers", "If-None-Match: \"tag\"\r\n")), 304);
  EXPECT_EQ(status_of_text(ask("/v1/workers", "If-None-Match: \"gat-gzip\"\r\n")), 200);
}

TEST_F(FrontServer, LimitsAndSaysWhatIsLeft) {
  FrontOptions options;
  options.rates = few();
  options.rates.loopback = true;
  start(std::move(options));
  EXPECT_THAT(ask("/v1/workers"), HasSubstr("RateLimit: \"reads\";r=5;t=10\r\n"));
  EXPECT_THAT(ask("/own"), HasSubstr("RateLimit: \"reads\";r=4;"));
  for (int i = 0; i < 4; ++i) EXPECT_EQ(status_of_text(ask("/v1/workers")), 200);
  const std::string refused = ask("/v1/workers");
  EXPECT_EQ(status_of_text(refused), 429);
  EXPECT_THAT(refused, HasSubstr("Retry-After: "));
  EXPECT_THAT(refused, HasSubstr("RateLimit-Policy: \"reads\";q=6;w=60\r\n"));
  EXPECT_THAT(refused, HasSubstr("Access-Control-Allow-Origin: *\r\n"));
  EXPECT_EQ(status_of_text(ask("/healthz")), 200);  // Who watches is not limited.
  EXPECT_THAT(metrics_->text(), HasSubstr("rbee_http_rate_limited_total{class=\"reads\"} 1\n"));
}

TEST_F(FrontServer, KnowsTheClientBehindAProxy) {
  FrontOptions options;
  options.trusted_proxies = *parse_networks({"127.0.0.0/8"}, "x");
  options.rates = few();
  start(std::move(options));
  EXPECT_THAT(ask("/who", "X-Forwarded-For: 203.0.113.9\r\n"), testing::EndsWith("203.0.113.9"));
  EXPECT_THAT(ask("/who", "X-Forwarded-For: 203.0.113.9\r\n"), HasSubstr("RateLimit: "));
  EXPECT_THAT(ask("/who"), Not(HasSubstr("RateLimit: ")));
}

TEST_F(FrontServer, AnswersPreflights) {
  start({});
  const std::string answer =
      ask("/v1/workers", "Origin: https://x.example\r\nAccess-Control-Request-Method: GET\r\n",
          "OPTIONS");
  EXPECT_EQ(status_of_text(answer), 204);
  EXPECT_THAT(answer, Not(HasSubstr("Content-Length")));
}

TEST_F(FrontServer, CountsByPatternAndItsTextIsGood) {
  start({});
  for (const char* path : {"/v1/workers", "/v1/workers/a", "/v1/workers/b", "/nowhere/\xc3\xa9",
                           "/made-up-1", "/made-up-2", "/own"})
    ask(path);
  RawClient bad(server_->port());
  bad.send("GET / HTTP/9.9\r\n\r\n");
  bad.read_all();
  const std::string text = metrics_->text();
  EXPECT_EQ(check_metrics_text(text), "") << text;
  EXPECT_THAT(text, HasSubstr("rbee_http_requests_total{route=\"/v1/workers/{id}\",method=\"GET\","
                              "status=\"2xx\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("{route=\"other\",method=\"GET\",status=\"2xx\"} 3\n"));
  EXPECT_THAT(text, HasSubstr("rbee_http_unread_requests_total{status=\"505\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("unread_requests_total{status=\"400\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("_seconds_count{route=\"/v1/workers/{id}\"} 2\n"));
  EXPECT_THAT(text, Not(HasSubstr("made-up")));
}

TEST(Metrics, AThousandThreadsLoseNothing) {
  Metrics metrics({"/a"});
  std::vector<std::thread> threads;
  for (int i = 0; i < 20; ++i)
    threads.emplace_back([&] {
      for (int j = 0; j < 5000; ++j)
        metrics.count(Method::get, "/a", 200, 3, std::chrono::microseconds(j));
    });
  for (std::thread& each : threads) each.join();
  const std::string text = metrics.text();
  EXPECT_THAT(text, HasSubstr("status=\"2xx\"} 100000\n"));
  EXPECT_THAT(text, HasSubstr("rbee_http_response_bytes_total{route=\"/a\"} 300000\n"));
  EXPECT_THAT(text, HasSubstr("_bucket{route=\"/a\",le=\"0.0001\"} 2020\n"));
  EXPECT_THAT(text, HasSubstr("_bucket{route=\"/a\",le=\"+Inf\"} 100000\n"));
  EXPECT_EQ(check_metrics_text(text), "");
}

TEST(Metrics, TheCheckerIsStrict) {
  const std::string good =
      "# HELP a_total x\n# TYPE a_total counter\na_total{l=\"a\\\"b\\\\c\\nd\"} 1\na_total 2\n";
  EXPECT_EQ(check_metrics_text(good), "");
  const struct {
    const char* text;
    const char* why;
  } rows[] = {
      {"a 1\n", "outside its family"},
      {"# HELP a x\n# TYPE a counter\na 1\n", "_total"},
      {"# HELP a x\n# TYPE a gauge\na 1", "no end"},
      {"# HELP a x\n# TYPE a gauge\na 1\na 2\n", "twice"},
      {"# HELP a x\n# TYPE a gauge\na{x=1} 1\n", "not quoted"},
      {"# HELP a x\n# TYPE a gauge\na{x=\"1\",} 1\n", "comma"},
      {"# HELP a x\n# TYPE a gauge\na{x=\"\\t\"} 1\n", "escape"},
      {"# HELP a x\n# TYPE a gauge\na{x=\"1\",x=\"2\"} 1\n", "twice"},
      {"# HELP a x\n# TYPE a gauge\na one\n", "no number"},
      {"# HELP a x\n# TYPE a gauge\na  1\n", "no number"},
      {"# HELP a x\n# TYPE a guage\na 1\n", "TYPE is unknown"},
      {"# TYPE a gauge\na 1\n", "no HELP"},
      {"# HELP a x\n# TYPE a gauge\na 1\n# HELP b x\n# TYPE b gauge\nb 1\n# TYPE a gauge\n",
       "not together"},
      {"# HELP a_total x\n# TYPE a_total counter\na_total -1\n", "negative"},
      {"# HELP 0a x\n", "name"},
      {"# HELP h x\n# TYPE h histogram\nh_bucket{le=\"1\"} 1\nh_sum 1\nh_count 1\n", "+Inf"},
      {"# HELP h x\n# TYPE h histogram\nh_bucket{le=\"1\"} 2\nh_bucket{le=\"+Inf\"} 1\nh_sum "
       "1\nh_count 1\n",
       "less than"},
      {"# HELP h x\n# TYPE h histogram\nh_bucket{le=\"+Inf\"} 1\nh_sum 1\nh_count 2\n", "_count"},
      {"# HELP h x\n# TYPE h histogram\nh_bucket{le=\"+Inf\"} 1\nh_count 1\n", "_sum"},
  };
  for (const auto& row : rows)
    EXPECT_THAT(check_metrics_text(row.text), HasSubstr(row.why)) << row.text;
}

TEST(RouteIndex, FindsThePatternThatTheRouterWouldTake) {
  const RouteIndex index({"/", "/v1/workers", "/v1/workers/{id}",
                          "/v1/workers/{id}/files/{path...}", "/v1/workers/mine",
                          "/{repository}/info/refs", "/v1/workers"});
  const auto of = [&](std::string_view path) {
    const std::size_t at = index.find(path);
    return at == index.patterns().size() ? std::string("-") : index.patterns()[at];
  };
  EXPECT_EQ(of("/"), "/");
  EXPECT_EQ(of("/v1/workers"), "/v1/workers");
  EXPECT_EQ(of("/v1/workers/"), "-");
  EXPECT_EQ(of("/v1/workers/x"), "/v1/workers/{id}");
  EXPECT_EQ(of("/v1/workers/mine"), "/v1/workers/mine");
  EXPECT_EQ(of("/v1/workers/mine/files/a/b"), "/v1/workers/{id}/files/{path...}");
  EXPECT_EQ(of("/v1/workers/x/files/"), "-");
  EXPECT_EQ(of("/v1/info/refs"), "/{repository}/info/refs");
  EXPECT_EQ(of("/v1"), "-");
  EXPECT_EQ(of(""), "-");
  EXPECT_EQ(of("*"), "-");
}

}  // namespace
}  // namespace rbee::http
