// Requests that are malformed, ambiguous or smuggled, byte by byte over a live server: more of what
// server_test.cpp begins. Each is answered with a status and the end of the connection, or taken in
// the one way that RFC 9112 leaves; what stands behind it on the connection is never a request of
// its own where it should not be. Sources: RFC 9112, 2.2, 3, 5, 6, 7, 9, 11.2; RFC 9110, 5, 7.2,
// 15; the request-smuggling classes of Kettle ("HTTP Desync Attacks") and of http-garden's corpus.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include "http/problem.hpp"
#include "http/raw_client.hpp"
#include "http/server.hpp"

namespace rbee::http {
namespace {

using testing::HasSubstr;
using testing::Not;

/// What it understood: "METHOD target [body]".
Response echo(const Request& request) {
  return reply(200, "text/plain",
               fmt::format("<{} {} {}>", request.method_text, request.path, request.body));
}

Server& server() {
  static const Log log(LogLevel::off, LogFormat::logfmt);
  static const std::unique_ptr<Server> server = [] {
    ServerOptions options;
    options.port = 0;
    options.limits.head_time_max = std::chrono::milliseconds(1'500);
    // As `serve` has it: somebody is asked before the body is read.
    auto started = Server::start(
        options,
        {.respond = echo, .stream = [](const Request&) -> Streamed { return std::monostate{}; }},
        log);
    if (!started) throw std::runtime_error(describe(started.error()));
    return std::move(*started);
  }();
  return *server;
}

std::string exchange(std::string_view bytes) {
  RawClient client(server().port());
  client.send(bytes);
  client.finish_sending();
  return client.read_all();
}

const std::string kHidden = "GET /hidden HTTP/1.1\r\nHost: h\r\n\r\n";

std::string with(std::string_view lines, std::string_view body = "",
                 std::string_view method = "POST") {
  return std::string(method) + " / HTTP/1.1\r\nHost: h\r\n" + std::string(lines) + "\r\n" +
         std::string(body);
}
std::string chunked(std::string_view body) {
  return with("Transfer-Encoding: chunked\r\n", body);
}
std::string line(std::string_view first) {
  return std::string(first) + "\r\nHost: h\r\n\r\n";
}
std::string nul(std::string_view before, std::string_view after) {
  return std::string(before) + '\0' + std::string(after);
}

struct Refused {
  const char* name;
  std::string bytes;
  int status;
};
void PrintTo(const Refused& row, std::ostream* out) {
  *out << row.name;
}
class RefusedRequest : public testing::TestWithParam<Refused> {};

TEST_P(RefusedRequest, IsAnsweredOnceAndTheConnectionEnds) {
  const std::string response = exchange(GetParam().bytes + kHidden);
  EXPECT_EQ(status_of_text(response), GetParam().status) << response;
  EXPECT_THAT(response, HasSubstr("\r\nConnection: close\r\n"));
  EXPECT_THAT(response, HasSubstr("application/problem+json"));
  EXPECT_THAT(response, Not(HasSubstr("/hidden")));
  EXPECT_EQ(response.find("\r\nX-Request-Id: "), response.rfind("\r\nX-Request-Id: ")) << response;
}

INSTANTIATE_TEST_SUITE_P(
    RequestLine, RefusedRequest,
    testing::Values(Refused{"three_spaces", line("GET / x HTTP/1.1"), 400},
                    Refused{"space_before_version", line("GET /  HTTP/1.1"), 400},
                    Refused{"vertical_tab", line("GET\v/\vHTTP/1.1"), 400},
                    Refused{"form_feed", line("GET\f/ HTTP/1.1"), 400},
                    Refused{"no_break_space", line("GET\xc2\xa0/ HTTP/1.1"), 400},
                    Refused{"nul_in_method", line(nul("GE", "T / HTTP/1.1")), 400},
                    Refused{"nul_in_target", line(nul("GET /a", "b HTTP/1.1")), 400},
                    Refused{"nul_in_version", line(nul("GET / HTTP/1.1", "")), 400},
                    Refused{"cr_in_target", line("GET /a\rb HTTP/1.1"), 400},
                    Refused{"version_missing_minor", line("GET / HTTP/1"), 400},
                    Refused{"version_no_slash", line("GET / HTTP1.1"), 400},
                    Refused{"version_comma", line("GET / HTTP/1,1"), 400},
                    Refused{"version_plus", line("GET / HTTP/+1.1"), 400},
                    Refused{"version_leading_zero", line("GET / HTTP/01.1"), 400},
                    Refused{"version_1_2", line("GET / HTTP/1.2"), 505},
                    Refused{"version_3", line("GET / HTTP/3.0"), 505},
                    Refused{"version_9_9", line("GET / HTTP/9.9"), 505},
                    Refused{"other_protocol", line("GET / ICAP/1.0"), 400},
                    Refused{"rtsp", line("OPTIONS * RTSP/1.0"), 400},
                    Refused{"response_as_request", "HTTP/1.1 200 OK\r\nHost: h\r\n\r\n", 400},
                    Refused{"proxy_protocol_v1", "PROXY TCP4 1.1.1.1 2.2.2.2 1 2\r\n" + kHidden,
                            400},
                    Refused{"proxy_protocol_v2", "\r\n\r\n" + nul("", "\r\nQUIT\n") + kHidden, 400},
                    Refused{"ssh", "SSH-2.0-OpenSSH_9.2\r\n\r\n", 400},
                    Refused{"smtp", "EHLO h\r\n\r\n", 400},
                    Refused{"json", "{\"a\":1}\r\n\r\n", 400},
                    Refused{"method_with_colon", line("GET: / HTTP/1.1"), 400},
                    Refused{"method_quoted", line("\"GET\" / HTTP/1.1"), 400},
                    Refused{"asterisk_of_get", line("GET * HTTP/1.1"), 400},
                    Refused{"connect", "CONNECT h:80 HTTP/1.1\r\nHost: h:80\r\n\r\n", 400},
                    Refused{"absolute_no_host", line("GET http:///x HTTP/1.1"), 400},
                    Refused{"absolute_bad_port", line("GET http://h:99999/x HTTP/1.1"), 400},
                    Refused{"absolute_fragment", line("GET http://h/x#y HTTP/1.1"), 400},
                    Refused{"absolute_file", line("GET file:///etc/passwd HTTP/1.1"), 400},
                    Refused{"crlf_crlf_first", "\r\n\r\n" + kHidden, 400}),
    [](const auto& info) { return std::string(info.param.name); });

INSTANTIATE_TEST_SUITE_P(
    Fields, RefusedRequest,
    testing::Values(
        Refused{"host_twice_same", with("Host: h\r\n", "", "GET"), 400},
        Refused{"host_tab_list", "GET / HTTP/1.1\r\nHost: a\tb\r\n\r\n", 400},
        Refused{"host_space", "GET / HTTP/1.1\r\nHost: a b\r\n\r\n", 400},
        Refused{"host_nul", "GET / HTTP/1.1\r\nHost: a" + nul("", "b\r\n\r\n"), 400},
        Refused{"host_percent", "GET / HTTP/1.1\r\nHost: a%00b\r\n\r\n", 400},
        Refused{"host_utf8", "GET / HTTP/1.1\r\nHost: h\xc3\xa9\r\n\r\n", 400},
        Refused{"host_quote", "GET / HTTP/1.1\r\nHost: \"h\"\r\n\r\n", 400},
        Refused{"host_two_ports", "GET / HTTP/1.1\r\nHost: h:80:81\r\n\r\n", 400},
        Refused{"host_negative_port", "GET / HTTP/1.1\r\nHost: h:-1\r\n\r\n", 400},
        Refused{"host_empty_port", "GET / HTTP/1.1\r\nHost: h:\r\n\r\n", 400},
        Refused{"host_only_port", "GET / HTTP/1.1\r\nHost: :80\r\n\r\n", 400},
        Refused{"host_too_long", "GET / HTTP/1.1\r\nHost: " + std::string(300, 'h') + "\r\n\r\n",
                400},
        Refused{"host_folded", "GET / HTTP/1.1\r\nHost: h\r\n x\r\n\r\n", 400},
        Refused{"host_name_space", "GET / HTTP/1.1\r\nHost : h\r\n\r\n", 400},
        Refused{"name_with_nul", with("X" + nul("", "Y: 1\r\n"), "", "GET"), 400},
        Refused{"name_with_slash", with("X/Y: 1\r\n", "", "GET"), 400},
        Refused{"name_with_utf8", with("X\xc3\xa9: 1\r\n", "", "GET"), 400},
        Refused{"name_with_del", with("X\x7f: 1\r\n", "", "GET"), 400},
        Refused{"name_with_quote", with("\"X\": 1\r\n", "", "GET"), 400},
        Refused{"value_bell", with("X: \a\r\n", "", "GET"), 400},
        Refused{"value_del", with("X: \x7f\r\n", "", "GET"), 400},
        Refused{"value_cr_lf_cr", with("X: a\r\r\n", "", "GET"), 400},
        Refused{"empty_line_with_space", "GET / HTTP/1.1\r\nHost: h\r\n \r\n\r\n", 400},
        Refused{"bare_cr_end", "GET / HTTP/1.1\r\nHost: h\r\r\n\r\n", 400},
        Refused{"cr_cr_lf_end", "GET / HTTP/1.1\r\nHost: h\r\n\r\r\n\r\n", 400},
        Refused{"lf_in_value_hides_field", with("X: a\nTransfer-Encoding: chunked\r\n"), 400},
        Refused{"expect_list", with("Expect: 100-continue, x\r\nContent-Length: 1\r\n", "a"), 417},
        Refused{"expect_empty_word", with("Expect: continue\r\n", "", "GET"), 417}),
    [](const auto& info) { return std::string(info.param.name); });

INSTANTIATE_TEST_SUITE_P(
    Framing, RefusedRequest,
    testing::Values(
        Refused{"cl_te", with("Content-Length: 4\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"),
                400},
        Refused{"te_cl_zero",
                with("Transfer-Encoding: chunked\r\nContent-Length: 0\r\n", "0\r\n\r\n"), 400},
        Refused{"cl_twice_other_case", with("content-length: 1\r\nCONTENT-LENGTH: 2\r\n", "x"),
                400},
        Refused{"cl_trailing_text", with("Content-Length: 1a\r\n", "x"), 400},
        Refused{"cl_trailing_comma", with("Content-Length: 1,\r\n", "x"), 400},
        Refused{"cl_inner_space", with("Content-Length: 1 0\r\n", "x"), 400},
        Refused{"cl_decimal", with("Content-Length: 1.0\r\n", "x"), 400},
        Refused{"cl_exponent", with("Content-Length: 1e1\r\n", "x"), 400},
        Refused{"cl_underscore", with("Content-Length: 1_0\r\n", "x"), 400},
        Refused{"cl_quoted", with("Content-Length: \"1\"\r\n", "x"), 400},
        Refused{"cl_utf8_digit", with("Content-Length: \xd9\xa1\r\n", "x"), 400},
        Refused{"cl_nul", with("Content-Length: 1" + nul("", "\r\n"), "x"), 400},
        Refused{"cl_nineteen_digits", with("Content-Length: 1000000000000000000\r\n", ""), 400},
        Refused{"te_tab", with("Transfer-Encoding:\tgzip\r\n"), 501},
        Refused{"te_quoted", with("Transfer-Encoding: \"chunked\"\r\n", "0\r\n\r\n"), 501},
        Refused{"te_identity", with("Transfer-Encoding: identity\r\n"), 501},
        Refused{"te_empty", with("Transfer-Encoding:\r\n"), 501},
        Refused{"te_parameter", with("Transfer-Encoding: chunked;q=1\r\n", "0\r\n\r\n"), 501},
        Refused{"te_chunked_first", with("Transfer-Encoding: chunked, gzip\r\n", "0\r\n\r\n"), 501},
        Refused{"te_chunked_twice_in_one",
                with("Transfer-Encoding: chunked, chunked\r\n", "0\r\n\r\n"), 501},
        Refused{"te_comma", with("Transfer-Encoding: ,chunked\r\n", "0\r\n\r\n"), 501},
        Refused{"te_vertical_tab", with("Transfer-Encoding: \vchunked\r\n", "0\r\n\r\n"), 400},
        Refused{"te_nul", with("Transfer-Encoding: chunked" + nul("", "\r\n"), "0\r\n\r\n"), 400},
        Refused{"te_folded", with("Transfer-Encoding:\r\n chunked\r\n", "0\r\n\r\n"), 501},
        Refused{"te_space_colon", with("Transfer-Encoding : chunked\r\n", "0\r\n\r\n"), 400},
        Refused{"te_and_cl_on_get",
                with("Content-Length: 30\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n", "GET"),
                400},
        Refused{"chunk_size_empty", chunked("\r\na\r\n0\r\n\r\n"), 400},
        Refused{"chunk_size_space_first", chunked(" 1\r\na\r\n0\r\n\r\n"), 400},
        Refused{"chunk_size_plus", chunked("+1\r\na\r\n0\r\n\r\n"), 400},
        Refused{"chunk_size_underscore", chunked("1_0\r\na\r\n0\r\n\r\n"), 400},
        Refused{"chunk_size_64_bits", chunked("10000000000000001\r\na\r\n0\r\n\r\n"), 400},
        Refused{"chunk_size_nul", chunked(nul("1", "\r\na\r\n0\r\n\r\n")), 400},
        Refused{"chunk_size_lf", chunked("1\na\r\n0\r\n\r\n"), 400},
        Refused{"chunk_size_cr_only", chunked("1\ra\r\n0\r\n\r\n"), 400},
        Refused{"chunk_data_long", chunked("1\r\nab\r\n0\r\n\r\n"), 400},
        Refused{"chunk_data_lf_end", chunked("1\r\na\n0\r\n\r\n"), 400},
        Refused{"chunk_data_no_end", chunked("1\r\na0\r\n\r\n"), 400},
        Refused{"trailer_of_framing", chunked("0\r\nContent-Length: 999\r\n\r\n"), 400},
        Refused{"chunk_total_over_limit",
                chunked("8000\r\n" + std::string(0x8000, 'a') + "\r\n8001\r\n"), 413},
        Refused{"body_over_limit", with("Content-Length: 65537\r\n"), 413},
        // A target that is refused has a body to be read over, and that has the same limits.
        Refused{"bad_target_body_over_limit",
                "POST /a//b HTTP/1.1\r\nHost: h\r\nContent-Length: 99999999\r\n\r\n", 413},
        Refused{"bad_target_chunks_over_limit",
                "POST /a//b HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n11000\r\n" +
                    std::string(0x11000, 'a') + "\r\n0\r\n\r\n",
                413}),
    [](const auto& info) { return std::string(info.param.name); });

/// What is taken has one meaning: exactly these requests, in this order.
struct Taken {
  const char* name;
  std::string bytes;
  std::vector<std::string> requests;
};
void PrintTo(const Taken& row, std::ostream* out) {
  *out << row.name;
}
class TakenRequest : public testing::TestWithParam<Taken> {};

TEST_P(TakenRequest, InItsOneMeaning) {
  const std::string response = exchange(GetParam().bytes);
  std::vector<std::string> seen;
  for (std::size_t at = 0; (at = response.find('<', at)) != std::string::npos; ++at)
    seen.push_back(response.substr(at + 1, response.find('>', at) - at - 1));
  EXPECT_EQ(seen, GetParam().requests) << response;
}

INSTANTIATE_TEST_SUITE_P(
    Rows, TakenRequest,
    testing::Values(
        Taken{"body_that_looks_like_a_request",
              with(fmt::format("Content-Length: {}\r\n", kHidden.size()), kHidden),
              {"POST / " + kHidden}},
        Taken{"get_with_body",
              with("Content-Length: 3\r\n", "abc", "GET") + kHidden,
              {"GET / abc", "GET /hidden "}},
        Taken{"delete_with_chunks",
              with("Transfer-Encoding: chunked\r\n", "1\r\na\r\n0\r\n\r\n", "DELETE") + kHidden,
              {"DELETE / a", "GET /hidden "}},
        Taken{"chunk_that_looks_like_an_end",
              chunked("5\r\n0\r\n\r\n\r\n0\r\n\r\n") + kHidden,
              {"POST / 0\r\n\r\n", "GET /hidden "}},
        Taken{"trailers_are_not_fields",
              chunked("0\r\nHost: evil\r\nAuthorization: Bearer x\r\n\r\n") + kHidden,
              {"POST / ", "GET /hidden "}},
        Taken{"chunk_size_zeros",
              chunked("0001\r\na\r\n000\r\n\r\n") + kHidden,
              {"POST / a", "GET /hidden "}},
        Taken{"chunk_size_case",
              chunked("a\r\n0123456789\r\nA\r\n0123456789\r\n0\r\n\r\n"),
              {"POST / 01234567890123456789"}},
        Taken{"chunk_extension_quoted",
              chunked("1;a=\"x;y\"\r\nb\r\n0\r\n\r\n") + kHidden,
              {"POST / b", "GET /hidden "}},
        Taken{"te_upper_case",
              with("TRANSFER-ENCODING: Chunked\r\n", "0\r\n\r\n") + kHidden,
              {"POST / ", "GET /hidden "}},
        Taken{"te_padded",
              with("Transfer-Encoding:  chunked \t\r\n", "0\r\n\r\n") + kHidden,
              {"POST / ", "GET /hidden "}},
        Taken{"cl_leading_zeros",
              with("Content-Length: 003\r\n", "abc") + kHidden,
              {"POST / abc", "GET /hidden "}},
        Taken{"names_that_only_look_alike",
              with("X-Transfer-Encoding: chunked\r\nTransfer_Encoding: "
                   "chunked\r\nContent_Length: 9\r\nContent-Length: 3\r\n",
                   "abc") +
                  kHidden,
              {"POST / abc", "GET /hidden "}},
        Taken{"no_length_is_no_body", with("", "") + kHidden, {"POST / ", "GET /hidden "}},
        Taken{"connection_names_length",
              with("Connection: keep-alive, Content-Length\r\nContent-Length: 3\r\n", "abc") +
                  kHidden,
              {"POST / abc", "GET /hidden "}},
        Taken{"upgrade_is_declined",
              with("Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: "
                   "AAMAAABk\r\n",
                   "", "GET") +
                  kHidden,
              {"GET / ", "GET /hidden "}},
        Taken{"close_ends_it", with("Connection: close\r\n", "", "GET") + kHidden, {"GET / "}},
        Taken{"http_1_0_ends_it", "GET / HTTP/1.0\r\n\r\n" + kHidden, {"GET / "}},
        Taken{"body_cut_short", with("Content-Length: 10\r\n", "abc"), {}},
        Taken{"chunks_cut_short", chunked("5\r\nabc"), {}},
        Taken{"no_last_chunk", chunked("3\r\nabc\r\n"), {}},
        Taken{"head_cut_short", "GET / HTTP/1.1\r\nHost: h\r\n", {}},
        Taken{"unknown_method",
              line("FROBNICATE / HTTP/1.1") + kHidden,
              {"FROBNICATE / ", "GET /hidden "}},
        Taken{"lower_case_method_is_another", line("get / HTTP/1.1"), {"get / "}},
        Taken{"trace_is_not_echoed", line("TRACE / HTTP/1.1"), {"TRACE / "}}),
    [](const auto& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace rbee::http
