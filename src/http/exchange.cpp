// One request and its answer: read, judge, hand to the service or to a program, write.
#include <fcntl.h>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <boost/asio/post.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include "http/ascii.hpp"
#include "http/loop.hpp"
#include "http/problem.hpp"
#include "http/target.hpp"

namespace rbee::http {

class RequestParser : public beast::http::request_parser<beast::http::string_body> {};

namespace {

Method method_of(std::string_view text) {
  constexpr std::array<std::pair<std::string_view, Method>, 7> kMethods = {
      {{"GET", Method::get},
       {"HEAD", Method::head},
       {"POST", Method::post},
       {"PUT", Method::put},
       {"PATCH", Method::patch},
       {"DELETE", Method::del},
       {"OPTIONS", Method::options}}};
  for (const auto& [name, method] : kMethods)
    if (name == text) return method;
  return Method::other;
}

bool is_request_id(std::string_view text) {
  return !text.empty() && text.size() <= 64 && std::all_of(text.begin(), text.end(), [](char c) {
    return is_digit(c) || is_alpha(c) || c == '-';
  });
}

Refusal body_too_large(const Limits& limits) {
  return {413, "body-too-large",
          fmt::format("the body is larger than {} bytes", limits.body_bytes_max)};
}

}  // namespace

/// Answer a request that cannot be read, and end the connection.
Awaitable<bool> Loop::refuse(Connection& connection, const Refusal& refusal) {
  Request unread;
  unread.method = Method::other;
  unread.method_text = "-";
  unread.remote_address = connection.remote;
  unread.id = new_id();
  connection.expired = false;
  // Named: g++ 12 may destroy a temporary in a co_await expression twice (GCC bug 98401 and kin).
  const Response response = problem(unread, refusal);
  co_return co_await answer(connection, unread, response, KeepAlive::no);
}

Awaitable<bool> Loop::exchange(Connection& connection) {
  const Limits& limits = shared_.options.limits;
  const auto too_slow = Refusal{408, "request-too-slow", "the request did not arrive in time"};

  connection.enter(connection.in.size() == 0 ? Phase::idle : Phase::head);
  std::size_t searched = 0, length = 0;
  while ((length = head_length(connection.unread(), searched)) == 0) {
    if (const auto refusal = check_partial_head(connection.unread(), limits.head))
      co_return co_await refuse(connection, *refusal);
    searched = connection.in.size();
    if (!connection.out.empty()) {
      // The time for a head counts from its first byte, whatever is written meanwhile.
      const Phase phase = connection.phase;
      const auto since = connection.since;
      if (!co_await flush(connection)) co_return false;
      connection.enter(phase);
      if (phase == Phase::head) connection.since = since;
    }
    if (searched == 0 && shared_.draining) co_return false;
    if (!co_await read(connection)) {
      if (connection.expired && connection.phase == Phase::head)
        co_return co_await refuse(connection, too_slow);
      co_return false;
    }
    if (connection.phase == Phase::idle) connection.enter(Phase::head);
  }

  if (const auto refusal = check_head(connection.unread().substr(0, length), limits.head))
    co_return co_await refuse(connection, *refusal);
  RequestParser parser;
  parser.header_limit(static_cast<std::uint32_t>(length + 1));
  parser.body_limit(limits.body_bytes_max);
  error_code error;
  // Programs have limits of their own on what they are sent.
  const std::string head =
      shared_.service.stream ? std::string(connection.unread().substr(0, length)) : std::string();
  if (shared_.service.stream) parser.body_limit(boost::none);
  connection.in.consume(parser.put(asio::buffer(connection.unread().data(), length), error));
  if (error && error != beast::http::error::need_more) {
    const Refusal refusal =
        error == beast::http::error::body_limit
            ? body_too_large(limits)
            : Refusal{400, "request-malformed", "the request's head does not follow RFC 9112"};
    co_return co_await refuse(connection, refusal);
  }

  std::optional<Refusal> refusal;
  Request request = make_request(parser, connection, refusal);
  const bool is_http_1_0 = parser.get().version() == 10;
  std::optional<Response> not_admitted;
  if (shared_.service.admit && !refusal) not_admitted = admit(request);
  if (not_admitted || (shared_.service.stream && !refusal)) {
    Streamed decision;
    if (not_admitted) {
      decision = std::move(*not_admitted);
    } else {
      decision = shared_.service.stream(request);
    }
    if (auto* command = std::get_if<CgiCommand>(&decision))
      co_return co_await hand_over(connection, shared_.programs, std::move(*command), request,
                                   head);
    if (auto* file = std::get_if<FileAnswer>(&decision))
      co_return co_await hand_over(connection, shared_.files, std::move(*file), request, head);
    if (const auto* own = std::get_if<Response>(&decision)) {
      // The body, if there is one, is not wanted.
      log_access(request, *own, own->body.size(), Steady::now());
      co_return co_await answer(
          connection, request, *own,
          parser.is_done() && parser.get().keep_alive() && !is_http_1_0 && !shared_.draining
              ? KeepAlive::yes
              : KeepAlive::no);
    }
  }
  if (shared_.service.stream) {
    // Also for a target that is refused: its body is read to find the next request.
    parser.body_limit(limits.body_bytes_max);
    const auto announced = parser.content_length();
    if (announced && *announced > limits.body_bytes_max)
      co_return co_await refuse(connection, body_too_large(limits));
  }
  if (!parser.is_done()) {
    std::optional<Refusal> body_refusal;
    if (!co_await read_body(connection, parser, body_refusal)) {
      if (connection.expired) body_refusal = too_slow;
      if (body_refusal) co_return co_await refuse(connection, *body_refusal);
      co_return false;
    }
  }
  request.body = std::move(parser.get().body());
  const Steady::time_point begin = Steady::now();
  const Response response = respond(request, refusal);
  const bool keep_alive = parser.get().keep_alive() && !refusal && !shared_.draining;
  const KeepAlive keep = !keep_alive   ? KeepAlive::no
                         : is_http_1_0 ? KeepAlive::yes_and_say_so
                                       : KeepAlive::yes;
  log_access(request, response, request.method == Method::head ? 0 : response.body.size(), begin);
  co_return co_await answer(connection, request, response, keep);
}

Awaitable<bool> Loop::hand_over(Connection& connection, CgiPool& pool,
                                std::variant<CgiCommand, FileAnswer> by, const Request& request,
                                std::string head) {
  if (!connection.out.empty() && !co_await flush(connection)) co_return false;
  // A descriptor of its own: ours is closed with the connection.
  const int socket = ::fcntl(connection.socket.native_handle(), F_DUPFD_CLOEXEC, 3);
  auto ended = std::make_shared<Timer>(io_, Steady::time_point::max());
  const auto task = std::make_shared<CgiTask>(
      CgiTask{std::move(by), {socket, request, std::move(head), std::string(connection.unread())}});
  const auto done = [this, ended] { asio::post(io_, [ended] { ended->cancel(); }); };
  // The program's thread watches its own limits; no sweep may end the wait for it.
  connection.enter(Phase::program);
  bool started = false;
  // Git does not try again after a 503: a crowd of pushes stands in line for a while instead.
  const Steady::time_point give_up = Steady::now() + shared_.options.limits.program_wait_max;
  while (socket >= 0 && !(started = pool.start(task, done)) && !shared_.draining &&
         Steady::now() < give_up) {
    Timer pause(io_, std::chrono::milliseconds(20));
    co_await pause.async_wait(kAwait);
  }
  if (!started) {
    if (socket >= 0) ::close(socket);
    Response busy = problem(
        request, Refusal{503, "too-many-programs",
                         "the server is busy with other pushes, clones and downloads; try again"});
    busy.headers.add("Retry-After", "5");
    log_access(request, busy, busy.body.size(), Steady::now());
    co_return co_await answer(connection, request, busy, KeepAlive::no);
  }
  const Steady::time_point begin = Steady::now();
  co_await ended->async_wait(kAwait);
  if (shared_.service.observe) {
    const auto took = std::chrono::duration_cast<std::chrono::microseconds>(Steady::now() - begin);
    shared_.service.observe({request, 0, 0, took});
  }
  co_return false;
}

Awaitable<bool> Loop::read_body(Connection& connection, RequestParser& parser,
                                std::optional<Refusal>& refusal) {
  const bool waits =
      equal_ignoring_case(std::string_view(parser.get()[beast::http::field::expect].data(),
                                           parser.get()[beast::http::field::expect].size()),
                          "100-continue");
  if (waits && connection.in.size() == 0) connection.out += "HTTP/1.1 100 Continue\r\n\r\n";
  if (!connection.out.empty() && !co_await flush(connection)) co_return false;
  connection.enter(Phase::body);
  parser.eager(true);
  while (!parser.is_done()) {
    error_code error;
    if (connection.in.size() != 0) {
      connection.in.consume(parser.put(connection.in.data(), error));
      if (error == beast::http::error::body_limit) {
        refusal = body_too_large(shared_.options.limits);
        co_return false;
      }
      if (error && error != beast::http::error::need_more) {
        refusal =
            Refusal{400, "request-malformed", "the request's body does not follow its framing"};
        co_return false;
      }
      if (parser.is_done()) break;
      // Only a chunk's own header or a trailer can stay unread, and both are short.
      if (connection.in.size() > 4 * 1024) {
        refusal = Refusal{400, "request-malformed", "a chunk's header or the trailer is too long"};
        co_return false;
      }
    }
    if (!co_await read(connection)) co_return false;
  }
  co_return true;
}

Request Loop::make_request(RequestParser& parser, const Connection& connection,
                           std::optional<Refusal>& refusal) {
  const auto& message = parser.get();
  const auto text = [](auto view) { return std::string(view.data(), view.size()); };
  Request request;
  request.method_text = text(message.method_string());
  request.method = method_of(request.method_text);
  request.target = text(message.target());
  request.remote_address = connection.remote;
  for (const auto& field : message)
    request.headers.add(text(field.name_string()), text(field.value()));
  const std::string_view sent_id = request.headers.get("X-Request-Id");
  request.id = is_request_id(sent_id) ? std::string(sent_id) : new_id();

  // RFC 9112, 3.2.2: the absolute form's authority replaces Host.
  for (std::string_view scheme : {"http://", "https://"}) {
    if (!equal_ignoring_case(std::string_view(request.target).substr(0, scheme.size()), scheme))
      continue;
    const std::string rest = request.target.substr(scheme.size());
    const std::size_t end = std::min(rest.find_first_of("/?"), rest.size());
    if (!is_host(rest.substr(0, end))) break;
    request.headers.set("Host", rest.substr(0, end));
    request.target = rest.substr(end);
    if (!request.target.starts_with('/')) request.target.insert(0, "/");
  }
  auto target = parse_target(request.target);
  if (auto* parsed = std::get_if<Target>(&target)) {
    request.path = std::move(parsed->path);
    request.query = std::move(parsed->query);
  } else {
    refusal = std::get<Refusal>(target);
  }
  return request;
}

std::optional<Response> Loop::admit(Request& request) {
  try {
    return shared_.service.admit(request);
  } catch (const std::exception& exception) {
    shared_.log.write(LogLevel::error, "exception",
                      {{"request_id", std::string_view(request.id)},
                       {"path", std::string_view(request.path)},
                       {"reason", std::string_view(exception.what())}});
    return problem(request, Refusal{500, "internal-error",
                                    "this is a bug in the server; tell its host the request id"});
  }
}

Response Loop::respond(const Request& request, const std::optional<Refusal>& refusal) {
  std::string reason;
  try {
    Response response = !refusal                 ? shared_.service.respond(request)
                        : shared_.service.refuse ? shared_.service.refuse(request, *refusal)
                                                 : problem(request, *refusal);
    // A field that could split the head is a bug of the service, found before a byte is sent.
    for (const auto& [name, value] : response.headers.all())
      for (std::string_view part : {std::string_view(name), std::string_view(value)})
        if (std::any_of(part.begin(), part.end(), [](char c) {
              return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7F;
            }))
          throw std::logic_error(
              fmt::format("the response field {} holds a control character", name));
    return response;
  } catch (const std::exception& exception) {
    reason = exception.what();
  } catch (...) {
    reason = "an exception of unknown type";
  }
  shared_.log.write(LogLevel::error, "exception",
                    {{"request_id", std::string_view(request.id)},
                     {"path", std::string_view(request.path)},
                     {"reason", std::string_view(reason)}});
  return problem(request, Refusal{500, "internal-error",
                                  "this is a bug in the server; tell its host the request id"});
}

Awaitable<bool> Loop::answer(Connection& connection, const Request& request,
                             const Response& response, KeepAlive keep) {
  append_head(connection.out, request, response, keep);
  const bool has_body =
      request.method != Method::head && response.status != 304 && response.status != 204;
  if (request.method_text == "-")
    log_access(request, response, response.body.size(), Steady::now());
  if (has_body) connection.out += response.body;
  if (keep != KeepAlive::no) {
    // Pipelined requests are answered in one write; `read` sends what is waiting.
    if (connection.out.size() > kBatchBytes) co_return co_await flush(connection);
    co_return true;
  }
  const bool read_all = connection.in.size() == 0 && request.method_text != "-";
  if (co_await flush(connection) && !(read_all && shared_.draining)) co_await linger(connection);
  co_return false;
}

void Loop::append_head(std::string& out, const Request& request, const Response& response,
                       KeepAlive keep) {
  out += "HTTP/1.1 ";
  out += fmt::format_int(response.status).c_str();
  out += ' ';
  out += reason_phrase(response.status);
  out += "\r\nDate: ";
  out += date();
  out += "\r\nX-Request-Id: ";
  out += request.id;
  out += "\r\n";
  if (response.headers.get("Server").empty()) out += "Server: rbee-market\r\n";
  if (response.status != 304 && response.status != 204) {
    out += "Content-Length: ";
    out += fmt::format_int(response.body.size()).c_str();
    out += "\r\n";
  }
  if (keep == KeepAlive::no) out += "Connection: close\r\n";
  if (keep == KeepAlive::yes_and_say_so) out += "Connection: keep-alive\r\n";
  for (const Headers* headers : {&response.headers, &request.answer_fields})
    for (const auto& [name, value] : headers->all()) {
      out += name;
      out += ": ";
      out += value;
      out += "\r\n";
    }
  out += "\r\n";
}

void Loop::log_access(const Request& request, const Response& response, std::size_t bytes,
                      Steady::time_point begin) {
  const auto took = std::chrono::duration_cast<std::chrono::microseconds>(Steady::now() - begin);
  if (shared_.service.observe) shared_.service.observe({request, response.status, bytes, took});
  if (!shared_.log.wants(LogLevel::info)) return;
  const auto duration = took.count();
  shared_.log.write(
      LogLevel::info, "request",
      {{"request_id", std::string_view(request.id)},
       {"method", std::string_view(request.method_text)},
       {"path", std::string_view(request.path.empty() ? request.target : request.path)},
       {"status", std::int64_t{response.status}},
       {"bytes", static_cast<std::int64_t>(bytes)},
       {"duration_us", static_cast<std::int64_t>(duration)},
       {"remote", std::string_view(request.remote_address)}});
}

std::string_view Loop::date() {
  const std::time_t now = std::time(nullptr);
  if (now != date_second_) {
    date_second_ = now;
    date_ = fmt::format("{:%a, %d %b %Y %H:%M:%S} GMT", fmt::gmtime(now));
  }
  return date_;
}

}  // namespace rbee::http
