// The transport. Each thread owns an io_context, an acceptor and its connections, so nothing here
// needs a strand; what threads share (counts, the draining flag) is in `Shared`. Timeouts are one
// sweep a tick over a thread's connections: no timer is armed per request.
#include "http/server.hpp"

#include <fcntl.h>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <condition_variable>
#include <ctime>
#include <list>
#include <map>
#include <mutex>
#include <random>
#include <thread>

#include "http/ascii.hpp"
#include "http/target.hpp"

namespace rbee::http {

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
using asio::ip::tcp;
using boost::system::error_code;
using Executor = asio::io_context::executor_type;
using Socket = asio::basic_stream_socket<tcp, Executor>;
using Acceptor = asio::basic_socket_acceptor<tcp, Executor>;
using Steady = std::chrono::steady_clock;
using Timer = asio::basic_waitable_timer<Steady, asio::wait_traits<Steady>, Executor>;
template <typename T>
using Awaitable = asio::awaitable<T, Executor>;
using Parser = beast::http::request_parser<beast::http::string_body>;

constexpr auto kAwait = asio::as_tuple(asio::use_awaitable_t<Executor>());
constexpr std::size_t kReadBytes = 8 * 1024;
constexpr std::size_t kBatchBytes =
    64 * 1024;  ///< Answers to pipelined requests are written together up to here.
constexpr std::chrono::milliseconds kLinger{2'000};

/// What counts as one address: an IPv4 address, or an IPv6 /64, which is what one customer gets.
std::string address_key(const asio::ip::address& address) {
  if (!address.is_v6()) return address.to_string();
  if (address.to_v6().is_v4_mapped())
    return asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6()).to_string();
  const auto bytes = address.to_v6().to_bytes();
  return {reinterpret_cast<const char*>(bytes.data()), 8};
}

enum class Admission { admitted, server_full, address_full };

/// What the threads share.
struct Shared {
  Shared(const ServerOptions& the_options, Service the_service, const Log& the_log)
      : options(the_options),
        service(std::move(the_service)),
        log(the_log),
        programs(the_options.limits.programs_max, the_log),
        files(the_options.limits.files_max, the_log) {}

  Admission admit(const std::string& key) {
    const std::lock_guard lock(mutex);
    if (open >= options.limits.connections_max) return Admission::server_full;
    int& count = per_address[key];
    if (count >= options.limits.connections_per_address_max) return Admission::address_full;
    ++count;
    ++open;
    return Admission::admitted;
  }
  void release(const std::string& key) {
    const std::lock_guard lock(mutex);
    if (const auto at = per_address.find(key); at != per_address.end() && --at->second == 0)
      per_address.erase(at);
    if (--open == 0) all_closed.notify_all();
  }

  const ServerOptions options;
  const Service service;
  const Log& log;
  CgiPool programs;
  CgiPool files;
  std::atomic<bool> draining = false;
  std::mutex mutex;
  std::condition_variable all_closed;
  int open = 0;  ///< Guarded by `mutex`, as is the next.
  std::map<std::string, int> per_address;
};

enum class Phase { idle, head, body, write, linger, program };

struct Connection {
  Socket socket;
  std::string remote;
  Phase phase = Phase::idle;
  Steady::time_point since = Steady::now();  ///< When the phase began.
  Steady::time_point progress = since;       ///< When bytes last moved.
  std::uint64_t moved_bytes = 0;             ///< In this phase.
  bool expired = false;
  beast::flat_buffer in;
  std::string out;

  void enter(Phase next) {
    phase = next;
    since = progress = Steady::now();
    moved_bytes = 0;
  }
  void moved(std::size_t bytes) {
    moved_bytes += bytes;
    progress = Steady::now();
  }
  bool is_late(const Limits& limits, Steady::time_point now) const {
    const auto elapsed = now - since;
    switch (phase) {
      case Phase::idle:
        return elapsed > limits.idle_max;
      case Phase::head:
        return elapsed > limits.head_time_max;
      case Phase::linger:
        return elapsed > kLinger;
      case Phase::program:
        return false;
      case Phase::write:
        if (now - progress > limits.idle_max) return true;
        [[fallthrough]];
      case Phase::body: {
        if (elapsed <= limits.grace) return false;
        const double seconds = std::chrono::duration<double>(elapsed).count();
        return static_cast<double>(moved_bytes) <
               seconds * static_cast<double>(limits.bytes_per_second_min);
      }
    }
    return false;
  }
  std::string_view unread() const {
    return {static_cast<const char*>(in.data().data()), in.size()};
  }
};

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

enum class KeepAlive { no, yes, yes_and_say_so };  ///< The last: HTTP/1.0 wants to be told.

/// One thread: its sockets and everything that only it touches.
class Loop {
 public:
  Loop(Shared& shared, Acceptor::native_handle_type listener, const tcp& protocol)
      : shared_(shared), acceptor_(io_), sweep_timer_(io_), random_(std::random_device{}()) {
    acceptor_.assign(protocol, listener);
  }

  void run() {
    asio::co_spawn(io_, accept(), asio::detached);
    asio::co_spawn(io_, sweep(), asio::detached);
    io_.run();
  }
  /// From any thread.
  void drain() {
    asio::post(io_, [this] {
      error_code ignored;
      acceptor_.close(ignored);
      for (Connection* connection : connections_)
        if (connection->phase == Phase::idle) connection->socket.cancel(ignored);
    });
  }
  void halt() { io_.stop(); }

 private:
  Awaitable<void> accept();
  Awaitable<void> sweep();
  Awaitable<void> serve(Socket socket, std::string remote, std::string key);
  Awaitable<bool> read(Connection& connection);
  Awaitable<bool> flush(Connection& connection);
  Awaitable<void> linger(Connection& connection);
  /// Read, answer and maybe keep the connection: true when another request may follow.
  Awaitable<bool> exchange(Connection& connection);
  Awaitable<bool> read_body(Connection& connection, Parser& parser,
                            std::optional<Refusal>& refusal);
  Awaitable<bool> refuse(Connection& connection, const Refusal& refusal);
  /// Hand the connection to a program, and wait for its end.
  Awaitable<bool> hand_over(Connection& connection, CgiPool& pool,
                            std::variant<CgiCommand, FileAnswer> by, const Request& request,
                            std::string head);

  Request make_request(Parser& parser, const Connection& connection,
                       std::optional<Refusal>& refusal);
  Response respond(const Request& request, const std::optional<Refusal>& refusal);
  Awaitable<bool> answer(Connection& connection, const Request& request, const Response& response,
                         KeepAlive keep);
  void append_head(std::string& out, const Response& response, std::string_view id, KeepAlive keep);
  void turn_away(Socket& socket, const std::string& remote, Admission why);
  void log_access(const Request& request, const Response& response, std::size_t bytes,
                  Steady::time_point begin);
  std::string_view date();
  std::string new_id() { return fmt::format("{:016x}", random_()); }

  Shared& shared_;
  std::list<Connection*>
      connections_;  ///< Outlives io_, whose end destroys the coroutines that unlink themselves.
  asio::io_context io_{1};
  Acceptor acceptor_;
  Timer sweep_timer_;
  std::mt19937_64 random_;
  std::time_t date_second_ = 0;
  std::string date_;
};

Awaitable<void> Loop::accept() {
  for (;;) {
    auto [error, socket] = co_await acceptor_.async_accept(kAwait);
    if (!acceptor_.is_open()) co_return;
    if (error) {
      if (error == asio::error::no_descriptors || error == asio::error::no_buffer_space ||
          error == asio::error::no_memory) {
        shared_.log.write(LogLevel::error, "accept-failed", {{"reason", error.message()}});
        Timer pause(io_, std::chrono::milliseconds(100));
        co_await pause.async_wait(kAwait);
      }
      continue;
    }
    error_code ignored;
    const auto peer = socket.remote_endpoint(ignored);
    if (ignored) continue;  // It left already.
    const std::string remote = peer.address().to_string();
    std::string key = address_key(peer.address());
    const Admission admission = shared_.admit(key);
    if (admission != Admission::admitted) {
      turn_away(socket, remote, admission);
      continue;
    }
    socket.set_option(tcp::no_delay(true), ignored);
    asio::co_spawn(io_, serve(std::move(socket), remote, std::move(key)), asio::detached);
  }
}

void Loop::turn_away(Socket& socket, const std::string& remote, Admission why) {
  Request nobody;
  nobody.method_text = "-";
  nobody.remote_address = remote;
  nobody.id = new_id();
  Response response =
      why == Admission::server_full
          ? problem(nobody, Refusal{503, "too-many-connections",
                                    "this server has no connection left; try again"})
          : problem(nobody, Refusal{429, "too-many-connections-from-address",
                                    "your address holds as many connections as one address may"});
  response.headers.add("Retry-After", "1");
  std::string text;
  append_head(text, response, nobody.id, KeepAlive::no);
  text += response.body;
  error_code ignored;
  socket.non_blocking(true, ignored);
  // Unread bytes would turn the close into a reset, which may overtake the answer.
  std::array<char, 4096> sink;
  socket.read_some(asio::buffer(sink), ignored);
  socket.write_some(asio::buffer(text), ignored);
  socket.shutdown(tcp::socket::shutdown_send, ignored);
  log_access(nobody, response, response.body.size(), Steady::now());
}

Awaitable<void> Loop::sweep() {
  const Limits& limits = shared_.options.limits;
  const auto shortest = std::min({limits.head_time_max, limits.grace, limits.idle_max});
  const auto tick =
      std::clamp(shortest / 8, std::chrono::milliseconds(5), std::chrono::milliseconds(500));
  for (;;) {
    sweep_timer_.expires_after(tick);
    const auto [error] = co_await sweep_timer_.async_wait(kAwait);
    if (error) co_return;
    const auto now = Steady::now();
    for (Connection* connection : connections_) {
      if (connection->expired || !connection->is_late(limits, now)) continue;
      connection->expired = true;
      error_code ignored;
      connection->socket.cancel(ignored);
    }
  }
}

Awaitable<void> Loop::serve(Socket socket, std::string remote, std::string key) {
  Connection connection{
      .socket = std::move(socket), .remote = std::move(remote), .in = {}, .out = {}};
  connections_.push_front(&connection);
  struct Leave {
    Loop& loop;
    std::list<Connection*>::iterator place;
    const std::string& key;
    ~Leave() {
      loop.connections_.erase(place);
      loop.shared_.release(key);
    }
  } const leave{*this, connections_.begin(), key};
  while (co_await exchange(connection)) {
  }
}

/// More bytes into `in`. False: the peer left, or it was too slow.
Awaitable<bool> Loop::read(Connection& connection) {
  const auto [error, bytes] =
      co_await connection.socket.async_read_some(connection.in.prepare(kReadBytes), kAwait);
  connection.in.commit(bytes);
  connection.moved(bytes);
  co_return !error && !connection.expired;
}

Awaitable<bool> Loop::flush(Connection& connection) {
  connection.enter(Phase::write);
  for (std::size_t sent = 0; sent < connection.out.size();) {
    const auto [error, bytes] =
        co_await connection.socket.async_write_some(asio::buffer(connection.out) + sent, kAwait);
    if (error || connection.expired) co_return false;
    sent += bytes;
    connection.moved(bytes);
  }
  connection.out.clear();
  if (connection.out.capacity() > 4 * kBatchBytes) connection.out.shrink_to_fit();
  co_return true;
}

/// Closing at once would reset the connection under bytes that the peer still sends, and lose the
/// answer.
Awaitable<void> Loop::linger(Connection& connection) {
  error_code ignored;
  connection.socket.shutdown(tcp::socket::shutdown_send, ignored);
  connection.enter(Phase::linger);
  connection.expired = false;
  std::array<char, 4096> sink;
  for (std::size_t total = 0; total < 256 * 1024 && !connection.expired;) {
    const auto [error, bytes] =
        co_await connection.socket.async_read_some(asio::buffer(sink), kAwait);
    if (error) break;
    total += bytes;
  }
}

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
  Parser parser;
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
  if (shared_.service.stream && !refusal) {
    auto decision = shared_.service.stream(request);
    if (auto* command = std::get_if<CgiCommand>(&decision))
      co_return co_await hand_over(connection, shared_.programs, std::move(*command), request,
                                   head);
    if (auto* file = std::get_if<FileAnswer>(&decision))
      co_return co_await hand_over(connection, shared_.files, std::move(*file), request, head);
    if (const auto* own = std::get_if<Response>(&decision)) {
      // The body, if there is one, is not wanted.
      log_access(request, *own, own->body.size(), Steady::now());
      co_return co_await answer(connection, request, *own,
                                parser.is_done() && !is_http_1_0 ? KeepAlive::yes : KeepAlive::no);
    }
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
  co_await ended->async_wait(kAwait);
  co_return false;
}

Awaitable<bool> Loop::read_body(Connection& connection, Parser& parser,
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

Request Loop::make_request(Parser& parser, const Connection& connection,
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
  append_head(connection.out, response, request.id, keep);
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

void Loop::append_head(std::string& out, const Response& response, std::string_view id,
                       KeepAlive keep) {
  out += "HTTP/1.1 ";
  out += fmt::format_int(response.status).c_str();
  out += ' ';
  out += reason_phrase(response.status);
  out += "\r\nDate: ";
  out += date();
  out += "\r\nX-Request-Id: ";
  out += id;
  out += "\r\n";
  if (response.headers.get("Server").empty()) out += "Server: rbee-market\r\n";
  if (response.status != 304 && response.status != 204) {
    out += "Content-Length: ";
    out += fmt::format_int(response.body.size()).c_str();
    out += "\r\n";
  }
  if (keep == KeepAlive::no) out += "Connection: close\r\n";
  if (keep == KeepAlive::yes_and_say_so) out += "Connection: keep-alive\r\n";
  for (const auto& [name, value] : response.headers.all()) {
    out += name;
    out += ": ";
    out += value;
    out += "\r\n";
  }
  out += "\r\n";
}

void Loop::log_access(const Request& request, const Response& response, std::size_t bytes,
                      Steady::time_point begin) {
  if (!shared_.log.wants(LogLevel::info)) return;
  const auto duration =
      std::chrono::duration_cast<std::chrono::microseconds>(Steady::now() - begin).count();
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

std::string printed(const tcp::endpoint& endpoint) {
  const std::string address = endpoint.address().to_string();
  return fmt::format("{}:{}", endpoint.address().is_v6() ? "[" + address + "]" : address,
                     endpoint.port());
}

/// A listening socket, or why there is none. `with_reuse_port` lets the threads of this process
/// share the address.
Result<Acceptor::native_handle_type> listen_on(asio::io_context& io, const tcp::endpoint& endpoint,
                                               bool with_reuse_port) {
  Acceptor acceptor(io);
  error_code error;
  acceptor.open(endpoint.protocol(), error);
  if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
  using ReusePort = asio::detail::socket_option::boolean<SOL_SOCKET, SO_REUSEPORT>;
  if (!error && with_reuse_port) acceptor.set_option(ReusePort(true), error);
  if (!error) acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(1024, error);
  const std::string where = printed(endpoint);
  if (error == asio::error::address_in_use)
    return fail(
        Errc::exists, "port-in-use", fmt::format("port in use: {}", where),
        {.why = "another program listens there",
         .fix = fmt::format("end it (ss -ltnp 'sport = :{}' names it), or choose another port: "
                            "--listen {} takes any free one",
                            endpoint.port(), printed(tcp::endpoint(endpoint.address(), 0)))});
  if (error == asio::error::access_denied)
    return fail(Errc::io, "listen-failed", fmt::format("this user may not listen on {}", where),
                {.why = "ports below 1024 belong to root",
                 .fix = "choose a higher port, with a proxy in front"});
  if (error)
    return fail(
        Errc::io, "listen-failed", fmt::format("cannot listen on {}: {}", where, error.message()),
        {.fix = "the address must be one of this machine's (ip address), or 0.0.0.0 for all"});
  return acceptor.release();
}

}  // namespace

struct Server::State {
  State(const ServerOptions& options, Service service, const Log& log)
      : shared(options, std::move(service), log) {}
  Shared shared;
  std::vector<std::unique_ptr<Loop>> loops;
  std::vector<std::thread> threads;
  tcp::endpoint endpoint;
};

Server::Server(std::unique_ptr<State> state) : state_(std::move(state)) {}

Result<std::unique_ptr<Server>> Server::start(const ServerOptions& options, Service service,
                                              const Log& log) {
  error_code error;
  const auto address = asio::ip::make_address(options.address, error);
  if (error)
    return fail(Errc::usage, "address-invalid",
                fmt::format("'{}' is not an IP address", options.address),
                {.fix = "for example 127.0.0.1 or [::1]"});
  auto state = std::make_unique<State>(options, std::move(service), log);
  state->endpoint = tcp::endpoint(address, options.port);
  asio::io_context scratch;
  const auto close_listener = [&](Acceptor::native_handle_type handle) {
    Acceptor acceptor(scratch);
    acceptor.assign(state->endpoint.protocol(), handle, error);
    acceptor.close(error);
  };
  // SO_REUSEPORT would share the port with another server of this user in silence; ask without it
  // first.
  if (options.port != 0) {
    TRY_ASSIGN(const auto probe, listen_on(scratch, state->endpoint, false));
    close_listener(probe);
  }
  for (int i = 0; i < std::max(1, options.threads); ++i) {
    TRY_ASSIGN(const auto listener, listen_on(scratch, state->endpoint, true));
    state->loops.push_back(
        std::make_unique<Loop>(state->shared, listener, state->endpoint.protocol()));
    if (state->endpoint.port() == 0) {
      Acceptor first(scratch);
      first.assign(state->endpoint.protocol(), listener, error);
      state->endpoint = first.local_endpoint(error);
      first.release(error);
    }
  }
  for (const auto& loop : state->loops)
    state->threads.emplace_back([raw = loop.get()] { raw->run(); });
  return std::unique_ptr<Server>(new Server(std::move(state)));
}

Server::~Server() {
  stop();
}

std::uint16_t Server::port() const {
  return state_->endpoint.port();
}

std::string Server::origin() const {
  return "http://" + printed(state_->endpoint);
}

void Server::stop() {
  if (state_->threads.empty()) return;
  state_->shared.draining = true;
  for (const auto& loop : state_->loops) loop->drain();
  {
    std::unique_lock lock(state_->shared.mutex);
    state_->shared.all_closed.wait_for(lock, state_->shared.options.limits.drain_max,
                                       [&] { return state_->shared.open == 0; });
  }
  // Before the loops: a program's end is posted to its loop.
  state_->shared.programs.stop();
  state_->shared.files.stop();
  for (const auto& loop : state_->loops) loop->halt();
  for (std::thread& thread : state_->threads) thread.join();
  state_->threads.clear();
  state_->loops.clear();
}

int Server::connections() const {
  const std::lock_guard lock(state_->shared.mutex);
  return state_->shared.open;
}

}  // namespace rbee::http
